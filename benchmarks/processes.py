"""Processes that a benchmark looks at from outside: what they cost, by ``/proc``."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).resolve().parent.parent
FLOWER = "flower==2.2.*"
TICK = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """What a process has used so far."""

    cpu: float  # seconds, user and system, of all its threads
    peak: float  # MB that it held in memory at most


def cost(pid: int) -> Cost:
    """Return what the process ``pid`` has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    return Cost((int(fields[11]) + int(fields[12])) / TICK, peak / 1024)


def flower_python() -> Path:
    """Return the interpreter of a virtual environment that has Flower and nothing of ours; made at need."""
    place = ROOT / "build" / "flower"
    python = place / "bin" / "python"
    if not (place / "bin" / "celery").exists():
        click.echo(f"Installing {FLOWER} into {place}.", err=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, FLOWER, "celery[redis]"], check=True)
    return python


@contextmanager
def started(
    name: str, command: list[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator["Started"]:
    """Run ``command`` for as long as the context lasts; what it writes is in ``<name>.log``."""
    log = folder / f"{name}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    each = Started(name, process, log)
    try:
        yield each
    finally:
        each.stop()


class Started:
    """A process that runs."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    @property
    def cost(self) -> Cost:
        """What it has used so far."""
        return cost(self.process.pid)

    def says(self, words: str) -> None:
        """Wait until it has written ``words``."""
        self.until(lambda: words in self.log.read_text(errors="replace"), f"{words!r}")

    def answers(self, url: str) -> None:
        """Wait until there is an answer at ``url``."""
        self.until(lambda: fetch(url) is not None, url)

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait for something that depends on this process."""
        deadline = time.monotonic() + 60
        while not is_so():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise click.ClickException(f"{self.name}: no {what}. {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, and what it started."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 9)
        self.process.wait()


def fetch(url: str) -> str | None:
    """Return the text at ``url``, None where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None
