"""From a canvas to the graph that is conducted: ids of its own, moments as text, rules that hold.

Applying or freezing a canvas leaves ids in it, and a second run under the same ids would be taken for the
first by result backends and workers. So ids are new, but for those that a user has set on a task; Celery's
own are known by the ``reply_to`` that it puts beside them, or stand on a chain, group or chord.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kombu.utils.functional import maybe_list

from ..canvas import to_dag
from ..dag import Dag, Inputs, Node
from ..errors import DagError
from ..rules import Rules

RULES = "umbel"  # the option of a signature that is ours, and is never sent to a worker
MOMENTS = ("eta", "expires")


def dag_of(canvas: Any) -> Dag:
    """Return the graph of a canvas under ids that no run had before; raises CanvasError and DagError."""
    dag = to_dag(canvas)
    return renamed(dag, {each for each in _left_behind(canvas) if each in dag})


def renamed(dag: Dag, ids: set[str]) -> Dag:
    """Return ``dag`` with new ids in the place of ``ids``."""
    if not ids:
        return dag
    new = {each: str(uuid.uuid4()) for each in ids}
    nodes = [replace(node, id=new.get(node.id, node.id), inputs=_replaced(node.inputs, new)) for node in dag]
    edges = [(new.get(a, a), new.get(b, b), kind) for a, b, kind in dag.edges]
    return Dag(nodes, edges, _replaced(dag.outputs, new))


def _replaced(inputs: Inputs, new: Mapping[str, str]) -> Inputs:
    if isinstance(inputs, list):
        return [_replaced(part, new) for part in inputs]
    return inputs if inputs is None else new.get(inputs, inputs)


def _left_behind(canvas: Any) -> Iterator[str]:
    """Yield the ids in a canvas that Celery has put there."""
    pending, met = [canvas], set[int]()
    while pending:
        sig = pending.pop()
        # A frozen chord holds its body once for each member of its header: the same object.
        if not isinstance(sig, Mapping) or id(sig) in met:
            continue
        met.add(id(sig))
        options, kwargs = sig.get("options") or {}, sig.get("kwargs") or {}
        is_task = sig.get("subtask_type") not in ("chain", "group", "chord")
        name = options.get("task_id")
        if isinstance(name, str) and (not is_task or "reply_to" in options):
            yield name
        for word in ("link", "link_error", "chain"):
            pending.extend(maybe_list(options.get(word)) or ())
        pending.append(options.get("chord"))
        if not is_task:
            pending.append(kwargs.get("body"))
            for word in ("tasks", "header"):
                inner = kwargs.get(word)  # of a generator it is no list, and would take over ``+=``
                pending.extend(inner if isinstance(inner, Sequence) else [inner])


def settled(dag: Dag) -> Dag:
    """Return ``dag`` as it is conducted: its rules are known to hold, and moments are text.

    Raises
    ------
    DagError
        A rule is unknown or does not fit.
    """
    return _with({node.id: made for node in dag if (made := _options(node)) is not node.options}, dag)


def conductible(node: Node) -> Node:
    """Return one task as it is conducted; raises DagError as :func:`settled` does."""
    return replace(node, options=_options(node))


def _options(node: Node) -> dict[str, Any]:
    options = node.options
    if (rules := options.get(RULES)) is not None:
        try:
            rules = Rules.from_json(rules)
        except DagError as error:
            raise DagError(f"The task {node.task}: {error}") from None
        options = {**options, RULES: rules.to_json()}
    for name in MOMENTS:
        # kombu's JSON of a datetime; Celery itself sends the bare text.
        if isinstance(moment := options.get(name), Mapping):
            options = {**options, name: moment.get("__value__")}
    return options


def _with(options: Mapping[str, dict[str, Any]], dag: Dag) -> Dag:
    for name, made in options.items():
        dag.graph.nodes[name]["node"] = replace(dag[name], options=made)
    return dag
