"""The graph of a run, and where to draw it: node by node, or folded where there are too many for that."""

from collections.abc import Mapping, Sequence
from time import monotonic
from types import MappingProxyType
from typing import Any, NamedTuple

from ...engine.errors import LayoutError
from ...engine.store import reads, structure
from ...engine.store.apart import apart
from . import cards
from .lines import Lines, broken, lines
from .openapi import describe
from .queries import GraphQuery
from .routes import blueprint, present, store
from .shapes import Graph
from .turned import turned

MAX_DRAWN = 500  # nodes, joins not counted; more are folded
MANY = (200, 76)  # px, what the page draws for many tasks
LAYOUT_SECONDS = 5.0
FOLD_SECONDS = 15.0  # with the layout; 100,000 tasks take two on a machine that has nothing else to do

_Folding = dict[str, Any]


@blueprint.get("/runs/<run_id>/graph")
@describe(Graph)
def graph(run_id: str, query: GraphQuery) -> dict[str, Any]:
    """Return nodes, edges and where to draw them; runs of more than 500 tasks are folded to cards."""
    run = present(reads.run(store(), run_id), run_id)
    if run["nodes"] > MAX_DRAWN:
        nothing = {"nodes": None, "edges": None}
        listed = present(reads.graph(store(), run_id), run_id) if query.nodes else nothing
        return listed | _large(run_id, query)
    found = present(reads.graph(store(), run_id), run_id)
    drawn = {"folding": None, **_lay_out(found["nodes"], found["edges"], LAYOUT_SECONDS)}
    return (
        found | drawn
        if query.nodes is not False
        else {"run": found["run"], "nodes": None, "edges": None} | drawn
    )


def warm() -> None:
    """Load what folds and lays out graphs, so that the first who looks at one need not wait for that."""
    from ...engine import dot, folded, layout  # noqa: F401

    dot.warm()


class _Wanted(NamedTuple):
    """What of a folded graph somebody wants to see."""

    opened: Sequence[str] = ()
    apart: Mapping[str, Sequence[int]] = MappingProxyType({})
    shown: Sequence[int] = ()


def _large(run_id: str, query: GraphQuery) -> dict[str, Any]:
    found = present(structure.structure(store(), run_id), run_id)
    opened = cards.by_index(store(), run_id, query.open)
    wanted = _Wanted(opened, apart(store(), run_id, query.apart), sorted(set(query.show)))
    drawn = {"run": found.run, **_fold(found, wanted, down=query.down)}
    if folding := drawn["folding"]:
        counts = {what: len(indices) for what, indices in wanted.apart.items()}
        drawn["folding"] = cards.by_id(store(), run_id, folding) | {"apart": counts, "shown": wanted.shown}
    return drawn


def _fold(found: structure.Structure, wanted: _Wanted, *, down: bool) -> dict[str, Any]:
    from ...engine import layout

    end = monotonic() + FOLD_SECONDS
    try:
        folding, laid = _folded(found, wanted, FOLD_SECONDS, down=down)
        closed = wanted._replace(opened=())
        like = None
        if folding["opened"] and not down:
            like = _lines_before(found, closed, folding, max(end - monotonic(), 1.0))
    except layout.DeadlineError as error:
        return {"folding": None, **_no_layout("deadline", str(error))}
    except LayoutError as error:
        return {"folding": None, **_no_layout("failed", str(error))}
    if not laid["layout"]:
        return {"folding": None, **laid}
    if down:
        return {"folding": folding, **laid}
    widths = [layout.JOIN[0] if card["kind"] == "join" else layout.CARD[0] for card in folding["cards"]]
    return {"folding": folding, **laid, "layout": broken(laid["layout"], _together(folding), widths, like)}


def _folded(
    found: structure.Structure, wanted: _Wanted, seconds: float, *, down: bool = False
) -> tuple[_Folding, dict[str, Any]]:
    """Return a folding, and its layout in one line."""
    from ...engine import folded

    end = monotonic() + seconds
    folding = folded.folded(found.text, size=found.run["nodes"], deadline=seconds, **wanted._asdict())
    boxes = [{"index": place, "kind": card["kind"]} for place, card in enumerate(folding["cards"])]
    edges = [[parent, child, kind] for parent, child, kind, _ in folding["edges"]]
    return folding, _lay_out(boxes, edges, max(end - monotonic(), 1.0), down=down)


def _together(folding: Mapping[str, Any]) -> list[list[int]]:
    return [frame["cards"] for frame in folding["frames"] if len(frame["cards"]) > 1]


def _lines_before(
    found: structure.Structure, wanted: _Wanted, folding: Mapping[str, Any], seconds: float
) -> Lines | None:
    """Return the lines of the graph with nothing open, by the places in ``folding``: so little moves."""
    closed, laid = _folded(found, wanted, seconds)
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
    nodes: Sequence[Mapping[str, Any]], edges: Sequence[Sequence[Any]], deadline: float, *, down: bool = False
) -> dict[str, Any]:
    from ...engine import layout

    sizes = {"task": layout.CARD, "join": layout.JOIN, "many": MANY}
    if down:
        sizes = {kind: (height, width) for kind, (width, height) in sizes.items()}
    boxes = [(str(node["index"]), *sizes[node["kind"]]) for node in nodes]
    pairs = [(str(parent), str(child)) for parent, child, _ in edges]
    try:
        placed = layout.place(boxes, pairs, deadline=deadline)
    except layout.DeadlineError as error:
        return _no_layout("deadline", str(error))
    except LayoutError as error:
        return _no_layout("failed", str(error))
    drawn = [[*edge, path] for edge, path in zip(edges, placed.paths, strict=True)]
    laid = {
        "width": placed.width,
        "height": placed.height,
        "nodes": {index: list(centre) for index, centre in placed.positions.items()},
        "blocks": [list(frame) for frame in placed.blocks],
        "edges": drawn,
    }
    return {"layout": turned(laid) if down else laid, "layout_error": None}


def _no_layout(code: str, message: str) -> dict[str, Any]:
    return {"layout": None, "layout_error": {"code": code, "message": message}}
