"""A long row of cards in several lines, as text is: at a width that can be read. Pure."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

WINDOW = (1300.0, 620.0)  # px, what a page has for a graph, about
READABLE = 0.6  # of its size; what is shown as large as that stays as it is
BETWEEN = 84  # px from the lowest card of a line to the highest of the next
MOST = 8  # lines
CROSSING = 2  # edges that may lead from a line to the next
TURN = 28  # px that these go on before they turn
CORNER = 12


class Lines(NamedTuple):
    """How a layout is broken."""

    begins: Sequence[int]  # a place in the first column of each line but the first
    span: float  # px from the first to the last column of the longest line


def lines(layout: Mapping[str, Any], frames: Sequence[Sequence[int]]) -> Lines:
    """Return how to break a layout, so that it is shown as large as may be; see :func:`broken`."""
    columns, column = _columns(layout)
    starts = [0]
    if _scale(layout["width"], layout["height"]) < READABLE and not layout["blocks"]:
        allowed = _allowed(layout["edges"], frames, column, len(columns))
        plans = (_greedy(columns, allowed, layout["width"] / count) for count in range(1, MOST + 1))
        starts = max(plans, key=lambda starts: _scale(_width(columns, starts), _height(layout, starts)))
    at = {each: place for place, each in reversed(column.items())}
    span = max(last - first for first, last in _ends(columns, starts))
    return Lines([at[start] for start in starts[1:]], span)


def broken(
    layout: Mapping[str, Any],
    frames: Sequence[Sequence[int]],
    widths: Sequence[float],
    like: Lines | None = None,
) -> dict[str, Any]:
    """Break a layout into lines where that shows it larger.

    Parameters
    ----------
    layout
        ``width``, ``height``, ``nodes`` (centres by place), ``edges`` (with paths) and ``blocks``, in px.
    frames
        Places of cards that stay together.
    widths
        The width of each card, by its place, in px.
    like
        Lines to keep, where some cards were opened: what was added goes on in more lines.

    Returns
    -------
    layout
        The same, or one of several lines, in which nothing lies between two columns that were neighbours.
    """
    columns, column = _columns(layout)
    like, is_kept = like or lines(layout, frames), like is not None
    allowed = _allowed(layout["edges"], frames, column, len(columns))
    forced = {column[place] for place in like.begins}
    starts = _kept(columns, allowed, like.span if like.begins or is_kept else inf, forced)
    if len(starts) == 1 or layout["blocks"]:
        return dict(layout)
    return _moved(layout, column, columns, starts, widths)


def _columns(layout: Mapping[str, Any]) -> tuple[list[float], dict[int, int]]:
    """Return the columns, in px, and the number of each card's."""
    columns = sorted({x for x, _ in layout["nodes"].values()})
    places = layout["nodes"].items()
    return columns, {int(place): bisect_right(columns, x) - 1 for place, (x, _) in places}


def _allowed(
    edges: Sequence[Any], frames: Sequence[Sequence[int]], column: Mapping[int, int], count: int
) -> list[bool]:
    """Say before which columns a line may begin."""
    crossing = [0] * count
    for parent, child, *_ in edges:
        for each in range(column[parent] + 1, column[child] + 1):
            crossing[each] += 1
    whole: set[int] = set()
    for frame in frames:
        within = [column[place] for place in frame]
        whole.update(range(min(within) + 1, max(within) + 1))
    return [each > 0 and crossing[each] <= CROSSING and each not in whole for each in range(count)]


def _greedy(columns: Sequence[float], allowed: Sequence[bool], width: float) -> list[int]:
    """Return the first column of each line, if lines are about ``width`` wide."""
    starts, last = [0], None
    for each in range(1, len(columns)):
        if allowed[each]:
            last = each
        if last is not None and columns[each] - columns[starts[-1]] > width:
            starts.append(last)
            last = None
    return starts


def _kept(
    columns: Sequence[float], allowed: Sequence[bool], width: float, forced: Collection[int]
) -> list[int]:
    """Return the first column of each line where ``forced`` begin some; none ends before ``width``.

    A line that ended before what was opened would take that away from the pointer.
    """
    starts = [0]
    for each in range(1, len(columns)):
        if allowed[each] and (each in forced or columns[each] - columns[starts[-1]] > width):
            starts.append(each)
    return starts


def _ends(columns: Sequence[float], starts: Sequence[int]) -> Iterator[tuple[float, float]]:
    """Yield the first and the last column of each line, in px."""
    for start, end in zip(starts, [*starts[1:], len(columns)], strict=True):
        yield columns[start], columns[end - 1]


def _width(columns: Sequence[float], starts: Sequence[int]) -> float:
    return max(last - first for first, last in _ends(columns, starts)) + 200 + 2 * TURN


def _height(layout: Mapping[str, Any], starts: Sequence[int]) -> float:
    return len(starts) * layout["height"] + (len(starts) - 1) * BETWEEN


def _scale(width: float, height: float) -> float:
    return min(1.0, WINDOW[0] / width, WINDOW[1] / height)


def _moved(
    layout: Mapping[str, Any],
    column: Mapping[int, int],
    columns: Sequence[float],
    starts: Sequence[int],
    widths: Sequence[float],
) -> dict[str, Any]:
    nodes = {int(place): centre for place, centre in layout["nodes"].items()}
    line = {place: bisect_right(starts, column[place]) - 1 for place in nodes}
    down = layout["height"] + BETWEEN
    shifts = [
        (columns[0] - columns[start] + (TURN if at else 0), at * down) for at, start in enumerate(starts)
    ]
    shifts[0] = (TURN, 0)
    places = {
        place: (round(x + shifts[line[place]][0], 1), round(y + shifts[line[place]][1], 1))
        for place, (x, y) in nodes.items()
    }
    edges = []
    for parent, child, kind, path in layout["edges"]:
        if line[parent] == line[child]:
            edges.append([parent, child, kind, _shifted(path, *shifts[line[parent]])])
        else:
            (x1, y1), (x2, y2) = places[parent], places[child]
            middle = line[child] * down - BETWEEN / 2
            ends = (x1 + widths[parent] / 2, y1, x2 - widths[child] / 2, y2)
            edges.append([parent, child, kind, _back(*ends, middle)])
    return {
        "width": round(_width(columns, starts), 1),
        "height": _height(layout, starts),
        "nodes": {str(place): list(centre) for place, centre in places.items()},
        "blocks": [],
        "edges": edges,
    }


def _shifted(path: str, dx: float, dy: float) -> str:
    """Return ``M1,2 C3,4 5,6 7,8`` elsewhere."""
    start, _, rest = path[1:].partition(" C")
    points = [tuple(map(float, point.split(","))) for point in (start, *rest.split())]
    first, *others = (f"{round(x + dx, 1):g},{round(y + dy, 1):g}" for x, y in points)
    return f"M{first} C{' '.join(others)}"


def _back(x1: float, y1: float, x2: float, y2: float, middle: float) -> str:
    """Return the way from the end of a line to the beginning of the next, with round corners."""
    right, left, r = x1 + TURN, x2 - TURN, CORNER
    return (
        f"M{x1:g},{y1:g} L{right - r:g},{y1:g} Q{right:g},{y1:g} {right:g},{y1 + r:g}"
        f" L{right:g},{middle - r:g} Q{right:g},{middle:g} {right - r:g},{middle:g}"
        f" L{left + r:g},{middle:g} Q{left:g},{middle:g} {left:g},{middle + r:g}"
        f" L{left:g},{y2 - r:g} Q{left:g},{y2:g} {left + r:g},{y2:g} L{x2:g},{y2:g}"
    )
