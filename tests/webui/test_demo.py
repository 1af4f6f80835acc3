"""``umbel demo`` as a visitor starts it: everything runs, is mended when it dies, and leaves nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

ENDS = {
    "ceph-node": "SUCCESS",
    "new-device": "SUCCESS",
    "nightly-etl": "FAILURE",
    "training": "SUCCESS",
    "video-series": "SUCCESS",
}
CONDUCTED = {  # without letters, stamps and the large ones, which take long
    "book": "SUCCESS",
    "busy-suppliers": "SUCCESS",
    "lost-refund": "FAILURE",
    "rented-machine": "FAILURE",
    "three-groups": "SUCCESS",
}


def _processes(folder: Path) -> dict[int, str]:
    """Return the processes that work in ``folder`` or name it, with their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                place = os.readlink(entry / "cwd")
                named = str(folder) in command and "umbel.webui.cli" not in command
                if named or place == str(folder) or place.startswith(f"{folder}/"):
                    found[int(entry.name)] = command
    return found


class Demo:
    """A running ``umbel demo``."""

    def __init__(self, folder: Path, port: int, *arguments: str, **environment: str) -> None:
        self.folder = folder
        self.port = port
        command = [
            sys.executable,
            "-m",
            "umbel.webui.cli",
            "demo",
            "--no-browser",
            "--port",
            str(port),
            *arguments,
        ]
        self.log = folder.parent / "demo.log"
        with self.log.open("wb") as sink:
            self.process = subprocess.Popen(
                command,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                cwd=folder.parent,
                env=environment or None,
            )

    def ask(self, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", content, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=15) as response:
            return json.load(response)

    def conducts_since(self, moment: float) -> bool:
        """Whether a conductor was heard after ``moment``."""
        try:
            age = self.ask("/health")["conductor"]["age"]
        except OSError:
            return False
        return age is not None and time.monotonic() - age > moment

    def said(self) -> str:
        return self.log.read_text()

    def part(self, name: str) -> int:
        """Return the id of the process that leads a part."""
        return min(
            pid for pid, command in _processes(self.folder).items() if command.endswith(f"demo.child {name} ")
        )

    def broker(self) -> int:
        """Return the id of the broker's process."""
        servers = ("valkey-server", "redis-server")
        found = _processes(self.folder).items()
        return next(pid for pid, command in found if any(f"{name} 127" in command for name in servers))


@pytest.fixture
def port(unused_port: int) -> int:
    return unused_port


@pytest.fixture
def start(tmp_path: Path, eventually: Callable[..., Any]) -> Iterator[Callable[..., Demo]]:
    """``start(port)`` runs a demo with its data in the test's folder; it ends with the test."""
    started: list[Demo] = []

    def run(port: int, *, within: float = 60) -> Demo:
        folder = tmp_path / "data"
        demo = Demo(folder, port, "--data-dir", str(folder))
        started.append(demo)
        eventually(
            lambda: "Ctrl-C" in demo.said() or demo.process.poll() is not None, within, "a demo that runs"
        )
        assert demo.process.poll() is None, demo.said()
        return demo

    yield run
    for demo in started:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGTERM)
            demo.process.wait(20)


