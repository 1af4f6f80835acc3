"""What the tests against real Celery share."""

import gc
from pathlib import Path
from typing import Any

import pytest
from running import Native

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
