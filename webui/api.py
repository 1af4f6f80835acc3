"""The REST API, version 1: what is recorded, as JSON. Shapes are those of ``engine.store.reads``."""

from typing import Any

from flask import Blueprint, current_app, request

from ..engine.errors import LayoutError
from ..engine.store import reads
from .errors import bad_request, not_found

MAX_DRAWN = 500  # nodes, joins not counted; more are a table and no graph
MAX_LIMIT = 500
LAYOUT_SECONDS = 5.0

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/runs")
def runs() -> dict[str, Any]:
    """List runs, newest first."""
    return reads.runs(_store(), limit=_limit(50), before=request.args.get("before") or None)


@blueprint.get("/runs/<run_id>")
def run(run_id: str) -> dict[str, Any]:
    """Sum one run up."""
    return _present(reads.run(_store(), run_id), run_id)


@blueprint.get("/runs/<run_id>/graph")
def graph(run_id: str) -> dict[str, Any]:
    """Return nodes, edges and where to draw them."""
    found = _present(reads.graph(_store(), run_id), run_id)
    return {**found, **_lay_out(found)}


@blueprint.get("/runs/<run_id>/nodes")
def nodes(run_id: str) -> dict[str, Any]:
    """List the nodes of a run."""
    after, limit = _number("after", -1, -1), _limit(MAX_LIMIT)
    return _present(reads.nodes(_store(), run_id, after=after, limit=limit), run_id)


@blueprint.get("/runs/<run_id>/nodes/<node_id>")
def node(run_id: str, node_id: str) -> dict[str, Any]:
    """Tell everything about one node."""
    found = reads.node(_store(), run_id, node_id)
    if found is None:
        _present(reads.run(_store(), run_id), run_id)
        raise not_found(f"The run {run_id} has no node {node_id}.")
    return found


@blueprint.get("/nodes/<task_id>")
def find(task_id: str) -> dict[str, Any]:
    """List where a task id occurs, newest first."""
    return {"nodes": reads.find(_store(), task_id)}


def _store() -> Any:
    return current_app.extensions["umbel"].store


def _present(found: dict[str, Any] | None, run_id: str) -> dict[str, Any]:
    if found is None:
        raise not_found(f"There is no run {run_id}.")
    return found


def _limit(default: int) -> int:
    return min(_number("limit", default, 1), MAX_LIMIT)


def _number(name: str, default: int, least: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise bad_request(f"{name} is a whole number, not {text!r}.") from None
    if not least <= value < 2**31:
        raise bad_request(f"{name} is at least {least}, not {value}.")
    return value


def _lay_out(graph: dict[str, Any]) -> dict[str, Any]:
    tasks = sum(node["kind"] == "task" for node in graph["nodes"])
    if tasks > MAX_DRAWN:
        message = f"This run has {tasks} tasks; a graph is drawn up to {MAX_DRAWN}."
        return _no_layout("too_many", message)
    from ..engine import layout

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
            "edges": drawn,
        },
        "layout_error": None,
    }


def _no_layout(code: str, message: str) -> dict[str, Any]:
    return {"layout": None, "layout_error": {"code": code, "message": message}}
