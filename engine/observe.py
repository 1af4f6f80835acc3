"""Celery's events -> messages for the machine. Pure.

===============  ==========  ==============================================================
event            evidence    what is taken from it, besides uuid, timestamp and hostname
===============  ==========  ==============================================================
task-sent        sent        name, args, kwargs, root_id, parent_id, retries, queue (the hostname is the
                             sender's: no worker)
task-received    received    name, args, kwargs, root_id, parent_id, retries
task-started     started
task-retried     retried     exception, traceback: of the attempt
task-succeeded   succeeded   result (its representation), runtime
task-failed      failed      exception, traceback; the exception's name tells the reason
task-revoked     revoked     expired: the reason
task-rejected    requeued    if it goes back to the queue,
                 refused     if not
task-cancelled   cancelled
===============  ==========  ==============================================================

Events of messages to the conductor itself (tasks named ``umbel.*``, callbacks with ids ``done:`` and
``failed:``) say nothing of a task.

Timestamps are taken as they are, seconds since the epoch. (Celery's own receiver shifts them by the
difference of the time zones of worker and receiver, which an epoch does not know.)
"""

import math
import re
from collections.abc import Mapping
from sys import intern
from typing import Any

from .errors import UmbelError
from .evidence import Evidence
from .messages import Origin, Seen
from .protocol import OWN
from .run import Outcome
from .values import dumps, text

ID_LENGTH = 255  # the longest id that is taken
OWN_IDS = ("done:", "failed:")  # of callbacks, before the id of the task
ARGUMENTS = 4 * 1024  # characters kept of a representation of arguments
ATTEMPT_LENGTH = 8 * 1024  # characters kept of the traceback of an attempt that is tried again

_KINDS = {
    "task-sent": "sent",
    "task-received": "received",
    "task-started": "started",
    "task-retried": "retried",
    "task-succeeded": "succeeded",
    "task-failed": "failed",
    "task-revoked": "revoked",
    "task-rejected": "refused",
    "task-cancelled": "cancelled",
}
_REASONS = {
    "TimeLimitExceeded": "timeout",
    "SoftTimeLimitExceeded": "timeout",
    "WorkerLostError": "lost",
    "NotRegistered": "unregistered",
    "Reject": "refused",
}
_WRAPPED = "ExceptionWithTraceback("  # how workers represent what the pool, not the task, has raised
_RAISED = re.compile(r"(?:\w+\.)*([A-Za-z_]\w*): (.+)")
_NAME = re.compile(r"<?(?:class ')?(?:[A-Za-z_][\w]*\.)*([A-Za-z_]\w*)")


class MalformedEvent(UmbelError):
    """Something that came as an event is none."""


def message_of(event: Mapping[str, Any], now: float) -> Seen | None:
    """Return what ``event`` says of a task; None for an event that says nothing of one.

    Raises
    ------
    MalformedEvent
        It has no id, no time, or something else in their place.
    """
    name = event.get("type") if isinstance(event, Mapping) else None
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        return None
    node = event.get("uuid")
    if not isinstance(node, str) or not 0 < len(node) <= ID_LENGTH:
        raise MalformedEvent(f"a {name} without a proper uuid")
    if is_own(node, event.get("name")):
        return None
    if (at := number(event.get("timestamp"))) is None:
        raise MalformedEvent(f"a {name} without a proper timestamp")
    if kind == "refused" and event.get("requeue"):
        kind = "requeued"
    root = event.get("root_id")
    evidence = Evidence(
        kind=kind,
        at=at,
        worker=None if kind == "sent" else _worker(event),
        retries=_count(event.get("retries")) if kind in ("sent", "received") else None,
        reason=_reason(kind, event),
        detail=_detail(kind, event),
        seen=now,
    )
    return Seen(
        clean(node),
        evidence,
        _outcome(kind, event),
        clean(root) if isinstance(root, str) and 0 < len(root) <= ID_LENGTH else None,
        _origin(event) if kind in ("sent", "received") else None,
    )


def is_own(task_id: str, name: object) -> bool:
    """Whether a task is no task but a message to the conductor."""
    return task_id.startswith(OWN_IDS) or (isinstance(name, str) and name.startswith(OWN))


def clean(node_id: str) -> str:
    """Return an id as it is kept."""
    return text(node_id, ID_LENGTH) or ""


def number(value: object) -> float | None:
    """Return ``value`` as a time or duration in seconds; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e11 and math.isfinite(value) else None


def reason_of(exception: object) -> str:
    """Return why a task failed, from the representation of its exception.

    >>> reason_of("TimeLimitExceeded(300)")
    'timeout'
    """
    found = _NAME.match(exception) if isinstance(exception, str) else None
    return _REASONS.get(found[1], "error") if found else "error"


def _origin(event: Mapping[str, Any]) -> Origin | None:
    parent, name = event.get("parent_id"), text(event.get("name"), ID_LENGTH)
    if not name:
        return None
    return Origin(
        task=intern(name),
        parent=clean(parent) if isinstance(parent, str) and 0 < len(parent) <= ID_LENGTH else None,
        args=text(event.get("args"), ARGUMENTS),
        kwargs=text(event.get("kwargs"), ARGUMENTS),
    )


def _reason(kind: str, event: Mapping[str, Any]) -> str | None:
    if kind == "failed":
        return reason_of(_exception(event))
    if kind == "revoked":
        return "expired" if event.get("expired") else "revoked"
    return "refused" if kind == "refused" else None


def _detail(kind: str, event: Mapping[str, Any]) -> dict[str, Any] | None:
    detail: dict[str, Any] = {}
    if kind == "sent":
        detail["queue"] = text(event.get("queue") or event.get("routing_key"), ID_LENGTH)
    elif kind == "succeeded":
        detail["runtime"] = number(event.get("runtime"))
    elif kind == "retried":
        detail["exception"] = text(event.get("exception"), ATTEMPT_LENGTH)
        detail["traceback"] = text(event.get("traceback"), ATTEMPT_LENGTH)
    return {name: value for name, value in detail.items() if value is not None} or None


def _outcome(kind: str, event: Mapping[str, Any]) -> Outcome:
    if kind == "succeeded":
        result = event.get("result")
        if result is None:
            return Outcome()
        shown = result if isinstance(result, str) else dumps(result)
        return Outcome(dumps({"repr": text(shown)}), len(shown))
    if kind == "failed":
        return Outcome(exception=text(_exception(event)), traceback=text(event.get("traceback")))
    return Outcome()


def _exception(event: Mapping[str, Any]) -> Any:
    """Return the representation of the exception that an event tells of."""
    shown, traceback = event.get("exception"), event.get("traceback")
    if not isinstance(shown, str) or not shown.startswith(_WRAPPED) or not isinstance(traceback, str):
        return shown
    raised = _RAISED.fullmatch(traceback.rstrip().rpartition("\n")[2])
    if raised is None:
        return shown
    name, said = raised.groups()
    return said if said.startswith(f"{name}(") else f"{name}({said!r})"


def _worker(event: Mapping[str, Any]) -> str | None:
    name = text(event.get("hostname"), ID_LENGTH)
    return intern(name) if name else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1e9 else None
