"""What becomes of the tasks that the conductor sends itself. Pure.

Each of them has one *current attempt*, a Celery task whose id is the node's own, or a fresh one since it was
sent again. Messages name the attempt that they are about:

=======================  ================================================================================
of the current attempt   the node, unless it was decided how it ended
=======================  ================================================================================
Sent                     SENT, if nothing stands against it
events                   RECEIVED, STARTED, RETRY (Celery's own): see :mod:`.decided`
Completed: succeeded     SUCCESS
Completed: failed,       error or timeout: RETRY as often as ``retry`` says, then FAILURE; lost: as below;
Overdue (timeout)        anything else: FAILURE. An attempt that is overdue is terminated
Refused                  FAILURE, refused: no message can be made of it
Missing                  had begun: FAILURE, lost; had not: sent again, ``RESENT`` times at most. ``on_lost``
                         says ``fail`` or ``resend`` for both
Vanished                 SKIPPED, ignored
event: unregistered      FAILURE
event: revoked, expired  REVOKED
Cancelled                REVOKED, if it is not running or is to be terminated
Cancelled: timeout       FAILURE, timeout: what is out, or could be sent; it is terminated
=======================  ================================================================================

========================  ===============================================================================
of an earlier attempt
========================  ===============================================================================
Completed: succeeded      SUCCESS, with this result, unless it was decided; the current one is revoked
that it began, or ended   noted with that attempt; if it was lost before it began, the node ran once more
anything else             nothing
========================  ===============================================================================

A node that is sent again is RETRY, and ``due`` says when; its attempt is archived in ``past``. What is sent
carries the error callbacks of the user, for the worker to call; where no worker will, they become ready as
soon as their caller ended (see :mod:`.parents`).
"""

import math
from collections.abc import Callable
from typing import Any
from zlib import crc32

from .decided import coloured, decides, decision, repetitions
from .draft import Draft
from .evidence import FINAL, Evidence, add
from .messages import (
    Cancelled,
    Completed,
    Missing,
    Overdue,
    Paused,
    Refused,
    Resumed,
    Seen,
    Sent,
    Vanished,
    Waiting,
)
from .observe import ATTEMPT_LENGTH, reason_of
from .parents import is_refuted, may_be_sent
from .run import Action, Attempt, Node, Outcome, Run

RESENT = 3  # times that a task is sent again because it was lost
AGAIN = "An attempt that was given up as lost ran all the same: {}."
LATE = "It returned all the same, after it had been given up."


def attempt_of(node: Node) -> str:
    """Return the Celery task id of the current attempt."""
    return node.attempt_id or node.id


def is_out(node: Node) -> bool:
    """Whether Celery has an attempt of a conducted node."""
    return node.conducted and node.due is None and node.state in _OUT


_OUT = frozenset({"SENT", "RECEIVED", "STARTED", "RETRY"})


def send(draft: Draft, message: Sent) -> None:
    """Take note that an attempt goes out."""
    index = draft.find(message.node)
    if index is None or not may_be_sent(old := draft.node(index)):
        return
    number = old.attempt + 1 if old.past else 0
    node = old._replace(
        state="SENT",
        sent=message.at,
        attempt_id=None if message.task_id == old.id else message.task_id,
        attempt=number,
        due=None,
        note=None if is_refuted(old.note) else old.note,
        evidence=(Evidence("sent", message.at, seen=message.at),),
    )
    draft.changes.sent.append((index, message.task_id))
    _record(draft, node)
    draft.put(node)
    draft.spread()


