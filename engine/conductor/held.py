"""Events of tasks that nobody has announced (yet): the announcement of a group's members is gathered for a
moment, and workers can be quicker.

They are held for ``PATIENCE`` seconds, ``COUNT`` at most (the oldest go first). What is then left over
belongs to tasks that are not watched.
"""

from collections import OrderedDict

from ..machine import Seen

PATIENCE = 10.0
COUNT = 20_000


class Held:
    """What was seen of unknown tasks, by task id."""

    def __init__(self, *, patience: float = PATIENCE, count: int = COUNT) -> None:
        self.patience = patience
        self.count = count
        self.dropped = 0
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
        while self._total > self.count:
            self._leave(self._events.popitem(last=False)[1][1])

    def take(self, task_id: str) -> list[Seen]:
        """Return what was seen of a task that is known now."""
        _, events = self._events.pop(task_id, (0.0, []))
        self._total -= len(events)
        return events

    def expire(self, now: float) -> None:
        """Let go of what nobody announced in time."""
        while self._events:
            since, events = next(iter(self._events.values()))
            if since + self.patience > now:
                return
            self._events.popitem(last=False)
            self._leave(events)

    def _leave(self, events: list[Seen]) -> None:
        """The one place where events of tasks without an announcement end: nothing is made of them so far."""
        self._total -= len(events)
        self.dropped += len(events)
