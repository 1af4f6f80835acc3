"""How far a graph is opened: from the top, until the budget of cards is full. Pure.

1. What is alike stays one, and the tree is opened level by level while there is room; where everything has
   room, all of it is. What leads to a node that has no like is opened first. A series of too many is cut into
   stretches first, other sets of too many into the greatest and the rest.
2. If room is left, copies are seen one by one: all of them where all nodes have room, and else those of rows
   of no more than ``FEW``.

What somebody opened is open whatever the budget says, and has as much room again.

A card is named by its first node, which is in no other card. Opened by hand it gives its name up, and what
begins with the same node inside of it gets the name with ``/1`` behind it, then ``/2``. So a name says
nothing of what is elsewhere in the graph.
"""

import heapq
from collections import deque
from collections.abc import Collection, Iterator, Sequence

from .forms import Forms
from .views import View

FEW = 12  # repeats of a row that are seen one by one


class Box:
    """A view, and what was opened in it."""

    __slots__ = ("by_hand", "inside", "is_spread", "view")

    def __init__(self, view: View, by_hand: int = 0) -> None:
        self.view = view
        self.by_hand = by_hand  # how often somebody opened what was named by the same node
        self.inside: list[Box] = []
        self.is_spread = False  # whether its copies are seen one by one

    def name(self, names: Sequence[str]) -> str:
        """Return the id of its card; ``names`` are the ids of the nodes."""
        first = names[self.view.first]
        return f"{first}/{self.by_hand}" if self.by_hand else first

    def leaves(self) -> "Iterator[Box]":
        """Yield what is a card, in order."""
        pending: list[Box] = [self]
        while pending:
            box = pending.pop()
            if box.inside:
                pending.extend(reversed(box.inside))
            else:
                yield box

    def open(self, views: list[View]) -> None:
        """Show ``views`` in its place."""
        self.inside = [Box(view, self.by_hand if view.first == self.view.first else 0) for view in views]


def opened(root: View, forms: Forms, *, budget: int, wanted: Collection[str], names: Sequence[str]) -> Box:
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
    _fill(top, forms, budget)
    while due := [box for box in top.leaves() if not box.view.is_node and box.name(names) in wanted]:
        for box in due:
            box.by_hand += 1
            _fill(box, forms, budget)
    return top


def _fill(box: Box, forms: Forms, budget: int) -> None:
    room = _descend(box, forms, budget)
    if box.view.cost <= budget:
        _spread(box, forms, room)


def _descend(top: Box, forms: Forms, budget: int) -> int:
    """Open ``top`` level by level; return how much room is left."""
    room = budget - 1
    due = [(False, 0, 0, top)]
    number = 0
    while due:
        _, level, _, box = heapq.heappop(due)
        if box.view.is_node or (box.view.how == "mixed" and box is not top):
            continue
        views = box.view.inside(forms)
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
        # Stretches are as long as a power of two, so that one more step rarely moves where each begins.
        size = 1 << (-(-len(views) // count) - 1).bit_length()
        stretches = (views[at : at + size] for at in range(0, len(views), size))
        return [each[0] if len(each) == 1 else View([], how="stretch", views=each) for each in stretches]
    order = sorted(
        range(len(views)), key=lambda place: (not views[place].is_odd, -views[place].size, views[place].first)
    )
    kept, rest = sorted(order[: count - 1]), sorted(order[count - 1 :])
    return [
        *(views[place] for place in kept),
        View([], how="mixed", views=[views[place] for place in rest]),
    ]


def _spread(top: Box, forms: Forms, room: int) -> None:
    """See copies one by one while there is room, the outermost first."""
    is_small = top.view.size <= room + top.view.cost
    due = deque([top])
    while due:
        box = due.popleft()
        view = box.view
        more = (view.times - 1) * view.cost
        is_row = view.how == "series" and view.times <= FEW
        if view.times > 1 and (is_small or is_row) and more <= room:
            room -= more
            box.open(view.spread())
            box.is_spread = True
            for each in box.inside:
                _descend(each, forms, view.cost)
        due.extend(box.inside)
