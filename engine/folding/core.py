"""What is not series-parallel, in classes of alike parts. Pure.

Points of the core get colours: at first their depth, the nodes on the longest way from the source; then,
round by round, what they had and what their neighbours had on the other side of which part (*colour
refinement*; see A. Cardon and M. Crochemore, "Partitioning a graph in O(|A| log2 |V|)", Theoretical Computer
Science 19 (1982), and, for what it means, M. Grohe et al., "Dimension Reduction via Colour Refinement", ESA
2014). Parts are in one class when they are alike and lie between points of the same colours. Where that makes
more classes than there is room for it is coarsened, in this order:

1. fewer rounds: neighbours further away no longer tell parts apart;
2. neither does where a part ends, only where it begins;
3. neither do options, only tasks;
4. neither do tasks, but one that occurs once in the whole is a card of its own;
5. depths next to each other count as one, except those where such a one begins;
6. all of it is one class.

Each class has one depth at which its parts begin, or a band of depths to itself, so that no class waits for
another in a circle.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from .parts import SOURCE, Core, Part
from .views import View

ROUNDS = 8  # at most, so that time stays linear


class _Edge(NamedTuple):
    """A part, where it begins and ends, and how deep it begins."""

    part: Part
    label: int
    tail: int
    head: int
    depth: int


Key: TypeAlias = Callable[[_Edge], Hashable]
Neighbours: TypeAlias = dict[int, list[tuple[int, int]]]  # label of the part between, and the other point


def classes(core: Core, tasks: Sequence[Hashable], room: int) -> tuple[str, list[View]]:
    """Return how the parts of ``core`` were put together, and what came of it, in order of depth.

    Parameters
    ----------
    tasks
        Of each node, by its place.
    room
        Classes, at most.
    """
    depth = _depths(core)
    edges = [
        _Edge(part, part.form.label, tail, head, depth[tail])
        for tail, to in core.items()
        for head, part in to.items()
        if part is not None
    ]
    method, key = next(each for each in _ways(core, edges, depth, tasks, room) if _fits(edges, each[1], room))
    found: dict[Hashable, list[_Edge]] = defaultdict(list)
    for edge in edges:
        found[key(edge)].append(edge)
    order = sorted(found.values(), key=lambda each: min((edge.depth, edge.part.first) for edge in each))
    return method, [_view(each) for each in order]


def _fits(edges: list[_Edge], key: Key, room: int) -> bool:
    found: set[Hashable] = set()
    for edge in edges:
        found.add(key(edge))
        if len(found) > room:
            return False
    return True


def _ways(
    core: Core, edges: list[_Edge], depth: dict[int, int], tasks: Sequence[Hashable], room: int
) -> Iterator[tuple[str, Key]]:
    """Yield what tells parts apart, from the finest way that has room to the coarsest, which always has."""
    yield from _refined(core, edges, depth, room)
    yield "depth and signature", lambda edge: (edge.depth, edge.label)
    yield "depth and task", lambda edge: (edge.depth, _task(edge.part, tasks))
    odd = {edge.label: edge.depth for edge in edges if edge.part.form.is_odd}
    yield "depth", lambda edge: (edge.depth, edge.label if edge.label in odd else None)
    bands = _bands({edge.depth for edge in edges}, set(odd.values()), room - len(odd))
    yield "bands of depth", lambda edge: (bands[edge.depth], edge.label if edge.label in odd else None)
    yield "as a whole", lambda edge: None


def _depths(core: Core) -> dict[int, int]:
    """Return how many nodes the longest way from the source to each point has."""
    missing = Counter(chain.from_iterable(core.values()))
    depth, due = {SOURCE: 0}, [SOURCE]
    while due:
        point = due.pop()
        for head, part in core[point].items():
            here = depth[point] + (part.form.height if part else 0)
            if here > depth.get(head, -1):
                depth[head] = here
            missing[head] -= 1
            if not missing[head]:
                due.append(head)
    return depth


def _refined(core: Core, edges: list[_Edge], depth: dict[int, int], room: int) -> Iterator[tuple[str, Key]]:
    """Yield the last round of colour refinement that has room, if any."""
    if not _fits(edges, _between(depth), room):
        return
    into, out = _neighbours(core)
    colour, rounds = depth, 0
    while rounds < ROUNDS:
        finer = _round(colour, into, out)
        if len(set(finer.values())) == len(set(colour.values())):
            yield "colour refinement", _between(colour)
            return
        if not _fits(edges, _between(finer), room):
            break
        colour, rounds = finer, rounds + 1
    yield f"colour refinement, round {rounds}", _between(colour)


def _between(colour: dict[int, int]) -> Key:
    return lambda edge: (edge.label, colour[edge.tail], colour[edge.head])


def _neighbours(core: Core) -> tuple[Neighbours, Neighbours]:
    into: Neighbours = defaultdict(list)
    out: Neighbours = defaultdict(list)
    for tail, to in core.items():
        for head, part in to.items():
            label = -1 if part is None else part.form.label
            out[tail].append((label, head))
            into[head].append((label, tail))
    return into, out


def _round(colour: dict[int, int], into: Neighbours, out: Neighbours) -> dict[int, int]:
    """Return the colours of the points after one more round."""
    numbers: dict[Hashable, int] = {}

    def seen(edges: list[tuple[int, int]]) -> Hashable:
        return tuple(sorted([(label, colour[other]) for label, other in edges]))

    return {
        point: numbers.setdefault((old, seen(into[point]), seen(out[point])), len(numbers))
        for point, old in colour.items()
    }


def _task(part: Part, tasks: Sequence[Hashable]) -> Hashable:
    return tasks[part.node] if part.kind == "node" else part.form.label


def _bands(depths: set[int], alone: set[int], room: int) -> dict[int, int]:
    """Return the band of each depth: ``room`` bands if that can be; the ``alone`` are their own."""
    size = -(-len(depths) // max(1, room - 2 * len(alone)))
    bands: dict[int, int] = {}
    band = held = 0
    for depth in sorted(depths):
        if held and (held == size or depth in alone):
            band, held = band + 1, 0
        bands[depth] = band
        held += size if depth in alone else 1
    return bands


def _view(edges: Iterable[_Edge]) -> View:
    """Return one class; those of several depths are in order, since some of it may wait for other."""
    levels: dict[int, dict[int, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for edge in edges:
        levels[edge.depth][edge.label].append(edge.part)
    rows = [_level(list(levels[at].values())) for at in sorted(levels)]
    return rows[0] if len(rows) == 1 else View([], how="stretch", views=rows)


def _level(alike: list[list[Part]]) -> View:
    views = [View(parts, len(parts), "parallel") for parts in alike]
    return views[0] if len(views) == 1 else View([], how="mixed", views=views)
