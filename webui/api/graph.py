"""The graph of a run, and where to draw it: node by node, or folded where there are too many for that."""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from ...engine.errors import LayoutError
from ...engine.store import reads
from .lines import broken
from .openapi import describe
from .queries import GraphQuery
from .routes import blueprint, present, store
from .shapes import Graph

MAX_DRAWN = 500  # nodes, joins not counted; more are folded
MANY = (200, 68)  # px, what the page draws for many tasks
LAYOUT_SECONDS = 5.0


@blueprint.get("/runs/<run_id>/graph")
@describe(Graph)
def graph(run_id: str, query: GraphQuery) -> dict[str, Any]:
    """Return nodes, edges and where to draw them; runs of more than 500 tasks are folded to cards."""
    found = present(reads.graph(store(), run_id), run_id)
    tasks = sum(node["kind"] == "task" for node in found["nodes"])
    return {**found, **(_fold(found, query.open) if tasks > MAX_DRAWN else _unfolded(found))}


def _unfolded(graph: Mapping[str, Any]) -> dict[str, Any]:
    return {"folding": None, **_lay_out(graph["nodes"], graph["edges"], LAYOUT_SECONDS)}


def _fold(graph: Mapping[str, Any], opened: Sequence[str]) -> dict[str, Any]:
    from ...engine import folded, layout

    end = monotonic() + LAYOUT_SECONDS
    try:
        folding = folded.folded(graph, opened=opened, deadline=LAYOUT_SECONDS)
    except layout.DeadlineError as error:
        return {"folding": None, **_no_layout("deadline", str(error))}
    except LayoutError as error:
        return {"folding": None, **_no_layout("failed", str(error))}
    cards = [{"index": place, "kind": card["kind"]} for place, card in enumerate(folding["cards"])]
    lines = [[parent, child, kind] for parent, child, kind, _ in folding["edges"]]
    laid = _lay_out(cards, lines, max(end - monotonic(), 1.0))
    if not laid["layout"]:
        return {"folding": None, **laid}
    together = [frame["cards"] for frame in folding["frames"] if len(frame["cards"]) > 1]
    widths = [layout.JOIN[0] if card["kind"] == "join" else layout.CARD[0] for card in cards]
    return {"folding": folding, **laid, "layout": broken(laid["layout"], together, widths)}


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
