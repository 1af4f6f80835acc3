"""What a graph says that its tasks return, and who waits for whom.

The task ``n`` with the tag ``D`` returns ``D([B(A()),C(A())])`` when it gets a list of what B and C return.
So a text spells the edges, the arguments and the order of the lists of all that comes before it.
"""

from typing import Any

import networkx as nx

from umbel.engine.dag import Dag, Inputs, Node


def texts(dag: Dag) -> dict[str, str]:
    """Return by id the text that each task returns."""
    done: dict[str, str] = {}
    for name in nx.topological_sort(dag.graph):
        if not (node := dag[name]).is_join:
            args = [] if node.inputs is None else [spelled(dag, node.inputs, done)]
            done[name] = _called(node, args)
    return done


def by_tag(dag: Dag) -> dict[str, str]:
    """Return by tag the text that each symbolic task returns."""
    return {dag[name].kwargs["tag"]: text for name, text in texts(dag).items() if dag[name].task == "n"}


def returned(dag: Dag) -> str | None:
    """Return the text of what the whole graph returns."""
    return None if dag.outputs is None else spelled(dag, dag.outputs, texts(dag))


def last(dag: Dag) -> set[str]:
    """Return the texts of the tasks for which no other waits, and that no error must happen for."""
    errors = {child for _, child, kind in dag.edges if kind == "error"}
    done = texts(dag)
    ends = (name for name in done if not any(True for _ in dag.graph.successors(name)) or name in errors)
    return {("!" if name in errors else "") + done[name] for name in ends}


def spelled(dag: Dag, inputs: Inputs, done: dict[str, str]) -> str:
    """Return the text of ``inputs``."""
    if isinstance(inputs, list):
        return f"[{','.join(spelled(dag, part, done) for part in inputs)}]"
    assert inputs is not None
    return spelled(dag, dag[inputs].inputs, done) if dag[inputs].is_join else done[inputs]


def edges(dag: Dag) -> set[tuple[str, str]]:
    """Return the tags of the symbolic tasks of which the second waits for the first, joins taken away."""
    found = set()
    for name in dag.graph:
        if dag[name].task != "n":
            continue
        pending = list(dag.graph.predecessors(name))
        while pending:
            parent = pending.pop()
            if dag[parent].is_join:
                pending += dag.graph.predecessors(parent)
            elif dag[parent].task == "n":
                found.add((dag[parent].kwargs["tag"], dag[name].kwargs["tag"]))
    return found


def meaning(dag: Dag) -> list[str]:
    """Return all that a graph says but its ids: tasks go by their tags, joins are spelled out."""

    def called(inputs: Inputs) -> Any:
        if isinstance(inputs, list):
            return list(map(called, inputs))
        if inputs is None:
            return None
        return called(dag[inputs].inputs) if dag[inputs].is_join else _name(dag[inputs])

    found = []
    for node in dag:
        if not node.is_join:
            parents, pending = set(), list(dag.graph.in_edges(node.id, data="kind"))
            while pending:
                parent, _, kind = pending.pop()
                if dag[parent].is_join:
                    pending += [(above, parent, kind) for above in dag.graph.predecessors(parent)]
                else:
                    parents.add((_name(dag[parent]), kind))
            what = [node.task, node.args, node.kwargs, node.immutable, node.options, called(node.inputs)]
            found.append(repr([*what, sorted(parents)]))
    return [*sorted(found), repr(called(dag.outputs))]


def _name(node: Node) -> str:
    return node.kwargs["tag"] if node.task == "n" else f"{node.task} of {node.kwargs.get('it')}"


def _called(node: Node, args: list[str]) -> str:
    if node.task == "celery.map":
        return _list(f"?({item})" for item in node.kwargs["it"])
    if node.task == "celery.starmap":
        return _list(f"?({','.join(map(str, item))})" for item in node.kwargs["it"])
    return f"{node.kwargs['tag']}({','.join([*args, *map(str, node.args)])})"


def _list(parts: Any) -> str:
    return f"[{','.join(parts)}]"
