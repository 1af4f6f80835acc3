"""A run once more: the same signatures under fresh ids, conducted, whoever ran them before.

What its tasks sent by themselves they will send again, so that is left out. A graph that was watched is what
Celery made of the canvas, right or wrong.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..canvas import Placed, assemble
from ..conducting.settling import MOMENTS, renamed, settled
from ..dag import Dag, Inputs
from ..dag import Node as Spec
from ..errors import UmbelError
from ..redact import MASK
from ..run import UNKNOWN, Run
from ..store import Store, originals
from ..values import dumps
from .asked import Request
from .submission import Submission, announcement

SHOWN = 100  # nodes that an answer names, at most
SPAWNED = 0  # of a watched run: the position of an edge into what a task sent; into any other task it is -1

_ROUTE = ("queue", "exchange", "routing_key")
_SPACE = uuid.UUID("7d1c4f5e-3a56-5a0e-9a3b-0d5a8a2f6b11")


class Inexact(NamedTuple):
    """A run that cannot be run again, and why."""

    code: str
    message: str
    nodes: list[dict[str, Any]]


def copied(store: Store, run: Run, request: Request, now: float) -> Submission | Inexact:
    """Return ``run`` as a submission, or the tasks of it that are not known exactly."""
    with store.read() as connection:
        inexact = originals.is_exact(connection, run.number)
        unknown = originals.signatures(connection, run.number, [run.index[each] for each in inexact])
        kept = _kept(run, {idx for idx, spec in unknown.items() if _is_inferred(spec)})
        sent = set(kept)
        if left := [unknown[idx] for each in inexact if (idx := run.index[each]) in sent]:
            return _inexact(left)
        specs = originals.signatures(connection, run.number, kept)
    try:
        dag = _dag(run, {idx: _settled(run, specs[idx], now) for idx in kept})
        dag = settled(renamed(dag, set(dag.graph)))
    except UmbelError as error:
        return Inexact("no_canvas", str(error), [])
    if not len(dag):
        return Inexact("no_canvas", "Nothing of this run was announced: it has no task to begin with.", [])
    # The same request, read twice, is one run.
    run_id = str(uuid.uuid5(_SPACE, f"{run.id}/{request.id}"))
    name = request.name or run.name or None
    return Submission(run_id, name, run.options, request.by, announcement(dag, now), dag.outputs, None)


def _is_inferred(spec: Spec) -> bool:
    """Whether a task is known by its events alone."""
    return spec.task == UNKNOWN or not spec.options.keys().isdisjoint(("argsrepr", "kwargsrepr"))


def _kept(run: Run, inferred: set[int]) -> list[int]:
    """Return the nodes less those that tasks of the run sent by themselves, and what came of these.

    In a run that was announced they are those whose edge says so, and the lone tasks that nobody announced.
    """
    parents: list[list[int]] = [[] for _ in run.nodes]
    spawned = set[int]()
    for parent, child, _, position in run.edges:
        parents[child].append(parent)
        if run.kind == "native" and (child in inferred or position == SPAWNED):
            spawned.add(child)
    spawned = {idx for idx in spawned if run.nodes[idx].task is not None}
    if run.kind == "conducted":
        spawned = {node.idx for node in run.nodes if node.task is not None and not node.conducted}
    pending = list(spawned)
    while pending:
        for child, _ in run.children[pending.pop()]:
            if child not in spawned and all(each in spawned for each in parents[child]):
                spawned.add(child)
                pending.append(child)
    return [node.idx for node in run.nodes if node.idx not in spawned]


def _dag(run: Run, specs: Mapping[int, Spec]) -> Dag:
    edges = [
        Placed(run.nodes[a].id, run.nodes[b].id, kind, None if place < 0 else place)
        for a, b, kind, place in sorted(run.edges)
        if a in specs and b in specs
    ]
    if run.kind == "conducted":
        return Dag(specs.values(), ((a, b, kind) for a, b, kind, _ in edges), run.outputs)
    return assemble(specs.values(), edges, _outputs(specs, edges))


def _outputs(specs: Mapping[int, Spec], edges: list[Placed]) -> Inputs:
    """Return what a watched canvas returns: what nobody waits for, callbacks left out."""
    then: dict[str, list[str]] = {}
    for edge in edges:
        if edge.kind == "then":
            then.setdefault(edge.parent, []).append(edge.child)
    called = {edge.child for edge in edges if edge.kind != "then"}
    pending = list(called)
    while pending:
        for child in then.get(pending.pop(), ()):
            if child not in called:
                called.add(child)
                pending.append(child)
    ends: list[Inputs] = [spec.id for spec in specs.values() if spec.id not in called and spec.id not in then]
    return ends[0] if len(ends) == 1 else ends


def _settled(run: Run, spec: Spec, now: float) -> Spec:
    """Return a signature as it can be sent now: a moment that has passed is none."""
    if spec.task is None:
        return spec
    options = {name: value for name, value in spec.options.items() if not _has_passed(name, value, now)}
    queue = run.nodes[run.index[spec.id]].queue
    if queue and not any(options.get(name) for name in _ROUTE):
        options["queue"] = queue
    return replace(spec, options=options)


def _has_passed(name: str, value: object, now: float) -> bool:
    if name not in MOMENTS or isinstance(value, (int, float)):
        return False
    text = value.get("__value__") if isinstance(value, Mapping) else value
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() < now


def _inexact(specs: list[Spec]) -> Inexact:
    nodes = [{"node": spec.id, "task": spec.task, "why": _why(spec)} for spec in specs[:SHOWN]]
    some = ", ".join(f"{each['task']} ({each['node']}): {each['why']}" for each in nodes[:3])
    more = f", and {len(specs) - 3} more" if len(specs) > 3 else ""
    return Inexact("not_exact", f"It is not known exactly what to send again: {some}{more}.", nodes)


def _why(spec: Spec) -> str:
    if spec.task == UNKNOWN:
        return "its name was never seen"
    values = dumps([spec.args, spec.kwargs, spec.options])
    if MASK in values:
        return "its arguments are masked"
    return "its arguments were cut" if '{"cut":' in values else "its arguments are known as text only"
