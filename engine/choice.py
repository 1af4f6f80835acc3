"""What somebody wants of a run that is to be resubmitted. Pure value types.

In JSON; each member may be left out, and an object with none of them means ``{"failed": true}``::

    {"failed": true,        # all that failed, were revoked or blocked, and what an earlier plan left out
     "from": [id, ...],     # these, and all that follows from them
     "only": [id, ...],     # these; what follows from them is left out
     "skip": [id, ...],     # these are not run, and what waits for them is not either
     "results": [{"nodes": [id, ...], "value": anything}],      # these count as done, with this result
     "edits": [{"nodes": [id, ...], "args": [...], "kwargs": {...}, "options": {...},
                "set": {"kwargs": {...}, "options": {...}}, "queue": "name"}]}

An edit replaces ``args``, ``kwargs`` or ``options`` as a whole, or with ``set`` members of them; ``queue``
reroutes. Where several edits name a task, each is made to what the one before it made. ``args`` are the
task's own: what its parents give it comes before them. A task that is edited runs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .dag import Node as Spec
from .errors import ChoiceError
from .problem import Problem
from .values import dumps, is_real

NODES = 100_000  # that a choice names, at most
SIZE = 1024 * 1024  # characters of one value in JSON, at most: a message has to carry it
LENGTH = 255  # of a queue's name

_LISTS = ("from", "only", "skip")
_MEMBERS = ("failed", *_LISTS, "results", "edits")
_ROUTE = ("exchange", "routing_key")
_SHOWN = {"args": "argsrepr", "kwargs": "kwargsrepr"}  # options that say how workers show them


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """Tasks that count as done, with a result that somebody supplies."""

    nodes: tuple[str, ...]
    value: Any

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values."""
        return {"nodes": list(self.nodes), "value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What tasks are called with instead; None: as before."""

    nodes: tuple[str, ...]
    args: list[Any] | None = None
    kwargs: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    set_kwargs: dict[str, Any] | None = None
    set_options: dict[str, Any] | None = None
    queue: str | None = None

    @property
    def fields(self) -> frozenset[str]:
        """Which parts of a signature it changes: args, kwargs, options."""
        changed = {"args": self.args, "kwargs": self.kwargs or self.set_kwargs}
        changed["options"] = self.options or self.set_options or self.queue
        given = {"args": self.args, "kwargs": self.kwargs, "options": self.options}
        return frozenset(name for name in changed if changed[name] or given[name] is not None)

    @property
    def whole(self) -> frozenset[str]:
        """Which parts it replaces as a whole, so that what they were before does not matter."""
        return frozenset(name for name in ("args", "kwargs", "options") if getattr(self, name) is not None)

    def applied(self, spec: Spec) -> Spec:
        """Return a signature as this makes it."""
        args = spec.args if self.args is None else self.args
        kwargs = (spec.kwargs if self.kwargs is None else self.kwargs) | (self.set_kwargs or {})
        options = (spec.options if self.options is None else self.options) | (self.set_options or {})
        if self.queue is not None:
            options = {name: value for name, value in options.items() if name not in _ROUTE}
            options["queue"] = self.queue
        # What a worker is to show of arguments that are no longer those would be a lie.
        stale = {shown for name, shown in _SHOWN.items() if name in self.fields} - (self.options or {}).keys()
        if not stale.isdisjoint(options):
            options = {name: value for name, value in options.items() if name not in stale}
        return replace(spec, args=args, kwargs=kwargs, options=options)

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values, without what it leaves as it is."""
        given = {name: getattr(self, name) for name in ("args", "kwargs", "options", "queue")}
        given["set"] = {"kwargs": self.set_kwargs, "options": self.set_options}
        given["set"] = {name: value for name, value in given["set"].items() if value} or None
        spelled = {name: value for name, value in given.items() if value is not None}
        return {"nodes": list(self.nodes), **spelled}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a run is to run again, and how (see the head of this module)."""

    failed: bool = False
    begin: tuple[str, ...] = ()  # ``from``, which Python does not take for a name
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    results: tuple[Forced, ...] = ()
    edits: tuple[Edit, ...] = ()

    def edits_of(self) -> dict[str, list[tuple[int, Edit]]]:
        """Return the edits of each task that has any, by its id: their places in the choice, and them."""
        found: dict[str, list[tuple[int, Edit]]] = {}
        for place, edit in enumerate(self.edits):
            for node in edit.nodes:
                found.setdefault(node, []).append((place, edit))
        return found

    def edited(self, specs: Mapping[int, Spec]) -> dict[int, Spec]:
        """Return signatures of tasks of the old run, by idx, as the new one has them."""
        edits = self.edits_of()
        made = dict(specs)
        for idx, spec in specs.items():
            for _, edit in edits.get(spec.id, ()):
                made[idx] = edit.applied(made[idx])
        return made

    def to_json(self) -> dict[str, Any]:
        """Return it normalised: what says the same is spelled the same."""
        given: dict[str, Any] = {"failed": self.failed}
        given |= {"from": list(self.begin), "only": list(self.only), "skip": list(self.skip)}
        given["results"] = [each.to_json() for each in self.results]
        given["edits"] = [each.to_json() for each in self.edits]
        return {name: value for name, value in given.items() if value}

    @classmethod
    def from_json(cls, value: object) -> "Choice":
        """Return the choice that ``value`` spells.

        Raises
        ------
        ChoiceError
            It is none; ``problems`` says of each part that does not fit what to do about it.
        """
        reader = _Reader()
        made = reader.choice(value)
        if reader.problems:
            raise ChoiceError(reader.problems)
        if not made.to_json():
            return cls(failed=True)
        return made


class _Reader:
    """Reads a choice, and notes all that does not fit instead of the first thing alone."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.named = 0

    def choice(self, value: object) -> Choice:
        given = self._object(value, None, "A choice", _MEMBERS)
        failed = given.get("failed")
        if failed is not None and not isinstance(failed, bool):
            self._wrong("failed", "Write true or false.")
        lists = {name: self._ids(given.get(name), name) for name in _LISTS}
        made = Choice(
            failed=failed is True,
            begin=lists["from"],
            only=lists["only"],
            skip=lists["skip"],
            results=tuple(self._each(given.get("results"), "results", self._forced)),
            edits=tuple(self._each(given.get("edits"), "edits", self._edit)),
        )
        if self.named > NODES:
            self._wrong(None, f"It names {self.named:,} tasks; {NODES:,} are the most.")
        return made

    def _forced(self, value: object, field: str) -> Forced:
        given = self._object(value, field, "A result", ("nodes", "value"))
        if "value" not in given:
            self._wrong(f"{field}/value", "Say which result: any JSON value, also null.")
        value = self._sendable(given.get("value"), f"{field}/value")
        return Forced(nodes=self._some(given, field), value=value)

    def _edit(self, value: object, field: str) -> Edit:
        names = ("nodes", "args", "kwargs", "options", "set", "queue")
        given = self._object(value, field, "An edit", names)
        members = self._object(given.get("set") or {}, f"{field}/set", "What an edit sets", names[2:4])
        return Edit(
            nodes=self._some(given, field),
            args=self._typed(given.get("args"), f"{field}/args", list, "a JSON list, such as [1, 2]"),
            kwargs=self._mapping(given.get("kwargs"), f"{field}/kwargs"),
            options=self._mapping(given.get("options"), f"{field}/options"),
            set_kwargs=self._mapping(members.get("kwargs"), f"{field}/set/kwargs") or None,
            set_options=self._mapping(members.get("options"), f"{field}/set/options") or None,
            queue=self._queue(given.get("queue"), f"{field}/queue"),
        )

    def _some(self, given: Mapping[str, Any], field: str) -> tuple[str, ...]:
        nodes = self._ids(given.get("nodes"), f"{field}/nodes")
        if not nodes and not self.problems:
            self._wrong(f"{field}/nodes", "Name the tasks that are meant, by their ids.")
        return nodes

    def _ids(self, value: object, field: str) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._wrong(field, "Write a list of ids of tasks.")
            return ()
        self.named += len(value)
        return tuple(sorted(set(value)))

    def _each(self, value: object, field: str, read: Callable[[object, str], Any]) -> Iterable[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            self._wrong(field, "Write a list of objects.")
            return []
        return [read(each, f"{field}/{place}") for place, each in enumerate(value)]

    def _object(self, value: object, field: str | None, what: str, known: Iterable[str]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self._wrong(field, f"{what} is a JSON object.")
            return {}
        known = list(known)
        if unknown := [name for name in value if name not in known]:
            few = ", ".join(f"{name!s:.40}" for name in unknown[:5])
            self._wrong(field, f"{what} has no {few}; it can have {', '.join(known)}.")
        return value

    def _mapping(self, value: object, field: str) -> dict[str, Any] | None:
        return self._typed(value, field, dict, 'a JSON object, such as {"size": 2}')

    def _typed(self, value: object, field: str, kind: type, wanted: str) -> Any:
        if value is None or isinstance(value, kind):
            return self._sendable(value, field)
        self._wrong(field, f"Write {wanted}.")
        return None

    def _sendable(self, value: Any, field: str) -> Any:
        """Return ``value`` if every worker can read it as JSON, and None else."""
        try:
            spelled = dumps(value)
        except RecursionError:
            self._wrong(field, "Nest it less deeply.")
            return None
        if len(spelled) > SIZE:
            self._wrong(field, f"It has {len(spelled):,} characters of JSON; {SIZE:,} are the most.")
        elif not is_real(spelled):
            self._wrong(field, "Leave out NaN and Infinity, which are no JSON.")
        else:
            return value
        return None

    def _queue(self, value: object, field: str) -> str | None:
        if value is None or (isinstance(value, str) and 0 < len(value) <= LENGTH and value.isprintable()):
            return value
        self._wrong(field, f"Write the name of a queue: a text of 1 to {LENGTH} characters.")
        return None

    def _wrong(self, field: str | None, message: str) -> None:
        self.problems.append(Problem("malformed", message, field))
