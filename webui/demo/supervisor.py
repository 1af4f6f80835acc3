"""``umbel demo``: broker, worker, conductor and web server, kept running together and ended together.

A part that dies is started again; one that dies five times in a minute ends the demo with what it said last.
The broker's death restarts all parts, since a new one has a new address. However the supervisor ends, no
process stays: each part ends when its pipe to the supervisor closes (see ``child``), and so does the broker.
"""

import fcntl
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import redis

from ...engine import embedded, store
from ...engine.errors import UmbelError
from ...engine.settings import Settings
from ..server import claim
from ..supervision import Keeper, Part, Stopped, signals, stop, tail

HOST = "127.0.0.1"
NAMES = ("conductor", "worker", "web")
START_SECONDS = 60.0


class DemoFailed(UmbelError):
    """The demo cannot start."""

    exit_code = os.EX_UNAVAILABLE


class BrokerDied(Exception):
    """The broker is gone, and with it the address that all parts have."""


def run(settings: Settings, *, browser: bool) -> None:
    """Run the demo until Ctrl-C or SIGTERM.

    Raises
    ------
    PortTaken
        Something else listens on the port.
    EmbeddedError
        There is no Redis-compatible server.
    DemoFailed, GivenUp
        It did not start; or a part died again and again.
    """
    port = claim(HOST, settings.port)
    with _folder(settings) as folder, signals() as stopping:
        Supervisor(settings, folder, port, stopping).run(browser=browser)


@contextmanager
def _folder(settings: Settings) -> Iterator[Path]:
    """Yield where the demo writes: a temporary folder, unless one was named."""
    if settings.data_dir is not None:
        with _claimed(settings.data_dir.expanduser().resolve()) as folder:
            yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix="umbel-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _claimed(folder: Path) -> Iterator[Path]:
    """Yield ``folder``, made if need be; two demos in one would write the same files."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "demo.lock").open("w")
    except OSError as error:
        raise DemoFailed(f"The demo cannot write to {folder}: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another demo runs in {folder}. Stop it, or name another folder with --data-dir."
            raise DemoFailed(message) from None
        yield folder


class Supervisor:
    """Keeps the parts of one demo running."""

    def __init__(self, settings: Settings, folder: Path, port: int, stopping: threading.Event) -> None:
        self.settings = settings
        self.folder = folder
        self.url = f"http://{HOST}:{port}"
        self.port = port
        self._keeper = Keeper(stopping)

    def run(self, *, browser: bool) -> None:
        """Start everything, tell where it is, and mend it until the end."""
        click.echo("Starting a broker, a Celery worker, the conductor and the web server ...")
        first = True
        while True:
            try:
                with embedded.broker(
                    self.folder / "broker", binary=self.settings.broker_binary, durable=True
                ) as broker:
                    self._run_parts(broker, on_ready=(lambda: self._open(browser)) if first else None)
            except Stopped:
                click.echo("Stopped.", err=True)
                return
            except BrokerDied:
                self._keeper.count_death("broker", self.folder / "broker" / "broker.log")
                first = False

    def _run_parts(self, broker: embedded.Broker, *, on_ready: Callable[[], None] | None) -> None:
        database = f"sqlite:///{self.folder / 'umbel.db'}"
        store.upgrade(database)
        environment = self._environment(broker.url, database)
        parts = [self._part(name, environment) for name in NAMES]
        try:
            for part in parts:
                part.start()
            with redis.Redis.from_url(broker.url, socket_timeout=5) as client:
                self._await_conductor(parts, client)
                if on_ready:
                    on_ready()
                while True:
                    self._look_after(parts, client)
        finally:
            stop(parts)

    def _part(self, name: str, environment: dict[str, str]) -> Part:
        command = [sys.executable, "-m", "umbel.webui.demo.child", name]
        # Not here: an umbel.toml of the person's own project must not reach the demo.
        return Part(name, command, environment, folder=self.folder, log=self.folder / f"{name}.log")

    def _environment(self, broker_url: str, database: str) -> dict[str, str]:
        # Ours alone: a setting of the person's own project must not reach the demo.
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("UMBEL_", "CELERY_"))
        }
        return {
            **kept,
            "UMBEL_BROKER_URL": broker_url,
            "UMBEL_DATABASE_URL": database,
            "UMBEL_HOST": HOST,
            "UMBEL_PORT": str(self.port),
            "UMBEL_LOG_LEVEL": self.settings.log_level,
            "PYTHONUNBUFFERED": "1",
        }

    def _await_conductor(self, parts: list[Part], client: redis.Redis) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._conductor_age() is None:
            if time.monotonic() > deadline:
                raise DemoFailed(f"The demo did not start within {START_SECONDS:.0f} s.{_last_words(parts)}")
            self._look_after(parts, client)

    def _conductor_age(self) -> float | None:
        try:
            return self._ask("/health")["conductor"]["age"]
        except (OSError, ValueError):
            return None

    def _ask(self, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, {"Content-Type": "application/json"})
        # An http_proxy in the environment is not meant for our own address.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            return json.load(response)

    def _open(self, browser: bool) -> None:
        from .workflows import FIRST

        for name in FIRST:
            try:
                self._ask(f"/api/v1/demo/{name}", {})
            except (OSError, ValueError) as error:
                click.echo(f"umbel: the first workflow could not be started: {error}", err=True)
        click.echo(f"Umbel is at {self.url}/ and {len(FIRST)} sample workflows run already.")
        click.echo("Start more with the buttons on that page. Ctrl-C ends everything.")
        click.echo(f"Logs and database: {self.folder}{self._fate()}")
        if browser and _has_screen():
            webbrowser.open(f"{self.url}/")

    def _fate(self) -> str:
        kept = self.settings.data_dir is not None
        return "" if kept else " (removed at the end; --data-dir FOLDER keeps them)"

    def _look_after(self, parts: list[Part], client: redis.Redis) -> None:
        """Wait a moment, then mend what is broken."""
        self._keeper.look_after(parts)
        try:
            client.ping()
        except redis.RedisError as error:
            raise BrokerDied from error


def _has_screen() -> bool:
    # Elsewhere a browser for terminals may be found, and take ours.
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _last_words(parts: list[Part]) -> str:
    return "".join(f"\n--- {part.name}\n{tail(part.log, 5)}" for part in parts)
