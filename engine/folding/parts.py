"""What a graph is made of: nodes one after another, nodes side by side, and what hangs on them. Pure.

A graph is *two-terminal series-parallel* when it shrinks to one edge between its source and its sink by two
steps: two edges in a row become one, and two edges side by side become one. Here each node is an edge from
its own beginning to its own end, so what the steps build is a tree of *parts*:

============  ===============================================================
node          one node of the graph
series        parts one after another
parallel      parts side by side, between the same two points
attached      a part, and another that begins or ends there and leads nowhere
============  ===============================================================

Callbacks that nothing waits for are attached to their nodes from the start: else a chain whose steps all have
one would be as deep as it is long. Where neither step fits, a part that leads from some point straight to
the sink, or from the source straight to some point, is attached to the only part at that point. What then
remains is the *core*.

The steps are those of J. Valdes, R. E. Tarjan and E. L. Lawler, "The Recognition of Series Parallel
Digraphs", SIAM Journal on Computing 11 (1982): linear in the edges, up to the cost of dictionaries.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from typing import Literal

from .forms import Form

Kind = Literal["node", "series", "parallel", "attached"]

SOURCE, SINK = -1, -2


class Part:
    """One part; ``kids`` are what it is made of, in order. ``None`` beside others is a way past them."""

    __slots__ = ("first", "form", "kids", "kind", "node")

    kids: "MutableSequence[Part | None]"
    form: Form  # the same as that of alike parts; it and ``first`` come when the tree is whole: see ``shape``
    first: int  # place of the first of its nodes

    def __init__(self, kind: Kind, kids: "MutableSequence[Part | None]", node: int = -1) -> None:
        self.kind: Kind = kind
        self.kids = kids
        self.node = node  # its place in the graph, of a node

    def nodes(self) -> Iterator[int]:
        """Yield the places of its nodes."""
        pending: list[Part] = [self]
        while pending:
            part = pending.pop()
            if part.kind == "node":
                yield part.node
            else:
                pending.extend(kid for kid in reversed(part.kids) if kid is not None)


Core = dict[int, dict[int, Part | None]]
Neighbours = Sequence[Sequence[int]]


def reduce(parents: Neighbours, children: Neighbours, hanging: Mapping[int, Sequence[int]]) -> Core:
    """Return what remains of a graph, as ``{tail: {head: part}}``.

    Parameters
    ----------
    parents, children
        The places of each node's parents and children; every edge is in both.
    hanging
        By node, those that hang on it alone and that nothing waits for. Their edges are not in the others.

    Returns
    -------
    core
        ``{SOURCE: {SINK: part}}`` where the graph is series-parallel; a part that is None is an edge alone.
    """
    shrinking = _Shrinking(parents, children, hanging)
    shrinking.settle()
    while len(shrinking.succ) > 2 and shrinking.attach():
        shrinking.settle()
    return shrinking.succ


class _Shrinking:
    """A multigraph in which parallel edges become one as they are made, and a row of two when it is due.

    Of what leads to a point only the number of tails and their sum are kept: where there is one, that is it.
    """

    def __init__(
        self, parents: Neighbours, children: Neighbours, hanging: Mapping[int, Sequence[int]]
    ) -> None:
        self.succ: Core = defaultdict(dict)
        self.tails: dict[int, int] = defaultdict(int)
        self.tail: dict[int, int] = defaultdict(int)
        hung = {node for nodes in hanging.values() for node in nodes}
        for row in _rows(parents, children):
            if row[0] in hung:
                continue
            tail, head = _beginning(row[0], parents, children), _end(row[-1], children)
            self.link(tail, head, _row([_node(node, hanging) for node in row]))
            for child in children[row[-1]] if head == 2 * row[-1] + 1 else ():
                if len(parents[child]) > 1:
                    self.link(head, 2 * child, None)
        self.due = deque(point for point in self.succ if point != SOURCE)
        self.succ[SINK] = {}  # the only point that nothing begins at

    def link(self, tail: int, head: int, part: Part | None) -> None:
        """Add an edge."""
        heads = self.succ[tail]
        if head in heads:
            heads[head] = _parallel(heads[head], part)
        else:
            heads[head] = part
            self.tails[head] += 1
            self.tail[head] += tail

    def cut(self, tail: int, head: int) -> Part | None:
        """Take an edge out; return its part."""
        self.tails[head] -= 1
        self.tail[head] -= tail
        return self.succ[tail].pop(head)

    def settle(self) -> None:
        """Make one edge of two in a row, for as long as there are any."""
        succ, tails, due = self.succ, self.tails, self.due
        while due:
            point = due.popleft()
            if point not in succ or len(succ[point]) != 1 or tails[point] != 1:
                continue
            tail, (head,) = self.tail[point], succ[point]
            part = _series(self.cut(tail, point), self.cut(point, head))
            del succ[point], tails[point], self.tail[point]
            self.link(tail, head, part)
            due.extend(end for end in (tail, head) if end >= 0)

    def attach(self) -> bool:
        """Attach what leads nowhere, or comes from nowhere; return whether anything did."""
        succ = self.succ
        for point in [point for point, heads in succ.items() if SINK in heads and point != SOURCE]:
            if len(succ[point]) > 1 and self.tails[point] == 1:
                tail = self.tail[point]
                succ[tail][point] = Part("attached", [succ[tail][point], self.cut(point, SINK)])
                self.due.append(point)
        for point in [point for point in succ[SOURCE] if point != SINK]:
            if len(succ[point]) == 1 and self.tails[point] > 1:
                (head,) = succ[point]
                succ[point][head] = Part("attached", [self.cut(SOURCE, point), succ[point][head]])
                self.due.append(point)
        return bool(self.due)


def _rows(parents: Neighbours, children: Neighbours) -> Iterator[list[int]]:
    """Yield the nodes in rows: each but the last has one child, whose only parent it is."""
    for node, above in enumerate(parents):
        if len(above) == 1 and len(children[above[0]]) == 1:
            continue  # in the middle of a row
        row = [node]
        while len(below := children[row[-1]]) == 1 and len(parents[below[0]]) == 1:
            row.append(below[0])
        yield row


_NOTHING: "list[Part | None]" = []  # what a node is made of; one list for all of them, and nobody adds to it


def _node(node: int, hanging: Mapping[int, Sequence[int]]) -> Part:
    part = Part("node", _NOTHING, node)
    if node not in hanging:
        return part
    callbacks = [Part("node", _NOTHING, each) for each in hanging[node]]
    return Part("attached", [part, callbacks[0] if len(callbacks) == 1 else Part("parallel", [*callbacks])])


def _row(parts: list[Part]) -> Part:
    return parts[0] if len(parts) == 1 else Part("series", deque(parts))


# The beginning of node v is the point 2v, its end 2v + 1. They are the same as the end of an only parent and
# the beginning of an only child, so that few edges are needed besides those that are nodes.


def _beginning(node: int, parents: Neighbours, children: Neighbours) -> int:
    above = parents[node]
    if not above:
        return SOURCE
    return 2 * above[0] + 1 if len(above) == 1 and len(children[above[0]]) > 1 else 2 * node


def _end(node: int, children: Neighbours) -> int:
    below = children[node]
    if not below:
        return SINK
    return 2 * below[0] if len(below) == 1 else 2 * node + 1


def _series(first: Part | None, second: Part | None) -> Part | None:
    """Return the two in a row; the shorter row is added to the longer, so that it all stays linear."""
    if first is None or second is None:
        return second if first is None else first
    if first.kind == "series" and (second.kind != "series" or len(first.kids) >= len(second.kids)):
        first.kids.extend(second.kids if second.kind == "series" else (second,))
        return first
    if second.kind == "series" and isinstance(second.kids, deque):
        second.kids.extendleft(reversed(first.kids) if first.kind == "series" else (first,))
        return second
    return Part("series", deque((first, second)))


def _parallel(first: Part | None, second: Part | None) -> Part:
    """Return the two side by side; here too the lesser is added to the greater."""
    rows = [part for part in (first, second) if part is not None and part.kind == "parallel"]
    if not rows:
        return Part("parallel", [first, second])
    row = max(rows, key=lambda part: len(part.kids))
    other = second if row is first else first
    row.kids.extend(other.kids if other in rows and other is not None else (other,))
    return row
