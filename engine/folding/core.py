"""What is not series-parallel, in classes of alike parts. Pure.

Points of the core get colours: at first their depth, the nodes on the longest way from the source; then, round by round,
what they had and what their neighbours had on the other side of which part (*colour refinement*; see
A. Cardon and M. Crochemore, "Partitioning a graph in O(|A| log2 |V|)", Theoretical Computer Science 19
(1982), and, for what it means, M. Grohe et al., "Dimension Reduction via Colour Refinement", ESA 2014).
Parts are in one class when they are alike and lie between points of the same colours. Where that makes more
classes than there is room for it is coarsened, in this order:

1. fewer rounds: neighbours further away no longer tell parts apart;
2. neither does where a part ends, only where it begins;
3. neither do options, only tasks;
4. neither do tasks, but one that occurs once in the whole is a card of its own;
5. depths next to each other count as one, except those where such a one begins.

Each class has one depth at which its parts begin, or a band of depths to itself, so that no class waits for
another in a circle.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from .labels import Labels
from .parts import SOURCE, Core, Part
from .views import View

ROUNDS = 32


class _Edge(NamedTuple):
    tail: int
    head: int
    part: Part


def classes(core: Core, tasks: Sequence[Hashable], labels: Labels, room: int) -> tuple[str, list[View]]:
    """Return how the parts of ``core`` were put together, and what came of it, in order of depth.

    Parameters
    ----------
    tasks
        Of each node, by index.
    room
        Classes, at most.
    """
    depth = _depths(core)
    edges = [_Edge(tail, head, part) for tail, to in core.items() for head, part in to.items() if part is not None]
    for method, keys in _ways(core, edges, depth, tasks, labels, room):
        found: dict[Hashable, list[_Edge]] = defaultdict(list)
        for edge in edges:
            found[keys(edge)].append(edge)
        if len(found) <= room:
            break
    order = sorted(found.values(), key=lambda each: (min(depth[edge.tail] for edge in each), min(e.part.first for e in each)))
    return method, [_view(each, depth) for each in order]


def _ways(core: Core, edges: list[_Edge], depth: dict[int, int], tasks: Sequence[Hashable], labels: Labels, room: int):
    rounds = _colours(core, depth, labels)
    for number in range(len(rounds) - 1, -1, -1):
        colour = rounds[number]
        method = "colour refinement" if number == len(rounds) - 1 else f"colour refinement, {number} rounds"
        yield method, lambda edge, colour=colour: (edge.part.label, colour[edge.tail], colour[edge.head])
    yield "depth and signature", lambda edge: (edge.part.label, depth[edge.tail])
    yield "depth and task", lambda edge: (_tasks(edge.part, tasks), depth[edge.tail])
    odd = {edge.part.label for edge in edges if edge.part.is_odd}
    yield "depth", lambda edge: (edge.part.label if edge.part.label in odd else None, depth[edge.tail])
    bands = _bands(set(depth.values()), {depth[edge.tail] for edge in edges if edge.part.label in odd}, room - 2 * len(odd))
    yield "bands of depth", lambda edge: (edge.part.label if edge.part.label in odd else None, bands[depth[edge.tail]])


def _depths(core: Core) -> dict[int, int]:
    """Return how many nodes the longest way from the source to each point has."""
    missing = Counter(head for to in core.values() for head in to)
    depth, due = {SOURCE: 0}, [SOURCE]
    while due:
        point = due.pop()
        for head, part in core[point].items():
            depth[head] = max(depth.get(head, 0), depth[point] + (part.height if part else 0))
            missing[head] -= 1
            if not missing[head]:
                due.append(head)
    return depth


def _colours(core: Core, depth: dict[int, int], labels: Labels) -> list[dict[int, int]]:
    """Return the colours of the points after each round, from the depths on to those that tell no more apart."""
    into: dict[int, list[tuple[int, int]]] = defaultdict(list)
    out: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for tail, to in core.items():
        for head, part in to.items():
            label = -1 if part is None else part.label
            out[tail].append((label, head))
            into[head].append((label, tail))
    rounds, count = [dict(depth)], len(set(depth.values()))
    for _ in range(ROUNDS):
        old = rounds[-1]

        def around(point: int, edges: dict[int, list[tuple[int, int]]], old: dict[int, int] = old) -> tuple[tuple[int, int], ...]:
            return tuple(sorted((label, old[other]) for label, other in edges[point]))

        new = {point: labels.of(("point", old[point], around(point, into), around(point, out))) for point in core}
        if len(set(new.values())) == count:
            break
        rounds.append(new)
        count = len(set(new.values()))
    return rounds


def _tasks(part: Part, tasks: Sequence[Hashable]) -> Hashable:
    return tasks[part.node] if part.kind == "node" else part.label


def _bands(depths: set[int], alone: Iterable[int], room: int) -> dict[int, int]:
    """Return the band of each depth; those that are ``alone`` are bands of their own."""
    alone = set(alone)
    size = -(-len(depths) // max(1, room - len(alone)))
    bands, band, held = {}, 0, 0
    for depth in sorted(depths):
        if held and (held >= size or depth in alone):
            band, held = band + 1, 0
        bands[depth] = band
        held += 1
        if depth in alone:
            band, held = band + 1, 0
    return bands


def _view(edges: list[_Edge], depth: Mapping[int, int]) -> View:
    """Return one class; those of several depths are in order, since some of it may wait for other."""
    levels: dict[int, dict[int, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for edge in edges:
        levels[depth[edge.tail]][edge.part.label].append(edge.part)
    rows = [_level(list(levels[at].values())) for at in sorted(levels)]
    return rows[0] if len(rows) == 1 else View([], "stretch", rows)


def _level(alike: list[list[Part]]) -> View:
    views = [View([[part] for part in parts], "parallel") for parts in alike]
    return views[0] if len(views) == 1 else View([], "mixed", views)
