"""Where the tests of canvases find what they share with those against real Celery."""

import sys
from pathlib import Path

import pytest
from celery import Celery

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def n():
    """The symbolic task (see ``drawing.py``), of an app without a broker."""
    app = Celery("canvases", broker="memory://", set_as_current=False)

    @app.task(name="n", shared=False)
    def n(*args, tag="?"):
        """Never run."""

    return n
