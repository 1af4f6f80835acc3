"""Alike parts seen as one, and what is seen inside of them. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from .labels import Labels, sum_up
from .parts import Part
from .repeats import segments

How = Literal["single", "parallel", "series", "mixed", "stretch"]


class View:
    """The same place of many copies, seen as one.

    ``lanes`` are the copies that stand side by side, or one after another, as ``how`` says: in each lane one
    part for every copy of what is around them. All are alike, except in a view that is ``mixed``, or a
    ``stretch`` of a series: these have ``views`` in place of lanes.
    """

    __slots__ = ("first", "how", "lanes", "size", "views")

    def __init__(self, lanes: list[list[Part]], how: How = "single", views: "Sequence[View]" = ()) -> None:
        self.lanes = lanes
        self.how: How = how if views or len(lanes) > 1 else "single"
        self.views = list(views)
        self.size: int = sum(view.size for view in views) or sum(part.size for lane in lanes for part in lane)
        self.first: int = (
            min(view.first for view in views) if views else min(part.first for lane in lanes for part in lane)
        )

    @property
    def times(self) -> int:
        """How many copies it shows."""
        return len(self.lanes) or 1

    @property
    def cost(self) -> int:
        """How many cards it is when everything in it is seen, every copy in the same place."""
        return sum(view.cost for view in self.views) if self.views else self.lanes[0][0].cost

    @property
    def is_odd(self) -> bool:
        """Whether a node in it has no like."""
        if self.views:
            return any(view.is_odd for view in self.views)
        return self.lanes[0][0].is_odd

    @property
    def is_in_order(self) -> bool:
        """Whether what is inside of it is a row."""
        return self.how == "stretch" or (not self.views and self.lanes[0][0].kind == "series")

    @property
    def is_node(self) -> bool:
        """Whether nothing is seen inside of it but nodes of one kind."""
        return not self.views and self.lanes[0][0].kind == "node"

    def nodes(self) -> Iterator[int]:
        """Yield the indexes of the nodes in it."""
        if self.views:
            return chain.from_iterable(view.nodes() for view in self.views)
        return chain.from_iterable(part.nodes() for lane in self.lanes for part in lane)

    def spread(self) -> "list[View]":
        """Return a view of each of its lanes."""
        return [View([lane]) for lane in self.lanes]

    def inside(self, labels: Labels) -> "list[View]":
        """Return what is seen inside of it, in order: every copy the same."""
        if self.views:
            return self.views
        parts = [part for lane in self.lanes for part in lane]
        match parts[0].kind:
            case "series":
                return list(_series(parts, labels))
            case "parallel":
                return list(_parallel(parts))
            case "attached":
                return [View([[part.kids[place] for part in parts]]) for place in (0, 1)]  # type: ignore[misc]
        return []


def _series(parts: list[Part], labels: Labels) -> Iterator[View]:
    rows = [list(part.kids) for part in parts]
    for start, period, times in segments([kid.label for kid in rows[0] if kid is not None]):
        lanes = [
            [_unit(row[at : at + period], labels) for row in rows]
            for at in range(start, start + period * times, period)
        ]
        yield View(lanes, "series")


def _unit(kids: Sequence[Part | None], labels: Labels) -> Part:
    first = kids[0]
    if len(kids) == 1 and first is not None:
        return first
    known = [kid for kid in kids if kid is not None]
    unit = Part("series", [*known])
    sum_up(unit, labels)
    return unit


def _parallel(parts: list[Part]) -> Iterator[View]:
    lanes: dict[int, list[list[Part]]] = {}
    for part in parts:
        alike: dict[int, list[Part]] = defaultdict(list)
        for kid in part.kids:
            if kid is not None:
                alike[kid.label].append(kid)
        for label, kids in alike.items():
            for lane, kid in zip(lanes.setdefault(label, [[] for _ in kids]), kids, strict=True):
                lane.append(kid)
    for each in lanes.values():
        yield View(each, "parallel")

