"""What the tests against real Celery share."""

import gc
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conducted import Conducted
from running import Native

from umbel.engine.store import open_store

FOLDER = Path(__file__).parent  # from which the worker imports the app


@pytest.fixture
def native(request: pytest.FixtureRequest, broker_url, celery_worker_process):
    """Real prefork workers, watched ones if flags are given, and the client that sends to them."""
    client = Native(broker_url)
    if flags := getattr(request, "param", []):
        celery_worker_process("symbolic", *flags, folder=FOLDER, environment={"SYMBOLIC_WATCHED": "1"})
    else:
        celery_worker_process("symbolic", folder=FOLDER)
    yield client
    # A result that is collected tells the broker, and would wait for it when it is gone.
    backend: Any = client.app.backend
    for results in backend._pending_results:
        results.clear()
    gc.collect()
    client.app.close()
    client.client.close()


@pytest.fixture
def conducted(request: pytest.FixtureRequest, broker_url, tmp_path, sqlite_template, celery_worker_process):
    """Real workers that know nothing of Umbel, and a conductor in a process of its own."""
    path = tmp_path / "umbel.db"
    shutil.copy(sqlite_template, path)
    command = [sys.executable, "-m", "umbel.webui.cli", "conductor"]
    flags = ["--broker-url", broker_url, "--database-url", f"sqlite:///{path}"]
    with (tmp_path / "conductor.log").open("wb") as log:
        conductor = subprocess.Popen([*command, *flags], stdout=log, stderr=log)
    celery_worker_process("symbolic", *getattr(request, "param", []), folder=FOLDER)
    store = open_store(f"sqlite:///{path}", read_only=True)
    client = Conducted(broker_url, store)
    yield client
    client.close()
    store.close()
    conductor.terminate()
    assert conductor.wait(30) == 0, (tmp_path / "conductor.log").read_text()
