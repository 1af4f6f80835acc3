"""Something that stands against a plan, or is to be known before it is confirmed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SHOWN = 20  # nodes that are named, at most


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and with which nodes."""

    code: str  # for programs; it does not change
    message: str  # what happened, and what to do
    field: str | None = None  # of the choice, such as edits/0/args
    nodes: Sequence[str] = ()  # ids, the first of them
    count: int = 0  # how many there are

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values."""
        return asdict(self) | {"nodes": list(self.nodes)}


def about(code: str, message: str, nodes: Iterable[str], field: str | None = None) -> Problem:
    """Return a problem with these nodes."""
    found = list(nodes)
    return Problem(code, message, field, tuple(found[:SHOWN]), len(found))


def many(count: int, one: str, more: str) -> str:
    """Return ``one`` or ``more``, the latter with how many there are in the place of ``{}``.

    >>> many(2, "A task waits.", "{} tasks wait.")
    '2 tasks wait.'
    """
    return one if count == 1 else more.format(f"{count:,}")
