"""Runs that are paused, resumed and cancelled, or take too long (see :mod:`.conducted`). Pure."""

from collections.abc import Callable
from typing import Any

from .attempts import OUT, attempt_of, is_out, record
from .decided import coloured
from .draft import Draft
from .evidence import FINAL, Evidence
from .messages import Cancelled, Paused, Resumed, Waiting
from .parents import is_refuted, may_be_sent
from .run import Action, Node, Run


def pause(draft: Draft, message: Paused) -> None:
    """Send nothing more."""
    if draft.run.kind == "conducted" and draft.run.paused_at is None and draft.run.open:
        draft.changes.marks |= {"paused_at": message.at, "paused_by": message.by}
        draft.changes.actions.append(Action(message.at, message.by, "pause", {}, message.why))


def resume(draft: Draft, message: Resumed) -> None:
    """Send again what may be sent."""
    if draft.run.paused_at is not None:
        draft.changes.marks |= {"paused_at": None, "paused_by": None}
        draft.changes.actions.append(Action(message.at, message.by, "resume", {}, message.why))


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
    draft.changes.actions.append(Action(message.at, message.by, what, detail, message.why))


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
    elif not may_be_sent(node._replace(held=False)) or node.tally.errors:
        return False
    return _end(draft, node, piece)


def _revoke_unsent_by_us(draft: Draft, node: Node, terminate: bool) -> bool:
    """Revoke what a task of the run has sent; how that ends is seen."""
    if node.state in OUT and (terminate or node.state != "STARTED"):
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
    record(draft, node)
    draft.put(node)
    return True
