"""From a message of the queue ``umbel`` to messages for the machine. Anyone can write to that queue.

What is not JSON, or not of the shape that :mod:`umbel.engine.protocol` gives, is refused with a reason; a
pickled body is never opened. What an announcement says about itself is not believed further than it must be.
"""

from typing import Any, NamedTuple

from celery import Celery

from .. import protocol
from ..canvas import fragment
from ..dag import KINDS
from ..dag import Node as Spec
from ..errors import UmbelError
from ..machine import Announced
from ..observe import number
from .asked import Request, request
from .bulkasked import BulkRequest, BulkStop, bulk_request
from .completion import Completion, completion
from .mailbox import Delivery
from .opening import Letter, Malformed, an_id, letter
from .submission import Submission, submission

__all__ = [
    "Announcement",
    "BulkRequest",
    "BulkStop",
    "Completion",
    "Malformed",
    "Request",
    "Submission",
    "opened",
]

PLACES = 2**31  # positions below this are kept

_CALLBACKS = frozenset({protocol.DONE, protocol.FAILED})
_REQUESTS = frozenset({protocol.REVOKE, protocol.CONTROL, protocol.WAIT, protocol.RESULT, protocol.AGAIN})
_REQUESTS |= {protocol.RESUBMIT, protocol.AMEND, protocol.CHECK}
_BULKS = frozenset({protocol.BULK, protocol.BULK_STOP})
_KINDS = _CALLBACKS | _REQUESTS | _BULKS | {protocol.WATCH, protocol.RUN}


class Announcement(NamedTuple):
    """Nodes and edges of one run."""

    run: str
    announced: Announced
    heads: tuple[str, ...] = ()  # the tasks that are about to be sent
    parent: str | None = None  # the task that sends them, if one does
    root: str | None = None  # and its root


Opened = Announcement | Submission | Completion | Request | BulkRequest | BulkStop


def opened(delivery: Delivery, app: Celery | None = None) -> Opened:
    """Return what a message announces, tells or asks for; ``app`` knows the user's tasks.

    Raises
    ------
    Malformed
        It is not of the protocol's shape.
    """
    found = letter(delivery, _KINDS, sealed=_CALLBACKS)
    if found.kind in _CALLBACKS:
        return completion(found)
    if found.kind in _REQUESTS:
        return request(found)
    if found.kind in _BULKS:
        return bulk_request(found)
    return submission(found, app) if found.kind == protocol.RUN else _announced(found)


def _announced(found: Letter) -> Announcement:
    if found.args is None or len(found.args) != 1:
        raise Malformed("its body is not [[announcement], kwargs, embed]")
    return _announcement(found.args[0], found.at)


def _announcement(said: Any, now: float) -> Announcement:
    if not isinstance(said, dict) or not isinstance(said.get("messages"), list):
        raise Malformed("its announcement is no object with a list of messages")
    run = an_id(said.get("run"), "a run")
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
        parent=an_id(parent, "a task"),
        root=None if root is None or root in nodes else an_id(root, "a task"),
    )


def _gather(message: Any, nodes: dict[str, Spec], edges: list[tuple[str, str, str, int | None]]) -> None:
    if not isinstance(message, dict):
        raise Malformed("one of its messages is no object")
    try:
        part = fragment(message)
    except (UmbelError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise Malformed(f"one of its messages makes no graph: {error!r:.200}") from None
    # A conducted task that is sent on by itself has our callbacks, which are no tasks of anybody's.
    own = {node.id for node in part.nodes if (node.task or "").startswith(protocol.OWN)}
    for node in part.nodes:
        if node.id in own:
            continue
        known = nodes.get(an_id(node.id, "a task"))
        if known is None or known.task is None:
            nodes[node.id] = node
    for parent, child, kind, position in part.edges:
        if child in own:
            continue
        if kind not in KINDS:
            raise Malformed(f"one of its edges is of kind {kind!r:.80}")
        place = position if isinstance(position, int) and 0 <= position < PLACES else None
        edges.append((an_id(parent, "a task"), an_id(child, "a task"), kind, place))
