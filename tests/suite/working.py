"""A Celery worker for as long as it is needed, for what outlives one test."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def working(
    module: str, folder: Path, log: Path, *, broker: str, results: str, concurrency: int = 2
) -> Iterator[None]:
    """Have a worker run the app of a module in ``folder``, and send its events; it may still be starting."""
    command = [sys.executable, "-m", "celery", "-A", module, "worker", "-c", str(concurrency), "-E"]
    with log.open("wb") as sink:
        worker = subprocess.Popen(
            [*command, "-l", "INFO"],
            cwd=folder,
            env=os.environ | {"CELERY_BROKER_URL": broker, "CELERY_RESULT_BACKEND": results},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
