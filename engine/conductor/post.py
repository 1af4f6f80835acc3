"""From a message of the queue ``umbel`` to messages for the machine. Anyone can write to that queue.

What is not JSON, or not of the shape that :mod:`umbel.engine.protocol` gives, is refused with a reason; a
pickled body is never opened. What an announcement says about itself is not believed further than it must be.
"""

import json
from typing import Any, NamedTuple

from ..canvas import fragment
from ..dag import KINDS
from ..dag import Node as Spec
from ..errors import UmbelError
from ..machine import Announced
from ..observe import ID_LENGTH, clean, number
from ..protocol import REVOKE, WATCH
from ..values import text
from .mailbox import Delivery

ASKED = 100_000  # nodes in one request, at most
REPLY = "umbel.reply."  # how the names of queues for answers begin: nobody else's queue is written to
PLACES = 2**31  # positions below this are kept


class Malformed(UmbelError):
    """A message that is not of the protocol's shape."""


class Announcement(NamedTuple):
    """Nodes and edges of one run."""

    run: str
    announced: Announced
    heads: tuple[str, ...] = ()  # the tasks that are about to be sent
    parent: str | None = None  # the task that sends them, if one does
    root: str | None = None  # and its root


class Request(NamedTuple):
    """Somebody wants tasks of a run revoked."""

    id: str
    run: str
    nodes: list[str] | None
    terminate: bool
    by: str
    until: float | None
    reply_to: str | None


def opened(delivery: Delivery) -> Announcement | Request:
    """Return what a message announces, or asks for.

    Raises
    ------
    Malformed
        It is not of the protocol's shape.
    """
    if delivery.fault:
        raise Malformed(delivery.fault)
    kind = delivery.headers.get("task")
    if kind not in (WATCH, REVOKE):
        raise Malformed(f"nobody here knows messages of kind {kind!r:.80}")
    body = _body(delivery)
    if not isinstance(body, list) or not body or not isinstance(body[0], list) or len(body[0]) != 1:
        raise Malformed("its body is not [[announcement], kwargs, embed]")
    if kind == REVOKE:
        return _request(body[0][0], delivery)
    return _announcement(body[0][0], delivery.at)


def _body(delivery: Delivery) -> Any:
    if delivery.content_type != "application/json":
        raise Malformed(f"its content is {delivery.content_type!r:.80}, not JSON; it was not opened")
    try:
        return json.loads(delivery.body)
    except (RecursionError, TypeError, ValueError) as error:
        raise Malformed(f"its body is no JSON: {error!r:.80}") from None


def _request(said: Any, delivery: Delivery) -> Request:
    if not isinstance(said, dict):
        raise Malformed("its request is no object")
    nodes = said.get("nodes")
    if nodes is not None and (not isinstance(nodes, list) or len(nodes) > ASKED):
        raise Malformed("its nodes are no list of ids")
    reply_to = delivery.reply_to
    return Request(
        id=_id(delivery.headers.get("id"), "a request"),
        run=_id(said.get("run"), "a run"),
        nodes=None if nodes is None else [_id(node, "a task") for node in nodes],
        terminate=said.get("terminate") is True,
        by=text(said.get("by"), ID_LENGTH) or "somebody",
        until=number(said.get("until")),
        reply_to=reply_to if isinstance(reply_to, str) and reply_to.startswith(REPLY) else None,
    )


def _announcement(said: Any, now: float) -> Announcement:
    if not isinstance(said, dict) or not isinstance(said.get("messages"), list):
        raise Malformed("its announcement is no object with a list of messages")
    run = _id(said.get("run"), "a run")
    at = number(said.get("at"))
    nodes: dict[str, Spec] = {}
    edges: list[tuple[str, str, str, int | None]] = []
    for message in said["messages"]:
        _gather(message, nodes, edges)
    if not nodes:
        raise Malformed("it announces no task")
    announced = Announced(now if at is None else at, list(nodes.values()), edges)
    headers = [message["headers"] for message in said["messages"]]
    parent = headers[0].get("parent_id")
    if parent is None or parent in nodes:
        return Announcement(run, announced)
    root = headers[0].get("root_id")
    return Announcement(
        run,
        announced,
        heads=tuple(each["id"] for each in headers),
        parent=_id(parent, "a task"),
        root=None if root is None or root in nodes else _id(root, "a task"),
    )


def _gather(message: Any, nodes: dict[str, Spec], edges: list[tuple[str, str, str, int | None]]) -> None:
    if not isinstance(message, dict):
        raise Malformed("one of its messages is no object")
    try:
        part = fragment(message)
    except (UmbelError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise Malformed(f"one of its messages makes no graph: {error!r:.200}") from None
    for node in part.nodes:
        known = nodes.get(_id(node.id, "a task"))
        if known is None or known.task is None:
            nodes[node.id] = node
    for parent, child, kind, position in part.edges:
        if kind not in KINDS:
            raise Malformed(f"one of its edges is of kind {kind!r:.80}")
        place = position if isinstance(position, int) and 0 <= position < PLACES else None
        edges.append((_id(parent, "a task"), _id(child, "a task"), kind, place))


def _id(value: Any, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH or clean(value) != value:
        raise Malformed(f"{value!r:.80} is no id of {what}")
    return value
