"""The state of a run and its nodes: written once, here. Pure: no clock, no database, no broker.

A node that was *seen* (sent, received, started, ...) has the state that its evidence amounts to; that table
is at the head of :mod:`.evidence`. A node of which nothing was seen has the state that its parents give it,
and whatever is seen later replaces that:

=======================================================================  =======  ==========
of the parents                                                           state    reason
=======================================================================  =======  ==========
one that it waits for (``then``, ``link``) is FAILURE, REVOKED, BLOCKED  BLOCKED
one that it waits for is SKIPPED                                         SKIPPED  that one's
all whose failure would call it (``error``) ended, and none calls it     SKIPPED  unneeded
one that calls it ended, and everything else has: see Settle             SKIPPED  unseen
anything else                                                            PENDING
=======================================================================  =======  ==========

A parent calls its error callbacks when it is FAILURE, or BLOCKED where results meet (a chord's body, whose
header failed). Such a callback may run inside the worker, where no event tells: hence ``unseen``.

A join has no evidence: it is BLOCKED when a parent is dead, SUCCESS when all have ended well. It is in no
count.

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
from collections.abc import Iterable

from . import naming
from .draft import Draft
from .evidence import CODES, FINAL, STATES, add, judge
from .messages import (
    Announced,
    Cancelled,
    Completed,
    Message,
    Missing,
    Noted,
    Origin,
    Overdue,
    Paused,
    Placed,
    Resumed,
    Seen,
    Sent,
    Settle,
    Vanished,
    Waiting,
)
from .parents import is_refuted, joined, waits_unseen
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
    "Resumed",
    "Sent",
    "Vanished",
    "Waiting",
]
__all__ += ["apply", "reduce", "restore"]

RUN_STATES = ("PENDING", "RUNNING", "SUCCESS", "FAILURE", "REVOKED")
NAMED = 2_000  # nodes: a larger run keeps the name that it has


# --- the machine


def reduce(run: Run, message: Message) -> Changes:
    """Return what ``message`` changes in ``run``, which stays as it is."""
    draft = Draft(run)
    if isinstance(message, Announced):
        draft.announce(message)
    elif isinstance(message, Seen):
        _see(draft, message)
    elif isinstance(message, Noted):
        _note(draft, message)
    elif isinstance(message, Settle) and draft.is_quiet():
        _settle(draft)
    return draft.finish()


def apply(run: Run, changes: Changes) -> None:
    """Bring ``run`` up to date with ``changes``."""
    for index, node in sorted(changes.nodes.items()):
        _replace(run, index, node)
    for edge in changes.edges:
        run.edges.add(edge)
        run.children[edge[0]].append((edge[1], edge[2]))
    if changes.started is not None:
        run.started = changes.started
    if changes.structural and (len(run.nodes) <= NAMED or not run.name):
        tasks = [(node.idx, node.task) for node in run.nodes]
        run.name = naming.name_of(tasks, (edge[:3] for edge in run.edges))


def restore(run: Run, nodes: Iterable[Node], edges: Iterable[EdgeRow]) -> None:
    """Fill an empty ``run`` with what was kept of it; tallies are made anew."""
    for node in nodes:
        _replace(run, node.idx, node)
    for edge in edges:
        run.edges.add(edge)
        run.children[edge[0]].append((edge[1], edge[2]))
    # What a parent tells its error callbacks depends on its own tally, so those edges come last.
    for parent, child, kind, _ in sorted(run.edges, key=lambda edge: edge[2] == "error"):
        node = run.nodes[child]
        _replace(run, child, node._replace(tally=joined(node.tally, kind, run.nodes[parent])))


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
    else:
        run.waiting.discard(index)


def _see(draft: Draft, message: Seen) -> None:
    index = draft.find(message.node)
    if index is None or (old := draft.node(index)).task is None:
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


def _settle(draft: Draft) -> None:
    for index in sorted(draft.run.waiting):
        draft.put(draft.node(index)._replace(state="SKIPPED", reason="unseen"))
    draft.spread()
