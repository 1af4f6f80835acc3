"""Where the cards of a graph go, and pictures of graphs: Graphviz, in a child process with a deadline.

Any thread may call. Positions are remembered by structure: a run whose shape was seen before costs no layout.
"""

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import graphviz

from . import blocks, dot, picture
from .dag import Dag
from .dot import DeadlineError
from .errors import LayoutError
from .remembered import Remembered

__all__ = ["CARD", "FORMATS", "JOIN", "DeadlineError", "Layout", "place", "render"]

REMEMBERED = 256  # structures whose layout is kept
POINTS_PER_INCH = 72

GAP = 80  # px between two ranks
CARD = (200, 52)  # px, what the pages draw for a task
JOIN = (12, 12)

FORMATS = ("dot", "svg", "png", "pdf")


class Layout(NamedTuple):
    """Where everything goes, in px from the upper left corner; y grows downwards."""

    width: float
    height: float
    positions: dict[Any, tuple[float, float]]  # the centre of each node, by its id
    paths: list[str]  # the SVG path data of each edge, in the order of the edges
    blocks: Sequence[tuple[float, float, float, float]] = ()  # left, top, width and height of each block


def place(
    nodes: Iterable[tuple[Hashable, float, float]],
    edges: Iterable[tuple[Hashable, Hashable]],
    *,
    deadline: float = 5.0,
) -> Layout:
    """Lay a graph out from left to right.

    Parameters
    ----------
    nodes
        Triples of id, width and height in px.
    edges
        Pairs of ids, parent and child.
    deadline
        Seconds after which to give up.

    Raises
    ------
    DeadlineError
        There was not enough time.
    LayoutError
        Graphviz failed.
    """
    nodes, edges = list(nodes), list(edges)
    found = blocks.find(nodes, edges)
    # A block stands for its members: it is one node to Graphviz, and has one edge for all of theirs.
    whole = {member: block for block in found for member in block.members}
    boxes = [box for box in nodes if box[0] not in whole] + [(block, *block.size) for block in found]
    lines = [(whole.get(parent, parent), whole.get(child, child)) for parent, child in edges]
    numbers = {line: number for number, line in enumerate(dict.fromkeys(lines))}
    source = _skeleton(boxes, numbers)
    if not (placed := _memory.get(source)):
        with dot.turn(deadline) as draw:
            # Whoever had the turn before may have asked for the same.
            placed = _memory.get(source) or _memory.put(source, _read(draw(source, "json0")))
    centres = {box[0]: placed.positions[index] for index, box in enumerate(boxes)}
    for block in found:
        centres |= block.places(*centres[block])
    return placed._replace(
        positions={box[0]: centres[box[0]] for box in nodes},
        paths=[placed.paths[numbers[line]] for line in lines],
        blocks=tuple(_frame(*centres[block], *block.size) for block in found),
    )


def _frame(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    return round(x - width / 2, 1), round(y - height / 2, 1), width, height


def _skeleton(
    nodes: Sequence[tuple[Hashable, float, float]], edges: Iterable[tuple[Hashable, Hashable]]
) -> str:
    """Return the graph as DOT in which nodes and edges are numbers: no text of others comes near Graphviz."""
    graph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.28", "ranksep": _inches(GAP)},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        # The pages draw arrow heads; a line that ends where its arrow head begins would leave a gap.
        # From side to side: without ports they would leave and reach a card at its corners.
        edge_attr={"arrowhead": "none", "tailport": "e", "headport": "w"},
    )
    numbers: dict[Hashable, str] = {}
    for node, width, height in nodes:
        numbers[node] = str(len(numbers))
        graph.node(numbers[node], width=_inches(width), height=_inches(height))
    for index, (parent, child) in enumerate(edges):
        graph.edge(numbers[parent], numbers[child], id=str(index))
    return graph.source


def _inches(pixels: float) -> str:
    # One px is one of Graphviz's points, so that what comes back needs no scaling.
    return f"{pixels / POINTS_PER_INCH:.4f}"


def _read(drawn: bytes) -> Layout:
    graph = json.loads(drawn)
    left, bottom, right, top = _numbers(graph["bb"])

    def turn(point: str) -> tuple[float, float]:
        x, y = _numbers(point)
        return round(x - left, 1), round(top - y, 1)

    edges = sorted(graph.get("edges", []), key=lambda edge: int(edge["id"]))
    return Layout(
        round(right - left, 1),
        round(top - bottom, 1),
        {int(node["name"]): turn(node["pos"]) for node in graph.get("objects", [])},
        [_path([turn(point) for point in edge["pos"].split()]) for edge in edges],
    )


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _path(points: list[tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = points[0], points[-1]
    if 0 < x2 - x1 <= GAP + 1:
        # Nothing stands between neighbouring ranks, so that one curve will do; Graphviz makes waves there.
        middle = round((x1 + x2) / 2, 1)
        points = [(x1, y1), (middle, y1), (middle, y2), (x2, y2)]
    start, *rest = (f"{x:g},{y:g}" for x, y in points)
    return f"M{start} C{' '.join(rest)}"


def render(dag: Dag, form: str, *, deadline: float = 30.0, states: Mapping[str, str] | None = None) -> bytes:
    """Return a picture of a graph, or its DOT source.

    Parameters
    ----------
    dag
        The graph to draw.
    form
        One of ``dot``, ``svg``, ``png`` and ``pdf``.
    deadline
        Seconds after which to give up.
    states
        The state of each node by its id, to draw a run rather than a canvas.

    Raises
    ------
    DeadlineError
        There was not enough time; ``dot`` needs none.
    LayoutError
        Graphviz failed, or ``form`` is none that it is asked for.
    """
    if form not in FORMATS:
        raise LayoutError(
            f"There are no pictures in the format {form!r}; choose one of {', '.join(FORMATS)}."
        )
    text = picture.source(dag, dpi=144 if form == "png" else None, states=states)
    if form == "dot":
        return text.encode()
    with dot.turn(deadline) as draw:
        return draw(text, form)


_memory = Remembered[Layout](REMEMBERED)
