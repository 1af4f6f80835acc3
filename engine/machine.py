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
from collections import Counter, deque
from collections.abc import Iterable

from . import naming
from .dag import Node as Spec
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
from .run import LIVE, NEVER, UNKNOWN, UNSENT, Action, Attempt, Changes, EdgeRow, Node, Outcome, Run, Tally

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
    draft = _Draft(run)
    if isinstance(message, Announced):
        draft.announce(message)
    elif isinstance(message, Seen):
        draft.see(message)
    elif isinstance(message, Noted):
        draft.note(message)
    elif isinstance(message, Settle) and draft.is_quiet():
        draft.settle()
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
        _replace(run, child, node._replace(tally=_joined(node.tally, kind, run.nodes[parent])))


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
    if _waits_unseen(node):
        run.waiting.add(index)
    else:
        run.waiting.discard(index)


class _Draft:
    """Changes in the making, over a run that stays as it is."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.changes = Changes()
        self.index: dict[str, int] = {}
        self.edges: set[EdgeRow] = set()
        self.children: dict[int, list[tuple[int, str]]] = {}
        self.told: deque[tuple[Node, Node]] = deque()

    def node(self, index: int) -> Node:
        return self.changes.nodes.get(index) or self.run.nodes[index]

    def find(self, node_id: str) -> int | None:
        return self.index.get(node_id, self.run.index.get(node_id))

    def offspring(self, index: int) -> Iterable[tuple[int, str]]:
        if index < len(self.run.children):
            yield from self.run.children[index]
        yield from self.children.get(index, ())

    # messages

    def announce(self, message: Announced) -> None:
        for spec in message.nodes:
            self._merge(spec)
        self._spread()
        for parent, child, kind, position in message.edges:
            self._connect(parent, child, kind, -1 if position is None else position)

    def see(self, message: Seen) -> None:
        index = self.find(message.node)
        if index is None or (old := self.node(index)).task is None:
            return
        if message.evidence.kind == "started" and message.evidence.at < (self.run.started or math.inf):
            self.changes.started = message.evidence.at
        evidence = add(old.evidence, message.evidence)
        if evidence is old.evidence:
            return
        verdict = judge(evidence)
        if verdict.decisive is message.evidence and message.evidence.level >= 2:
            self.changes.outcomes[index] = message.outcome
        self._put(
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
                note=None if _is_refuted(old.note) else old.note,
                evidence=evidence,
            )
        )
        self._spread()

    def note(self, message: Noted) -> None:
        index = self.find(message.node)
        if index is not None and (old := self.node(index)).task is not None:
            self._put(old._replace(note=message.note))

    def settle(self) -> None:
        for index in sorted(self.run.waiting):
            self._put(self.node(index)._replace(state="SKIPPED", reason="unseen"))
        self._spread()

    # what follows from them

    def _merge(self, spec: Spec) -> None:
        index = self.find(spec.id)
        if index is None:
            index = len(self.run.nodes) + len(self.index)
            self.index[spec.id] = index
            self.changes.specs[index] = spec
            self.changes.nodes[index] = Node(index, spec.id, spec.task)
        elif _is_better(spec.task, (old := self.node(index)).task):
            # An edge, a group's member or the task's end came before the task itself.
            self.changes.specs[index] = spec
            self._put(_settled(old._replace(task=spec.task)))

    def _connect(self, parent: str, child: str, kind: str, position: int) -> None:
        for end in (parent, child):
            if self.find(end) is None:
                self._merge(Spec(id=end, task=None))
        above, below = self.find(parent), self.find(child)
        assert above is not None
        assert below is not None
        edge = (above, below, kind, position)
        if edge in self.run.edges or edge in self.edges:
            return
        self.edges.add(edge)
        self.changes.edges.append(edge)
        self.children.setdefault(above, []).append((below, kind))
        node = self.node(below)
        cause = self.node(above)
        self._put(_explained(_settled(node._replace(tally=_joined(node.tally, kind, cause))), cause))
        self._spread()

    def _put(self, node: Node) -> None:
        old = self.node(node.idx)
        self.changes.nodes[node.idx] = node
        if old[:-1] != node[:-1]:
            self.changes.touched.add(node.idx)
        if _signals(old) != _signals(node):
            self.told.append((old, node))

    def _spread(self) -> None:
        """Tell children what became of their parents. It ends even in a circle, which only a forger sends."""
        left = 8 * (len(self.run.nodes) + len(self.index)) + 64
        while self.told and left:
            left -= 1
            before, after = self.told.popleft()
            for child, kind in self.offspring(after.idx):
                node = self.node(child)
                tally = _left(node.tally, kind, before)
                self._put(_explained(_settled(node._replace(tally=_joined(tally, kind, after))), after))
        self.told.clear()

    # the end

    def finish(self) -> Changes:
        self.changes.touched |= self.changes.specs.keys()
        self.changes.settles = self.is_quiet()
        return self.changes

    def is_quiet(self) -> bool:
        """Whether all that is open are error callbacks that may have run, and what waits for them."""
        waiting = {idx for idx in self.run.waiting if idx not in self.changes.nodes}
        waiting |= {idx for idx, node in self.changes.nodes.items() if _waits_unseen(node)}
        if not waiting:
            return False
        counts = self._counts()
        if any(counts[state] for state in LIVE):
            return False
        reached, pending = set(waiting), list(waiting)
        while pending:
            for child, _ in self.offspring(pending.pop()):
                if child not in reached and self.node(child).state == "PENDING":
                    reached.add(child)
                    pending.append(child)
        return sum(self.node(each).task is not None for each in reached) == counts["PENDING"]

    def _counts(self) -> Counter[str]:
        counts = self.run.counts.copy()
        for idx, node in self.changes.nodes.items():
            if idx < len(self.run.nodes) and (old := self.run.nodes[idx]).task is not None:
                counts[old.state] -= 1
            if node.task is not None:
                counts[node.state] += 1
        return counts


# --- what parents tell their children

_THEN = {"SUCCESS": ("ok",), "FAILURE": ("dead",), "REVOKED": ("dead",), "BLOCKED": ("dead",)}


def _signals(node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which counts ``node`` adds to, in the tallies of those who wait for it and those it may call."""
    if node.state == "SKIPPED":
        return ("unseen" if node.reason == "unseen" else "unneeded",), ("quiet",)
    waits = _THEN.get(node.state, ())
    if node.task is None and node.state == "BLOCKED":
        waits = ("dead", "dead_joins")
    calls = node.state == "FAILURE" or (node.state == "BLOCKED" and node.tally.dead_joins > 0)
    return waits, ("calls",) if calls else ("quiet",) if node.state in FINAL else ()


