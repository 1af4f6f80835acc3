"""The graph of a run, and where to draw it: node by node, or folded where there are too many for that."""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from ...engine.errors import LayoutError
from ...engine.store import reads
from .lines import Lines, broken, lines
from .openapi import describe
from .queries import GraphQuery
from .routes import blueprint, present, store
from .shapes import Graph

MAX_DRAWN = 500  # nodes, joins not counted; more are folded
MANY = (200, 76)  # px, what the page draws for many tasks
LAYOUT_SECONDS = 5.0


@blueprint.get("/runs/<run_id>/graph")
@describe(Graph)
def graph(run_id: str, query: GraphQuery) -> dict[str, Any]:
    """Return nodes, edges and where to draw them; runs of more than 500 tasks are folded to cards."""
    found = present(reads.graph(store(), run_id), run_id)
    is_large = sum(node["kind"] == "task" for node in found["nodes"]) > MAX_DRAWN
    drawn = _fold(found, query.open) if is_large else _unfolded(found)
    is_listed = not is_large if query.nodes is None else query.nodes
    return {**found, **drawn} if is_listed else {**found, **drawn, "nodes": None, "edges": None}


def _unfolded(graph: Mapping[str, Any]) -> dict[str, Any]:
    return {"folding": None, **_lay_out(graph["nodes"], graph["edges"], LAYOUT_SECONDS)}


def _fold(graph: Mapping[str, Any], opened: Sequence[str]) -> dict[str, Any]:
    from ...engine import layout

    end = monotonic() + LAYOUT_SECONDS
    try:
        folding, laid = _folded(graph, opened, LAYOUT_SECONDS)
        like = _lines_before(graph, folding, max(end - monotonic(), 1.0)) if folding["opened"] else None
    except layout.DeadlineError as error:
        return {"folding": None, **_no_layout("deadline", str(error))}
    except LayoutError as error:
        return {"folding": None, **_no_layout("failed", str(error))}
    if not laid["layout"]:
        return {"folding": None, **laid}
    widths = [layout.JOIN[0] if card["kind"] == "join" else layout.CARD[0] for card in folding["cards"]]
    return {"folding": folding, **laid, "layout": broken(laid["layout"], _together(folding), widths, like)}


def _folded(
    graph: Mapping[str, Any], opened: Sequence[str], seconds: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a folding, and its layout in one line."""
    from ...engine import folded

    end = monotonic() + seconds
    folding = folded.folded(graph, opened=opened, deadline=seconds)
    cards = [{"index": place, "kind": card["kind"]} for place, card in enumerate(folding["cards"])]
    edges = [[parent, child, kind] for parent, child, kind, _ in folding["edges"]]
    return folding, _lay_out(cards, edges, max(end - monotonic(), 1.0))


def _together(folding: Mapping[str, Any]) -> list[list[int]]:
    return [frame["cards"] for frame in folding["frames"] if len(frame["cards"]) > 1]


def _lines_before(graph: Mapping[str, Any], folding: Mapping[str, Any], seconds: float) -> Lines | None:
    """Return the lines of the graph with nothing open, by the places in ``folding``: so little moves."""
    closed, laid = _folded(graph, (), seconds)
    if not laid["layout"]:
        return None
    begins, span = lines(laid["layout"], _together(closed))
    homes = {
        index: place
        for place, card in enumerate(folding["cards"])
        for first, count in card["members"]
        for index in range(first, first + count)
    }
    return Lines([homes[closed["cards"][place]["members"][0][0]] for place in begins], span)


def _lay_out(
    nodes: Sequence[Mapping[str, Any]], edges: Sequence[Sequence[Any]], deadline: float
) -> dict[str, Any]:
    from ...engine import layout

    sizes = {"task": layout.CARD, "join": layout.JOIN, "many": MANY}
    boxes = [(str(node["index"]), *sizes[node["kind"]]) for node in nodes]
    pairs = [(str(parent), str(child)) for parent, child, _ in edges]
    try:
        placed = layout.place(boxes, pairs, deadline=deadline)
    except layout.DeadlineError as error:
        return _no_layout("deadline", str(error))
    except LayoutError as error:
        return _no_layout("failed", str(error))
    drawn = [[*edge, path] for edge, path in zip(edges, placed.paths, strict=True)]
    return {
        "layout": {
            "width": placed.width,
            "height": placed.height,
            "nodes": {index: list(centre) for index, centre in placed.positions.items()},
            "blocks": [list(frame) for frame in placed.blocks],
            "edges": drawn,
        },
        "layout_error": None,
    }


def _no_layout(code: str, message: str) -> dict[str, Any]:
    return {"layout": None, "layout_error": {"code": code, "message": message}}
