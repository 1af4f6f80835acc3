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

Where neither step fits, a part that leads from some point straight to the sink, or from the source straight
to some point, is attached to the only part at that point: so are the error callbacks of a group's members
before its body. What then remains is the *core*.

The steps are those of J. Valdes, R. E. Tarjan and E. L. Lawler, "The Recognition of Series Parallel
Digraphs", SIAM Journal on Computing 11 (1982): linear in the edges, up to the cost of dictionaries.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

Kind = Literal["node", "series", "parallel", "attached"]

SOURCE, SINK = -1, -2


class Part:
    """One part; ``kids`` are what it is made of, in order. ``None`` beside others is a way past them."""

    __slots__ = ("cost", "first", "height", "is_odd", "kids", "kind", "label", "node", "size")

    def __init__(self, kind: Kind, kids: "deque[Part | None] | list[Part | None]", node: int = -1) -> None:
        self.kind: Kind = kind
        self.kids = kids
        self.node = node  # its index, of a node
        self.label = -1  # alike parts have the same: see ``labels``
        self.size = 0  # nodes
        self.height = 1  # nodes in its longest row
        self.is_odd = False  # whether a node in it has no like
        self.cost = 1  # cards, when everything in it is seen and what is alike is one
        self.first = -1  # index of the first of them

    def nodes(self) -> Iterator[int]:
        """Yield the indexes of its nodes."""
        pending: list[Part] = [self]
        while pending:
            part = pending.pop()
            if part.kind == "node":
                yield part.node
            else:
                pending.extend(kid for kid in reversed(part.kids) if kid is not None)


Core = dict[int, dict[int, Part | None]]


def reduce(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> Core:
    """Return what remains of a graph, as ``{tail: {head: part}}``.

    Parameters
    ----------
    parents, children
        The indexes of each node's parents and children; every edge is in both.

    Returns
    -------
    core
        ``{SOURCE: {SINK: part}}`` where the graph is series-parallel; a part that is None is an edge alone.
    """
    shrinking = _Shrinking(parents, children)
    shrinking.settle()
    while len(shrinking.succ) > 2 and shrinking.attach():
        shrinking.settle()
    return shrinking.succ


class _Shrinking:
    """A multigraph in which parallel edges become one as they are made, and a row of two when it is due."""

    def __init__(self, parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> None:
        self.succ: Core = {SOURCE: {}, SINK: {}}
        self.pred: dict[int, set[int]] = {SOURCE: set(), SINK: set()}
        for row in _rows(parents, children):
            tail, head = _beginning(row[0], parents, children), _end(row[-1], children)
            self.link(tail, head, _row(row))
            for child in children[row[-1]] if head == 2 * row[-1] + 1 else ():
                if len(parents[child]) > 1:
                    self.link(head, 2 * child, None)
        self.due = deque(point for point in self.succ if point >= 0)

    def link(self, tail: int, head: int, part: Part | None) -> None:
        """Add an edge."""
        heads = self.succ.setdefault(tail, {})
        self.pred.setdefault(tail, set())
        self.succ.setdefault(head, {})
        if head in heads:
            heads[head] = _parallel(heads[head], part)
        else:
            heads[head] = part
            self.pred.setdefault(head, set()).add(tail)

    def settle(self) -> None:
        """Make one edge of two in a row, for as long as there are any."""
        succ, pred, due = self.succ, self.pred, self.due
        while due:
            point = due.popleft()
            if point not in succ or len(succ[point]) != 1 or len(pred[point]) != 1:
                continue
            (tail,), (head,) = pred[point], succ[point]
            part = _series(succ[tail].pop(point), succ[point][head])
            del succ[point], pred[point]
            pred[head].discard(point)
            self.link(tail, head, part)
            due.extend(end for end in (tail, head) if end >= 0)

    def attach(self) -> bool:
        """Attach what leads nowhere, or comes from nowhere; return whether anything did."""
        succ, pred = self.succ, self.pred
        for point in sorted(pred[SINK] - {SOURCE}):
            if len(succ[point]) > 1 and len(pred[point]) == 1:
                (tail,) = pred[point]
                succ[tail][point] = Part("attached", [succ[tail][point], succ[point].pop(SINK)])
                pred[SINK].discard(point)
                self.due.append(point)
        for point in sorted(succ[SOURCE].keys() - {SINK}):
            if len(pred[point]) > 1 and len(succ[point]) == 1:
                (head,) = succ[point]
                succ[point][head] = Part("attached", [succ[SOURCE].pop(point), succ[point][head]])
                pred[point].discard(SOURCE)
                self.due.append(point)
        return bool(self.due)


def _rows(parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the nodes in rows: each but the last has one child, whose only parent it is."""
    for node, above in enumerate(parents):
        if len(above) == 1 and len(children[above[0]]) == 1:
            continue  # in the middle of a row
        row = [node]
        while len(below := children[row[-1]]) == 1 and len(parents[below[0]]) == 1:
            row.append(below[0])
        yield row


def _row(nodes: Iterable[int]) -> Part:
    parts: list[Part | None] = [Part("node", [], node) for node in nodes]
    only = parts[0]
    return only if len(parts) == 1 and only is not None else Part("series", deque(parts))


# The beginning of node v is the point 2v, its end 2v + 1. They are the same as the end of an only parent and
# the beginning of an only child, so that few edges are needed besides those that are nodes.


def _beginning(node: int, parents: Sequence[Sequence[int]], children: Sequence[Sequence[int]]) -> int:
    above = parents[node]
    if not above:
        return SOURCE
    return 2 * above[0] + 1 if len(above) == 1 and len(children[above[0]]) > 1 else 2 * node


def _end(node: int, children: Sequence[Sequence[int]]) -> int:
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
    for one, other in ((first, second), (second, first)):
        if one is not None and one.kind == "parallel":
            one.kids.extend(other.kids if other is not None and other.kind == "parallel" else (other,))
            return one
    return Part("parallel", [first, second])
