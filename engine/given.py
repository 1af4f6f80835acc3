"""Reading what somebody gives as JSON: all that does not fit is noted, not the first thing alone. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .edit import Edit
from .problem import Problem
from .values import dumps, is_real

NODES = 100_000  # that are named, at most
SIZE = 1024 * 1024  # characters of one value in JSON, at most: a message has to carry it
TOTAL = 64 * SIZE  # characters of what all tasks are given, each its own: what makes a run has them in memory
LENGTH = 255  # of a queue's name
DEPTH = 200  # lists and objects in one another, at most: how many more can be written depends on who writes


class Reader:
    """Reads objects, lists and edits; ``problems`` are what did not fit."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.named = 0
        self.total = 0

    def edit(self, value: object, field: str) -> Edit:
        """Return an edit."""
        names = ("nodes", "args", "kwargs", "options", "set", "queue")
        given = self.members(value, field, "An edit", names)
        members = self.members(given.get("set") or {}, f"{field}/set", "What an edit sets", names[2:4])
        made = Edit(
            nodes=self.some(given, field),
            args=self._typed(given.get("args"), f"{field}/args", list, "a JSON list, such as [1, 2]"),
            kwargs=self._mapping(given.get("kwargs"), f"{field}/kwargs"),
            options=self._mapping(given.get("options"), f"{field}/options"),
            set_kwargs=self._mapping(members.get("kwargs"), f"{field}/set/kwargs") or None,
            set_options=self._mapping(members.get("options"), f"{field}/set/options") or None,
            queue=self._queue(given.get("queue"), f"{field}/queue"),
        )
        self.weigh(made.nodes, made.to_json() | {"nodes": []})
        return made

    def some(self, given: Mapping[str, Any], field: str) -> tuple[str, ...]:
        """Return the ids of an object that must have some."""
        nodes = self.ids(given.get("nodes"), f"{field}/nodes")
        if not nodes and not self.problems:
            self.wrong(f"{field}/nodes", "Name the tasks that are meant, by their ids.")
        return nodes

    def ids(self, value: object, field: str) -> tuple[str, ...]:
        """Return ids, each once."""
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.wrong(field, "Write a list of ids of tasks.")
            return ()
        self.named += len(value)
        return tuple(sorted(set(value)))

    def each(self, value: object, field: str, read: Callable[[object, str], Any]) -> Iterable[Any]:
        """Return what a list of objects says."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(field, "Write a list of objects.")
            return []
        return [read(each, f"{field}/{place}") for place, each in enumerate(value)]

    def members(self, value: object, field: str | None, what: str, known: Iterable[str]) -> Mapping[str, Any]:
        """Return an object that has no other members."""
        if not isinstance(value, Mapping):
            self.wrong(field, f"{what} is a JSON object.")
            return {}
        known = list(known)
        if unknown := [name for name in value if name not in known]:
            few = ", ".join(f"{name!s:.40}" for name in unknown[:5])
            self.wrong(field, f"{what} has no {few}; it can have {', '.join(known)}.")
        return value

    def _mapping(self, value: object, field: str) -> dict[str, Any] | None:
        return self._typed(value, field, dict, 'a JSON object, such as {"size": 2}')

    def _typed(self, value: object, field: str, kind: type, wanted: str) -> Any:
        if value is None or isinstance(value, kind):
            return self.sendable(value, field)
        self.wrong(field, f"Write {wanted}.")
        return None

    def sendable(self, value: Any, field: str) -> Any:
        """Return ``value`` if every worker can read it as JSON, and None else."""
        if _is_deep(value):
            self.wrong(field, f"Nest it less deeply: {DEPTH} levels are the most.")
            return None
        spelled = dumps(value)
        if len(spelled) > SIZE:
            self.wrong(field, f"It has {len(spelled):,} characters of JSON; {SIZE:,} are the most.")
        elif not is_real(spelled):
            self.wrong(field, "Leave out NaN and Infinity, which are no JSON.")
        else:
            return value
        return None

    def _queue(self, value: object, field: str) -> str | None:
        if value is None or (isinstance(value, str) and 0 < len(value) <= LENGTH and value.isprintable()):
            return value
        self.wrong(field, f"Write the name of a queue: a text of 1 to {LENGTH} characters.")
        return None

    def weigh(self, nodes: Sequence[str], value: Any) -> None:
        """Add what each of ``nodes`` is given."""
        self.total += len(nodes) * len(dumps(value))

    def count(self) -> None:
        """Note it if too many tasks are named, or are given too much."""
        if self.total > TOTAL:
            told = f"It gives {self.total:,} characters to all tasks together; {TOTAL:,} are the most."
            self.wrong(None, told)
        if self.named > NODES:
            self.wrong(None, f"It names {self.named:,} tasks; {NODES:,} are the most.")

    def wrong(self, field: str | None, message: str) -> None:
        """Note what does not fit, and what to do about it."""
        self.problems.append(Problem("malformed", message, field))


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH):
        inner: dict[int, Any] = {}  # each once, or what contains itself twice would never end
        for each in level:
            parts = each.values() if isinstance(each, Mapping) else each
            if isinstance(parts, Iterable) and not isinstance(parts, str):
                inner |= {id(part): part for part in parts if isinstance(part, list | tuple | Mapping)}
        if not inner:
            return False
        level = list(inner.values())
    return True