def _joined(tally: Tally, kind: str, parent: Node) -> Tally:
    waits, errors = _signals(parent)
    return tally.plus(1, "errors", *errors) if kind == "error" else tally.plus(1, "parents", *waits)


def _left(tally: Tally, kind: str, parent: Node) -> Tally:
    waits, errors = _signals(parent)
    return tally.plus(-1, "errors", *errors) if kind == "error" else tally.plus(-1, "parents", *waits)


def _settled(node: Node) -> Node:
    """Return ``node`` with the state that its parents give it, if nothing else does."""
    if node.evidence:
        return node
    state, reason = _derived(node)
    return node if (state, reason) == (node.state, node.reason) else node._replace(state=state, reason=reason)


def _explained(node: Node, cause: Node) -> Node:
    """Return ``node`` with a note of why it never runs, if that is so; ``cause`` is what changed above it."""
    if node.state != "BLOCKED":
        return node._replace(note=None) if _is_refuted(node.note) else node
    if node.note is not None or cause.state not in ("FAILURE", "REVOKED", "BLOCKED"):
        return node
    why = f"{NEVER}{cause.task} ({cause.id}) ended as {cause.state}."
    return node._replace(note=cause.note if cause.state == "BLOCKED" else why)


def _is_refuted(note: str | None) -> bool:
    """Whether a note is untrue of a node that can run, or does."""
    return note is not None and (note == UNSENT or note.startswith(NEVER))


def _derived(node: Node) -> tuple[str, str | None]:
    tally = node.tally
    if tally.dead:
        return "BLOCKED", None
    if node.task is None:
        ended = tally.ok + tally.unneeded + tally.unseen
        return ("SUCCESS" if tally.parents and ended == tally.parents else "PENDING"), None
    if tally.unseen or tally.unneeded:
        return "SKIPPED", "unseen" if tally.unseen else "unneeded"
    if tally.errors and tally.quiet == tally.errors:
        return "SKIPPED", "unneeded"
    if tally.calls and node.reason == "unseen":
        return "SKIPPED", "unseen"
    return "PENDING", None


def _is_better(task: str | None, known: str | None) -> bool:
    return task is not None and task != known and known in (None, UNKNOWN)


def _waits_unseen(node: Node) -> bool:
    return node.state == "PENDING" and node.task is not None and node.tally.calls > 0
