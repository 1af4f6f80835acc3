"""Graphs as DOT source that looks good: rounded cards, joins as points, callbacks dashed.

Names of tasks are hostile text. They go into HTML-like labels, escaped; nodes are numbered, and nothing gets
a URL, which Graphviz would pass on as it is.
"""

import re
from html import escape

import graphviz

from .dag import Dag, Node

LONGEST = 40  # characters of a name before it is cut

_EDGES = {
    "then": {},
    "link": {"style": "dashed"},
    "error": {"style": "dashed", "color": "#A8071A"},
}
# XML knows no such characters, escaped or not: one of them makes a whole label empty. The last two ranges
# turn the direction of the text that follows.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


def source(dag: Dag, *, dpi: int | None = None) -> str:
    """Return DOT source for a graph; ``dpi`` is the resolution of a bitmap made from it."""
    drawing = graphviz.Digraph(
        graph_attr={
            "rankdir": "LR",
            "nodesep": "0.22",
            "ranksep": "0.6",
            "pad": "0.2",
            "bgcolor": "white",
            **({"dpi": str(dpi)} if dpi else {}),
        },
        node_attr={
            "shape": "box",
            "style": "rounded,filled",
            "color": "#64748B",
            "fillcolor": "#F1F5F9",
            "fontname": "Helvetica,Arial,sans-serif",
            "fontsize": "12",
            "fontcolor": "#0F172A",
            "margin": "0.16,0.09",
            "height": "0.5",
        },
        edge_attr={"color": "#64748B", "arrowsize": "0.7", "tailport": "e", "headport": "w"},
    )
    numbers = {node.id: f"n{number}" for number, node in enumerate(dag)}
    for node in dag:
        if node.is_join:
            drawing.node(numbers[node.id], shape="point", width="0.1", height="0.1", fillcolor="#64748B")
        else:
            drawing.node(numbers[node.id], label=_label(node))
    for edge in dag.edges:
        drawing.edge(numbers[edge.parent], numbers[edge.child], **_EDGES[edge.kind])
    return drawing.source


def _label(node: Node) -> str:
    module, _, name = (node.task or "").rpartition(".")
    lines = [f"<B>{_text(name)}</B>"]
    if module:
        lines.append(f'<FONT POINT-SIZE="9" COLOR="#64748B">{_text(module)}</FONT>')
    return f"<{'<BR/>'.join(lines)}>"


def _text(text: str) -> str:
    shown = " ".join(_FORBIDDEN.sub("\ufffd", text).split())
    if len(shown) > LONGEST:
        shown = shown[: LONGEST - 1] + "…"
    # Graphviz puts the node's name in the place of \N, even here.
    return escape(shown).replace("\\", "\\\\") or "?"
