"""What Celery's result backend keeps of a task -> a message for the machine. Pure.

Read without being believed: an exception comes as the names and text that were stored, and nothing is made of
them; what is no JSON is left alone.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kombu.utils.json import dumps as typed

from .evidence import Evidence
from .machine import Completed, Learned, Outcome, Seen
from .observe import ID_LENGTH, reason_of
from .values import dumps, fit, text

_KINDS = {"SUCCESS": "kept-succeeded", "FAILURE": "kept-failed", "REVOKED": "kept-revoked"}


def seen_of(node: str, meta: object, now: float) -> Seen | None:
    """Return what ``meta``, as the backend keeps it, says of a task; None where it has not ended."""
    if not isinstance(meta, Mapping) or (kind := _KINDS.get(str(meta.get("status")))) is None:
        return None
    worker = meta.get("worker")
    evidence = Evidence(
        kind=kind,
        at=_time(meta.get("date_done")) or now,
        worker=text(worker, ID_LENGTH) if isinstance(worker, str) else None,
        reason=_reason(kind, meta.get("result")),
        seen=now,
    )
    return Seen(node, evidence, _outcome(kind, meta))


def ended_of(task_id: str, meta: object, now: float) -> tuple[Completed | Seen, ...]:
    """Return what ``meta`` says of an attempt that the conductor sent; nothing where it has not ended.

    What it returned is given exactly, with kombu's typed objects as a worker would have sent them.
    """
    seen = seen_of(task_id, meta, now)
    if seen is None or not isinstance(meta, Mapping):
        return ()
    if seen.evidence.kind == "kept-revoked":
        return (seen,)
    if seen.evidence.kind == "kept-failed":
        return seen, Completed(task_id, False, seen.evidence.at, seen.outcome)
    return (Completed(task_id, True, seen.evidence.at, _exactly(meta) or seen.outcome),)


def returned_of(node: str, meta: object, since: float) -> Learned | None:
    """Return what ``meta`` says that a task returned, exactly; None where it did not ``since`` then."""
    if not isinstance(meta, Mapping) or meta.get("status") != "SUCCESS":
        return None
    outcome = _exactly(meta)
    if outcome is None or (_time(meta.get("date_done")) or since) < since:
        return None
    return Learned(node, outcome)


def _exactly(meta: Mapping[str, Any]) -> Outcome | None:
    try:
        exact = dumps(json.loads(typed(meta.get("result"))))
    except (RecursionError, TypeError, ValueError):
        return None
    return Outcome(f'{{"json":{exact}}}', len(exact))


def _time(done: object) -> float | None:
    try:
        at = done if isinstance(done, datetime) else datetime.fromisoformat(str(done))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return None


def _reason(kind: str, result: object) -> str | None:
    kept = result if isinstance(result, Mapping) else {}
    if kind == "kept-failed":
        return reason_of(kept.get("exc_type"))
    if kind == "kept-revoked":
        return "expired" if "expired" in str(kept.get("exc_message")) else "revoked"
    return None


def _outcome(kind: str, meta: Mapping[str, Any]) -> Outcome:
    result = meta.get("result")
    if kind == "kept-succeeded":
        try:
            size = len(json.dumps(result, separators=(",", ":"), allow_nan=False))
        except (RecursionError, TypeError, ValueError):  # JSON has no NaN, and nobody else reads it
            shown = str(result)
            return Outcome(dumps({"repr": text(shown)}), len(shown))
        return Outcome(f'{{"json":{fit(result)}}}', size)
    if kind == "kept-failed":
        return Outcome(exception=text(_exception(result)), traceback=text(meta.get("traceback")))
    return Outcome()


def _exception(result: object) -> str | None:
    if not isinstance(result, Mapping):
        return None if result is None else str(result)
    said = result.get("exc_message")
    parts = said if isinstance(said, (list, tuple)) else [said]
    return f"{result.get('exc_type')}({', '.join(map(repr, parts))})"
