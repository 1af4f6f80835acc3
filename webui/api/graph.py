"""The graph of a run, and where to draw it."""

from typing import Any

from ...engine.errors import LayoutError
from ...engine.store import reads
from .openapi import describe
from .routes import blueprint, present, store
from .shapes import Graph

MAX_DRAWN = 500  # nodes, joins not counted; more are a table and no graph
LAYOUT_SECONDS = 5.0


@blueprint.get("/runs/<run_id>/graph")
@describe(Graph)
def graph(run_id: str) -> dict[str, Any]:
    """Return nodes, edges and where to draw them."""
    found = present(reads.graph(store(), run_id), run_id)
    return {**found, **_lay_out(found)}


def _lay_out(graph: dict[str, Any]) -> dict[str, Any]:
    tasks = sum(node["kind"] == "task" for node in graph["nodes"])
    if tasks > MAX_DRAWN:
        message = f"This run has {tasks:,} tasks; a graph is drawn up to {MAX_DRAWN}."
        return _no_layout("too_many", message)
    from ...engine import layout

    sizes = {"task": layout.CARD, "join": layout.JOIN}
    boxes = [(str(node["index"]), *sizes[node["kind"]]) for node in graph["nodes"]]
    edges = [(str(parent), str(child)) for parent, child, _ in graph["edges"]]
    try:
        placed = layout.place(boxes, edges, deadline=LAYOUT_SECONDS)
    except layout.DeadlineError as error:
        return _no_layout("deadline", str(error))
    except LayoutError as error:
        return _no_layout("failed", str(error))
    drawn = [[*edge, path] for edge, path in zip(graph["edges"], placed.paths, strict=True)]
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
