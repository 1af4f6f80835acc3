"""The rows that a batch writes of one run."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ..evidence import dump
from ..rules import Rules
from ..run import Outcome, Run
from ..values import dumps, text
from . import models
from .keeping import Keeping, Kept
from .loading import CONDUCTED, CONTROL, MADE_FROM, OF_RUN, OUTPUTS
from .words import Pair, fold, pairs

if TYPE_CHECKING:
    from .writes import Staged

WORDS = 1_000  # that are known of a run, so that they need not be looked for with each batch
INFERRED = "inferred"  # the kind of a run that nobody announced

RUN = ("kind", "name", "state", "created", "started", "finished", "seq", "structure", "size")
RUN += ("root", "parent_run", "parent_node", "resolved_by", *CONTROL)
MADE = ("counts", "single", "folded", "options", "waits")
_PLAIN = ("state", "reason", "retries", "sent", "received", "started", "finished", "runtime", "worker")
_PLAIN += ("queue", "repeated", "lost_at", "attempt_id", "attempt", "due")
NODE = (*_PLAIN, "note", "seq", "evidence")
SPEC = ("task", "args", "kwargs", "options", "immutable", "inputs", "conducted", "rules")
MARK = ("mark", "held")
OUTCOME = Outcome._fields

# Rows have the names of parameters, which must not be those of columns that an UPDATE sets.
_BOUND = tuple(f"b_{name}" for name in _PLAIN)
_plain = attrgetter(*_PLAIN)


def _bound(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"b_{name}": value for name, value in values.items()}


def run_row(run: Run) -> dict[str, Any]:
    """Return the row of a run."""
    values = {name: getattr(run, name) for name in (*RUN, *MADE_FROM, "number", "id")}
    values["counts"] = dumps(dict(sorted((+run.counts).items())))
    values["name"] = text(run.name)
    values["folded"] = fold(run.name)[: models.LENGTH]
    values["single"] = run.kind == INFERRED and run.size <= 1
    values["options"] = dumps(run.options.to_json()) if run.kind == CONDUCTED else "{}"
    values["waits"] = dumps(run.waits) if run.waits else "{}"
    for name in ("by", "paused_by", "cancelled_by"):
        values[name] = text(values[name], models.LENGTH)
    return _bound(values)


class Written:
    """The rows that a batch writes of one run."""

    def __init__(self, staged: "Staged", keeping: Keeping) -> None:
        self.staged = staged
        self.keeping = keeping
        self.run = staged.run.number
        self.nodes = staged.run.nodes
        inexact = staged.copy.inexact if staged.copy is not None else frozenset()
        self.specs = {
            idx: keeping.spec(spec, exact=self.nodes[idx].conducted and idx not in inexact)
            for idx, spec in sorted(staged.specs.items())
        }
        self.outcomes = {
            idx: keeping.outcome(outcome, exact=self.nodes[idx].conducted)
            for idx, outcome in sorted(staged.outcomes.items())
        }

    # nodes

    def new_nodes(self) -> Iterator[dict[str, Any]]:
        """Yield the nodes that the database does not have."""
        for idx in range(self.staged.known, len(self.nodes)):
            ended = self.outcomes.get(idx)
            row = self._state(idx) | self._spec(idx, self.specs[idx]) | self._mark(idx) | self._source(idx)
            yield row | {"b_id": self.nodes[idx].id} | _bound(ended.columns if ended else _NOTHING)

    def changed_nodes(self) -> Iterator[dict[str, Any]]:
        """Yield how those that it has stand now, but for those that ended."""
        for idx in sorted(self.staged.touched):
            if idx < self.staged.known and idx not in self.outcomes:
                yield self._state(idx)

    def ended_nodes(self) -> Iterator[dict[str, Any]]:
        """Yield how those stand that ended, and with what."""
        for idx, outcome in self.outcomes.items():
            if idx < self.staged.known:
                yield self._state(idx) | _bound(outcome.columns)

    def new_specs(self) -> Iterator[dict[str, Any]]:
        """Yield what those turned out to be."""
        for idx, spec in self.specs.items():
            if idx < self.staged.known:
                yield self._spec(idx, spec)

    def marked_nodes(self) -> Iterator[dict[str, Any]]:
        """Yield those that the database has, of which the mark changed, or whether they are held."""
        for idx in sorted(self.staged.marked):
            if idx < self.staged.known:
                yield self._mark(idx)

    def _state(self, idx: int) -> dict[str, Any]:
        node = self.nodes[idx]
        values = dict(zip(_BOUND, _plain(node), strict=True))
        values["b_run"] = self.run
        values["b_idx"] = idx
        values["b_note"] = text(node.note)
        values["b_seq"] = self.staged.run.seq
        values["b_evidence"] = dumps(dump(self.keeping.evidence(node.evidence)))
        return values

    def _spec(self, idx: int, kept: Kept) -> dict[str, Any]:
        node = self.nodes[idx]
        rules = None if node.rules is None else _spelled(node.rules)
        own = {"run": self.run, "idx": idx, "conducted": node.conducted, "rules": rules}
        return _bound(kept.columns | own)

    def _mark(self, idx: int) -> dict[str, Any]:
        node = self.nodes[idx]
        return {"b_run": self.run, "b_idx": idx, "b_mark": node.mark, "b_held": node.held}

    def _source(self, idx: int) -> dict[str, Any]:
        if (copy := self.staged.copy) is None or self.nodes[idx].task is None:
            return _NO_SOURCE
        return {"b_source_run": copy.run, "b_source_node": copy.sources[idx]}

    # values

    def ended(self) -> Iterator[dict[str, Any]]:
        """Yield the nodes of which values may be kept apart that are of another end."""
        if known := [idx for idx in self.outcomes if idx < self.staged.known]:
            yield {"run": self.run, "idxs": known}

    def respelled(self) -> Iterator[dict[str, Any]]:
        """Yield the nodes of which values may be kept apart that are of another signature."""
        if known := [idx for idx in self.specs if idx < self.staged.known and self.nodes[idx].conducted]:
            yield {"run": self.run, "idxs": known}

    def large(self) -> Iterator[dict[str, Any]]:
        """Yield the values that do not fit beside their nodes."""
        for kept in (self.specs, self.outcomes):
            for idx, each in kept.items():
                for field, size, value in each.large:
                    row = {"run": self.run, "idx": idx, "field": field, "size": size}
                    yield row | {"kept": len(value), "value": value}

    def originals(self) -> Iterator[dict[str, Any]]:
        """Yield the values that must be read back exactly, and are not so beside their nodes."""
        for kept in (self.specs, self.outcomes):
            for idx, each in kept.items():
                for field, value in each.originals:
                    yield {"run": self.run, "idx": idx, "field": field, "value": value}
        if self.staged.is_new and (outputs := self.staged.run.outputs) is not None:
            yield {"run": self.run, "idx": OF_RUN, "field": OUTPUTS, "value": dumps(outputs)}

    def words(self) -> set[Pair]:
        """Return the words that the run is found by from now on, less those that are known to be kept."""
        found = (
            pairs("task", (spec.task for spec in self.staged.specs.values()))
            | pairs("worker", {self.nodes[idx].worker for idx in self.staged.touched})
            | pairs("error", (outcome.columns["exception"] for outcome in self.outcomes.values()))
        )
        # Where the transaction fails the run is thrown away, and what it knows with it.
        known = self.staged.run.words
        found -= known
        if len(known) < WORDS:
            known |= found
        return found

    # what is sent, and by whom it was stopped

    def attempts(self) -> Iterator[dict[str, Any]]:
        """Yield the attempts that are over, and those with an id that is not their node's."""
        over = {(idx, attempt.number): attempt for idx, attempt in self.staged.attempts}
        for (idx, _), attempt in over.items():
            yield self.keeping.attempt(attempt) | {"run": self.run, "idx": idx}
        for _, idx, task_id in self.staged.sent:
            node = self.nodes[idx]
            if task_id == node.attempt_id and task_id != node.id and (idx, node.attempt) not in over:
                row = {"run": self.run, "idx": idx, "number": node.attempt, "id": task_id}
                yield _NO_ATTEMPT | row | {"sent": node.sent}

    def outgoing(self) -> Iterator[dict[str, Any]]:
        """Yield what is to be published."""
        for number, idx, task_id in self.staged.sent:
            yield {"number": number, "run": self.run, "idx": idx, "task_id": task_id}

    def actions(self) -> Iterator[dict[str, Any]]:
        """Yield what people did."""
        for action in self.staged.actions:
            row = {"run_id": self.staged.run.id, "at": action.at, "by": text(action.by, models.LENGTH)}
            yield row | {"what": action.what, "detail": dumps(action.detail), "why": text(action.why)}

    def edges(self) -> Iterator[dict[str, Any]]:
        """Yield who waits for whom."""
        for parent, child, kind, position in self.staged.edges:
            row = {"run": self.run, "parent": parent, "child": child}
            yield row | {"kind": kind, "position": position}


_NOTHING = Outcome()._asdict()
_NO_SOURCE: dict[str, Any] = {"b_source_run": None, "b_source_node": None}
_NO_ATTEMPT = dict.fromkeys(("state", "reason", "started", "finished", "worker", "exception"))


@lru_cache(maxsize=1024)
def _spelled(rules: Rules) -> str:
    return dumps(rules.to_json())
