"""Which tasks go out now, and why the others wait.

A task that may be sent as far as its parents go is held, in this order, while

1. its run is paused;
2. it is tried again, and not yet due;
3. as many tasks of its run are out as the run's ``window`` says;
4. as many tasks of all runs are out as the setting ``window`` says;
5. its name has a rate, of the run or of the settings, and the last one was sent too short a while ago;
6. it has a lock, and another task with that key is out.

Among those that may go, runs of greater priority come first, then older runs, then the order of the graph.

What waits stands in lines, one for each run, and by what it waits for: choosing costs what is chosen, however
much waits. Nothing here is kept: a line is made anew from its run, a rate from when tasks were sent, and a
lock is held by whom the run says is out.
"""

import heapq
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..rules import per_second
from ..run import Run

CATCH_UP = 0.25  # seconds: what a rate allowed in so long a while may go at once
PACE = 0.05  # seconds between two looks at a rate, at least


class Choice(NamedTuple):
    """What goes out now."""

    chosen: list[tuple[Run, int]]
    waits: list[tuple[Run, dict[str, Any]]]  # what the rest of the runs that were looked at waits for
    rates: dict[str, float]  # when the next task of a name may go, of those that are sent now
    more: bool  # whether others could go at once


class Line:
    """What of one run may be sent as far as its parents go, by what else it waits for."""

    def __init__(self) -> None:
        self.free: list[int] = []
        self.rated: dict[str, list[int]] = {}
        self.locked: dict[str, list[int]] = {}
        self.later: list[tuple[float, int]] = []

    def __bool__(self) -> bool:
        return bool(self.free or self.rated or self.locked or self.later)

    def join(self, indexes: Iterable[int]) -> None:
        """Add nodes, each as often as one likes."""
        for index in indexes:
            heapq.heappush(self.free, index)


class Limits:
    """Chooses what goes out.

    Parameters
    ----------
    window
        How many tasks of all runs may be out.
    rates
        How often tasks of a name may be sent, in Celery's form.
    """

    def __init__(self, window: int, rates: Mapping[str, str] | None = None) -> None:
        self.window = window
        self.rates = dict(rates or {})
        self.due = math.inf  # when something may go that waits for nothing but the time
        self._lines: dict[int, Line] = {}
        self._next: dict[str, float] = {}
        self._locks: dict[str, tuple[int, int]] = {}

    def begin(self, runs: Iterable[Run]) -> None:
        """Make everything anew from the open conducted ``runs``."""
        self._lines.clear()
        self._locks.clear()
        self.due = math.inf
        for run in runs:
            self.due = 0.0
            self.join(run, run.ready)
            for index in run.out:
                node = run.nodes[index]
                if node.rules is not None and node.rules.lock is not None:
                    self._locks[node.rules.lock] = run.number, index
            if run.options.rates or self.rates:
                self._remember(run)

    def _remember(self, run: Run) -> None:
        for node in run.nodes:
            if node.sent is not None and (rate := self._rate(run, node.task)) is not None:
                after = node.sent + 1 / per_second(rate)
                self._next[node.task or ""] = max(self._next.get(node.task or "", 0.0), after)

    def join(self, run: Run, indexes: Iterable[int]) -> None:
        """Take note of nodes that may be sent as far as their parents go, or that have another time."""
        self._lines.setdefault(run.number, Line()).join(indexes)

    def choose(self, runs: Mapping[int, Run], changed: Iterable[int], now: float, most: int) -> Choice:
        """Choose ``most`` tasks at most of the open conducted ``runs``, by number."""
        choosing = _Choosing(self, runs, now, most)
        for number in set(self._lines) - runs.keys():
            del self._lines[number]
        looked = [runs[number] for number in self._lines.keys() | (set(changed) & runs.keys())]
        for run in sorted(looked, key=lambda run: (-run.options.priority, run.number)):
            choosing.look(run, self._lines.get(run.number) or Line())
            if not self._lines.get(run.number, True):
                del self._lines[run.number]
        self.due = now if choosing.more else choosing.wake
        return Choice(choosing.chosen, choosing.waits, choosing.next, choosing.more)

    def settle(self, choice: Choice) -> None:
        """Take note that what was chosen is sent."""
        self._next |= choice.rates

    def _rate(self, run: Run, task: str | None) -> str | None:
        """Return the stricter of a run's rate and the settings'."""
        own, common = run.options.rates.get(task or ""), self.rates.get(task or "")
        if own is None or common is None:
            return own or common
        return min(own, common, key=per_second)


