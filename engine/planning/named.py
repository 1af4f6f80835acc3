"""The nodes that a choice names, as they are in the run. Pure."""

import json
from collections.abc import Iterable

from ..choice import Choice
from ..problem import Problem, about, many
from .past import Past


class Named:
    """Sets of indices: ``begin``, ``only``, ``skip``, ``forced``, ``edited``; and what stands against them.

    The skip of a task wins over everything else that is chosen of it, and its result over that it runs.
    """

    def __init__(self, past: Past, choice: Choice) -> None:
        self.past = past
        self.problems: list[Problem] = []
        self.begin = self._known(choice.begin, "from")
        self.only = self._known(choice.only, "only")
        self.skip = self._known(choice.skip, "skip")
        self.forced: set[int] = set()
        self.edited: set[int] = set()
        values: dict[int, str] = {}
        for place, result in enumerate(choice.results):
            known = self._known(result.nodes, f"results/{place}/nodes")
            spelled = json.dumps(result.value, sort_keys=True)
            self._contradict(
                (idx for idx in sorted(known) if values.setdefault(idx, spelled) != spelled), place
            )
            self.forced |= known
        for place, edit in enumerate(choice.edits):
            self.edited |= self._known(edit.nodes, f"edits/{place}/nodes")
        #: What is to run for its own sake, and all that follows from it.
        self.seeds = ((self.begin | self.edited) - self.only | self.begin) - self.skip - self.forced
        #: All that somebody wants to run and says so.
        self.named = (self.seeds | self.only) - self.skip - self.forced
        self.passed_over = (self.begin | self.only | self.edited) & (self.skip | self.forced)
        self.both = self.skip & self.forced
        self.only -= self.skip | self.forced
        self.forced -= self.skip

    def _known(self, nodes: Iterable[str], field: str) -> set[int]:
        past, found = self.past, set[int]()
        unknown, joins, gone = list[str](), list[str](), list[str]()
        for node in nodes:
            if (idx := past.index.get(node)) is None:
                unknown.append(node)
            elif past.tasks[idx] is None:
                joins.append(node)
            elif idx in past.gone:
                gone.append(node)
            else:
                found.add(idx)
        for code, some, one, more in (
            ("unknown_node", unknown, _UNKNOWN, _UNKNOWN_MANY),
            ("not_a_task", joins, _JOIN, _JOIN_MANY),
            ("not_part", gone, _GONE, _GONE_MANY),
        ):
            if some:
                self.problems.append(about(code, many(len(some), one, more), some, field))
        return found

    def _contradict(self, found: Iterable[int], place: int) -> None:
        if ids := [self.past.ids[idx] for idx in found]:
            told = "Two results are given for the same task: keep one of them."
            self.problems.append(about("contradiction", told, ids, f"results/{place}/nodes"))


_UNKNOWN = "The run has no task with this id: take it out."
_UNKNOWN_MANY = "The run has no tasks with {} of these ids: take them out."
_JOIN = "This is a join, which is no task: name a task before or behind it."
_JOIN_MANY = "{} of these are joins, which are no tasks: name tasks before or behind them."
_GONE = "A task of the run sent this one by itself, and sends it again if it runs again: name that one."
_GONE_MANY = "Tasks of the run sent {} of these by themselves, and send them again: name those instead."
