"""Conductors in threads and in processes, announcements by hand, and an ear on umbel.live."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Consumer, Producer, Queue
from playing import Play
from stage import ConductorProcess, conducting, imported, write_module

from umbel.engine import protocol
from umbel.engine.conductor import Ending
from umbel.engine.conductor.inbox import queue
from umbel.engine.conductor.live import EXCHANGE
from umbel.engine.store import Store, open_store, reads, upgrade


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The URL of a SQLite database with its schema."""
    url = f"sqlite:///{tmp_path}/umbel.db"
    upgrade(url)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Store]:
    """The same database, to look at."""
    opened = open_store(database_url, read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def play(store: Store) -> Play:
    """News played to the conductor's memory and a database."""
    return Play(store)


@pytest.fixture
def conductor(broker_url: str, database_url: str) -> Iterator[Ending]:
    """A conductor in a thread."""
    with conducting(broker_url, database_url) as ending:
        yield ending


@pytest.fixture
def conductor_process(
    broker_url: str, database_url: str, tmp_path: Path
) -> Iterator[Callable[[], ConductorProcess]]:
    """Start conductors, each in a process."""
    started: list[ConductorProcess] = []

    def start() -> ConductorProcess:
        started.append(ConductorProcess(broker_url, database_url, tmp_path / f"conductor-{len(started)}.log"))
        return started[-1]

    yield start
    for each in started:
        each.process.terminate()
        each.process.wait(30)


@pytest.fixture
def send(broker_url: str) -> Iterator[Callable[..., None]]:
    """``send(headers, body, **publish_options)`` puts a message into the queue, whatever it is."""
    with Connection(broker_url) as connection:
        producer = Producer(connection.default_channel)

        def publish(headers: dict[str, Any], body: Any, **options: Any) -> None:
            options = {"serializer": "json", "declare": [queue()]} | options
            producer.publish(body, exchange="", routing_key=protocol.QUEUE, headers=headers, **options)

        yield publish


@pytest.fixture
def hear(broker_url: str) -> Iterator[list[dict[str, Any]]]:
    """What is said on umbel.live, as a list that grows."""
    heard: list[dict[str, Any]] = []
    ready, done = threading.Event(), threading.Event()

    def listen() -> None:
        with Connection(broker_url) as connection:
            ear = Queue(exchange=EXCHANGE, durable=False, exclusive=True, auto_delete=True)
            with Consumer(connection, [ear], callbacks=[lambda body, _: heard.append(body)], no_ack=True):
                ready.set()
                while not done.is_set():
                    try:
                        connection.drain_events(timeout=0.1)
                    except TimeoutError:
                        continue

    thread = threading.Thread(target=listen)
    thread.start()
    ready.wait(10)
    yield heard
    done.set()
    thread.join(10)


@pytest.fixture
def flow(tmp_path: Path, broker_url: str, celery_worker_process: Any) -> Iterator[Any]:
    """The module of tasks, watched, with a worker of its own."""
    celery_worker_process("flow", "-E", folder=write_module(tmp_path))
    with imported(tmp_path, broker_url) as module:
        yield module


@pytest.fixture
def listening(database: Store, eventually: Callable[..., Any]) -> Callable[[Any], None]:
    """``listening(flow)`` waits until the conductor hears of what runs."""

    def wait(flow: Any) -> None:
        sent: list[str] = []

        def heard() -> bool:
            sent.append(flow.add.apply_async(ignore_result=True).id)
            time.sleep(0.1)
            return any(reads.find(database, each) for each in sent[-20:])

        eventually(heard, 20, "a conductor that listens")

    return wait
