"""An application over a real database, a real server of it, and a websocket client that speaks Socket.IO."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, RejectConnection, Request, TextMessage

from umbel.engine import settings, store
from umbel.engine.conductor import Ending
from umbel.engine.conductor import run as conduct
from umbel.engine.store import models
from umbel.webui.app import create_app
from umbel.webui.cli import umbel

HOST = "127.0.0.1"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and nothing in them, to copy."""
    path = tmp_path_factory.mktemp("database") / "umbel.db"
    store.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(empty_database: Path, tmp_path: Path) -> str:
    """The URL of a database of the test's own."""
    path = tmp_path / "umbel.db"
    shutil.copy(empty_database, path)
    return f"sqlite:///{path}"


@pytest.fixture
def open_database(database_url: str) -> Iterator[store.Store]:
    """The test's database, opened for writing."""
    opened = store.open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    """The application as ``umbel web`` makes it; nobody tells it anything live."""
    made = create_app(settings.load(database_url=database_url))
    yield made
    made.extensions["umbel"].store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that is no browser."""
    return app.test_client()


@pytest.fixture
def client_on_broker(database_url: str, broker_url: str) -> Iterator[FlaskClient]:
    """A client of an application on the test's broker."""
    app = create_app(settings.load(database_url=database_url, broker_url=broker_url))
    yield app.test_client()
    app.extensions["umbel"].store.close()


@pytest.fixture
def record(open_database: store.Store) -> Callable[..., str]:
    """``record(nodes=[...], edges=[...], **columns)`` writes a run and returns its id.

    A node is its task's name (None for a join), or a dict of columns with ``task``.
    """
    numbers = iter(range(1, 1000))

    def write(nodes: Any = ("shop.pay",), edges: Any = (), **columns: Any) -> str:
        number = next(numbers)
        rows = [{"task": each} if not isinstance(each, dict) else each for each in nodes]
        run = {
            "number": number,
            "id": f"run-{number}",
            "kind": "native",
            "name": "shop.pay",
            "state": "RUNNING",
        }
        run |= {"created": 1000.0 + number, "started": None, "finished": None, "seq": 1, "structure": 1}
        run |= {"size": sum(row["task"] is not None for row in rows), "counts": "{}"}
        with open_database.write() as connection:
            connection.execute(insert(models.Run), run | columns)
            for index, row in enumerate(rows):
                connection.execute(insert(models.Node), _node(number, index) | row)
            for parent, child, kind, position in edges:
                row = {"run": number, "parent": parent, "child": child, "kind": kind, "position": position}
                connection.execute(insert(models.Edge), row)
        return columns.get("id", run["id"])

    return write


def _node(number: int, index: int) -> dict[str, Any]:
    empty = ("reason", "sent", "received", "started", "finished", "runtime", "worker", "queue")
    unknown = ("result_size", "result", "exception", "traceback")
    values = {"evidence": "[]", "inputs": "null", "args": "[]", "kwargs": "{}", "options": "{}"}
    fixed = {
        "run": number,
        "idx": index,
        "id": f"n{number}-{index}",
        "state": "PENDING",
        "seq": 1,
        "retries": 0,
    }
    return dict.fromkeys(empty + unknown) | values | fixed | {"immutable": False}


@pytest.fixture
def conductor(broker_url: str, database_url: str) -> Iterator[None]:
    """A conductor of the test's broker and database."""
    ending = Ending()
    chosen = settings.load(broker_url=broker_url, database_url=database_url)
    thread = threading.Thread(target=conduct, args=(chosen,), kwargs={"ending": ending})
    thread.start()
    yield
    ending.ask()
    thread.join(20)


class Told(NamedTuple):
    """What a command ended with, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(database_url: str, capfd: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """``command("runs", "--json")`` runs a command in this process, on the test's database."""

    def call(*arguments: str, database: bool = True) -> Told:
        flags = ("--database-url", database_url) if database else ()
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            umbel.main([*arguments, *flags], prog_name="umbel")
        printed = capfd.readouterr()
        return Told(ended.value.code, printed.out, printed.err)  # type: ignore[arg-type]

    return call


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.text)


