"""What a canvas must come to when it runs, by its graph alone; tasks of it may fail.

A task that fails stops what waits for it, and nothing else. Its error callbacks are called once. Where
results meet in a list, one that is missing fails the list, and so whoever takes it (the body of a chord),
which calls its own error callbacks in turn; but not where everything in the list waits for one and the same
failure: that came before the chord, and what came before fails for itself.
"""

from collections import Counter
from typing import Any, NamedTuple

import drawing
import networkx as nx

from umbel.engine.dag import Dag

FAULTS = ("wrong", "duplicated", "hangs", "lost", "repeated")


class Right(NamedTuple):
    """What must be seen of a run; tasks go by their tags."""

    texts: dict[str, str]  # of each task that runs
    called: Counter[str]  # how often it calls its error callbacks
    returned: str | None  # by the whole, unless something fails
    blocked: frozenset[str]

    @property
    def fails(self) -> bool:
        """Whether a task of it fails."""
        return self.returned is None


class Shown(NamedTuple):
    """What was seen of a run."""

    calls: list[dict[str, Any]]
    tags: dict[str, str]  # of its tasks, by id
    returned: str | None  # by the whole, if it did
    hangs: bool


def right(dag: Dag) -> Right:
    """Return what must be seen of a run of ``dag``."""
    causes = _causes(dag)
    texts, run, called = drawing.texts(dag), {}, Counter[str]()
    for name in causes:
        if (node := dag[name]).is_join:
            continue
        tag = node.kwargs["tag"]
        if causes[name] is None or (node.kwargs.get("fail") and causes[name] == name):
            run[tag] = texts[name]
        if causes[name] == name:
            called[tag] += sum(kind == "error" for _, _, kind in dag.graph.out_edges(name, data="kind"))
    tags = {dag[name].kwargs["tag"] for name in causes if not dag[name].is_join}
    returned = drawing.returned(dag) or "None"
    return Right(run, +called, None if any(causes.values()) else returned, frozenset(tags - set(run)))


def _causes(dag: Dag) -> dict[str, str | None]:
    """Return why each node that is no error callback does not succeed: itself, another one, or None."""
    causes: dict[str, str | None] = {}
    for name in nx.topological_sort(dag.graph):
        edges = list(dag.graph.in_edges(name, data="kind"))
        if any(kind == "error" for _, _, kind in edges) or any(
            parent not in causes for parent, _, _ in edges
        ):
            continue
        found = {causes[parent] for parent, _, _ in edges}
        parents = {parent for parent, _, _ in edges}
        if found <= {None}:
            causes[name] = name if not dag[name].is_join and dag[name].kwargs.get("fail") else None
        elif len(found) > 1:
            causes[name] = name  # a list of which something is missing
        else:
            (cause,) = found
            is_list = dag[name].is_join or any(dag[parent].is_join for parent in parents)
            causes[name] = name if is_list and cause in parents else cause
    return causes


def faults(shown: Shown, expected: Right) -> set[str]:
    """Return by which of ``FAULTS`` a run differs from what it must come to."""
    found: set[str] = set()
    calls = [call for call in shown.calls if not call["tag"].endswith(".e")]
    texts = {call["tag"]: call["text"] for call in calls}
    others = set(texts) - set(expected.texts)
    if others or any(call["text"] != expected.texts.get(call["tag"]) for call in calls):
        found.add("wrong")
    if not shown.hangs and set(expected.texts) - set(texts):
        found.add("wrong")
    if not shown.hangs and not expected.fails and shown.returned != expected.returned:
        found.add("wrong")
    if len(texts) != len(calls):
        found.add("duplicated")
    if shown.hangs:
        found.add("hangs")
    callers = Counter(call["parent"] for call in shown.calls if call not in calls)
    if callers.total() < expected.called.total():
        found.add("lost")
    if callers.total() > expected.called.total() or any(number > 1 for number in callers.values()):
        found.add("repeated")
    return found


def callers(shown: Shown) -> Counter[str]:
    """Return how often each task called its error callbacks.

    Celery calls those of a body that is a chain in the name of its last task, so that only their number can
    be compared with it.
    """
    return Counter(shown.tags[call["parent"]] for call in shown.calls if call["tag"].endswith(".e"))
