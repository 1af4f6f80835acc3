"""``umbel up`` and ``celery -A proj umbel``: everything but broker and workers, with one command."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from umbel.webui.commands.celeryapp import settings_of
from umbel.webui.up import child_environment

PROJ = """
import os
from celery import Celery, chain
app = Celery("proj", broker=os.environ["BROKER"])

@app.task(name="proj.add")
def add(x, y):
    return x + y
"""


class Up:
    """A running ``umbel up``."""

    def __init__(self, command: list[str], folder: Path, port: int, **environment: str) -> None:
        self.port = port
        self.log = folder / "up.log"
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                [*command, "--port", str(port)],
                cwd=folder,
                env=os.environ | environment,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def conducts(self) -> bool:
        """Whether the web server answers and has heard the conductor."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/health", timeout=5) as response:
                return json.load(response)["conductor"]["age"] is not None
        except OSError:
            return False

    def parts(self) -> dict[str, int]:
        """Return the processes that it started, by name."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if b"umbel.webui.child" in words and parent == self.process.pid:
                found[words[words.index(b"umbel.webui.child") + 1].decode()] = int(folder.name)
        return found


@pytest.fixture
def start(tmp_path: Path, unused_port: int) -> Iterator[Callable[..., Up]]:
    """Start ``umbel up``, or another command that does the same, in the test's folder."""
    started: list[Up] = []

    def run(*command: str, **environment: str) -> Up:
        words = [sys.executable, "-m", *(command or ("umbel.webui.cli", "up"))]
        started.append(Up(words, tmp_path, unused_port, **environment))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def test_it_makes_the_database_and_keeps_its_parts_running(
    start: Callable[..., Up], broker_url: str, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    up = start(UMBEL_BROKER_URL=broker_url)
    eventually(up.conducts, 30, "a conductor that the web server hears")
    assert (tmp_path / "umbel.db").exists()
    eventually(lambda: f"Umbel is at http://127.0.0.1:{up.port}/" in up.said(), 10)

    before = up.parts()
    assert set(before) == {"conductor", "web"}
    for name, pid in before.items():
        os.kill(pid, signal.SIGKILL)
        eventually(lambda name=name: f"started the {name} again" in up.said(), 10)
    eventually(up.conducts, 30, "all of it again")

    parts = up.parts()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(15) == 0
    assert "Traceback" not in up.said()
    assert not any(Path(f"/proc/{pid}").exists() for pid in parts.values())


def test_nothing_stays_when_it_is_killed(
    start: Callable[..., Up], broker_url: str, eventually: Callable[..., Any]
) -> None:
    up = start(UMBEL_BROKER_URL=broker_url)
    eventually(lambda: len(up.parts()) == 2, 20)
    parts = up.parts()
    up.process.kill()
    up.process.wait()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in parts.values()), 15)


def test_celery_runs_it_against_the_broker_of_the_app(
    start: Callable[..., Up], broker_url: str, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    (tmp_path / "proj.py").write_text(PROJ)
    up = start("celery", "-A", "proj", "umbel", BROKER=broker_url, UMBEL_BROKER_URL="redis://127.0.0.1:1/0")
    eventually(up.conducts, 30, "a conductor on the app's broker")
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(15) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--host", "0.0.0.0"), os.EX_CONFIG, "UMBEL_PASSWORD"),
        (("--broker-url", "localhost"), os.EX_CONFIG, "broker_url"),
        (("--database-url", "mysql://x/y"), os.EX_CONFIG, "database_url"),
        (("--database-url", "sqlite:////nowhere/umbel.db"), os.EX_UNAVAILABLE, "/nowhere"),
    ],
)
def test_what_cannot_run_is_said_in_one_line(
    start: Callable[..., Up], arguments: tuple[str, ...], code: int, words: str
) -> None:
    up = start("umbel.webui.cli", "up", *arguments)
    assert up.process.wait(20) == code
    assert words in up.said()
    assert len(up.said().splitlines()) == 1


def test_celery_says_it_in_one_line_too(start: Callable[..., Up], tmp_path: Path, unused_port: int) -> None:
    (tmp_path / "proj.py").write_text(PROJ)
    with socket.create_server(("127.0.0.1", unused_port)):
        up = start("celery", "-A", "proj", "umbel", BROKER="redis://127.0.0.1:1/0")
        assert up.process.wait(20) == os.EX_UNAVAILABLE
    assert "--port" in up.said()
    assert len(up.said().splitlines()) == 1


def test_what_celery_loads_of_us_is_click_alone() -> None:
    """Every celery command loads it, workers too."""
    code = (
        "import sys, click\n"
        "from importlib.metadata import entry_points\n"
        "before = set(sys.modules)\n"
        "[entry] = [each for each in entry_points(group='celery.commands') if each.name == 'umbel']\n"
        "command = entry.load()\n"
        "print(command.name)\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(loaded - sys.stdlib_module_names))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["umbel", "umbel"]


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({"broker_url": "redis://:p@h/1"}, {"broker_url": "redis://:p@h/1"}),
        ({"broker_url": "amqp://a;amqp://b"}, {"broker_url": "amqp://a"}),
        ({"broker_url": ["amqp://a", "amqp://b"]}, {"broker_url": "amqp://a"}),
        ({"broker_url": "amqp://a", "broker_read_url": "amqp://r"}, {"broker_url": "amqp://r"}),
        (
            {"broker_url": "redis://h/1", "result_backend": "redis://h/2"},
            {"broker_url": "redis://h/1", "result_backend": "redis://h/2"},
        ),
        ({"broker_url": "redis://h/1", "result_backend": "django-db"}, {"broker_url": "redis://h/1"}),
        ({}, {"broker_url": "amqp://guest:guest@localhost:5672//"}),
    ],
)
def test_the_settings_of_an_app(configured: dict[str, Any], expected: dict[str, str]) -> None:
    from celery import Celery

    app = Celery("proj")
    app.conf.update(configured)
    assert settings_of(app) == expected


def test_a_flag_takes_the_place_of_the_environment_and_its_file() -> None:
    environment = {"PATH": "/bin", "UMBEL_BROKER_URL_FILE": "/run/x", "UMBEL_PORT": "1", "UMBEL_HOST": "::1"}
    made = child_environment(environment, {"broker_url": "redis://h", "port": 5, "threads": None})
    assert made == {
        "PATH": "/bin",
        "UMBEL_BROKER_URL": "redis://h",
        "UMBEL_PORT": "5",
        "UMBEL_HOST": "::1",
        "PYTHONUNBUFFERED": "1",
    }
