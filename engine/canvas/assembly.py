"""From nodes and placed edges to a graph.

What is gathered piece by piece, in any order, is nodes and edges: each group of results is a *join* node, and
the edges into it say at which place of the list a result stands. Here the lists are spelled out. A join
that one node alone waits for is put into that node's inputs, one that nobody waits for disappears, and
those where several results meet and several nodes wait stay.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from ..dag import Dag, Inputs, Node, leaves
from ..errors import CanvasError

DEEPEST = 200  # lists in lists; Python's JSON cannot write many more


class Placed(NamedTuple):
    """An edge; into a join, with the place of the parent's result in the list."""

    parent: str
    child: str
    kind: str = "then"
    position: int | None = None


def assemble(nodes: Iterable[Node], edges: Iterable[Placed], outputs: Inputs = None) -> Dag:
    """Return the graph of ``nodes`` and ``edges``.

    Parameters
    ----------
    nodes
        In the order in which they are shown. An id that occurs again adds nothing but, if they were
        missing, the inputs.
    edges
        In any order; those of nodes that are not there, and those that close a circle, are left out.
    outputs
        What the whole returns; joins in it are spelled out too.

    Raises
    ------
    CanvasError
        Results are nested in more than 200 lists.
    """
    known: dict[str, Node] = {}
    for node in nodes:
        seen = known.setdefault(node.id, node)
        if seen.inputs is None and node.inputs is not None:
            known[node.id] = replace(seen, inputs=node.inputs)
    placed = [edge for edge in dict.fromkeys(edges) if edge.parent in known and edge.child in known]
    return _Assembly(known, _without_circles(known, placed)).dag(outputs)


class _Assembly:
    """The graph with a join for each list, and which of them stay."""

    def __init__(self, nodes: dict[str, Node], edges: list[Placed]) -> None:
        self.nodes = nodes
        self.parents: dict[str, list[Placed]] = defaultdict(list)
        self.children: dict[str, list[str]] = defaultdict(list)
        for edge in edges:
            self.parents[edge.child].append(edge)
            self.children[edge.parent].append(edge.child)
        for name, node in nodes.items():
            if node.is_join:
                # Places are numbers from 0 on; who has none stands behind, in order of arrival.
                self.parents[name].sort(key=lambda edge: (edge.position is None, edge.position or 0))
        self.stays = self._decide()

    def _decide(self) -> dict[str, bool]:
        """Return for each join whether it stays.

        The outer lists come first: if they do not stay, who waits for them waits for the lists in them.
        """
        waiting: dict[str, int] = {}
        stays: dict[str, bool] = {}
        joins = [name for name, node in self.nodes.items() if node.is_join]
        open_ = {name: sum(1 for child in self.children[name] if self.nodes[child].is_join) for name in joins}
        ready = [name for name in joins if not open_[name]]
        while ready:
            name = ready.pop()
            waiting[name] = 0
            for child in set(self.children[name]):
                waiting[name] += waiting[child] if child in stays and not stays[child] else 1
            stays[name] = waiting[name] > 1 and len(self.parents[name]) > 1
            for edge in self.parents[name]:
                if edge.parent in open_:
                    open_[edge.parent] -= 1
                    if not open_[edge.parent]:
                        ready.append(edge.parent)
        return stays

    def dag(self, outputs: Inputs) -> Dag:
        nodes, edges = [], {}
        for name, node in self.nodes.items():
            if not self.stays.get(name, True):
                continue
            for parent, kind in self._sources(name):
                edges.setdefault((parent, name), kind)
            inputs: Inputs = [edge.parent for edge in self.parents[name]] if node.is_join else node.inputs
            if inputs is not None:
                inputs = self._spelled(inputs)
                if any((leaf, name) not in edges for leaf in leaves(inputs)):
                    inputs = None  # it waits for what was never announced
            nodes.append(node if inputs == node.inputs else replace(node, inputs=inputs))
        return Dag(nodes, ((*ends, kind) for ends, kind in edges.items()), self._spelled(outputs))

    def _sources(self, name: str) -> Iterable[tuple[str, str]]:
        """Yield who a node waits for when the joins that do not stay are taken away."""
        pending = [(edge.parent, edge.kind) for edge in reversed(self.parents[name])]
        while pending:
            parent, kind = pending.pop()
            if self.stays.get(parent, True):
                yield parent, kind
            else:
                pending.extend((edge.parent, kind) for edge in reversed(self.parents[parent]))

    def _spelled(self, inputs: Inputs) -> Inputs:
        """Return ``inputs`` with the lists in the place of the joins that do not stay."""
        whole: list[Any] = []
        pending: list[tuple[Any, list[Any], int]] = [(inputs, whole, 0)]
        while pending:
            value, into, depth = pending.pop()
            if isinstance(value, str) and not self.stays.get(value, True):
                value = [edge.parent for edge in self.parents[value]]
            if not isinstance(value, list):
                into.append(value)
                continue
            if depth == DEEPEST:
                raise CanvasError(
                    f"Results are lists in more than {DEEPEST} lists. Nest the groups less deeply."
                )
            inner: list[Any] = []
            into.append(inner)
            pending.extend((part, inner, depth + 1) for part in reversed(value))
        return whole[0]


def _without_circles(nodes: dict[str, Node], edges: list[Placed]) -> list[Placed]:
    """Return the edges less those that close a circle.

    A canvas has none, but a message can say anything, and one id that is sent twice makes a task its own
    ancestor.
    """
    open_ = dict.fromkeys(nodes, 0)
    children: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        children[edge.parent].append(edge.child)
        open_[edge.child] += 1
    order: dict[str, int] = {}
    ready = [name for name, count in open_.items() if not count]
    # A node stands in a circle, or behind one, if all others are in order before it; then the first of those
    # that are left is taken as if nothing led to it.
    left = iter(nodes)
    while len(order) < len(nodes):
        if not ready:
            ready.append(next(name for name in left if name not in order))
        while ready:
            name = ready.pop()
            if name in order:
                continue
            order[name] = len(order)
            for child in children[name]:
                open_[child] -= 1
                if not open_[child]:
                    ready.append(child)
    return [edge for edge in edges if order[edge.parent] < order[edge.child]]
