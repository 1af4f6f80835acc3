"""The state of a run and its nodes: written once, here. Pure: no clock, no database, no broker.

A node that was *seen* (sent, received, started, ...) has the state that its evidence amounts to; that table
is at the head of :mod:`.evidence`, and what is special about tasks that the conductor sends itself at the
heads of :mod:`.decided` and :mod:`.conducted`. A node of which nothing was seen has the state that its
parents give it, and whatever is seen later replaces that:

=======================================================================  =======  ==========
of the parents                                                           state    reason
=======================================================================  =======  ==========
one that it waits for (``then``, ``link``) is FAILURE, REVOKED, BLOCKED  BLOCKED
one that it waits for is SKIPPED                                         SKIPPED  that one's
all whose failure would call it (``error``) ended, and none calls it     SKIPPED  unneeded
one that calls it ended, and everything else has: see Settle             SKIPPED  unseen
one that calls it ended, and it is known to run inside the worker        SKIPPED  unseen
one would have it called, where no worker does, and only a worker can    SKIPPED  uncallable
anything else                                                            PENDING
=======================================================================  =======  ==========

Of a conducted task with ``run_when`` the first two lines are others:

==========  ==============================================================  =======  ========
run_when    of the parents                                                  state    reason
==========  ==============================================================  =======  ========
all_done    however they end                                                PENDING
any_failed  all ended, and none is FAILURE, REVOKED or BLOCKED              SKIPPED  unneeded
any_failed  anything else                                                   PENDING
==========  ==============================================================  =======  ========

A parent calls its error callbacks when it is FAILURE, or BLOCKED where results meet (a chord's body, whose
header failed). Such a callback may run inside the worker, where no event tells: hence ``unseen``.

A join has no evidence: it is BLOCKED when a parent is dead, SKIPPED when all have ended and one is *ignored*,
SUCCESS when all have ended otherwise. It is in no count. It counts as ended itself only when all its parents
have.

A conducted task is *ready*, which is derived and never stored, when it is PENDING, not held, and

================  =================================================================================
its ``run_when``  and of its parents
================  =================================================================================
all_success       all are SUCCESS
all_done          all have ended
any_failed        all have ended, and one is FAILURE, REVOKED or BLOCKED (or it has none)
error callback    one is FAILURE or REVOKED and no worker calls it, or BLOCKED where results meet
================  =================================================================================

or when it is RETRY and ``due`` says when it is sent again. It is *out* while Celery has an attempt of it.

========  ===========================================================
run       when
========  ===========================================================
PENDING   nothing was seen
RUNNING   something was seen, and a node is not final
FAILURE   all nodes are final, and one is FAILURE
REVOKED   all nodes are final, none is FAILURE, and one is REVOKED
SUCCESS   all nodes are final: SUCCESS and SKIPPED
========  ===========================================================

``reduce(run, message)`` says what a message changes; ``apply(run, changes)`` brings the run up to date. The
cost is that of what changes, however large the run: each node holds a tally of its parents, and looks at
none.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import conducted, control, mended, naming
from .attempts import is_out
from .draft import Draft
from .evidence import CODES, FINAL, STATES, Evidence, add, judge
from .messages import (
    Acted,
    Amended,
    Announced,
    Cancelled,
    Completed,
    Learned,
    Message,
    Missing,
    Noted,
    Origin,
    Overdue,
    Paused,
    Placed,
    Planned,
    Refused,
    Resolved,
    Resumed,
    Seen,
    Sent,
    Settle,
    Vanished,
    Waiting,
)
from .parents import connected, is_refuted, may_be_sent, waits_unseen, with_callback
from .run import Action, Attempt, Changes, EdgeRow, Node, Outcome, Run

__all__ = ["CODES", "FINAL", "RUN_STATES", "STATES"]
__all__ += ["Action", "Attempt", "Changes", "Node", "Outcome", "Run"]
__all__ += ["Announced", "Message", "Noted", "Origin", "Placed", "Seen", "Settle"]
__all__ += [
    "Cancelled",
    "Completed",
    "Missing",
    "Overdue",
    "Paused",
    "Refused",
    "Resumed",
    "Sent",
    "Vanished",
    "Waiting",
]
__all__ += ["Acted", "Amended", "Learned", "Planned", "Resolved"]
__all__ += ["apply", "reduce", "restore"]

RUN_STATES = ("PENDING", "RUNNING", "SUCCESS", "FAILURE", "REVOKED")
NAMED = 2_000  # nodes: a larger run keeps the name that it has, as one that is conducted does
CONDUCTED = "conducted"  # the kind of a run


# --- the machine


def reduce(run: Run, message: Message) -> Changes:
    """Return what ``message`` changes in ``run``, which stays as it is."""
    draft = Draft(run)
    _REDUCERS[type(message)](draft, message)
    return draft.finish()


def apply(run: Run, changes: Changes) -> None:
    """Bring ``run`` up to date with ``changes``."""
    for index, node in sorted(changes.nodes.items()) if len(changes.nodes) > 1 else changes.nodes.items():
        _replace(run, index, node)
    for edge in changes.edges:
        _add(run, edge)
    if changes.started is not None:
        run.started = changes.started
    for name, value in changes.marks.items():
        setattr(run, name, value)
    if changes.structural and (not run.name or (run.kind != CONDUCTED and len(run.nodes) <= NAMED)):
        tasks = [(node.idx, node.task) for node in run.nodes]
        run.name = naming.name_of(tasks, (edge[:3] for edge in run.edges))


def restore(run: Run, nodes: Iterable[Node], edges: Iterable[EdgeRow]) -> None:
    """Fill an empty ``run`` with what was kept of it; tallies, what is ready and what is out are made anew.

    The ``past`` of a node may hold all its attempts.
    """
    for node in nodes:
        if node.past:
            node = node._replace(past=tuple(each for each in node.past if _is_past(node, each)))
        _replace(run, node.idx, node)
        for attempt in node.past:
            run.index[attempt.id] = node.idx
    for edge in edges:
        _add(run, edge)
        if edge[2] == "error" and run.nodes[edge[0]].conducted:
            run.nodes[edge[0]] = with_callback(run.nodes[edge[0]])
    for parent, child, kind, position in _in_order(run):
        _replace(run, child, connected(run.nodes[child], run.nodes[parent], kind, position))


def _add(run: Run, edge: EdgeRow) -> None:
    parent, child, kind, _ = edge
    run.edges.add(edge)
    run.children[parent].append((child, kind))
    if kind == "error":
        run.callers.setdefault(child, []).append(parent)


def _is_past(node: Node, attempt: Attempt) -> bool:
    """Whether an attempt is over, and is not how the node itself stands."""
    if attempt.number != node.attempt or node.due is not None:
        return True
    # A node that was withdrawn while it waited to be sent again ended later than its last attempt.
    return attempt.state in FINAL and (attempt.state, attempt.finished) != (node.state, node.finished)


def _in_order(run: Run) -> Iterator[EdgeRow]:
    """Yield the edges such that what a parent tells is known.

    That depends on its own tally where it is BLOCKED: those edges come last, and the one that leads to such
    a parent before the one that leads away from it.
    """
    later: dict[int, list[EdgeRow]] = defaultdict(list)
    missing: Counter[int] = Counter()
    for edge in run.edges:
        if run.nodes[edge[0]].state == "BLOCKED":
            later[edge[0]].append(edge)
            missing[edge[1]] += 1
        else:
            yield edge
    known = [parent for parent in later if not missing[parent]]
    while later:
        # Where they wait for each other in a circle, any may be the first.
        parent = known.pop() if known else next(iter(later))
        for edge in later.pop(parent, ()):
            yield edge
            missing[edge[1]] -= 1
            if not missing[edge[1]] and edge[1] in later:
                known.append(edge[1])


def _replace(run: Run, index: int, node: Node) -> None:
    if index < len(run.nodes):
        if (old := run.nodes[index]).task is not None:
            run.counts[old.state] -= 1
        run.nodes[index] = node
    else:
        run.nodes.append(node)
        run.children.append([])
        run.index[node.id] = index
    if node.task is not None:
        run.counts[node.state] += 1
    if waits_unseen(node):
        run.waiting.add(index)
    elif run.waiting:
        run.waiting.discard(index)
    if node.conducted:
        _place(run, index, node)


def _place(run: Run, index: int, node: Node) -> None:
    if node.attempt_id is not None:
        run.index[node.attempt_id] = index
    if may_be_sent(node):
        run.ready.add(index)
        run.out.discard(index)
    else:
        run.ready.discard(index)
        (run.out.add if is_out(node) else run.out.discard)(index)


def _see(draft: Draft, message: Seen) -> None:
    index = draft.find(message.node)
    if index is None or (old := draft.node(index)).task is None:
        return
    if old.conducted:
        conducted.see(draft, index, message)
        return
    if message.evidence.kind == "started" and message.evidence.at < (draft.run.started or math.inf):
        draft.changes.started = message.evidence.at
    evidence = add(old.evidence, message.evidence)
    if evidence is old.evidence:
        return
    verdict = judge(evidence)
    if verdict.decisive is message.evidence and message.evidence.level >= 2:
        draft.changes.outcomes[index] = message.outcome
    draft.put(
        old._replace(
            state=verdict.state,
            reason=verdict.reason,
            retries=verdict.retries,
            sent=verdict.sent,
            received=verdict.received,
            started=verdict.started,
            finished=verdict.finished,
            runtime=verdict.runtime,
            worker=verdict.worker,
            queue=verdict.queue,
            repeated=verdict.repeated,
            lost_at=verdict.lost_at,
            note=None if is_refuted(old.note) else old.note,
            evidence=evidence,
        )
    )
    draft.spread()


def _note(draft: Draft, message: Noted) -> None:
    index = draft.find(message.node)
    if index is not None and (old := draft.node(index)).task is not None:
        draft.put(old._replace(note=message.note))


def _learn(draft: Draft, message: Learned) -> None:
    index = draft.find(message.node)
    if index is None or (old := draft.node(index)).task is None or old.conducted or old.state != "SUCCESS":
        return
    draft.changes.outcomes[index] = message.outcome
    draft.changes.touched.add(index)


def _vanish(draft: Draft, message: Vanished) -> None:
    index = draft.find(message.task_id)
    if index is None or (old := draft.node(index)).task is None:
        return
    if old.conducted:
        conducted.vanish(draft, old, message)
    else:
        piece = Evidence("vanished", message.at, old.worker, reason="ignored", seen=message.at)
        _see(draft, Seen(old.id, piece))


def _settle(draft: Draft, _: Settle) -> None:
    if not draft.is_quiet():
        return
    for index in sorted(draft.run.waiting):
        draft.put(draft.node(index)._replace(state="SKIPPED", reason="unseen"))
    draft.spread()


def _announce(draft: Draft, message: Announced) -> None:
    draft.announce(message)


_REDUCERS: dict[type, Callable[[Draft, Any], None]] = {
    Announced: _announce,
    Seen: _see,
    Noted: _note,
    Learned: _learn,
    Settle: _settle,
    Vanished: _vanish,
    Sent: conducted.send,
    Completed: conducted.complete,
    Refused: conducted.refuse,
    Overdue: conducted.expire,
    Missing: conducted.miss,
    Paused: control.pause,
    Resumed: control.resume,
    Cancelled: control.cancel,
    Waiting: control.wait,
    Planned: mended.plan,
    Amended: mended.amend,
    Acted: mended.act,
    Resolved: mended.resolve,
}
