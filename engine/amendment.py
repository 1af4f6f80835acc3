"""What is changed in a conducted run that goes on, before anybody changes it. Pure.

In JSON; each member may be left out::

    {"edits": [...],         # as in a choice, see :mod:`.edit`
     "skip": [id, ...],      # these will not run, nor will what waits for them
     "hold": [id, ...],      # these are not sent until they are released
     "release": [id, ...]}

Only what was never sent can be changed: what is *ahead* of the frontier. A change is made as a whole, in one
message to the machine (:class:`.messages.Amended`), if everything that it names is still ahead and is as it
was when somebody saw it; that is what the hash is of. What the rest of the run does meanwhile is no matter.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from .attempts import OUT
from .dag import Node as Spec
from .edit import Edit, Placed, edited, edits_of
from .errors import ChoiceError
from .given import Reader
from .planning.edited import misfits, oddities
from .planning.past import CALLBACK
from .problem import Problem, about, many
from .run import EdgeRow

SHOWN = 100  # problems that are told
_LISTS = ("skip", "hold", "release")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants to be otherwise (see the head of this module)."""

    edits: tuple[Edit, ...] = ()
    skip: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    release: tuple[str, ...] = ()

    def edits_of(self) -> dict[str, list[Placed]]:
        """Return the edits of each task that has any, by its id, with their places in the change."""
        return edits_of(self.edits)

    def edited(self, specs: Mapping[int, Spec]) -> dict[int, Spec]:
        """Return signatures, by idx, as this makes them."""
        return edited(self.edits, specs)

    @property
    def nodes(self) -> list[str]:
        """The ids of all that it names."""
        return sorted({*self.edits_of(), *self.skip, *self.hold, *self.release})

    def to_json(self) -> dict[str, Any]:
        """Return it normalised: what says the same is spelled the same."""
        given: dict[str, Any] = {name: list(getattr(self, name)) for name in _LISTS}
        given["edits"] = [each.to_json() for each in self.edits]
        return {name: value for name, value in given.items() if value}

    @classmethod
    def from_json(cls, value: object) -> "Change":
        """Return the change that ``value`` spells.

        Raises
        ------
        ChoiceError
            It is none; ``problems`` says of each part that does not fit what to do about it.
        """
        reader = _Changing()
        made = reader.change(value)
        if reader.problems:
            raise ChoiceError(reader.problems)
        return made


