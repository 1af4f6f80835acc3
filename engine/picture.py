"""Graphs as DOT source that looks good: rounded cards, joins as points, callbacks dashed.

Names of tasks are hostile text. They go into HTML-like labels, escaped; nodes are numbered, and nothing gets
a URL, which Graphviz would pass on as it is.
"""

import re
from collections.abc import Mapping
from html import escape

import graphviz

from .dag import Dag, Node

LONGEST = 40  # characters of a name before it is cut

# What the pages fill a card with, by state: fill, text and outline. Others look as what was never sent.
_FILLS = {
    "SENT": ("#8592A6", "#0C1016", "#566378"),
    "RECEIVED": ("#8592A6", "#0C1016", "#566378"),
    "STARTED": ("#0B63CE", "#FFFFFF", "#08479A"),
    "RETRY": ("#FFB000", "#2A1C00", "#8F6200"),
    "SUCCESS": ("#2FBF8F", "#03211A", "#15795A"),
    "FAILURE": ("#A8071A", "#FFFFFF", "#6E0411"),
    "REVOKED": ("#30343B", "#FFFFFF", "#0F1215"),
}
_MUTED = "#64748B"

_EDGES = {
    "then": {},
    "link": {"style": "dashed"},
    "error": {"style": "dashed", "color": "#A8071A"},
}
# XML knows no such characters, escaped or not: one of them makes a whole label empty. The last two ranges
# turn the direction of the text that follows.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


def source(dag: Dag, *, dpi: int | None = None, states: Mapping[str, str] | None = None) -> str:
    """Return DOT source for a graph.

    Parameters
    ----------
    dag
        The graph.
    dpi
        The resolution of a bitmap made from it.
    states
        The state of each node by its id, where it was run.
    """
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
            drawing.node(numbers[node.id], **_card(node, (states or {}).get(node.id)))
    for edge in dag.edges:
        drawing.edge(numbers[edge.parent], numbers[edge.child], **_EDGES[edge.kind])
    return drawing.source


def _card(node: Node, state: str | None) -> dict[str, str]:
    if state not in _FILLS:
        # Blocked and skipped tasks will never run: dashed, as what is not there.
        dashed = {"style": "rounded,filled,dashed"} if state in ("BLOCKED", "SKIPPED") else {}
        return {"label": _label(node, _MUTED), **dashed}
    fill, text, rim = _FILLS[state]
    return {"label": _label(node, text), "fillcolor": fill, "fontcolor": text, "color": rim}


def _label(node: Node, small: str) -> str:
    module, _, name = (node.task or "").rpartition(".")
    lines = [f"<B>{_text(name)}</B>"]
    if module:
        lines.append(f'<FONT POINT-SIZE="9" COLOR="{small}">{_text(module)}</FONT>')
    return f"<{'<BR/>'.join(lines)}>"


def _text(text: str) -> str:
    shown = " ".join(_FORBIDDEN.sub("\ufffd", text).split())
    if len(shown) > LONGEST:
        shown = shown[: LONGEST - 1] + "…"
    # Graphviz puts the node's name in the place of \N, even here.
    return escape(shown).replace("\\", "\\\\") or "?"
