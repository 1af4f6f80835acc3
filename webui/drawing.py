"""A graph as the command line prints it, in any of its formats."""

import json

from ..engine.dag import Dag


def draw(dag: Dag, form: str) -> bytes:
    """Return ``dag`` as ``form``: ``json``, ``py`` (Python canvas source), or a format of Graphviz.

    Raises
    ------
    LayoutError
        Graphviz failed, or took too long.
    """
    if form == "json":
        return f"{json.dumps(dag.to_json(), indent=2, ensure_ascii=False, default=str)}\n".encode()
    if form == "py":
        from ..engine.canvas import to_python

        return to_python(dag).encode()
    from ..engine.layout import render

    return render(dag, form)