def see(draft: Draft, index: int, message: Seen) -> None:
    """Take an event, or what the result backend keeps: colour, but for what no callback tells."""
    node, piece = draft.node(index), message.evidence
    if message.node != attempt_of(node) or node.due is not None:
        _see_earlier(draft, node, message)
        return
    if piece.kind == "lost":
        begun = any(known.kind == "started" for known in node.evidence)
        miss(draft, Missing(message.node, piece.at, begun, ""))
        return
    if not _is_expected(node):
        return
    was = decision(node.evidence)
    if was is not None and decides(piece):
        return
    if piece.kind == "failed" and node.rules is not None and node.rules.retries:
        piece = _with_exception(piece, message.outcome)
    evidence = add(node.evidence, piece)
    if evidence is node.evidence:
        return
    if piece.kind == "started" and piece.at < (draft.run.started or math.inf):
        draft.changes.started = piece.at
    if piece.level >= 2 and _tells_more(was, piece):
        draft.changes.outcomes[index] = message.outcome
    _put(draft, node, evidence)


def complete(draft: Draft, message: Completed) -> None:
    """Take what a worker called back."""
    if (node := _found(draft, message.task_id)) is None:
        return
    if message.task_id != attempt_of(node) or node.due is not None:
        _complete_earlier(draft, node, message)
    elif _is_expected(node):
        _complete(draft, node, message)


def _complete(draft: Draft, node: Node, message: Completed) -> None:
    was, outcome = decision(node.evidence), message.outcome
    is_bare = outcome.exception is None and outcome.result is None
    kind = "called-succeeded" if message.succeeded else "called-failed"
    reason = None if message.succeeded or outcome.exception is None else reason_of(outcome.exception)
    detail = {"bare": True} if is_bare else None
    piece = Evidence(kind, message.at, None, None, reason, detail, message.at)
    evidence = add(node.evidence, piece)
    if evidence is node.evidence:
        return
    if was is not None:
        if message.succeeded and was.kind in ("overdue", "missing", "withdrawn"):
            node = node._replace(note=LATE)
        _put(draft, node, evidence)
        return
    if not is_bare or not any(known.level == 4 for known in node.evidence):
        draft.changes.outcomes[node.idx] = outcome
    if draft.run.started is None:
        draft.changes.started = node.sent
    if message.succeeded:
        _put(draft, node, evidence)
    else:
        _fail(draft, node, evidence, outcome.exception)


def expire(draft: Draft, message: Overdue) -> None:
    """Give up an attempt that takes too long."""
    if (node := _current(draft, message.task_id)) is not None:
        draft.changes.revoked.append((message.task_id, True))
        piece = Evidence("overdue", message.at, reason="timeout", seen=message.at)
        _fail(draft, node, (*node.evidence, piece))


def refuse(draft: Draft, message: Refused) -> None:
    """End what could not be sent, however often it were tried."""
    if (node := _current(draft, message.task_id)) is not None:
        draft.changes.outcomes[node.idx] = Outcome(exception=message.why)
        piece = Evidence("unsendable", message.at, reason="refused", seen=message.at)
        _put(draft, node, (*node.evidence, piece))


def miss(draft: Draft, message: Missing) -> None:
    """Give up an attempt that is nowhere."""
    if (node := _current(draft, message.task_id)) is None:
        return
    piece = Evidence("missing", message.at, node.worker, reason="lost", seen=message.at)
    evidence = (*node.evidence, piece)
    if draft.run.cancelled_at is not None or not _is_resent(node, begun=message.begun):
        _put(draft, node._replace(note=message.note or node.note, lost_at=message.at), evidence)
        return
    draft.changes.revoked.append((message.task_id, False))
    _send_again(draft, coloured(node, evidence), message.at, None)


def vanish(draft: Draft, node: Node, message: Vanished) -> None:
    """End a task that raised ``Ignore``."""
    if _current(draft, message.task_id) is not None:
        piece = Evidence("vanished", message.at, node.worker, reason="ignored", seen=message.at)
        _put(draft, node, (*node.evidence, piece))


def _found(draft: Draft, task_id: str) -> Node | None:
    index = draft.find(task_id)
    node = None if index is None else draft.node(index)
    return node if node is not None and node.conducted and node.task is not None else None


def _current(draft: Draft, task_id: str) -> Node | None:
    """Return the node of which this is the current attempt, if it is not decided how that ended."""
    node = _found(draft, task_id)
    if node is None or task_id != attempt_of(node) or not is_out(node):
        return None
    return node if decision(node.evidence) is None else None


