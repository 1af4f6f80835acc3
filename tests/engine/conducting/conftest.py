"""A broker, a worker and a conductor with its database, one of each for the tests of a file."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from servers import PAIRS, Pair, paired
from stage import conducting, imported

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module", params=PAIRS)
def world(
    request: pytest.FixtureRequest, broker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    """A broker with a worker, and a database with a conductor."""
    folder = tmp_path_factory.mktemp("world")
    url = f"{broker.url.removesuffix('/0')}/1022"
    command = [sys.executable, "-m", "celery", "-A", "sample_canvases", "worker", "-c", "2", "-E"]
    with (
        (folder / "log").open("wb") as log,
        paired(request, url, folder) as pair,
        conducting(pair.broker, pair.database),
    ):
        urls = {"CELERY_BROKER_URL": pair.broker, "CELERY_RESULT_BACKEND": pair.results}
        worker = subprocess.Popen(
            command, cwd=FOLDER, env=os.environ | urls, stdout=log, stderr=log, start_new_session=True
        )
        yield pair
        worker.terminate()
        try:
            worker.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


@pytest.fixture(scope="module")
def sample(world: Pair) -> Iterator[Any]:
    """The user's module."""
    with imported(FOLDER, world.broker, "sample_canvases", results=world.results) as module:
        yield module
