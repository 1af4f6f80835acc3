"""Events of tasks that nobody has announced (yet): the announcement of a group's members is gathered for a
moment, and workers can be quicker.

They are held for ``PATIENCE`` seconds, ``COUNT`` at most (the oldest go first). What is then left over
belongs to tasks that are not watched.
"""

from collections import OrderedDict

from ..machine import Seen

PATIENCE = 1.0
COUNT = 20_000


class Held:
    """What was seen of unknown tasks, by task id."""

    def __init__(self, *, patience: float = PATIENCE, count: int = COUNT) -> None:
        self.patience = patience
        self.count = count
        self._events: OrderedDict[str, tuple[float, list[Seen]]] = OrderedDict()
        self._total = 0

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._events

    def __len__(self) -> int:
        return self._total

    def keep(self, seen: Seen, now: float) -> None:
        """Hold ``seen``; the wait of a task counts from its first event."""
        self._events.setdefault(seen.node, (now, []))[1].append(seen)
        self._total += 1

    def take(self, task_id: str) -> list[Seen]:
        """Return what was seen of a task that is known now."""
        _, events = self._events.pop(task_id, (0.0, []))
        self._total -= len(events)
        return events

    def leave(self, now: float, *, is_behind: bool = False) -> list[list[Seen]]:
        """Return what was seen of each task that nobody announced in time, and hold it no longer.

        While announcements are read too late (``is_behind``) only what is too much leaves.
        """
        left: list[list[Seen]] = []
        while self._events:
            since, events = next(iter(self._events.values()))
            if self._total <= self.count and (is_behind or since + self.patience > now):
                break
            self._events.popitem(last=False)
            self._total -= len(events)
            left.append(events)
        return left
