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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .dag import Node as Spec
from .edit import Edit, Placed, edited, edits_of
from .errors import ChoiceError
from .given import Reader

_LISTS = ("from", "only", "skip")
_MEMBERS = ("failed", *_LISTS, "results", "edits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """Tasks that count as done, with a result that somebody supplies."""

    nodes: tuple[str, ...]
    value: Any

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values."""
        return {"nodes": list(self.nodes), "value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a run is to run again, and how (see the head of this module)."""

    failed: bool = False
    begin: tuple[str, ...] = ()  # ``from``, which Python does not take for a name
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    results: tuple[Forced, ...] = ()
    edits: tuple[Edit, ...] = ()

    def edits_of(self) -> dict[str, list[Placed]]:
        """Return the edits of each task that has any, by its id, with their places in the choice."""
        return edits_of(self.edits)

    def edited(self, specs: Mapping[int, Spec]) -> dict[int, Spec]:
        """Return signatures of tasks of the old run, by idx, as the new one has them."""
        return edited(self.edits, specs)

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
        reader = _Choosing()
        made = reader.choice(value)
        if reader.problems:
            raise ChoiceError(reader.problems)
        if not made.to_json():
            return cls(failed=True)
        return made


class _Choosing(Reader):
    """Reads a choice."""

    def choice(self, value: object) -> Choice:
        given = self.members(value, None, "A choice", _MEMBERS)
        failed = given.get("failed")
        if failed is not None and not isinstance(failed, bool):
            self.wrong("failed", "Write true or false.")
        lists = {name: self.ids(given.get(name), name) for name in _LISTS}
        made = Choice(
            failed=failed is True,
            begin=lists["from"],
            only=lists["only"],
            skip=lists["skip"],
            results=tuple(self.each(given.get("results"), "results", self._forced)),
            edits=tuple(self.each(given.get("edits"), "edits", self.edit)),
        )
        self.count()
        return made

    def _forced(self, value: object, field: str) -> Forced:
        given = self.members(value, field, "A result", ("nodes", "value"))
        if "value" not in given:
            self.wrong(f"{field}/value", "Say which result: any JSON value, also null.")
        value = self.sendable(given.get("value"), f"{field}/value")
        made = Forced(nodes=self.some(given, field), value=value)
        self.weigh(made.nodes, value)
        return made
