"""Processes that are killed and started again: a broker, a database, a worker, and Umbel's own."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import cluster
import psycopg
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from umbel.engine import embedded


class Broker:
    """A server on a port of its own, whose queues outlive ``kill -9``.

    It writes before it answers. Only the machine's own death could lose what is not on the disk yet.
    """

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        keeping = ["--appendonly", "yes", "--appendfsync", "no"]
        self._command = [str(embedded.find_binary()), *options, *keeping]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url, retry=Retry(ConstantBackoff(0.05), 200)) as client:
            client.ping()

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Database(cluster.Cluster):
    """A PostgreSQL server that is killed, not stopped."""

    def kill(self) -> None:
        """End the server at once; its children end by themselves when they miss it."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def restart(self) -> None:
        """Start it as soon as the children of the one before are gone."""
        while self._server is None:
            with suppress(psycopg.OperationalError):
                self.start()


class Process:
    """An ``umbel`` command that runs.

    Parameters
    ----------
    before
        Python to execute in it before anything else.
    """

    def __init__(self, log: Path, *arguments: str, before: str = "") -> None:
        self.log = log
        self.arguments = arguments
        self.before = before
        self.start()

    def start(self) -> None:
        """Start it, again."""
        code = f"{self.before}\nfrom umbel.webui.cli import umbel; umbel()"
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code, *self.arguments],
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )

    def says(self, words: str, *, times: int = 1) -> bool:
        """Whether it has logged ``words``, as often as that."""
        return self.log.read_text().count(words) >= times

    def kill(self) -> None:
        """End it and what it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """End it in an orderly way; its exit code."""
        self.process.terminate()
        return self.process.wait(30)


class Web(Process):
    """``umbel web``."""

    def __init__(self, log: Path, port: int, *arguments: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        super().__init__(log, "web", "--port", str(port), *arguments)

    def ask(self, path: str) -> tuple[int, Any]:
        """Return status and answer; 0 where there is none."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, None

    @property
    def silence(self) -> float | None:
        """How long ago the conductor was heard, as ``/health`` says; None if never."""
        status, answer = self.ask("/health")
        return answer["conductor"]["age"] if status == 200 else None


class Worker:
    """A Celery worker with a name that stays, of the module ``app`` in ``folder``."""

    def __init__(self, folder: Path, app: str, *arguments: str, **environment: str) -> None:
        self.log = folder / f"{app}-worker.log"
        self.folder = folder
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-c", "2", "-n", f"{app}@here"]
        self.command = [*command, *arguments]
        self.environment = os.environ | {"PYTHONPATH": str(folder)} | environment
        self.start()

    def start(self) -> None:
        """Start it, again."""
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def children(self) -> list[int]:
        """Return the processes of its pool."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            return [int(pid) for pid in listed.read_text().split()]
        except FileNotFoundError:
            return []

    def kill_child(self, number: int) -> None:
        """End one process of its pool at once."""
        if children := self.children():
            with suppress(ProcessLookupError):
                os.kill(children[number % len(children)], signal.SIGKILL)

    def kill(self) -> None:
        """End it and its pool at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
