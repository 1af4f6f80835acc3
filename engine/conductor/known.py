"""What conducted tasks are and returned, as JSON text: of those seen lately, ready to be put into messages.

It saves reading back what was just written. What is not here is read from the database, exactly as it came.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from ..dag import Inputs
from ..dag import Node as Spec
from ..run import Outcome, Run
from ..store import Store, originals
from ..values import dumps

SIZE = 24 * 1024 * 1024  # characters held of signatures, and of results
OVERHEAD = 400  # characters that one entry costs besides its texts, about
HEAD = '{"json":'  # how a result that is JSON is kept

T = TypeVar("T")


class Signature(NamedTuple):
    """A task as it is sent; its arguments as JSON text."""

    task: str | None
    args: str
    kwargs: str
    options: dict[str, Any]
    inputs: Inputs
    immutable: bool


class Known:
    """Signatures and results, by the number of their run and their index in it."""

    def __init__(self, store: Store, *, size: int = SIZE) -> None:
        self.store = store
        self.signatures = _Bounded[Signature](size)
        self.results = _Bounded[str](size)

    def note(self, run: Run, specs: Mapping[int, Spec], outcomes: Mapping[int, Outcome]) -> None:
        """Take note of what became true of a conducted run."""
        for index, spec in specs.items():
            signature = _signature(spec)
            self.signatures.put((run.number, index), signature, _size(signature))
        for index, outcome in outcomes.items():
            if (value := value_of(outcome.result)) is not None:
                self.results.put((run.number, index), value, len(value) + OVERHEAD)
            else:
                self.results.drop((run.number, index))

    def signatures_of(self, run: Run, indexes: Collection[int]) -> dict[int, Signature]:
        """Return what these nodes of a run are."""
        found, missing = self.signatures.get(run.number, indexes)
        if missing:
            with self.store.read() as connection:
                specs = originals.signatures(connection, run.number, missing)
            for index, spec in specs.items():
                found[index] = signature = _signature(spec)
                self.signatures.put((run.number, index), signature, _size(signature))
        return found

    def results_of(self, run: Run, indexes: Collection[int]) -> dict[int, str]:
        """Return what these nodes returned, as JSON text; what is not JSON is missing."""
        found, missing = self.results.get(run.number, indexes)
        if missing:
            with self.store.read() as connection:
                texts = originals.results(connection, run.number, missing)
            for index, value in texts.items():
                found[index] = value
                self.results.put((run.number, index), value, len(value) + OVERHEAD)
        return found


class _Bounded(OrderedDict[tuple[int, int], tuple[T, int]]):
    """Values with what each costs: the one used longest ago leaves first."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def get(self, number: int, indexes: Iterable[int]) -> tuple[dict[int, T], list[int]]:  # type: ignore[override]
        """Return what is here of a run, and what is not."""
        found, missing = {}, []
        for index in indexes:
            held = super().get((number, index))
            if held is None:
                missing.append(index)
            else:
                found[index] = held[0]
        return found, missing

    def put(self, key: tuple[int, int], value: T, cost: int) -> None:
        self.drop(key)
        self[key] = value, cost
        self.room -= cost
        while self.room < 0:
            self.room += self.popitem(last=False)[1][1]

    def drop(self, key: tuple[int, int]) -> None:
        if (held := self.pop(key, None)) is not None:
            self.room += held[1]


def value_of(result: str | None) -> str | None:
    """Return the value of a result as JSON text; None where it is none.

    >>> value_of('{"json":[1,2]}')
    '[1,2]'
    """
    return result[len(HEAD) : -1] if result is not None and result.startswith(HEAD) else None


def _signature(spec: Spec) -> Signature:
    return Signature(
        spec.task, dumps(spec.args), dumps(spec.kwargs), spec.options, spec.inputs, spec.immutable
    )


def _size(signature: Signature) -> int:
    inputs = len(signature.inputs) if isinstance(signature.inputs, list) else 0
    return len(signature.args) + len(signature.kwargs) + 50 * inputs + OVERHEAD * (1 + len(signature.options))
