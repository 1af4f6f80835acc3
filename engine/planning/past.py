"""The run that is to be resubmitted, as far as a plan depends on it. Value types. Pure."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..dag import leaves
from ..rules import RunOptions
from ..run import LIVE, EdgeRow

FAILED = frozenset({"FAILURE", "REVOKED", "BLOCKED"})
CARRIED = frozenset({"ignored", "skipped"})  # reasons of SKIPPED that say: it is not to run
LEFT = "left"  # the reason of SKIPPED: an earlier plan left it out
CALLBACK = "error"  # the kind of an edge to an error callback
CONDUCTED = "conducted"  # the kind of a run that Umbel has run itself


@dataclass(frozen=True, kw_only=True)
class Past:
    """A run as it stands, column by column; all indices are those of its nodes."""

    id: str
    kind: str  # conducted, native or inferred
    open: bool  # whether a task of it has not ended
    ids: Sequence[str]
    tasks: Sequence[str | None]  # None: a join
    states: Sequence[str]
    reasons: Sequence[str | None]
    edges: Sequence[EdgeRow]
    inputs: Sequence[str]  # JSON text, as `dag.Inputs`
    run_when: Mapping[int, str] = field(default_factory=dict)  # where it is not ``all_success``
    options: RunOptions = field(default_factory=RunOptions)
    unkept: Set[int] = frozenset()  # SUCCESS, and what it returned is not exactly known
    inexact: Mapping[int, Set[str]] = field(default_factory=dict)  # which of task, args, kwargs, options
    gone: Set[int] = frozenset()  # what tasks sent by themselves: no part of a new run
    resubmissions: Sequence[Mapping[str, Any]] = ()  # {"run", "at", "by", "state"}: those made of it

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each id is."""
        return {node: idx for idx, node in enumerate(self.ids)}

    @cached_property
    def wiring(self) -> "Wires":
        """Who waits for whom, of what is part of a new run."""
        return Wires(self)

    def is_live(self, idx: int) -> bool:
        """Whether somebody has the task, or may have."""
        return self.states[idx] in LIVE

    def is_left(self, idx: int) -> bool:
        """Whether an earlier plan left it out."""
        return self.states[idx] == "SKIPPED" and self.reasons[idx] == LEFT

    def is_carried(self, idx: int) -> bool:
        """Whether it was not to run, and is not to run again."""
        return self.states[idx] == "SKIPPED" and self.reasons[idx] in CARRIED

    def is_failed(self, idx: int) -> bool:
        """Whether ``failed`` of a choice means it."""
        state = self.states[idx]
        is_awaited = state == "PENDING" and self.open and self.kind != CONDUCTED
        return state in FAILED or is_awaited or self.is_left(idx)


class Wires:
    """The edges of a run from either end, and its nodes such that parents come before their children."""

    def __init__(self, past: Past) -> None:
        count = len(past.ids)
        self.waits: list[list[int]] = [[] for _ in range(count)]  # whom each waits for
        self.children: list[list[int]] = [[] for _ in range(count)]  # error callbacks too
        self.called: set[int] = set()  # error callbacks
        self._inputs = past.inputs
        self._index = past.index
        self._taken: dict[int, frozenset[int]] = {}
        missing = [0] * count
        for parent, child, kind, _ in past.edges:
            if parent in past.gone or child in past.gone:
                continue
            self.children[parent].append(child)
            missing[child] += 1
            if kind == CALLBACK:
                self.called.add(child)
            else:
                self.waits[child].append(parent)
        self.order = _sorted(self.children, missing, past.gone)
        #: Those that wait for each other in a circle, which only a forger sends.
        self.circle = [idx for idx, count in enumerate(missing) if count]

    def takes(self, child: int, parent: int) -> bool:
        """Whether a task is called with what its parent returned."""
        if child not in self._taken:
            self._taken[child] = self._read(self._inputs[child])
        return parent in self._taken[child]

    def _read(self, spelled: str) -> frozenset[int]:
        if spelled == "null":
            return frozenset()
        return frozenset(self._index[each] for each in leaves(json.loads(spelled)) if each in self._index)


def _sorted(children: list[list[int]], missing: list[int], gone: Set[int]) -> list[int]:
    order = [idx for idx, count in enumerate(missing) if not count and idx not in gone]
    for idx in order:
        for child in children[idx]:
            missing[child] -= 1
            if not missing[child]:
                order.append(child)
    return order
