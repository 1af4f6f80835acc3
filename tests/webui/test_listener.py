"""The thread that hears the conductor, with a broker that comes and goes."""

import queue
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu import Connection, Exchange

from umbel.engine import embedded
from umbel.engine.protocol import LIVE
from umbel.webui.listener import Listener


def _tell(url: str, message: Any, serializer: str = "json") -> None:
    with Connection(url) as connection:
        exchange = Exchange(LIVE, type="fanout", durable=False)
        connection.Producer(exchange=exchange, serializer=serializer).publish(message)


@pytest.fixture
def listen() -> Iterator[Callable[..., Any]]:
    """``listen(url)`` starts a listener; returns a queue of what it hears."""
    started = []

    def start(url: str, hear: Callable[..., None] | None = None) -> queue.Queue[Any]:
        heard: queue.Queue[Any] = queue.Queue()
        listener = Listener(url, hear or heard.put)
        listener.start()
        started.append(listener)
        return heard

    yield start
    for listener in started:
        listener.stop()
        listener.join(10)


def _told_until_heard(url: str, heard: queue.Queue[Any], eventually: Callable[..., Any]) -> Any:
    def hear() -> Any:
        _tell(url, {"lag": None, "runs": []})
        try:
            return heard.get(timeout=0.1)
        except queue.Empty:
            return None

    return eventually(hear, 30, "a message that is heard")


def test_what_is_told_is_heard(broker_url: str, listen: Any, eventually: Callable[..., Any]) -> None:
    assert _told_until_heard(broker_url, listen(broker_url), eventually) == {"lag": None, "runs": []}


def test_every_listener_hears_everything(
    broker_url: str, listen: Any, eventually: Callable[..., Any]
) -> None:
    both = [listen(broker_url), listen(broker_url)]
    for heard in both:
        _told_until_heard(broker_url, heard, eventually)
    _tell(broker_url, {"last": True})
    for heard in both:
        eventually(lambda heard=heard: heard.get(timeout=5) == {"last": True}, 10)


def test_what_cannot_be_understood_ends_nothing(
    broker_url: str, listen: Any, eventually: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    heard: queue.Queue[Any] = queue.Queue()

    def hear(message: Any) -> None:
        if "bad" in message:
            raise KeyError("runs")
        heard.put(message)

    listen(broker_url, hear)
    _told_until_heard(broker_url, heard, eventually)
    _tell(broker_url, {"bad": 1})
    _tell(broker_url, {"good": 1})
    eventually(lambda: heard.get(timeout=5) == {"good": 1})
    assert "could not be understood" in caplog.text


def test_pickle_is_never_opened(
    broker_url: str, listen: Any, eventually: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    heard = listen(broker_url)
    _told_until_heard(broker_url, heard, eventually)
    _tell(broker_url, {"pickled": 1}, serializer="pickle")
    assert "pickled" not in _told_until_heard(broker_url, heard, eventually)


@contextmanager
def _server(port: int, folder: Path) -> Iterator[str]:
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([embedded.find_binary(), *arguments], stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def test_it_comes_back_when_the_broker_does(
    unused_port: int, tmp_path: Path, listen: Any, eventually: Callable[..., Any]
) -> None:
    heard = listen(f"redis://127.0.0.1:{unused_port}/0")
    for _ in range(2):
        with _server(unused_port, tmp_path) as url:
            eventually(lambda url=url: _answers(url))
            _told_until_heard(url, heard, eventually)
