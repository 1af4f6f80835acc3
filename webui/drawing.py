"""The graph of a canvas as the command line prints it, in any of its formats."""

import json
from typing import Any

from ..engine.canvas import to_dag


def draw(canvas: Any, form: str) -> bytes:
    """Return the graph of ``canvas`` as ``form``: ``json``, ``py`` (Python source), or a format of Graphviz.

    Raises
    ------
    CanvasError
        The canvas cannot become a graph.
    LayoutError
        Graphviz failed, or took too long.
    """
    dag = to_dag(canvas)
    if form == "json":
        return f"{json.dumps(dag.to_json(), indent=2, ensure_ascii=False, default=str)}\n".encode()
    if form == "py":
        from ..engine.canvas import to_python

        return to_python(dag).encode()
    from ..engine.layout import render

    return render(dag, form)
