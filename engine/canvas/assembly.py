"""From nodes and placed edges to a graph.

What is gathered piece by piece, in any order, is nodes and edges: each group of results is a *join* node, and
the edges into it say at which place of the list a result stands. Here the lists are spelled out. A join
that one node alone waits for is put into that node's inputs, one that nobody waits for disappears, and
those where several results meet and several nodes wait stay.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..dag import Dag, Inputs, Node, leaves
from ..errors import CanvasError
from ..wiring import Placed, Wiring, without_circles

DEEPEST = 200  # lists in lists; Python's JSON cannot write many more


def assemble(nodes: Iterable[Node], edges: Iterable[Placed[str]], outputs: Inputs = None) -> Dag:
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
    return _Assembly(known, without_circles(known, placed)).dag(outputs)


class _Assembly:
    """The graph with a join for each list, and which of them stay."""

    def __init__(self, nodes: dict[str, Node], edges: list[Placed[str]]) -> None:
        self.nodes = nodes
        self.wiring = Wiring([name for name, node in nodes.items() if node.is_join], edges)

    def dag(self, outputs: Inputs) -> Dag:
        nodes, edges = [], {}
        for name, node in self.nodes.items():
            if not self.wiring.stays(name):
                continue
            for parent, kind in self.wiring.sources(name):
                edges.setdefault((parent, name), kind)
            inputs: Inputs = (
                [edge.parent for edge in self.wiring.parents[name]] if node.is_join else node.inputs
            )
            if inputs is not None:
                inputs = self._spelled(inputs)
                if any((leaf, name) not in edges for leaf in leaves(inputs)):
                    inputs = None  # it waits for what was never announced
            nodes.append(node if inputs == node.inputs else replace(node, inputs=inputs))
        return Dag(nodes, ((*ends, kind) for ends, kind in edges.items()), self._spelled(outputs))

    def _spelled(self, inputs: Inputs) -> Inputs:
        """Return ``inputs`` with the lists in the place of the joins that do not stay."""
        whole: list[Any] = []
        pending: list[tuple[Any, list[Any], int]] = [(inputs, whole, 0)]
        while pending:
            value, into, depth = pending.pop()
            if isinstance(value, str) and not self.wiring.stays(value):
                value = [edge.parent for edge in self.wiring.parents[value]]
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