class _Choosing:
    """One choice in the making."""

    def __init__(self, limits: Limits, runs: Mapping[int, Run], now: float, most: int) -> None:
        self.limits = limits
        self.runs = runs
        self.now = now
        self.most = most
        self.room = limits.window - sum(len(run.out) for run in runs.values())
        self.chosen: list[tuple[Run, int]] = []
        self.waits: list[tuple[Run, dict[str, Any]]] = []
        self.next: dict[str, float] = {}
        self.wake = math.inf
        self.more = False
        self.taken: set[tuple[int, int]] = set()

    def look(self, run: Run, line: Line) -> None:
        if run.paused_at is not None or not run.ready:
            self.waits.append((run, {}))
            if not run.ready:
                line.__init__()
            return
        self._release(run, line)
        window = self._fill(run, line)
        self.waits.append((run, self._waits(run, line, window)))

    def _release(self, run: Run, line: Line) -> None:
        """Let those stand in the line again for which what they waited for may be over."""
        while line.later and line.later[0][0] <= self.now:
            heapq.heappush(line.free, heapq.heappop(line.later)[1])
        for task in [task for task in line.rated if self._time(task) <= self.now]:
            # As many as the rate lets go, and one: the rest need not be looked at.
            self._let(line, line.rated, task, self._allowed(run, task) + 1)
        for key in [key for key in line.locked if self._holder(key) is None]:
            self._let(line, line.locked, key, 1)

    def _let(self, line: Line, held: dict[str, list[int]], name: str, count: int) -> None:
        waiting = held[name]
        for _ in range(min(count, len(waiting))):
            heapq.heappush(line.free, heapq.heappop(waiting))
        if not waiting:
            del held[name]

    def _fill(self, run: Run, line: Line) -> dict[str, Any] | None:
        """Choose from a line; return the window that is full, if one holds the rest."""
        window = run.options.window
        space = math.inf if window is None else window - len(run.out)
        while line.free:
            index = line.free[0]
            if index not in run.ready or (run.number, index) in self.taken:
                heapq.heappop(line.free)
                continue
            node = run.nodes[index]
            if node.due is not None and node.due > self.now:
                heapq.heappush(line.later, (node.due, heapq.heappop(line.free)))
                continue
            if space <= 0:
                return {"limit": window, "of": "run"}
            if self.room <= 0:
                return {"limit": self.limits.window, "of": "all"}
            if len(self.chosen) >= self.most:
                self.more = True
                return None
            heapq.heappop(line.free)
            if self._may_go(run, index, line):
                self.chosen.append((run, index))
                self.taken.add((run.number, index))
                space -= 1
                self.room -= 1
        return None

    def _may_go(self, run: Run, index: int, line: Line) -> bool:
        node = run.nodes[index]
        task = node.task or ""
        rate = self.limits._rate(run, task)
        if rate is not None and self._time(task) > self.now:
            heapq.heappush(line.rated.setdefault(task, []), index)
            return False
        lock = node.rules.lock if node.rules is not None else None
        if lock is not None:
            if self._holder(lock) is not None:
                heapq.heappush(line.locked.setdefault(lock, []), index)
                return False
            self.limits._locks[lock] = run.number, index
        if rate is not None:
            interval = 1 / per_second(rate)
            late = CATCH_UP if interval < CATCH_UP else PACE
            began = max(self.limits._next.get(task, self.now), self.now - late)
            self.next[task] = self.next.get(task, began) + interval
        return True

    def _time(self, task: str) -> float:
        """Return when the next task of this name may go."""
        return self.next.get(task, self.limits._next.get(task, 0.0))

    def _allowed(self, run: Run, task: str) -> int:
        rate = self.limits._rate(run, task)
        behind = min(self.now - self._time(task), CATCH_UP)
        return self.most if rate is None else min(self.most, math.ceil(behind * per_second(rate)) + 1)

    def _holder(self, key: str) -> tuple[Run, int] | None:
        """Return the node that holds a lock: one that is out, or was just chosen."""
        number, index = self.limits._locks.get(key, (0, 0))
        run = self.runs.get(number)
        if run is None or index >= len(run.nodes) or (rules := run.nodes[index].rules) is None:
            return None
        is_out = index in run.out or (number, index) in self.taken
        return (run, index) if is_out and rules.lock == key else None

    def _waits(self, run: Run, line: Line, window: dict[str, Any] | None) -> dict[str, Any]:
        waits: dict[str, Any] = {} if window is None else {"window": window}
        if line.later:
            self.wake = min(self.wake, line.later[0][0])
        for task in line.rated:
            at = self._time(task)
            self.wake = min(self.wake, max(at, self.now + PACE))
            waits.setdefault("rates", {})[task] = {"rate": self.limits._rate(run, task), "next": at}
        for key in line.locked:
            if (holder := self._holder(key)) is not None:
                holding, index = holder
                waits.setdefault("locks", {})[key] = {"run": holding.id, "node": holding.nodes[index].id}
        return waits
