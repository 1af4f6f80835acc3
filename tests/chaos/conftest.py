"""Umbel's processes as its users run them, a broker that can be killed, and a load that goes on meanwhile."""

import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from killable import Broker, Process, Web
from kombu import Connection, Producer
from kombu.exceptions import KombuError
from ports import free_port
from redis import RedisError
from sqlalchemy import text
from stage import announced, member, signature

from umbel.engine import protocol
from umbel.engine.conductor.inbox import queue
from umbel.engine.store import open_store, upgrade

QUICK = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0}
PAUSE = 0.02  # seconds between two runs of the load


class Load(threading.Thread):
    """Announces runs of two tasks and tells of them what a worker would, whatever the broker does."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.sent: list[str] = []  # runs whose announcement the broker has taken
        self.told: list[str] = []  # those of which it has taken every event too
        self.done = threading.Event()
        self._app = Celery(broker=url, set_as_current=False)

    def run(self) -> None:
        """Go on until ``done``."""
        while not self.done.is_set():
            try:
                with Connection(self.url, transport_options=QUICK) as connection:
                    self._send(connection)
            except (OSError, KombuError, RedisError):
                self.done.wait(0.1)

    def finish(self) -> None:
        """Send no more."""
        self.done.set()
        if self.is_alive():
            self.join(10)
        self._app.close()

    def _send(self, connection: Connection) -> None:
        producer = Producer(connection.default_channel, serializer="json")
        worker = self._app.events.Dispatcher(connection, hostname="worker@chaos", buffer_while_offline=False)
        while not self.done.wait(PAUSE):
            run = uuid.uuid4().hex
            headers, body = announced(member(f"{run}-a", chain=[signature(f"{run}-b")]), run=run)
            producer.publish(
                body, exchange="", routing_key=protocol.QUEUE, headers=headers, declare=[queue()], retry=False
            )
            self.sent.append(run)
            for task_id in (f"{run}-a", f"{run}-b"):
                worker.send("task-received", uuid=task_id, retries=0, name="app.work")
                worker.send("task-started", uuid=task_id)
                worker.send("task-succeeded", uuid=task_id, result="1", runtime=0.01)
            self.told.append(run)


class Records:
    """What the database says, read on its own."""

    def __init__(self, url: str) -> None:
        self.store = open_store(url, read_only=True)

    def states(self) -> dict[str, str]:
        """Return the state of each run."""
        with self.store.read() as connection:
            return {row.id: row.state for row in connection.execute(text("SELECT id, state FROM runs"))}


@pytest.fixture
def killable_broker(unused_port: int, tmp_path: Path) -> Iterator[Broker]:
    """A broker of the test's own, started."""
    broker = Broker(unused_port, tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database with its schema."""
    url = f"sqlite:///{tmp_path}/umbel.db"
    upgrade(url)
    return url


@pytest.fixture
def umbel(
    killable_broker: Broker, tmp_path: Path, eventually: Callable[..., Any]
) -> Iterator[Callable[[str], tuple[Process, Web, Records]]]:
    """``umbel(database_url)`` starts a conductor and a web server, and waits for both."""
    running: list[Process] = []
    opened: list[Records] = []

    def start(database_url: str) -> tuple[Process, Web, Records]:
        where = ["--broker-url", killable_broker.url, "--database-url", database_url]
        conductor = Process(tmp_path / "conductor.log", "conductor", *where)
        running.append(conductor)
        web = Web(tmp_path / "web.log", free_port(), *where)
        running.append(web)
        opened.append(Records(database_url))
        eventually(lambda: conductor.says("Conducting"), 20, "the conductor")
        eventually(lambda: web.silence is not None, 20, "a web server that has heard it")
        return conductor, web, opened[-1]

    yield start
    for each in opened:
        each.store.close()
    for each in running:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def load(killable_broker: Broker) -> Iterator[Load]:
    """The load, to start when somebody listens."""
    thread = Load(killable_broker.url)
    yield thread
    thread.finish()


@pytest.fixture
def caught_up(eventually: Callable[..., Any]) -> Callable[..., None]:
    """``caught_up(load, records)`` waits until each run that was sent is there, and those told have ended."""

    def wait(load: Load, records: Records, *, ended: bool) -> None:
        wanted = set(load.sent)
        eventually(lambda: wanted <= records.states().keys(), 20, "every run that was sent")
        if ended:
            told = set(load.told)
            eventually(
                lambda: {state for run, state in records.states().items() if run in told} == {"SUCCESS"},
                20,
                "the end of each run",
            )

    return wait
