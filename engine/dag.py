"""A graph of tasks: each node is a signature, each edge says who waits for whom.

The JSON form, which ``umbel graph --format json`` prints and :meth:`Dag.to_json` returns::

    {"schema": 1,
     "nodes": [{"id", "task", "args", "kwargs", "immutable", "options", "inputs"}, ...],
     "edges": [[parent, child, kind], ...],
     "outputs": ...}

``inputs`` says what a node's positional arguments begin with:

=========  ==================================================================================
null       nothing: its own ``args`` are all it gets
an id      the result of that node
a list     one argument, the list of the results of these ids; lists nest as results nest
=========  ==================================================================================

``outputs`` has the same form for what the whole canvas returns. ``kind`` is ``then`` (waits for the
result), ``link`` (a success callback) or ``error`` (an error callback). A *join* is a node whose ``task``
is null: it is never sent, and its value is the list that its ``inputs`` spell. It stands where k results
meet and m tasks wait for them, so that k + m edges do the work of k * m.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from .errors import DagError

SCHEMA = 1
KINDS = ("then", "link", "error")

Inputs: TypeAlias = "str | list[Inputs] | None"


class Edge(NamedTuple):
    """``child`` waits for ``parent``."""

    parent: str
    child: str
    kind: str = "then"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One signature of a graph, or a join (``task`` is None)."""

    id: str
    task: str | None
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    immutable: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    inputs: Inputs = None

    @property
    def is_join(self) -> bool:
        """Whether this node only gathers results."""
        return self.task is None

    def to_json(self) -> dict[str, Any]:
        """Return the node as it stands in the JSON form of a graph."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Node":
        """Return the node that ``value`` spells.

        Raises
        ------
        DagError
            A member is missing, unknown or of the wrong type.
        """
        if not isinstance(value, Mapping):
            raise DagError(f"A node is an object, not {value!r}.")
        if unknown := set(value) - set(cls.__slots__):
            raise DagError(f"A node has no {', '.join(sorted(map(str, unknown)))}.")
        if not isinstance(value.get("id"), str) or not value["id"]:
            raise DagError(f"A node needs an id, a string that is not empty: {dict(value)!r}.")
        if "task" not in value:
            raise DagError(f"Node {value['id']} does not name its task (null for a join).")
        for name, kinds in _TYPES.items():
            if name in value and not isinstance(value[name], kinds):
                raise DagError(f"{name} of node {value['id']} is {value[name]!r}, which does not fit.")
        return cls(**value)


_TYPES: dict[str, type | tuple[type, ...]] = {
    "task": (str, type(None)),
    "args": list,
    "kwargs": dict,
    "immutable": bool,
    "options": dict,
    "inputs": (str, list, type(None)),
}


class Dag:
    """An acyclic graph of nodes, and how results flow through it.

    Parameters
    ----------
    nodes
        In the order in which they are shown.
    edges
        Triples ``(parent, child, kind)``; both ends must be among ``nodes``.
    outputs
        What the whole returns, in the form of a node's ``inputs``.

    Raises
    ------
    DagError
        An id occurs twice, an edge or an input names no node, an input has no edge, or there is a cycle.
    """

    def __init__(
        self, nodes: Iterable[Node], edges: Iterable[tuple[str, str, str]] = (), outputs: Inputs = None
    ) -> None:
        import networkx as nx  # costs 12 MB, and the conductor holds nodes without ever building a graph

        self.graph: nx.DiGraph = nx.DiGraph()
        self.outputs = outputs
        for node in nodes:
            if node.id in self.graph:
                raise DagError(f"Two nodes have the id {node.id}.")
            self.graph.add_node(node.id, node=node)
        for parent, child, kind in edges:
            self._connect(parent, child, kind)
        self._validate()

    def _connect(self, parent: str, child: str, kind: str) -> None:
        if kind not in KINDS:
            raise DagError(f"The edge {parent} -> {child} is of kind {kind!r}; it must be one of {KINDS}.")
        for end in (parent, child):
            if end not in self.graph:
                raise DagError(f"The edge {parent} -> {child} names {end}, which is no node of the graph.")
        self.graph.add_edge(parent, child, kind=kind)

    def _validate(self) -> None:
        import networkx as nx

        for node in self:
            for parent in leaves(node.inputs):
                if not self.graph.has_edge(parent, node.id):
                    raise DagError(f"{node.id} takes the result of {parent}, but no edge leads there.")
        for parent in leaves(self.outputs):
            if parent not in self.graph:
                raise DagError(f"The outputs name {parent}, which is no node of the graph.")
        if not nx.is_directed_acyclic_graph(self.graph):
            circle = " -> ".join(edge[0] for edge in nx.find_cycle(self.graph))
            raise DagError(f"These tasks wait for each other in a circle: {circle}.")

    def __len__(self) -> int:
        return len(self.graph)

    def __iter__(self) -> Iterator[Node]:
        return (self[node_id] for node_id in self.graph)

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.graph

    def __getitem__(self, node_id: str) -> Node:
        return self.graph.nodes[node_id]["node"]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dag) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Dag of {len(self)} nodes, {self.graph.number_of_edges()} edges>"

    @property
    def nodes(self) -> list[Node]:
        """The nodes, in the order in which they are shown."""
        return list(self)

    @property
    def edges(self) -> list[Edge]:
        """Who waits for whom."""
        return [Edge(*edge) for edge in self.graph.edges(data="kind")]

    def to_json(self) -> dict[str, Any]:
        """Return the graph as a dict of JSON values (see the head of this module)."""
        return {
            "schema": SCHEMA,
            "nodes": [node.to_json() for node in self],
            "edges": [list(edge) for edge in self.graph.edges(data="kind")],
            "outputs": self.outputs,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Dag":
        """Return the graph that ``value`` spells.

        Raises
        ------
        DagError
            It is no graph, or one of a newer schema.
        """
        if not isinstance(value, Mapping) or not isinstance(value.get("nodes"), list):
            raise DagError("A graph is an object with a list named nodes.")
        if (schema := value.get("schema", SCHEMA)) != SCHEMA:
            raise DagError(f"The graph has schema {schema!r}; this Umbel reads {SCHEMA}. Upgrade Umbel.")
        edges = value.get("edges", [])
        if not isinstance(edges, list) or not all(_is_edge(edge) for edge in edges):
            raise DagError("The edges of a graph are a list of [parent, child, kind].")
        return cls(map(Node.from_json, value["nodes"]), map(tuple, edges), value.get("outputs"))


def _is_edge(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(isinstance(part, str) for part in value)


def leaves(inputs: Inputs) -> Iterator[str]:
    """Yield the ids that ``inputs`` names, from left to right.

    >>> list(leaves([["b", "c"], "d"]))
    ['b', 'c', 'd']
    """
    pending: list[Any] = [inputs]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            pending.extend(reversed(part))
        elif part is not None:
            raise DagError(f"Inputs are null, an id or a list of them, not {part!r}.")