def test_a_visit(start: Callable[..., Demo], port: int, eventually: Callable[..., Any]) -> None:
    demo = start(port)

    # It tells where it is, and something runs already.
    assert f"http://127.0.0.1:{port}/" in demo.said()
    assert len(demo.ask("/api/v1/runs")["runs"]) == 2

    # Workflows can be started, natively or conducted, and end as they say.
    workflows = {each["name"]: each for each in demo.ask("/api/v1/demo")["workflows"]}
    runs = {name: demo.ask(f"/api/v1/demo/{name}", {})["run"] for name in ENDS}
    runs |= {name: demo.ask(f"/api/v1/demo/{name}", {"conducted": True})["run"] for name in CONDUCTED}
    final = {"SUCCESS", "FAILURE", "REVOKED"}
    for name, run in runs.items():

        def ended(run: str = run):
            return demo.ask(f"/api/v1/runs/{run}")["state"] in final

        eventually(ended, 120, f"the end of {name}")
    states = {name: demo.ask(f"/api/v1/runs/{run}") for name, run in runs.items()}
    assert {name: run["state"] for name, run in states.items()} == ENDS | CONDUCTED
    assert all(run["nodes"] == workflows[name]["tasks"] for name, run in states.items())

    # The failing one shows what failed, what was cleaned up, and what will never run.
    nodes = demo.ask(f"/api/v1/runs/{runs['nightly-etl']}/nodes")["nodes"]
    by_task: dict[str, list[str]] = {}
    for node in nodes:
        by_task.setdefault(node["task"], []).append(node["state"])
    assert sorted(by_task["etl.clean"]) == ["FAILURE", "SUCCESS", "SUCCESS"]
    assert sorted(by_task["etl.load"]) == ["BLOCKED", "SUCCESS", "SUCCESS"]
    assert by_task["etl.clean_up"] == ["SUCCESS"]
    assert by_task["etl.report"] == by_task["etl.publish"] == ["BLOCKED"]

    # Each part that dies is started again, and nothing is forgotten.
    for name in ("web", "conductor", "worker"):
        dead = demo.part(name)
        os.kill(dead, signal.SIGKILL)
        eventually(lambda name=name: f"started the {name} again" in demo.said(), 10)
        mended = partial(demo.conducts_since, time.monotonic())
        eventually(mended, 30, f"a demo that works after the death of its {name}")
        assert demo.part(name) != dead
    assert len(demo.ask("/api/v1/runs")["runs"]) == 2 + len(runs)
    again = demo.ask("/api/v1/demo/new-device", {})["run"]
    eventually(lambda: demo.ask(f"/api/v1/runs/{again}")["state"] == "SUCCESS", 60)

    # A broker that dies is replaced, and everything works with the new one.
    os.kill(demo.broker(), signal.SIGKILL)
    eventually(lambda: "the broker ended" in demo.said(), 10)
    eventually(partial(demo.conducts_since, time.monotonic()), 30, "a demo that works with another broker")
    again = demo.ask("/api/v1/demo/new-device", {})["run"]
    eventually(lambda: demo.ask(f"/api/v1/runs/{again}")["state"] == "SUCCESS", 60)

    # It ends when asked to, and nothing is left.
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(10) == 0
    assert _processes(demo.folder) == {}


def test_it_leaves_no_orphan_when_it_is_killed(
    start: Callable[..., Demo], port: int, eventually: Callable[..., Any]
) -> None:
    demo = start(port)
    assert len(_processes(demo.folder)) >= 5
    demo.process.kill()
    demo.process.wait()
    eventually(lambda: not _processes(demo.folder), 10, "the end of every process")


def test_ctrl_c_while_it_starts_ends_it_and_removes_its_folder(
    tmp_path: Path, port: int, eventually: Callable[..., Any]
) -> None:
    demo = Demo(tmp_path / "unused", port, TMPDIR=str(tmp_path), PATH=os.environ["PATH"])
    eventually(lambda: len(_processes(tmp_path)) > 4, 30)
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(10) == 0
    assert "Traceback" not in demo.said()
    assert _processes(tmp_path) == {}
    assert list(tmp_path.glob("umbel-demo-*")) == []


def test_two_demos_cannot_share_a_folder(tmp_path: Path, eventually: Callable[..., Any]) -> None:
    folder = tmp_path / "data"
    first = Demo(folder, 0, "--data-dir", str(folder))
    try:
        eventually(lambda: (folder / "demo.lock").exists(), 20)
        second = Demo(folder, 0, "--data-dir", str(folder))
        assert second.process.wait(20) == os.EX_UNAVAILABLE
        assert "Another demo" in second.said()
    finally:
        first.process.terminate()
        first.process.wait(20)


def test_a_taken_port_is_told_in_one_line(tmp_path: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        demo = Demo(tmp_path / "data", port)
        assert demo.process.wait(20) == os.EX_UNAVAILABLE
    assert f"127.0.0.1:{port}" in demo.said()
    assert "--port" in demo.said()
    assert len(demo.said().splitlines()) == 1