def _is_expected(node: Node) -> bool:
    """Whether its current attempt was sent: by the conductor, or by a worker that calls an error callback."""
    return bool(node.evidence) or node.tally.errors > 0


def _put(draft: Draft, node: Node, evidence: tuple[Evidence, ...]) -> None:
    changed = coloured(node, evidence)
    if is_refuted(node.note):
        changed = changed._replace(note=None)
    if again := repetitions(evidence):
        again = max(again - repetitions(node.evidence), 0)
        changed = changed._replace(repeated=node.repeated + again)
    if changed.state in FINAL:
        _record(draft, changed)
    draft.put(changed)
    draft.spread()


def _record(draft: Draft, node: Node) -> None:
    """Let the current attempt be written down where its id is not that of the node, once."""
    if node.attempt_id is not None and not any(each.number == node.attempt for each in node.past):
        draft.changes.attempts.append((node.idx, _attempt(node)))


def _attempt(node: Node, exception: str | None = None) -> Attempt:
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


def _tells_more(was: Evidence | None, piece: Evidence) -> bool:
    """Whether the outcome that an event brings is to be kept."""
    if was is None or was is piece:
        return True
    is_same = (was.kind, piece.kind) in (("called-succeeded", "succeeded"), ("called-failed", "failed"))
    return is_same and bool(was.detail and was.detail.get("bare"))


def _with_exception(piece: Evidence, outcome: Outcome) -> Evidence:
    exception = outcome.exception and outcome.exception[:ATTEMPT_LENGTH]
    return piece._replace(detail={**(piece.detail or {}), "exception": exception}) if exception else piece


# --- attempts that follow each other


def _fail(draft: Draft, node: Node, evidence: tuple[Evidence, ...], exception: str | None = None) -> None:
    failed = coloured(node, evidence)
    if draft.run.cancelled_at is not None:
        _put(draft, node, evidence)
    elif failed.reason == "lost" and _is_resent(node, begun=True):
        _send_again(draft, failed, evidence[-1].at, exception)
    elif (wait := _wait(failed)) is not None:
        _send_again(draft, failed, evidence[-1].at + wait, exception)
    else:
        _put(draft, node, evidence)


def _wait(node: Node) -> float | None:
    """Return the seconds until a node that failed is sent again; None if it is not."""
    if node.reason not in ("error", "timeout") or node.rules is None or node.rules.retry is None:
        return None
    failures = sum(attempt.reason != "lost" for attempt in node.past)
    if failures >= node.rules.retry.max:
        return None
    return node.rules.retry.delay(failures, crc32(f"{node.id}:{node.attempt}".encode()) / 2**32)


def _is_resent(node: Node, *, begun: bool) -> bool:
    rule = node.rules.on_lost if node.rules is not None else None
    if rule == "fail" or (rule is None and begun):
        return False
    return sum(attempt.reason == "lost" for attempt in node.past) < RESENT


def _send_again(draft: Draft, failed: Node, due: float, exception: str | None) -> None:
    if exception is None:
        found = (piece.detail or {} for piece in reversed(failed.evidence) if piece.kind == "failed")
        exception = next((detail["exception"] for detail in found if detail.get("exception")), None)
    attempt = _attempt(failed, exception and exception[:ATTEMPT_LENGTH])
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


def _see_earlier(draft: Draft, node: Node, message: Seen) -> None:
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


def _complete_earlier(draft: Draft, node: Node, message: Completed) -> None:
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
        given_up = _attempt(node)._replace(state="REVOKED", reason="revoked", finished=message.at)
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
    draft.changes.attempts.append((node.idx, _attempt(changed)))
    draft.put(changed)
    draft.spread()


# --- control


def pause(draft: Draft, message: Paused) -> None:
    """Send nothing more."""
    if draft.run.kind == "conducted" and draft.run.paused_at is None and draft.run.open:
        draft.changes.marks |= {"paused_at": message.at, "paused_by": message.by}
        draft.changes.actions.append(Action(message.at, message.by, "pause", {}))


