"""Runs of tasks that nobody announced, from what events say of them.

Events name a task's root and its parent, and neither its group nor what is still to come. So the graph of
such a run is a tree: an edge leads from the task that sent another (in a chain, by ending well) to that one.
One thing more can be known: where a task's first argument is the list of the results of all that its own
sender's sender had sent, a chord's body has come, and a join is put there. The sender of a body is the last
of its header to end, and nothing ties the others to it where they were not sent by a task themselves: a
chord that begins a canvas leaves runs apart.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ..dag import Node as Spec
from ..evidence import FINAL
from ..machine import Announced, Placed, Run, Seen
from ..observe import ID_LENGTH
from ..run import UNKNOWN

MEMBERS = 1_000  # of a header that is looked for, at most
EDGES = 10_000  # of a run in which headers are looked for, at most
CUT = "..."  # how Celery ends a representation that is too long


class Unannounced(NamedTuple):
    """All that was seen so far of a task that nobody announced in time."""

    seen: list[Seen]

    @property
    def node(self) -> str:
        """The task's id."""
        return self.seen[0].node


class Lineage(NamedTuple):
    """Where a task comes from, as far as its events say."""

    node: str
    root: str
    parent: str | None
    at: float  # when it was first seen
    spec: Spec


def lineage(seen: Sequence[Seen]) -> Lineage:
    """Return where the task that was seen comes from."""
    node = seen[0].node
    origin = next((each.origin for each in seen if each.origin), None)
    root = next((each.root for each in seen if each.root), None) or node
    parent = origin.parent if origin and origin.parent != node else None
    options = {}
    if origin:
        given = {"argsrepr": origin.args, "kwargsrepr": origin.kwargs}
        options = {name: shown for name, shown in given.items() if shown}
    spec = Spec(id=node, task=origin.task if origin else UNKNOWN, options=options)
    return Lineage(node, root, parent, min(each.evidence.at for each in seen), spec)


def inferred(
    whence: Lineage, run: Run, results: Callable[[Run, Iterable[int]], Mapping[int, str | None]]
) -> Announced:
    """Return what a task adds to its run; ``results`` gives what tasks of a run returned."""
    specs, edges = [whence.spec], list[Placed]()
    if whence.root not in run.index and whence.root not in (whence.node, run.id):
        specs.append(Spec(id=whence.root, task=None))  # a place for the task that began it all
    if whence.parent is not None:
        if header := _header(whence, run, results):
            join = f"{whence.parent}.join"[:ID_LENGTH]
            specs.append(Spec(id=join, task=None))
            edges += [(member, join, "then", place) for place, member in enumerate(header)]
            edges.append((join, whence.node, "then", None))
        else:
            edges.append((whence.parent, whence.node, "then", None))
    return Announced(whence.at, specs, edges)


def _header(
    whence: Lineage, run: Run, results: Callable[[Run, Iterable[int]], Mapping[int, str | None]]
) -> list[str]:
    """Return the ids of those whose results the task was given as a list, in their order; empty for none."""
    shown = whence.spec.options.get("argsrepr", "")
    last = run.index.get(whence.parent or "")
    if last is None or shown[:2] not in ("([", "[[") or len(run.edges) > EDGES:
        return []
    senders = [parent for parent, child, _, _ in run.edges if child == last]
    members = [run.nodes[child] for child, kind in run.children[senders[0]]] if len(senders) == 1 else []
    members = [member for member in members if member.task is not None and member.id != whence.node]
    if not 2 <= len(members) <= MEMBERS or any(member.state not in FINAL for member in members):
        return []
    members.sort(key=lambda member: (member.sent or member.received or 0.0, member.idx))
    given = results(run, [member.idx for member in members])
    reprs = [_repr(given.get(member.idx)) for member in members]
    if None in reprs or not _begins_with_list(shown, [each or "" for each in reprs]):
        return []
    return [member.id for member in members]


def _repr(result: str | None) -> str | None:
    found = json.loads(result) if result else None
    return found.get("repr") if isinstance(found, dict) and isinstance(found.get("repr"), str) else None


def _begins_with_list(shown: str, reprs: list[str]) -> bool:
    """Whether a representation of arguments begins with the list of these, in whatever order they ended."""
    inside = shown[2:]
    whole = ", ".join(reprs)
    if CUT in inside:
        return len(whole) > 16 and whole.startswith(inside[: inside.index(CUT)].rstrip(", "))
    given = inside.partition("]")[0] if "]" not in whole else inside[: len(whole)]
    closed = inside[len(given) : len(given) + 1] == "]"
    return closed and sorted(given.split(", ")) == sorted(whole.split(", "))
