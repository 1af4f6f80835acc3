"""A graph as a folding sees it: nodes by their places, told apart by kinds. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from json import JSONEncoder
from typing import Any

from ..dag import Dag

IGNORED = frozenset({"task_id", "root_id", "parent_id", "group_id", "group_index", "reply_to", "chord"})

_spelled = JSONEncoder(sort_keys=True, default=repr).encode


def telling(options: Mapping[str, Any]) -> str:
    """Return the options that tell a node from another, as text: the same for the same."""
    kept = options and {name: value for name, value in options.items() if name not in IGNORED}
    return _spelled(kept) if kept else ""


class Graph:
    """A graph by the places of its nodes, 0 to n - 1.

    Parameters
    ----------
    ids
        What each node is called.
    tasks
        The task of each; None for a join.
    kinds
        What tells each from others beside its task and callbacks: equal for what is alike.
    edges
        Triples of the places of parent and child, and of the kind, without a circle; no pair twice.
    """

    def __init__(
        self,
        ids: Sequence[str],
        tasks: Sequence[str | None],
        kinds: Sequence[Hashable],
        edges: Iterable[tuple[int, int, str]],
    ) -> None:
        self.ids = ids
        self.tasks = tasks
        self.kinds = kinds
        self.parents: list[list[int]] = [[] for _ in ids]
        self.children: list[list[int]] = [[] for _ in ids]
        self.callbacks: dict[int, dict[int, str]] = defaultdict(dict)  # by child and parent, where not "then"
        for parent, child, kind in edges:
            self.parents[child].append(parent)
            self.children[parent].append(child)
            if kind != "then":
                self.callbacks[child][parent] = kind
        self.hanging = self._hang()

    @classmethod
    def of(cls, dag: Dag, marks: Mapping[str, Hashable]) -> "Graph":
        """Return the graph of ``dag``, whose nodes may have marks, by their ids."""
        nodes = dag.nodes
        ids = [node.id for node in nodes]
        kinds = [(node.immutable, telling(node.options), marks.get(node.id)) for node in nodes]
        place = {node_id: at for at, node_id in enumerate(ids)}
        edges = (  # not dag.edges, which makes an object of each
            (above, place[child], data["kind"])
            for above, below in ((place[parent], below) for parent, below in dag.graph.adjacency())
            for child, data in below.items()
        )
        return cls(ids, [node.task for node in nodes], kinds, edges)

    def edges(self) -> Iterator[tuple[int, int, str]]:
        """Yield parent, child and kind of each edge."""
        for child, parents in enumerate(self.parents):
            if child not in self.callbacks:
                for parent in parents:
                    yield parent, child, "then"
        for child, kinds in self.callbacks.items():
            for parent in {*self.parents[child], *kinds}:
                yield parent, child, kinds.get(parent, "then")

    def signatures(self) -> Iterator[Hashable]:
        """Yield of each node what is equal for nodes that are alike."""
        for place, (task, kind) in enumerate(zip(self.tasks, self.kinds, strict=True)):
            called = tuple(sorted({*self.callbacks[place].values()})) if place in self.callbacks else ()
            yield "node", task, kind, called

    def _hang(self) -> dict[int, list[int]]:
        """Take callbacks of one node that nothing waits for out of the edges; return them by their node."""
        hanging: dict[int, list[int]] = defaultdict(list)
        for node in self.callbacks:
            if len(self.parents[node]) == 1 and not self.children[node]:
                hanging[self.parents[node].pop()].append(node)
        for parent, nodes in hanging.items():
            gone = set(nodes)
            self.children[parent] = [child for child in self.children[parent] if child not in gone]
        return hanging