class _Changing(Reader):
    """Reads a change."""

    def change(self, value: object) -> Change:
        given = self.members(value, None, "A change", ("edits", *_LISTS))
        lists = {name: self.ids(given.get(name), name) for name in _LISTS}
        made = Change(edits=tuple(self.each(given.get("edits"), "edits", self.edit)), **lists)
        self.count()
        return made


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A run as it stands, column by column; all indices are those of its nodes."""

    id: str
    kind: str
    ended: bool
    ids: Sequence[str]
    tasks: Sequence[str | None]  # None: a join
    states: Sequence[str]
    held: Set[int]
    untouched: Set[int]  # the conductor sends them, and they have no attempt, nor anything that was seen
    due: Set[int]  # that wait to be sent again: nobody has them
    edges: Sequence[EdgeRow]
    run_when: Mapping[int, str] = field(default_factory=dict)  # where it is not ``all_success``
    specs: Mapping[int, Spec] = field(default_factory=dict)  # of those that the change names

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each id is."""
        return {node: idx for idx, node in enumerate(self.ids)}

    @cached_property
    def ahead(self) -> set[int]:
        """What may still be changed: the rule is that of :func:`.mended.may_be_amended`."""
        out = {idx for idx, state in enumerate(self.states) if state in OUT} - self.due
        given = {child for parent, child, kind, _ in self.edges if kind == CALLBACK and parent in out}
        waiting = {idx for idx in self.untouched if self.states[idx] == "PENDING" and self.tasks[idx]}
        return waiting - given

    def indices(self, nodes: Iterable[str]) -> set[int]:
        """Return where those of some ids are that are there."""
        return {idx for node in nodes if (idx := self.index.get(node)) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What a change does, and what stands against it."""

    run: str
    change: Change
    hash: str  # of the change and of what it changes, as that is now
    touched: tuple[int, ...]  # indices
    past: int  # how many tasks have begun or ended
    ahead: str  # of each node: a ahead, h ahead and held, p past, j a join
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be confirmed."""
        return not self.problems and bool(self.touched)

    def objecting(self, problems: Sequence[Problem], warnings: Sequence[Problem]) -> "Amendment":
        """Return it with more that stands against it."""
        return replace(self, problems=[*self.problems, *problems], warnings=[*self.warnings, *warnings])

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values."""
        ahead = sum(map(self.ahead.count, "ah"))
        return {
            "run": self.run,
            "hash": self.hash,
            "ok": self.ok,
            "change": self.change.to_json(),
            "touched": len(self.touched),
            "frontier": {"past": self.past, "ahead": ahead, "nodes": self.ahead},
            "problems": [each.to_json() for each in self.problems[:SHOWN]],
            "warnings": [each.to_json() for each in self.warnings[:SHOWN]],
        }


def amendment(standing: Standing, change: Change) -> Amendment:
    """Return what a change does to a run as it stands."""
    touched = tuple(sorted(standing.indices(change.nodes)))
    where = "".join(_where(standing, idx) for idx in range(len(standing.ids)))
    return Amendment(
        run=standing.id,
        change=change,
        hash=_hash(standing, change, touched),
        touched=touched,
        past=where.count("p"),
        ahead=where,
        problems=[*_problems(standing, change), *misfits(change.edits)],
        warnings=[*_warnings(standing, change), *oddities(change.edits)],
    )


def _where(standing: Standing, idx: int) -> str:
    if standing.tasks[idx] is None:
        return "j"
    if idx not in standing.ahead:
        return "p"
    return "h" if idx in standing.held else "a"


def _hash(standing: Standing, change: Change, touched: Iterable[int]) -> str:
    known = []
    for idx in touched:
        spec = standing.specs.get(idx)
        signature = None if spec is None else [spec.args, spec.kwargs, spec.options]
        known.append([idx, standing.states[idx], idx in standing.held, idx in standing.ahead, signature])
    whole = json.dumps([standing.id, change.to_json(), known], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()


# --- what stands against it


def _problems(standing: Standing, change: Change) -> Iterable[Problem]:
    if standing.kind != "conducted":
        yield Problem("not_conducted", "Celery runs this itself: what it has not begun cannot be changed.")
    elif standing.ended:
        yield Problem("finished", "The run has ended: resubmit it instead.")
    lists = {name: getattr(change, name) for name in _LISTS}
    lists |= {f"edits/{place}/nodes": edit.nodes for place, edit in enumerate(change.edits)}
    for where, nodes in lists.items():
        yield from _misnamed(standing, nodes, where)
    handlers = {child for _, child, kind, _ in standing.edges if kind == CALLBACK}
    if called := sorted(standing.ids[idx] for idx in standing.indices(change.hold) & handlers):
        yield about("not_held", many(len(called), _CALLED, _CALLED_MANY), called, "hold")
    if both := sorted({*change.hold} & {*change.release}):
        yield about("contradiction", many(len(both), _BOTH, _BOTH_MANY), both, "release")


def _misnamed(standing: Standing, nodes: Iterable[str], where: str) -> Iterable[Problem]:
    unknown, joins, begun = list[str](), list[str](), list[str]()
    for node in nodes:
        idx = standing.index.get(node)
        if idx is None:
            unknown.append(node)
        elif standing.tasks[idx] is None:
            joins.append(node)
        elif idx not in standing.ahead:
            begun.append(node)
    for code, found, one, more in (
        ("unknown_node", unknown, _UNKNOWN, _UNKNOWN_MANY),
        ("not_a_task", joins, _JOIN, _JOIN_MANY),
        ("begun", begun, _BEGUN, _BEGUN_MANY),
    ):
        if found:
            yield about(code, many(len(found), one, more), found, where)


def _warnings(standing: Standing, change: Change) -> Iterable[Problem]:
    skipped = standing.indices(change.skip) & standing.ahead
    if follows := sorted(_behind(standing, skipped) - skipped):
        ids = [standing.ids[idx] for idx in follows]
        yield about("follows_skip", many(len(ids), _FOLLOWS, _FOLLOWS_MANY), ids, "skip")
    idle = {
        "hold": {*change.hold} & {standing.ids[idx] for idx in standing.held},
        "release": {*change.release} - {standing.ids[idx] for idx in standing.held},
    }
    for where, found in idle.items():
        if found:
            yield about("no_change", _IDLE[where], sorted(found), where)
    if unused := sorted({*change.skip} & {*change.edits_of(), *change.hold}):
        yield about("passed_over", many(len(unused), _UNUSED, _UNUSED_MANY), unused, "skip")


def _behind(standing: Standing, roots: Iterable[int]) -> set[int]:
    """Return the tasks that cannot run as some are skipped."""
    children: dict[int, list[int]] = {}
    for parent, child, kind, _ in standing.edges:
        if kind != CALLBACK:
            children.setdefault(parent, []).append(child)
    found, pending = set[int](), list(roots)
    while pending:
        for child in children.get(pending.pop(), ()):
            if child not in found and child not in standing.run_when and standing.states[child] == "PENDING":
                found.add(child)
                pending.append(child)
    return {idx for idx in found if standing.tasks[idx] is not None}


_BOTH = "A task is to be held, and to be released: choose."
_BOTH_MANY = "{} tasks are to be held, and to be released: choose."
_CALLED = "This is an error callback, which a worker may call by itself: it cannot be held."
_CALLED_MANY = "{} of these are error callbacks, which workers may call by themselves: they cannot be held."
_UNKNOWN = "The run has no task with this id: take it out."
_UNKNOWN_MANY = "The run has no tasks with {} of these ids: take them out."
_JOIN = "This is a join, which is no task: name a task before or behind it."
_JOIN_MANY = "{} of these are joins, which are no tasks: name tasks before or behind them."
_BEGUN = "This task has begun or ended: it cannot be changed any more. Take it out."
_BEGUN_MANY = "{} of these tasks have begun or ended: they cannot be changed any more. Take them out."
_FOLLOWS = "A task waits for one that is skipped, and will be skipped, too."
_FOLLOWS_MANY = "{} tasks wait for what is skipped, and will be skipped, too."
_IDLE = {"hold": "These are held already.", "release": "These are not held."}
_UNUSED = "A task is to be skipped: nothing else of it matters then."
_UNUSED_MANY = "{} tasks are to be skipped: nothing else of them matters then."