class WebServer:
    """A running ``umbel web``."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def ask(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Return the answer to a request; with a body, a POST of JSON."""
        content = None if body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(f"http://{HOST}:{self.port}{path}", content, sent)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return self.ask("/health").status == 200
        except OSError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Ask it to end; return how long that took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(30)
        return time.monotonic() - began


@pytest.fixture
def serve(
    tmp_path: Path, database_url: str, broker_url: str, unused_port: int, eventually: Callable[..., Any]
) -> Iterator[Callable[..., WebServer]]:
    """``serve("--workers", "2")`` starts ``umbel web`` on the test's broker and database."""
    started: list[WebServer] = []

    def start(*arguments: str, wait: bool = True) -> WebServer:
        log = tmp_path / f"web-{len(started)}.log"
        command = [sys.executable, "-m", "umbel.webui.cli", "web", "--port", str(unused_port), *arguments]
        environment = {"UMBEL_BROKER_URL": broker_url, "UMBEL_DATABASE_URL": database_url}
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=sink,
                cwd=tmp_path,
                env=os.environ | environment,
                start_new_session=True,
            )
        server = WebServer(process, unused_port, log)
        started.append(server)
        if wait:
            eventually(lambda: server.is_up() or process.poll() is not None, 30, "a server that answers")
            assert process.poll() is None, log.read_text()
        return server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


class LiveSocket:
    """A Socket.IO client of a few lines; ``status`` tells how the handshake was answered."""

    def __init__(self, port: int, **headers: str) -> None:
        self._sock = socket.create_connection((HOST, port), timeout=10)
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._events: list[Any] = []
        self._acks: dict[int, Any] = {}
        self.heard: list[tuple[str, Any]] = []
        self.closed = False
        extra = [(name.lower().encode(), value.encode()) for name, value in headers.items() if name != "Host"]
        target = "/socket.io/?EIO=4&transport=websocket"
        request = Request(host=headers.get("Host", f"{HOST}:{port}"), target=target, extra_headers=extra)
        self._sock.sendall(self._ws.send(request))
        answer = self._next()
        self.status = answer.status_code if isinstance(answer, RejectConnection) else 101
        if isinstance(answer, AcceptConnection):
            self._until(lambda: self._opened)
            self._send("40")
            self._until(lambda: self._connected)

    _opened = _connected = False

    def ask(self, event: str, *arguments: Any, number: int = 1) -> Any:
        """Emit an event and return its acknowledgement."""
        self._acks.pop(number, None)
        self._send(f"42{number}" + json.dumps([event, *arguments]))
        self._until(lambda: number in self._acks)
        return self._acks[number]

    def hear(self, event: str) -> Any:
        """Return the next message of that name, after forgetting those before it."""
        self._until(lambda: any(name == event for name, _ in self.heard))
        while True:
            name, message = self.heard.pop(0)
            if name == event:
                return message

    def wait_closed(self) -> None:
        """Return when the server has closed the connection."""
        self._until(lambda: self.closed)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()

    def _send(self, text: str) -> None:
        self._sock.sendall(self._ws.send(TextMessage(text)))

    def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            event = self._next()
            if event is None or isinstance(event, CloseConnection):
                self.closed = True
                if not done():
                    raise ConnectionError("The server closed the connection.")
                return
            if isinstance(event, TextMessage):
                self._read(event.data)

    def _read(self, text: str) -> None:
        if text.startswith("0"):
            self._opened = True
        elif text.startswith("40"):
            self._connected = True
        elif text == "2":
            self._send("3")
        elif text.startswith("43"):
            number = text[2 : text.index("[")]
            self._acks[int(number)] = json.loads(text[text.index("[") :])[0]
        elif text.startswith("42"):
            name, *rest = json.loads(text[2:])
            self.heard.append((name, rest[0] if rest else None))

    def _next(self) -> Any:
        while not self._events:
            data = self._sock.recv(65536)
            self._ws.receive_data(data or None)
            self._events = list(self._ws.events())
            if not data:
                return None
        return self._events.pop(0)


@pytest.fixture
def connect() -> Iterator[Callable[..., LiveSocket]]:
    """``connect(server, Origin=...)`` opens a live socket; it is closed at the end of the test."""
    opened: list[LiveSocket] = []

    def start(server: Any, **headers: str) -> LiveSocket:
        opened.append(LiveSocket(server.port, **headers))
        return opened[-1]

    yield start
    for each in opened:
        each.close()
