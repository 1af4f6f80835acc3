"""What is still heard of attempts that another has followed (see :mod:`.conducted`). Pure."""

from .attempts import attempt_of, is_out, snapshot
from .decided import coloured, decision
from .draft import Draft
from .evidence import Evidence
from .messages import Completed, Seen
from .run import Attempt, Node

AGAIN = "An attempt that was given up as lost ran all the same: {}."


def see_earlier(draft: Draft, node: Node, message: Seen) -> None:
    """Take an event of an attempt that is archived."""
    piece = message.evidence
    attempt = _earlier(node, message.node)
    if attempt is None or piece.kind not in ("started", "succeeded", "failed"):
        return
    if piece.kind == "failed":
        told = attempt._replace(exception=attempt.exception or message.outcome.exception)
        if attempt.state == "FAILURE" and attempt.reason == "error":
            told = told._replace(reason=piece.reason)
    elif attempt.started is None:
        _began_late(draft, node, attempt, piece.at, piece.worker)
        return
    else:
        return
    _rearchive(draft, node, attempt, told)


def complete_earlier(draft: Draft, node: Node, message: Completed) -> None:
    attempt = _earlier(node, message.task_id)
    if attempt is None:
        return
    if message.succeeded and decision(node.evidence) is None:
        _prefer(draft, node, attempt, message)
    elif attempt.started is None and attempt.reason == "lost":
        _began_late(draft, node, attempt, message.at, attempt.worker)


def _earlier(node: Node, task_id: str) -> Attempt | None:
    return next((attempt for attempt in node.past if attempt.id == task_id), None)


def _began_late(draft: Draft, node: Node, attempt: Attempt, at: float, worker: str | None) -> None:
    told = attempt._replace(started=at, worker=attempt.worker or worker)
    if attempt.reason == "lost":
        node = node._replace(repeated=node.repeated + 1, note=AGAIN.format(attempt.id))
    _rearchive(draft, node, attempt, told)


def _rearchive(draft: Draft, node: Node, attempt: Attempt, told: Attempt) -> None:
    if told == attempt and node == draft.node(node.idx):
        return
    draft.changes.attempts.append((node.idx, told))
    draft.put(node._replace(past=tuple(told if each is attempt else each for each in node.past)))
    draft.spread()


def _prefer(draft: Draft, node: Node, attempt: Attempt, message: Completed) -> None:
    """Take the result of an earlier attempt, and take back the current one."""
    past = tuple(each for each in node.past if each is not attempt)
    if is_out(node):
        draft.changes.revoked.append((attempt_of(node), False))
        given_up = snapshot(node)._replace(state="REVOKED", reason="revoked", finished=message.at)
        draft.changes.attempts.append((node.idx, given_up))
        past = (*past, given_up)
    draft.changes.outcomes[node.idx] = message.outcome
    piece = Evidence("called-succeeded", message.at, seen=message.at)
    node = node._replace(
        attempt_id=None if attempt.id == node.id else attempt.id,
        attempt=attempt.number,
        past=past,
        due=None,
        sent=attempt.sent,
        started=attempt.started,
        worker=attempt.worker,
    )
    changed = coloured(node, (piece,))._replace(started=attempt.started)
    draft.changes.attempts.append((node.idx, snapshot(changed)))
    draft.put(changed)
    draft.spread()
