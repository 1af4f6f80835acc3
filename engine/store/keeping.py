"""What is kept of values from tasks: nothing secret, little of what is large beside its node, the rest apart.

A value is masked first (:mod:`umbel.engine.redact`). Up to ``values.LIMIT`` characters of it stand in the row
of its node; where that is not all, up to ``value_limit`` characters are a row of ``large_values``, with the
size that the value had.

What Umbel itself passes on (signatures and results of conducted tasks) must be exact: where the row of its
node has it masked or in part, all of it is a row of ``originals`` too, which no page reads.
"""

import json
from typing import Any, NamedTuple

from ..dag import Node as Spec
from ..evidence import Evidence
from ..redact import DEFAULT, redactor
from ..run import Attempt, Outcome
from ..values import LIMIT, WHOLE, dumps, fit, is_real, real, text

SIGNATURE = ("args", "kwargs", "options")
ENDS = ("result", "exception", "traceback")
EXACT = '{"json":'  # how a result begins that is known exactly


class Large(NamedTuple):
    """A value that does not fit beside its node."""

    field: str
    size: int
    value: str


class Kept(NamedTuple):
    """Columns of a node, what does not fit into them, and what they do not say exactly."""

    columns: dict[str, Any]
    large: list[Large]
    originals: list[tuple[str, str]]  # field and JSON text; empty where exactness is not asked for


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

    def spec(self, spec: Spec, *, exact: bool = False) -> Kept:
        """Return what is kept of a task's signature."""
        large: list[Large] = []
        originals: list[tuple[str, str]] = []
        columns: dict[str, Any] = {"task": text(spec.task, LIMIT)}
        for name in SIGNATURE:
            value = getattr(spec, name)
            masked = self.redact(value)
            whole = dumps(masked)
            if not is_real(whole):
                masked = real(masked)
                whole = dumps(masked)
            columns[name] = self._shown(name, masked, whole, large)
            if exact and (masked is not value or len(whole) > LIMIT):
                originals.append((name, whole if masked is value else dumps(value)))
        columns |= {"immutable": bool(spec.immutable), "inputs": dumps(spec.inputs)}
        return Kept(columns, large, originals)

    def outcome(self, outcome: Outcome, *, exact: bool = False) -> Kept:
        """Return what is kept of what a task ended with."""
        large: list[Large] = []
        columns = {
            "result": self._result(outcome.result, large),
            "result_size": outcome.result_size,
            "exception": self._text("exception", outcome.exception, large),
            "traceback": self._text("traceback", outcome.traceback, large),
        }
        originals: list[tuple[str, str]] = []
        if exact and columns["result"] != outcome.result and (whole := exactly(outcome.result)) is not None:
            originals.append(("result", whole))
        return Kept(columns, large, originals)

    def attempt(self, attempt: Attempt) -> dict[str, Any]:
        """Return the columns of an attempt that is over."""
        error = attempt.exception
        shown = {"worker": text(attempt.worker, LIMIT)}
        return attempt._asdict() | shown | {"exception": error and self._text("exception", error, [])}

    def evidence(self, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        """Return evidence without what is secret in its details."""
        if not any(piece.detail for piece in evidence):
            return evidence
        return tuple(
            piece._replace(detail=self.redact(piece.detail)) if piece.detail else piece for piece in evidence
        )

    def _shown(self, field: str, masked: Any, whole: str, large: list[Large]) -> str:
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
        if result is None or (len(result) <= LIMIT and self.redact.spares(result) and is_real(result)):
            return result
        known = json.loads(result)
        if "json" in known and not is_real(result):
            known = {"repr": dumps(self.redact(known["json"]))}
        if "json" in known:
            masked = self.redact(known["json"])
            shown = self._shown("result", masked, dumps(masked), large)
            return dumps({"json": json.loads(shown)})
        return dumps({"repr": self._text("result", known.get("repr"), large)})

    def _keep(self, field: str, whole: str, large: list[Large]) -> None:
        if len(whole) > LIMIT and self.value_limit > LIMIT:
            large.append(Large(field, len(whole), whole[: self.value_limit]))


def exactly(result: str | None) -> str | None:
    """Return the JSON text of the value in a result, None where only a representation is known."""
    return result[len(EXACT) : -1] if result is not None and result.startswith(EXACT) else None


USUAL = Keeping()
