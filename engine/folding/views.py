"""Alike parts seen as one, and what is seen inside of them. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from .forms import Forms, sum_up
from .parts import Part
from .repeats import segments

How = Literal["single", "parallel", "series", "mixed", "stretch"]


class View:
    """The same place of many copies, seen as one.

    Its ``parts`` are all alike, except in a view that is ``mixed``, or a ``stretch`` of a series: these have
    ``views`` in place of parts. ``times`` copies stand side by side, or one after another, as ``how`` says;
    each is as many parts as there are copies of what is around them, and those of the first come first.
    """

    __slots__ = ("first", "how", "parts", "size", "times", "views")

    def __init__(
        self, parts: list[Part], times: int = 1, how: How = "single", views: "Sequence[View]" = ()
    ) -> None:
        self.parts = parts
        self.times = times
        self.how: How = how if views or times > 1 else "single"
        self.views = list(views)
        self.size: int = sum(view.size for view in views) if views else len(parts) * parts[0].form.size
        self.first: int = min(each.first for each in (views or parts))

    @property
    def cost(self) -> int:
        """How many cards it is when everything in it is seen, every copy in the same place."""
        return sum(view.cost for view in self.views) if self.views else self.parts[0].form.cost

    @property
    def is_odd(self) -> bool:
        """Whether a node in it has no like."""
        return any(view.is_odd for view in self.views) if self.views else self.parts[0].form.is_odd

    @property
    def is_in_order(self) -> bool:
        """Whether what is inside of it is a row."""
        return self.how == "stretch" or (not self.views and self.parts[0].kind == "series")

    @property
    def is_node(self) -> bool:
        """Whether nothing is seen inside of it but nodes of one kind."""
        return not self.views and self.parts[0].kind == "node"

    def nodes(self) -> Iterator[int]:
        """Return the places of the nodes in it."""
        if self.is_node:
            return (part.node for part in self.parts)
        return chain.from_iterable(each.nodes() for each in (self.views or self.parts))

    def spread(self) -> "list[View]":
        """Return a view of each of its copies."""
        count = len(self.parts) // self.times
        return [View(self.parts[at : at + count]) for at in range(0, len(self.parts), count)]

    def inside(self, forms: Forms) -> "list[View]":
        """Return what is seen inside of it, in order: every copy the same."""
        if self.views:
            return self.views
        match self.parts[0].kind:
            case "series":
                return list(_series(self.parts, forms))
            case "parallel":
                return list(_parallel(self.parts))
            case "attached":
                return [View(list(each)) for each in zip(*map(_kids, self.parts), strict=True)]
        return []


def _kids(part: Part) -> list[Part]:
    return [kid for kid in part.kids if kid is not None]


def _series(parts: list[Part], forms: Forms) -> Iterator[View]:
    rows = [_kids(part) for part in parts]
    for start, period, times in segments([kid.form.label for kid in rows[0]]):
        places = range(start, start + period * times, period)
        yield View([_unit(row[at : at + period], forms) for at in places for row in rows], times, "series")


def _unit(kids: list[Part], forms: Forms) -> Part:
    if len(kids) == 1:
        return kids[0]
    unit = Part("series", [*kids])
    sum_up(unit, forms)
    return unit


def _parallel(parts: list[Part]) -> Iterator[View]:
    rows: dict[int, list[list[Part]]] = defaultdict(list)
    for part in parts:
        alike: dict[int, list[Part]] = defaultdict(list)
        for kid in _kids(part):
            alike[kid.form.label].append(kid)
        for label, kids in alike.items():
            rows[label].append(kids)
    for each in rows.values():
        copies = each[0] if len(each) == 1 else list(chain.from_iterable(zip(*each, strict=True)))
        yield View(copies, len(each[0]), "parallel")
