"""Which joins stay, and who waits for whom when the others are taken away. Pure.

Those where several results meet and several nodes wait stay. One that a single node waits for is that node's
own business, and one that nobody waits for is nobody's.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Placed(NamedTuple, Generic[K]):
    """An edge; into a join, with the place of the parent's result in the list."""

    parent: K
    child: K
    kind: str = "then"
    position: int | None = None


class Wiring(Generic[K]):
    """Edges without a circle among nodes of which some are joins.

    Parameters
    ----------
    joins
        Those of the nodes that are joins.
    edges
        Between nodes that are there.
    """

    def __init__(self, joins: Collection[K], edges: Iterable[Placed[K]]) -> None:
        self.parents: dict[K, list[Placed[K]]] = defaultdict(list)
        self.children: dict[K, list[K]] = defaultdict(list)
        for edge in edges:
            self.parents[edge.child].append(edge)
            self.children[edge.parent].append(edge.child)
        for join in joins:
            # Places are numbers from 0 on; who has none stands behind, in order of arrival.
            self.parents[join].sort(key=lambda edge: (edge.position is None, edge.position or 0))
        self._stays = self._decide(joins)

    def stays(self, name: K) -> bool:
        """Whether a node is there when the joins that do not stay are taken away."""
        return self._stays.get(name, True)

    def _decide(self, joins: Collection[K]) -> dict[K, bool]:
        """Return for each join whether it stays.

        The outer lists come first: if they do not stay, who waits for them waits for the lists in them.
        """
        waiting: dict[K, int] = {}
        stays: dict[K, bool] = {}
        open_ = dict.fromkeys(joins, 0)
        for name in joins:
            open_[name] = sum(1 for child in self.children[name] if child in open_)
        ready = [name for name, count in open_.items() if not count]
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

    def sources(self, name: K) -> Iterator[tuple[K, str]]:
        """Yield who a node waits for when the joins that do not stay are taken away."""
        pending = [(edge.parent, edge.kind) for edge in reversed(self.parents[name])]
        while pending:
            parent, kind = pending.pop()
            if self.stays(parent):
                yield parent, kind
            else:
                pending.extend((edge.parent, kind) for edge in reversed(self.parents[parent]))


def without_circles(nodes: Iterable[K], edges: list[Placed[K]]) -> list[Placed[K]]:
    """Return the edges less those that close a circle.

    A canvas has none, but a message can say anything, and one id that is sent twice makes a task its own
    ancestor.
    """
    open_ = dict.fromkeys(nodes, 0)
    children: dict[K, list[K]] = defaultdict(list)
    for edge in edges:
        children[edge.parent].append(edge.child)
        open_[edge.child] += 1
    order: dict[K, int] = {}
    ready = [name for name, count in open_.items() if not count]
    # A node stands in a circle, or behind one, if all others are in order before it; then the first of those
    # that are left is taken as if nothing led to it.
    left = iter(open_)
    while len(order) < len(open_):
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
