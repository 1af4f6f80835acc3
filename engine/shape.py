"""The shape of a run from the text of ``store.structure``: tasks and edges by the indices of nodes. Pure."""

import json
from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from .folding.graph import telling
from .wiring import Placed, Wiring, without_circles

_Edge = tuple[int, int, str]


class Shape(NamedTuple):
    """Nodes and edges, those joins taken away that one node alone waits for."""

    tasks: dict[int, str | None]  # by index; None for a join
    kinds: dict[int, Hashable]  # what else tells nodes apart that are not alike
    edges: list[_Edge]  # parent, child and kind, sorted, without a circle


def read(structure: str) -> Shape:
    """Return what ``structure`` spells."""
    told = json.loads(structure)
    tasks: dict[int, str | None] = {}
    kinds: dict[int, Hashable] = {}
    for task, immutable, options, listed in told["nodes"]:
        alike = _numbers(listed)
        tasks |= dict.fromkeys(alike, task)
        kinds |= dict.fromkeys(alike, (immutable, telling(json.loads(options))))
    edges = [
        (parent, child, kind)
        for kind, parents, children in told["edges"]
        for parent, child in zip(_numbers(parents), _numbers(children), strict=True)
    ]
    if any(parent >= child for parent, child, _ in edges):  # else there cannot be a circle
        kept = without_circles(sorted(tasks), [Placed(*edge) for edge in edges])
        edges = [(edge.parent, edge.child, edge.kind) for edge in kept]
    if joins := {index for index, task in tasks.items() if task is None}:
        wiring, edges = _wired(joins, edges)
        tasks = {index: task for index, task in tasks.items() if wiring.stays(index)}
    found = {(parent, child): kind for parent, child, kind in edges}
    return Shape(tasks, kinds, [(*ends, kind) for ends, kind in sorted(found.items())])


def _numbers(listed: str) -> list[int]:
    return list(map(int, listed.split(",")))


def _wired(joins: set[int], edges: Iterable[_Edge]) -> tuple[Wiring[int], list[_Edge]]:
    through: list[Placed[int]] = []
    straight: list[_Edge] = []
    for edge in edges:
        if edge[0] in joins or edge[1] in joins:
            through.append(Placed(*edge))
        else:
            straight.append(edge)
    wiring = Wiring(joins, through)
    return wiring, [*straight, *_around(wiring, through)]


def _around(wiring: Wiring[int], through: Iterable[Placed[int]]) -> Iterator[_Edge]:
    for child in dict.fromkeys(edge.child for edge in through):
        if wiring.stays(child):
            yield from ((parent, child, kind) for parent, kind in wiring.sources(child))
