"""``conduct(canvas)``: have Umbel run a canvas on the Celery workers that are there.

How a canvas becomes a run::

    settling.py   canvas -> graph under fresh ids, checked
    resolving.py  what only this process knows: options of task classes, routes, error callbacks
    sending.py    one message on the queue ``umbel``, by the app's own connection settings
    handle.py     a RunHandle: it asks the conductor, by way of the broker alone

The folder is not called ``conduct``, because a submodule of that name would hide the function.
"""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .handle import FailedTask, RunFailed, RunHandle
from .sending import connector, send

if TYPE_CHECKING:
    from celery import Celery
    from kombu import Connection

__all__ = ["FailedTask", "RunFailed", "RunHandle", "conduct"]


def conduct(
    canvas: Any,
    *,
    app: "Celery | None" = None,
    name: str | None = None,
    by: str | None = None,
    run_when: str | None = None,
    retry: int | Mapping[str, Any] | None = None,
    timeout: float | None = None,
    on_lost: str | None = None,
    time_limit: float | None = None,
    window: int | None = None,
    rates: Mapping[str, str] | None = None,
    locks: Mapping[str, str] | None = None,
    priority: int = 0,
    connection: "Connection | str | None" = None,
) -> RunHandle:
    """Run a canvas, durably, and return at once.

    The canvas is neither sent by Celery nor changed. It is checked as a whole before anything leaves, and
    runs as soon as a conductor is there.

    Parameters
    ----------
    canvas
        Any composition of signatures, as objects or as their JSON; or a :class:`~umbel.engine.Dag`.
    app
        The app whose broker, routes and task options count; by default the canvas's own.
    name, by
        What the run is called, and who runs it, for the pages.
    run_when, retry, timeout, on_lost
        Rules for its tasks, where ``sig.set(umbel={...})`` says nothing else: see
        :mod:`umbel.engine.rules`.
    time_limit, window, rates, locks, priority
        Options of the run: see there.
    connection
        A broker other than the app's, as a URL or a kombu connection.

    Raises
    ------
    CanvasError, DagError
        It is no canvas, goes in a circle, holds one frozen signature twice, has arguments or options that
        are no JSON, or a rule that nobody knows. Nothing was sent.
    RequestError
        The broker cannot be reached.

    Examples
    --------
    >>> run = conduct(chain(fetch.s(url), group(parse.s(n) for n in range(10)), store.s()))  # doctest: +SKIP
    >>> run.wait(timeout=60)  # doctest: +SKIP
    'SUCCESS'
    """
    from ..dag import Dag
    from ..rules import RunOptions
    from .resolving import resolved
    from .settling import dag_of, renamed, settled

    said = {"run_when": run_when, "retry": retry, "timeout": timeout, "on_lost": on_lost}
    said |= {"time_limit": time_limit, "window": window, "rates": rates, "locks": locks, "priority": priority}
    options = RunOptions.from_json({word: value for word, value in said.items() if value is not None})
    app = app or _app_of(canvas)
    dag = renamed(canvas, set(canvas.graph)) if isinstance(canvas, Dag) else dag_of(canvas)
    dag, queues = resolved(dag, app)
    run_id = str(uuid.uuid4())
    send(connector(app, connection), run_id, settled(dag), options, queues, name=name, by=by)
    return RunHandle(run_id, app=app, connection=connection)


def _app_of(canvas: Any) -> "Celery":
    from celery import current_app

    # Of a composition it is that of its first task; a canvas in JSON has none.
    app: Any = getattr(canvas, "app", None) or current_app
    evaluate = getattr(app, "_get_current_object", None)
    return evaluate() if evaluate else app
