"""Runs that are made from others, and what people change in one that goes on. Pure.

What a plan says of the nodes of a new run is evidence like any other, and the first that they have, so that
it is kept, and stands against whatever comes later:

===========  =====================================================  =======  =======
``Planned``  the node                                               state    reason
===========  =====================================================  =======  =======
reused       has the result that it had in the run before           SUCCESS
kept         succeeded there; its result is not kept, or needed     SUCCESS
forced       has a result that somebody supplied                    SUCCESS
skipped      is not to run, because somebody said so                SKIPPED  skipped
left         is not to run now; a later run may do it               SKIPPED  left
===========  =====================================================  =======  =======

Who waits for one that is skipped or left is SKIPPED as well, as behind a task that raised ``Ignore``.

``Amended`` changes what was never sent, and is no attempt of anybody's: such nodes get other signatures, are
skipped, or are *held*, which keeps them PENDING until they are released. It does so as a whole or not at all.
"""

from collections.abc import Iterable

from .decided import coloured
from .draft import Draft, rules_of
from .evidence import Evidence
from .messages import Acted, Amended, Planned, Resolved
from .parents import settled
from .run import Action, Node, Run

MARKS = frozenset({"reused", "kept", "forced"})
OMITTED = frozenset({"skipped", "left"})


def plan(draft: Draft, message: Planned) -> None:
    """Give nodes of a new run the state that its plan says."""
    for name, what in message.marks.items():
        index = draft.find(name)
        if index is None or (node := draft.node(index)).evidence or not may_be_amended(draft.run, node):
            continue
        if (outcome := message.results.get(name)) is not None:
            draft.changes.outcomes[index] = outcome
        if what in MARKS:
            node = node._replace(mark=what)
            draft.changes.marked.add(index)
        _end(draft, node, what, message.at)
    draft.spread()


def amend(draft: Draft, message: Amended) -> None:
    """Change what was never sent, unless some of it was."""
    if any(beginning(draft.run, message.nodes)) or any(is_called(draft.run, each) for each in message.hold):
        return
    specs = {spec.id: spec for spec in message.specs}
    for name in message.nodes:
        index = draft.run.index[name]
        node = draft.node(index)
        if (spec := specs.get(name)) is not None:
            draft.changes.specs[index] = spec
            node = settled(node._replace(rules=rules_of(draft.run, spec)))
        if name in message.hold or name in message.release:
            node = node._replace(held=name in message.hold)
            draft.changes.marked.add(index)
        if name in message.skip:
            _end(draft, node._replace(held=False), "skipped", message.at)
            draft.changes.marked.add(index)
        else:
            draft.put(node)
    draft.spread()
    draft.changes.actions.append(Action(message.at, message.by, "amend", dict(message.detail), message.why))


def act(draft: Draft, message: Acted) -> None:
    """Take note of what somebody did."""
    draft.changes.actions.append(message.action)


def resolve(draft: Draft, message: Resolved) -> None:
    """Take note of the run that mended this one."""
    if is_unresolved(draft.run):
        draft.changes.marks["resolved_by"] = message.by


def is_unresolved(run: Run) -> bool:
    """Whether a run failed, or left something out, and no later one has made up for it."""
    is_bad = run.state in ("FAILURE", "REVOKED") or (run.state == "SUCCESS" and run.left_out > 0)
    return is_bad and run.resolved_by is None


def beginning(run: Run, nodes: Iterable[str]) -> Iterable[str]:
    """Yield those of some ids that are no node of ``run`` which may still be amended."""
    for name in nodes:
        index = run.index.get(name)
        if index is None or run.nodes[index].id != name or not may_be_amended(run, run.nodes[index]):
            yield name


def is_called(run: Run, name: str) -> bool:
    """Whether a node is an error callback: a worker that calls it knows nothing of its being held."""
    return bool(run.callers.get(run.index[name]))


def may_be_amended(run: Run, node: Node) -> bool:
    """Whether a node was never sent, and nobody can have what it is to be sent as.

    Who calls an error callback has its signature from the moment on when it is sent itself.
    """
    if not node.conducted or node.task is None or node.state != "PENDING":
        return False
    if node.evidence or node.past or node.due is not None:
        return False
    return not any(caller in run.out for caller in run.callers.get(node.idx, ()))


def _end(draft: Draft, node: Node, what: str, at: float) -> None:
    piece = Evidence(what, at, reason=what if what in OMITTED else None, seen=at)
    draft.put(coloured(node, (piece,))._replace(note=None))
