"""What every test can ask for: a clean environment, a broker, real workers, and waiting without sleeping."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import redis
from ports import free_port

from umbel.engine import embedded

pytest_plugins = ["counted", "servers", "sharing"]

SLACK = 3  # tests share a machine with each other, and with whatever else runs there

_databases = itertools.count(1)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test, except which broker binary to use."""
    for name in list(os.environ):
        if name.startswith(("UMBEL_", "CELERY_")) and name != "UMBEL_BROKER_BINARY":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """``eventually(condition, within=10, what="...")`` calls until the answer is true, and returns it.

    ``within`` are the seconds that suffice on a machine with nothing else to do.
    """

    def wait(condition: Callable[[], Any], within: float = 10, what: str = "") -> Any:
        within *= SLACK
        deadline = time.monotonic() + within
        while not (answer := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {within} s: {what or condition}; it was {answer!r}", pytrace=True)
            time.sleep(0.01)
        return answer

    return wait


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Broker]:
    """One Redis-compatible server for the whole session."""
    with embedded.broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def broker_url(broker: embedded.Broker) -> str:
    """The URL of an empty database of the session's server, another one for each test."""
    url = f"{broker.url.removesuffix('/0')}/{next(_databases) % 1024}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def unused_port() -> int:
    """A loopback TCP port on which nothing listens."""
    return free_port()


class WorkerProcess(NamedTuple):
    """A Celery worker that runs, and what it has written so far."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End the worker and its pool at once, as the kernel's memory killer would."""
        # Its pool shares the session; the group may be gone already.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End the worker in an orderly way, or at once when that takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(15)
        self.kill()


@pytest.fixture
def celery_worker_process(
    tmp_path: Path, broker_url: str, eventually: Callable[..., Any]
) -> Iterator[Callable[..., WorkerProcess]]:
    """Start real prefork workers: ``celery_worker_process("module", "-E", folder=..., concurrency=2)``.

    The module is looked up in ``folder`` (the test's temporary folder when not given) and gets the test's
    broker by ``CELERY_BROKER_URL`` and ``CELERY_RESULT_BACKEND``, which Celery reads itself. Returns when
    the worker is ready; it is stopped at the end of the test.
    """
    started: list[WorkerProcess] = []

    def start(
        app_module: str,
        *arguments: str,
        folder: Path = tmp_path,
        concurrency: int = 2,
        environment: Mapping[str, str] | None = None,
    ) -> WorkerProcess:
        number = len(started)
        log = tmp_path / f"worker-{number}.log"
        urls = {"CELERY_BROKER_URL": broker_url, "CELERY_RESULT_BACKEND": broker_url}
        path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "celery", "-A", app_module, "worker", "--pool", "prefork"]
        command += ["-c", str(concurrency), "-n", f"w{number}-{os.getpid()}@%h", "-l", "INFO", *arguments]
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": path, **urls, **(environment or {})},
                cwd=folder,
                start_new_session=True,
            )
        worker = WorkerProcess(process, log)
        started.append(worker)
        eventually(lambda: " ready." in log.read_text() or process.poll() is not None, 60, "a ready worker")
        assert process.poll() is None, log.read_text()
        return worker

    yield start
    for worker in started:
        worker.stop()
