"""When something is to be done about conducted runs though nothing comes: timeouts, and time limits of runs.

Nothing here is kept: all of it follows from what is stored of the runs, and a time that was noted for what
has changed since is passed over.
"""

import heapq
import math
from collections.abc import Iterable, Mapping

from ..machine import Cancelled, Overdue
from ..run import Node, Run
from .batch import Told


class Timers:
    """What is due when, of the open conducted runs."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, int]] = []  # when, number of the run, index; -1: the run itself

    @property
    def due(self) -> float:
        """When the next may be due."""
        return self._heap[0][0] if self._heap else math.inf

    def begin(self, runs: Iterable[Run]) -> None:
        """Make everything anew from the open conducted ``runs``."""
        self._heap.clear()
        for run in runs:
            self.mind(run, run.out, is_new=True)

    def mind(self, run: Run, indexes: Iterable[int], *, is_new: bool = False) -> None:
        """Take note of nodes of a run that changed, and of the run itself if it ``is_new``."""
        if is_new and run.options.time_limit is not None:
            heapq.heappush(self._heap, (run.created + run.options.time_limit, run.number, -1))
        for index in indexes:
            if index in run.out and (at := _deadline(run.nodes[index])) is not None:
                heapq.heappush(self._heap, (at, run.number, index))

    def step(self, runs: Mapping[int, Run], now: float) -> list[Told]:
        """Return what the machine is to be told now."""
        told: list[Told] = []
        while self._heap and self._heap[0][0] <= now:
            _, number, index = heapq.heappop(self._heap)
            if (run := runs.get(number)) is None:
                continue
            if index < 0:
                told.append(Told(run.id, Cancelled(now, None, None, True, "timeout")))
            elif index in run.out and (_deadline(node := run.nodes[index]) or math.inf) <= now:
                told.append(Told(run.id, Overdue(node.attempt_id or node.id, now)))
        return told


def _deadline(node: Node) -> float | None:
    """Return when the current attempt of a node has taken too long."""
    if node.rules is None or node.rules.timeout is None or node.sent is None:
        return None
    return node.sent + node.rules.timeout