def resume(draft: Draft, message: Resumed) -> None:
    """Send again what may be sent."""
    if draft.run.paused_at is not None:
        draft.changes.marks |= {"paused_at": None, "paused_by": None}
        draft.changes.actions.append(Action(message.at, message.by, "resume", {}))


def cancel(draft: Draft, message: Cancelled) -> None:
    """End what has not begun, or more."""
    run = draft.run
    if message.reason == "timeout" and not is_due(run, message.at):
        return
    if message.nodes is None:
        wanted = [node for node in run.nodes if node.task is not None]
    else:
        known = {index for each in message.nodes if (index := run.index.get(each)) is not None}
        wanted = [run.nodes[index] for index in sorted(known) if run.nodes[index].task is not None]
    end = _time_out if message.reason == "timeout" else _withdraw
    piece = _END[message.reason](message.at)
    count = sum(end(draft, node, piece, message.terminate) for node in wanted)
    draft.spread()
    if not count and not (run.open and message.nodes is None):
        return
    detail: dict[str, Any] = {"terminate": message.terminate, "count": count}
    if message.nodes is not None:
        detail["nodes"] = sorted(message.nodes)[:100]
    else:
        draft.changes.marks |= {"cancelled_at": message.at, "cancelled_by": message.by}
        if run.paused_at is not None:
            draft.changes.marks |= {"paused_at": None, "paused_by": None}
    what = "timeout" if message.reason == "timeout" else "cancel"
    draft.changes.actions.append(Action(message.at, message.by, what, detail))


def is_due(run: Run, at: float) -> bool:
    """Whether the time limit of ``run`` has passed, and nothing was done about it."""
    limit = run.options.time_limit
    if limit is None or at < run.created + limit:
        return False
    return run.cancelled_at is None or run.cancelled_at < run.created + limit


def wait(draft: Draft, message: Waiting) -> None:
    """Take note of why tasks that could be sent are not."""
    if message.waits != draft.run.waits:
        draft.changes.marks["waits"] = message.waits


_END: dict[str, Callable[[float], Evidence]] = {
    "revoked": lambda at: Evidence("withdrawn", at, reason="revoked", seen=at),
    "timeout": lambda at: Evidence("overdue", at, reason="timeout", seen=at),
}


def _withdraw(draft: Draft, node: Node, piece: Evidence, terminate: bool) -> bool:
    if node.state in FINAL:
        return False
    if not node.conducted:
        return _revoke_unsent_by_us(draft, node, terminate)
    if node.state == "PENDING":
        # An error callback ends with its caller: one that goes on may still call it.
        return not node.tally.errors and _end(draft, node, piece)
    if node.due is None:
        if node.state == "STARTED" and not terminate:
            return False
        draft.changes.revoked.append((attempt_of(node), terminate))
    return _end(draft, node, piece)


def _time_out(draft: Draft, node: Node, piece: Evidence, terminate: bool) -> bool:
    if node.state in FINAL:
        return False
    if not node.conducted:
        return _revoke_unsent_by_us(draft, node, True)
    if is_out(node):
        draft.changes.revoked.append((attempt_of(node), True))
    elif node.idx not in draft.run.ready or node.tally.errors:
        return False
    return _end(draft, node, piece)


def _revoke_unsent_by_us(draft: Draft, node: Node, terminate: bool) -> bool:
    """Revoke what a task of the run has sent; how that ends is seen."""
    if node.state in _OUT and (terminate or node.state != "STARTED"):
        draft.changes.revoked.append((node.id, terminate))
        return True
    return False


def _end(draft: Draft, node: Node, piece: Evidence) -> bool:
    evidence = (*node.evidence, piece)
    if node.evidence:
        node = coloured(node, evidence)
    else:
        state = "REVOKED" if piece.kind == "withdrawn" else "FAILURE"
        node = node._replace(state=state, reason=piece.reason, finished=piece.at, evidence=evidence)
    node = node._replace(due=None, note=None if is_refuted(node.note) else node.note)
    _record(draft, node)
    draft.put(node)
    return True
