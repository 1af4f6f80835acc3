"""What somebody changes in the signatures of tasks. Pure value types.

In JSON, where each member but the first may be left out::

    {"nodes": [id, ...], "args": [...], "kwargs": {...}, "options": {...},
     "set": {"kwargs": {...}, "options": {...}}, "queue": "name"}

``args``, ``kwargs`` and ``options`` replace the whole, ``set`` single members of it, and ``queue`` reroutes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from .dag import Node as Spec

_ROUTE = ("exchange", "routing_key")
_SHOWN = {"args": "argsrepr", "kwargs": "kwargsrepr"}  # options that say how workers show them


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


Placed: TypeAlias = tuple[int, Edit]  # its place among the edits, and it


def edits_of(edits: Iterable[Edit]) -> dict[str, list[Placed]]:
    """Return the edits of each task that has any, by its id."""
    found: dict[str, list[Placed]] = {}
    for place, edit in enumerate(edits):
        for node in edit.nodes:
            found.setdefault(node, []).append((place, edit))
    return found


def edited(edits: Iterable[Edit], specs: Mapping[int, Spec]) -> dict[int, Spec]:
    """Return signatures, by idx, as edits make them, one after the other."""
    by_node, made = edits_of(edits), dict(specs)
    for idx, spec in specs.items():
        for _, edit in by_node.get(spec.id, ()):
            made[idx] = edit.applied(made[idx])
    return made
