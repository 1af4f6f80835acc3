"""What only the user's process knows of its tasks, written into the graph before it leaves.

Celery's senders look up a task's class options (queue, priority, expires, time limits, ...) and the routes of
their app. The conductor knows neither, so it is done here, in the way and order in which Celery does it.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from celery import Celery
from celery.exceptions import QueueNotFound
from celery.utils.functional import arity_greater
from kombu import Queue

from ..dag import Dag, Node
from ..errors import DagError
from .settling import RULES

# What sending takes from a task's class; the body is JSON, whatever serializer it names.
_OPTIONS = ("queue", "routing_key", "exchange", "priority", "expires", "delivery_mode", "compression")
_OPTIONS += ("time_limit", "soft_time_limit")


def resolved(dag: Dag, app: Celery) -> tuple[Dag, list[Queue]]:
    """Return ``dag`` with the options of each task as ``app`` would send it, and the queues that it names.

    Raises
    ------
    DagError
        The app's workers would refuse messages in JSON.
    """
    accepted = {str(each) for each in app.conf.accept_content or ()}
    if not accepted & {"json", "application/json"}:
        raise DagError(
            f"accept_content of this app is {sorted(accepted)}: its workers refuse JSON, in which conducted "
            "tasks are sent. Add 'json' to it."
        )
    called = {child for _, child, kind in dag.edges if kind == "error"}
    queues: dict[str, Queue] = {}
    for node in dag.nodes:
        if node.task is not None:
            options = _options(app, node, queues, is_errback=node.id in called)
            dag.graph.nodes[node.id]["node"] = replace(node, options=options)
    return dag, list(queues.values())


def _options(app: Celery, node: Node, queues: dict[str, Queue], *, is_errback: bool) -> dict[str, Any]:
    task: Any = app.tasks.get(node.task or "")
    own = {name: value for name, value in node.options.items() if value is not None and name != "serializer"}
    if isinstance(queue := own.get("queue"), Mapping):  # a kombu.Queue in JSON
        own["queue"] = queue.get("name")
    if task is not None:
        of_class = task._get_exec_options()
        own = {name: of_class[name] for name in _OPTIONS if of_class.get(name) is not None} | own
    if (compression := app.conf.task_compression) is not None:
        own.setdefault("compression", compression)
    own = {
        name: value for name, value in (own | _way(app, node, task, own, queues)).items() if value is not None
    }
    if task is not None and is_errback and is_called_in_worker(task):
        own[RULES] = {**own.get(RULES, {}), "in_worker": True}
    return own


def _way(
    app: Celery, node: Node, task: Any, own: Mapping[str, Any], queues: dict[str, Queue]
) -> dict[str, Any]:
    router: Any = app.amqp.router
    try:
        route = router.route(dict(own), node.task, node.args, node.kwargs, task_type=task)
    except QueueNotFound as error:
        raise DagError(f"The task {node.task} cannot be routed: {error}.") from error
    found: dict[str, Any] = {
        name: value for name, value in route.items() if name in _OPTIONS and _is_plain(value)
    }
    queue: Any = route.get("queue")
    exchange, key = _name(route.get("exchange")), route.get("routing_key")
    if exchange and key:
        return found | {"exchange": exchange, "routing_key": key, "queue": None}
    if getattr(getattr(queue, "exchange", None), "type", None) == "fanout":
        return found | {"exchange": queue.exchange.name, "routing_key": key or "", "queue": None}
    if isinstance(queue, Queue):
        queues[queue.name] = queue
    return found | {"queue": _name(queue), "exchange": None, "routing_key": None}


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _name(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else value.name


def is_called_in_worker(task: Any) -> bool:
    """Whether a worker calls an error callback in its own process, with request, exception and traceback.

    Celery's own rule: it is not bound, and takes more than one argument.
    """
    header = getattr(task, "__header__", None)
    return header is not None and not isinstance(header, partial) and bool(arity_greater(header, 1))
