"""Keeping processes running together: each that dies is started again, and all end together.

A child's standard input is a pipe that its supervisor holds open and never writes to. The kernel closes the
pipe however the supervisor ends, ``kill -9`` included; then the child ends itself and whatever it has forked
(:func:`follow`). What dies five times in a minute is given up, and with it everything.
"""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ..engine.errors import UmbelError

STOP_SECONDS = 3.0  # until what does not end is killed
LOOK_SECONDS = 0.2
DEATHS, DEATHS_SECONDS = 5, 60.0
ORDERLY_SECONDS = 3.0  # between asking and killing, once the supervisor is gone


class GivenUp(UmbelError):
    """A part cannot be kept running."""

    exit_code = os.EX_UNAVAILABLE


class Stopped(Exception):
    """Somebody asked for the end."""


class Part:
    """A process that can be started again, and ended whole.

    It leads a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, and so that
    its forks can be found when it is dead.

    Parameters
    ----------
    name
        What it is called.
    command
        What runs; it must call :func:`follow`.
    environment
        Of the process.
    folder
        Where it works; here when not given.
    log
        The file to which its output goes; ours when not given.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: dict[str, str],
        *,
        folder: Path | None = None,
        log: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._folder = folder
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of its process."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; what is left of an earlier start is killed first."""
        self.kill()
        if self.log is None:
            self._process = self._spawn(None)
            return
        with self.log.open("ab") as log:
            self._process = self._spawn(log.fileno())

    def _spawn(self, output: int | None) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            cwd=self._folder,
            env=self._environment,
            start_new_session=True,
        )

    def ended(self) -> int | None:
        """Return its exit code if it is no longer running."""
        return self._process.poll() if self._process else None

    def ask_to_stop(self) -> None:
        """Ask it to end in an orderly way."""
        if self.is_running and self._process:
            self._process.terminate()

    def kill(self) -> None:
        """End it and its forks at once."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None


class Keeper:
    """Starts parts again when they die, until somebody asks for the end.

    Parameters
    ----------
    stopping
        Set when somebody has asked.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._deaths: dict[str, deque[float]] = {}

    def look_after(self, parts: Sequence[Part]) -> None:
        """Wait a moment, then start again what has died.

        Raises
        ------
        Stopped
            Somebody asked for the end.
        GivenUp
            A part died again and again.
        """
        if self._stopping.wait(LOOK_SECONDS):
            raise Stopped
        for part in parts:
            if (code := part.ended()) is not None:
                self.count_death(part.name, part.log, f" with exit code {code}")
                part.start()
                click.echo(f"umbel: started the {part.name} again (pid {part.pid}).", err=True)

    def count_death(self, name: str, log: Path | None, how: str = "") -> None:
        """Take down that something died; give up when that happens too often."""
        deaths = self._deaths.setdefault(name, deque(maxlen=DEATHS))
        deaths.append(time.monotonic())
        click.echo(f"umbel: the {name} ended{how}.", err=True)
        if len(deaths) == DEATHS and deaths[-1] - deaths[0] < DEATHS_SECONDS:
            said = f"; it said last:\n{tail(log)}" if log else ". What it said is above."
            raise GivenUp(f"The {name} ended {DEATHS} times within a minute{said}")


def stop(parts: Sequence[Part]) -> None:
    """Ask all to end, and kill what does not within a while."""
    for part in parts:
        part.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    while any(part.is_running for part in parts) and time.monotonic() < deadline:
        time.sleep(0.02)
    for part in parts:
        part.kill()


@contextmanager
def signals() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C, SIGTERM or a closed terminal sets."""
    stopping = threading.Event()
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, lambda *_: stopping.set()) for each in asked}
    try:
        yield stopping
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def follow() -> None:
    """End this process, which a :class:`Part` has started, when its supervisor ends."""
    threading.Thread(target=_follow, name="umbel-lifeline", daemon=True).start()


def _follow() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORDERLY_SECONDS)
    # The supervisor gave us a process group of our own: it holds us and our forks, and nobody else.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def tail(log: Path | None, lines: int = 20) -> str:
    """Return the last lines of a log."""
    if log is None or not log.exists():
        return "(nothing)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) or "(nothing)"
