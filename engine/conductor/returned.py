"""What a run returned, or what of it failed: the answer to ``umbel.result``."""

import json
from typing import Any

from sqlalchemy import select

from ..dag import Inputs, leaves
from ..run import Run
from ..store import Store, originals
from ..store.models import Node
from .revoking import Answer, refusal

SHOWN = 20  # failed nodes that an answer names
ENDED_BADLY = ("FAILURE", "REVOKED")


def returned(store: Store, run: Run, request_id: str) -> Answer:
    """Return the answer to somebody who wants to know what came of ``run``."""
    answer: Answer = {"id": request_id, "ok": True, "state": run.state}
    if run.state in ENDED_BADLY:
        return answer | _failed(store, run)
    if run.state != "SUCCESS":
        return answer
    if run.kind != "conducted":
        why = f"Celery ran {run.id} itself: what it returned is in its result backend."
        return refusal(request_id, "not_conducted", why)
    try:
        return answer | {"result": _Values(store, run).of(run.outputs)}
    except _Unknown as error:
        return refusal(request_id, "no_result", str(error))


def _failed(store: Store, run: Run) -> dict[str, Any]:
    dead = [node for node in list(run.nodes) if node.task is not None and node.state in ENDED_BADLY]
    dead.sort(key=lambda node: ENDED_BADLY.index(node.state))
    shown = dead[:SHOWN]
    query = select(Node.idx, Node.exception)
    wanted = query.where(Node.run == run.number, Node.idx.in_([node.idx for node in shown]))
    with store.read() as connection:
        exceptions = {row.idx: row.exception for row in connection.execute(wanted)}
    failed = [
        {
            "node": node.id,
            "task": node.task,
            "state": node.state,
            "reason": node.reason,
            "exception": exceptions.get(node.idx),
        }
        for node in shown
    ]
    return {"failed": failed, "more": len(dead) - len(shown)}


class _Unknown(Exception):
    """A value that nobody has."""


class _Values:
    """What the nodes of a run returned, as far as its outputs need it."""

    def __init__(self, store: Store, run: Run) -> None:
        self.run = run
        self.inputs: dict[int, Inputs] = {}  # of joins
        tasks, pending = set[int](), {run.index[each] for each in leaves(run.outputs)}
        with store.read() as connection:
            while pending:
                joins = {idx for idx in pending if run.nodes[idx].task is None} - self.inputs.keys()
                tasks |= {idx for idx in pending if run.nodes[idx].task is not None}
                found = originals.signatures(connection, run.number, joins) if joins else {}
                self.inputs |= {idx: spec.inputs for idx, spec in found.items()}
                pending = {run.index[each] for spec in found.values() for each in leaves(spec.inputs)}
            self.texts = originals.results(connection, run.number, tasks)

    def of(self, inputs: Inputs) -> Any:
        """Return the value that ``inputs`` spell."""
        if inputs is None:
            return None
        if isinstance(inputs, list):
            return [self.of(each) for each in inputs]
        idx = self.run.index[inputs]
        if idx in self.inputs:
            return self.of(self.inputs[idx] or [])
        if (known := self.texts.get(idx)) is not None:
            return json.loads(known)
        if (node := self.run.nodes[idx]).state == "SUCCESS":
            raise _Unknown(f"What {node.task} ({node.id}) returned is no JSON, or was not kept.")
        return None
