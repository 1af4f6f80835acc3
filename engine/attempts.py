"""The current attempt of a conducted task, and whether another follows (see :mod:`.conducted`). Pure."""

from zlib import crc32

from .decided import coloured, repetitions
from .draft import Draft
from .evidence import FINAL, Evidence
from .observe import ATTEMPT_LENGTH
from .parents import is_refuted
from .run import Attempt, Node

RESENT = 3  # times that a task is sent again because it was lost
OUT = frozenset({"SENT", "RECEIVED", "STARTED", "RETRY"})


def attempt_of(node: Node) -> str:
    """Return the Celery task id of the current attempt."""
    return node.attempt_id or node.id


def is_out(node: Node) -> bool:
    """Whether Celery has an attempt of a conducted node."""
    return node.conducted and node.due is None and node.state in OUT


def stand(draft: Draft, node: Node, evidence: tuple[Evidence, ...]) -> None:
    changed = coloured(node, evidence)
    if is_refuted(node.note):
        changed = changed._replace(note=None)
    if again := repetitions(evidence):
        again = max(again - repetitions(node.evidence), 0)
        changed = changed._replace(repeated=node.repeated + again)
    if changed.state in FINAL:
        record(draft, changed)
    draft.put(changed)
    draft.spread()


def record(draft: Draft, node: Node) -> None:
    """Let the current attempt be written down where its id is not that of the node, once."""
    if node.attempt_id is not None and not any(each.number == node.attempt for each in node.past):
        draft.changes.attempts.append((node.idx, snapshot(node)))


def snapshot(node: Node, exception: str | None = None) -> Attempt:
    return Attempt(
        attempt_of(node),
        node.attempt,
        node.state,
        node.reason,
        node.sent,
        node.started,
        node.finished,
        node.worker,
        exception,
    )


def fail(draft: Draft, node: Node, evidence: tuple[Evidence, ...], exception: str | None = None) -> None:
    failed = coloured(node, evidence)
    if draft.run.cancelled_at is not None:
        stand(draft, node, evidence)
    elif failed.reason == "lost" and is_resent(node, begun=True):
        send_again(draft, failed, evidence[-1].at, exception)
    elif (wait := _wait(failed)) is not None:
        send_again(draft, failed, evidence[-1].at + wait, exception)
    else:
        stand(draft, node, evidence)


def _wait(node: Node) -> float | None:
    """Return the seconds until a node that failed is sent again; None if it is not."""
    if node.reason not in ("error", "timeout") or node.rules is None or node.rules.retry is None:
        return None
    failures = sum(attempt.reason != "lost" for attempt in node.past)
    if failures >= node.rules.retry.max:
        return None
    return node.rules.retry.delay(failures, crc32(f"{node.id}:{node.attempt}".encode()) / 2**32)


def is_resent(node: Node, *, begun: bool) -> bool:
    rule = node.rules.on_lost if node.rules is not None else None
    if rule == "fail" or (rule is None and begun):
        return False
    return sum(attempt.reason == "lost" for attempt in node.past) < RESENT


def send_again(draft: Draft, failed: Node, due: float, exception: str | None) -> None:
    if exception is None:
        found = (piece.detail or {} for piece in reversed(failed.evidence) if piece.kind == "failed")
        exception = next((detail["exception"] for detail in found if detail.get("exception")), None)
    attempt = snapshot(failed, exception and exception[:ATTEMPT_LENGTH])
    draft.changes.attempts.append((failed.idx, attempt))
    draft.put(
        failed._replace(
            state="RETRY",
            reason=None,
            retries=0,
            sent=None,
            received=None,
            started=None,
            finished=None,
            runtime=None,
            worker=None,
            due=due,
            past=(*failed.past, attempt),
            evidence=(),
        )
    )
    draft.spread()
