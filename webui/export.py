"""A run as a file: its graph as a picture, DOT or Python, or everything that is recorded of it as JSON.

The JSON is that of ``umbel graph`` (see ``engine.dag``) with ``run``, the run's summary, and with what became
of each node beside what it is: ``index``, ``state``, ``reason``, times, ``worker``, ``attempts``, ``result``
and so on, as in ``reads.node``.
"""

import json
from collections.abc import Iterator
from typing import Any

from ..engine.dag import SCHEMA, Dag, Edge, Node
from ..engine.errors import CanvasError
from ..engine.store import Store, reads

FORMATS = {
    "json": "application/json",
    "dot": "text/vnd.graphviz",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "py": "text/x-python",
}
DRAW_SECONDS = 30.0

_SPEC = ("id", "task", "args", "kwargs", "immutable", "options", "inputs")


def export(store: Store, run_id: str, form: str, *, deadline: float = DRAW_SECONDS) -> bytes | None:
    """Return a run as ``form``, one of ``FORMATS``; None when there is no such run.

    Raises
    ------
    CanvasError, DagError
        What is recorded cannot be written as Python source, or is no graph.
    LayoutError
        Graphviz failed, or took longer than ``deadline``.
    """
    if form == "json":
        whole = document(store, run_id)
        return f"{json.dumps(whole, indent=2)}\n".encode() if whole else None
    graph = reads.graph(store, run_id)
    if graph is None:
        return None
    dag = dag_of(graph)
    if form == "py":
        return _source(dag)
    from ..engine.layout import render

    return render(dag, form, deadline=deadline, states=_states(store, run_id, graph))


def dag_of(graph: dict[str, Any]) -> Dag:
    """Return the graph that ``reads.graph`` tells of.

    Raises
    ------
    DagError
        It is none: whoever can write to the broker can announce anything.
    """
    nodes = [Node.from_json({name: node[name] for name in _SPEC}) for node in graph["nodes"]]
    ids = {node["index"]: node["id"] for node in graph["nodes"]}
    return Dag(nodes, (Edge(ids[parent], ids[child], kind) for parent, child, kind in graph["edges"]))


def document(store: Store, run_id: str) -> dict[str, Any] | None:
    """Return everything about a run (see the head of this module); None when there is no such run."""
    graph = reads.graph(store, run_id)
    if graph is None:
        return None
    ids = {node["index"]: node["id"] for node in graph["nodes"]}
    became = {detail["index"]: detail for detail in _details(store, run_id)}
    return {
        "schema": SCHEMA,
        "run": graph["run"],
        "nodes": [_whole(node, became.get(node["index"], {})) for node in graph["nodes"]],
        "edges": [[ids[parent], ids[child], kind] for parent, child, kind in graph["edges"]],
        "outputs": None,
    }


def _details(store: Store, run_id: str) -> Iterator[dict[str, Any]]:
    after = -1
    while page := reads.details(store, run_id, after=after):
        yield from page
        after = page[-1]["index"]


def _whole(node: dict[str, Any], became: dict[str, Any]) -> dict[str, Any]:
    spec = {name: node[name] for name in _SPEC}
    rest = {name: value for name, value in became.items() if name not in ("run", *_SPEC)}
    return {"index": node["index"], **spec, **rest}


def _states(store: Store, run_id: str, graph: dict[str, Any]) -> dict[str, str]:
    snapshot = reads.snapshot(store, run_id)
    digits = snapshot["states"] if snapshot else ""
    from ..engine.machine import STATES

    return {
        node["id"]: STATES[int(digits[node["index"]])]
        for node in graph["nodes"]
        if node["index"] < len(digits) and digits[node["index"]].isdecimal()
    }


def _source(dag: Dag) -> bytes:
    from ..engine.canvas import to_python

    if any(_is_cut(value) for node in dag for value in (node.args, node.kwargs)):
        raise CanvasError(
            "Some arguments of this run were too large to keep whole, so that no code could give them again."
        )
    return to_python(dag).encode()


def _is_cut(value: list[Any] | dict[str, Any]) -> bool:
    """Whether ``engine.values`` has cut something out of the arguments."""
    parts = value.values() if isinstance(value, dict) else value
    return any(isinstance(part, dict) and part.keys() >= {"cut", "size"} for part in parts)
