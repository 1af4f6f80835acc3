"""What is kept of values from tasks: nothing secret, little of what is large beside its node, the rest apart.

A value is masked first (:mod:`umbel.engine.redact`). Up to ``values.LIMIT`` characters of it stand in the row
of its node; where that is not all, up to ``value_limit`` characters are a row of ``large_values``, with the
size that the value had.
"""

import json
from typing import Any, NamedTuple

from ..dag import Node as Spec
from ..evidence import Evidence
from ..redact import DEFAULT, redactor
from ..run import Outcome
from ..values import LIMIT, WHOLE, dumps, fit, text

ENDS = ("result", "exception", "traceback")


class Large(NamedTuple):
    """A value that does not fit beside its node."""

    field: str
    size: int
    value: str


class Kept(NamedTuple):
    """Columns of a node, and what does not fit into them."""

    columns: dict[str, Any]
    large: list[Large]


class Keeping:
    """Says what is kept of values.

    Parameters
    ----------
    redact
        A regular expression: names whose values are masked.
    value_limit
        Characters that are kept of one value at most.
    """

    def __init__(self, redact: str = DEFAULT, value_limit: int = WHOLE) -> None:
        self.redact = redactor(redact)
        self.value_limit = value_limit

    def spec(self, spec: Spec) -> Kept:
        """Return what is kept of a task's signature."""
        large: list[Large] = []
        columns = {
            "task": text(spec.task, LIMIT),
            "args": self._json("args", spec.args, large),
            "kwargs": self._json("kwargs", spec.kwargs, large),
            "options": self._json("options", spec.options, large),
            "immutable": bool(spec.immutable),
            "inputs": dumps(spec.inputs),
        }
        return Kept(columns, large)

    def outcome(self, outcome: Outcome) -> Kept:
        """Return what is kept of what a task ended with."""
        large: list[Large] = []
        columns = {
            "result": self._result(outcome.result, large),
            "result_size": outcome.result_size,
            "exception": self._text("exception", outcome.exception, large),
            "traceback": self._text("traceback", outcome.traceback, large),
        }
        return Kept(columns, large)

    def evidence(self, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        """Return evidence without what is secret in its details."""
        if not any(piece.detail for piece in evidence):
            return evidence
        return tuple(
            piece._replace(detail=self.redact(piece.detail)) if piece.detail else piece for piece in evidence
        )

    def _json(self, field: str, value: Any, large: list[Large]) -> str:
        masked = self.redact(value)
        whole = dumps(masked)
        if len(whole) <= LIMIT:
            return whole
        self._keep(field, whole, large)
        return fit(masked)

    def _text(self, field: str, value: str | None, large: list[Large]) -> str | None:
        if not value:
            return value
        masked = self.redact(text(value, len(value)))
        self._keep(field, masked, large)
        return masked[:LIMIT]

    def _result(self, result: str | None, large: list[Large]) -> str | None:
        if result is None or (len(result) <= LIMIT and self.redact.spares(result)):
            return result
        known = json.loads(result)
        if "json" in known:
            return dumps({"json": json.loads(self._json("result", known["json"], large))})
        return dumps({"repr": self._text("result", known.get("repr"), large)})

    def _keep(self, field: str, whole: str, large: list[Large]) -> None:
        if len(whole) > LIMIT and self.value_limit > LIMIT:
            large.append(Large(field, len(whole), whole[: self.value_limit]))


USUAL = Keeping()
