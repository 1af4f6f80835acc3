"""The symbolic task (see ``drawing.py``) of an app whose messages go nowhere."""

from typing import Any

from celery import Celery

app: Any = Celery("canvases", broker="memory://", backend="cache+memory://", set_as_current=False)


def _never(*args: Any, tag: str = "?") -> None:
    """Never run."""


n: Any = app.task(_never, name="n", shared=False)
