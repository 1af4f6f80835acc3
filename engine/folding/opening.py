"""How far a graph is opened: from the top, until the budget of cards is full. Pure.

1. What is alike stays one, and the tree is opened level by level while there is room; where everything has
   room, all of it is. What leads to a node that has no like is opened first. A series of too many is first cut into stretches, other sets of too many into the
   greatest and the rest.
2. If room is left, copies are seen one by one: all of them where all nodes have room, and else the ``FEW`` of
   the outermost row.

What somebody opened is open whatever the budget says, and has as much room again.
"""

import heapq
from collections import deque
from collections.abc import Collection, Iterator

from .labels import Labels
from .views import View

FEW = 12  # repeats of the outermost row that are seen one by one


class Box:
    """A view, and what was opened in it."""

    __slots__ = ("inside", "is_spread", "level", "view")

    def __init__(self, view: View, level: int = 0) -> None:
        self.view = view
        self.level = level
        self.inside: list[Box] = []
        self.is_spread = False  # whether its copies are seen one by one

    def leaves(self) -> "Iterator[Box]":
        """Yield what is a card, in order."""
        pending = [self]
        while pending:
            box = pending.pop()
            if box.inside:
                pending.extend(reversed(box.inside))
            else:
                yield box

    def open(self, views: list[View]) -> None:
        """Show ``views`` in its place."""
        self.inside = [Box(view, self.level + 1) for view in views]


def opened(root: View, labels: Labels, *, budget: int, wanted: Collection[str], names: list[str]) -> Box:
    """Return ``root`` as far as it is opened.

    Parameters
    ----------
    budget
        Cards, at most.
    wanted
        Ids of cards that somebody opened.
    names
        The ids of the nodes.
    """
    top = Box(root)
    spare = _descend(top, labels, budget)
    if root.cost <= budget:
        _spread(top, labels, spare)
    while due := [box for box in top.leaves() if card_id(box, names) in wanted and _can_open(box.view)]:
        for box in due:
            if (spare := _descend(box, labels, budget)) and box.view.cost <= budget:
                _spread(box, labels, spare)
    return top


def card_id(box: Box, names: list[str]) -> str:
    """Return the id of a card: its first node, and how deep in the tree it is."""
    return f"{names[box.view.first]}/{box.level}"


def _can_open(view: View) -> bool:
    return not view.is_node


def _descend(top: Box, labels: Labels, budget: int) -> int:
    """Open ``top`` level by level; return how much room is left."""
    room = budget - 1
    due = [(False, 0, 0, top)]
    number = 0
    while due:
        _, level, _, box = heapq.heappop(due)
        if not _can_open(box.view) or (box.view.how == "mixed" and box is not top):
            continue
        views = box.view.inside(labels)
        if len(views) - 1 > room:
            if room < 1:
                continue
            views = _condensed(box.view, views, max(2, room // 2))
        box.open(views)
        room -= len(views) - 1
        for each in box.inside:
            number += 1
            heapq.heappush(due, (not each.view.is_odd, level + 1, number, each))
    return room


def _condensed(view: View, views: list[View], count: int) -> list[View]:
    """Return ``count`` views of the same nodes, at most."""
    if view.is_in_order:
        size = -(-len(views) // count)
        stretches = (views[at : at + size] for at in range(0, len(views), size))
        return [each[0] if len(each) == 1 else View([], "stretch", each) for each in stretches]
    order = sorted(range(len(views)), key=lambda place: (not views[place].is_odd, -views[place].size, views[place].first))
    kept, rest = sorted(order[: count - 1]), sorted(order[count - 1 :])
    return [*(views[place] for place in kept), View([], "mixed", [views[place] for place in rest])]


def _spread(top: Box, labels: Labels, room: int) -> None:
    """See copies one by one while there is room, the outermost first."""
    is_small = top.view.size <= room + top.view.cost
    due = deque([top])
    while due:
        box = due.popleft()
        view = box.view
        more = (view.times - 1) * view.cost
        is_row = view.how == "series" and view.times <= FEW and box.level <= top.level + 1
        if view.times > 1 and (is_small or is_row) and more <= room:
            room -= more
            box.open(view.spread())
            box.is_spread = True
            for each in box.inside:
                _descend(each, labels, view.cost)
        due.extend(box.inside)
