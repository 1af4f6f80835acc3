"""From the messages of a canvas to what Celery will do with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..dag import Node
from ..errors import CanvasError
from ..wiring import Placed
from .signatures import brief
from .walk import Walk


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one message reveals of a run; the fragments of a run are merged by union, in any order."""

    nodes: list[Node]
    edges: list[Placed]


def fragment(message: Mapping[str, Any]) -> Fragment:
    """Return the nodes and edges that a message reveals, right or wrong as Celery will run them.

    Parameters
    ----------
    message
        ``{"headers": {...}, "body": [args, kwargs, embed]}`` as it is announced (see :mod:`..protocol`).
        The id of a group is a join here. A member with ``embed["chord"]`` true joins it alone: the body
        has come with another member.

    Raises
    ------
    CanvasError
        It is not the message of a task.
    """
    walk = Walk(native=True)
    walk.over(_signature(message))
    return Fragment(list(walk.nodes.values()), list(walk.edges))


def _signature(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the signature that says the same as a message."""
    if not isinstance(message, Mapping):
        raise CanvasError(f"A message is an object of headers and body, not {brief(message)}.")
    headers, content = message.get("headers"), message.get("body")
    if not isinstance(headers, Mapping) or not isinstance(content, (list, tuple)) or len(content) != 3:
        raise CanvasError("A message has headers and a body of args, kwargs and embed (task protocol 2).")
    args, kwargs, embed = content
    if not isinstance(embed, Mapping | None) or not isinstance(headers.get("id"), str):
        raise CanvasError(f"The message of {brief(headers.get('task'))} has no id or no embed.")
    embed = embed or {}
    limits = headers.get("timelimit")
    hard, soft = limits if isinstance(limits, (list, tuple)) and len(limits) == 2 else (None, None)
    kept = {
        "eta": headers.get("eta"),
        "expires": headers.get("expires"),
        "shadow": headers.get("shadow"),
        "time_limit": hard,
        "soft_time_limit": soft,
    }
    wiring = {
        "task_id": headers["id"],
        "group_id": headers.get("group"),
        "group_index": headers.get("group_index"),
        "chain": embed.get("chain"),
        "chord": embed.get("chord"),
        "link": embed.get("callbacks"),
        "link_error": embed.get("errbacks"),
    }
    return {
        "task": headers.get("task"),
        "args": args or [],
        "kwargs": kwargs or {},
        "options": {name: value for name, value in {**kept, **wiring}.items() if value is not None},
    }
