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

from .attempts import attempt_of, fail, is_out, is_resent, record, send_again, stand
from .decided import coloured, decides, decision
from .draft import Draft
from .earlier import complete_earlier, see_earlier
from .evidence import Evidence, add
from .messages import Completed, Missing, Overdue, Refused, Seen, Sent, Vanished
from .observe import ATTEMPT_LENGTH, reason_of
from .parents import is_refuted, may_be_sent
from .run import Node, Outcome

LATE = "It returned all the same, after it had been given up."


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
    record(draft, node)
    draft.put(node)
    draft.spread()


def see(draft: Draft, index: int, message: Seen) -> None:
    """Take an event, or what the result backend keeps: colour, but for what no callback tells."""
    node, piece = draft.node(index), message.evidence
    if message.node != attempt_of(node) or node.due is not None:
        see_earlier(draft, node, message)
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
    if was is not None and was.kind == "called-failed" and _is_news_of_loss(draft, node, piece):
        send_again(draft, coloured(node, evidence), piece.seen or piece.at, message.outcome.exception)
    else:
        stand(draft, node, evidence)


def complete(draft: Draft, message: Completed) -> None:
    """Take what a worker called back."""
    if (node := _found(draft, message.task_id)) is None:
        return
    if message.task_id != attempt_of(node) or node.due is not None:
        complete_earlier(draft, node, message)
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
        stand(draft, node, evidence)
        return
    if not is_bare or not any(known.level == 4 for known in node.evidence):
        draft.changes.outcomes[node.idx] = outcome
    if draft.run.started is None:
        draft.changes.started = node.sent
    if message.succeeded:
        stand(draft, node, evidence)
    else:
        fail(draft, node, evidence, outcome.exception)


def expire(draft: Draft, message: Overdue) -> None:
    """Give up an attempt that takes too long."""
    if (node := _current(draft, message.task_id)) is not None:
        draft.changes.revoked.append((message.task_id, True))
        piece = Evidence("overdue", message.at, reason="timeout", seen=message.at)
        fail(draft, node, (*node.evidence, piece))


def refuse(draft: Draft, message: Refused) -> None:
    """End what could not be sent, however often it were tried."""
    if (node := _current(draft, message.task_id)) is not None:
        draft.changes.outcomes[node.idx] = Outcome(exception=message.why)
        piece = Evidence("unsendable", message.at, reason="refused", seen=message.at)
        stand(draft, node, (*node.evidence, piece))


def miss(draft: Draft, message: Missing) -> None:
    """Give up an attempt that is nowhere."""
    if (node := _current(draft, message.task_id)) is None:
        return
    piece = Evidence("missing", message.at, node.worker, reason="lost", seen=message.at)
    evidence = (*node.evidence, piece)
    if draft.run.cancelled_at is not None or not is_resent(node, begun=message.begun):
        stand(draft, node._replace(note=message.note or node.note, lost_at=message.at), evidence)
        return
    draft.changes.revoked.append((message.task_id, False))
    send_again(draft, coloured(node, evidence), message.at, None)


def vanish(draft: Draft, node: Node, message: Vanished) -> None:
    """End a task that raised ``Ignore``."""
    if _current(draft, message.task_id) is not None:
        piece = Evidence("vanished", message.at, node.worker, reason="ignored", seen=message.at)
        stand(draft, node, (*node.evidence, piece))


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


def _tells_more(was: Evidence | None, piece: Evidence) -> bool:
    """Whether the outcome that an event brings is to be kept."""
    if was is None or was is piece:
        return True
    is_same = (was.kind, piece.kind) in (("called-succeeded", "succeeded"), ("called-failed", "failed"))
    return is_same and bool(was.detail and was.detail.get("bare"))


def _is_news_of_loss(draft: Draft, node: Node, piece: Evidence) -> bool:
    """Whether an event tells, only now, that what failed was lost and is to be sent again.

    A worker calls back before it tells that the child process with the task was killed.
    """
    if node.reason != "error" or piece.reason != "lost" or draft.run.cancelled_at is not None:
        return False
    return is_resent(node, begun=True)


def _with_exception(piece: Evidence, outcome: Outcome) -> Evidence:
    exception = outcome.exception and outcome.exception[:ATTEMPT_LENGTH]
    return piece._replace(detail={**(piece.detail or {}), "exception": exception}) if exception else piece
