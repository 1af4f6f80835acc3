"""Tasks that the broker has no place for: kept, and sent as soon as there is one.

RabbitMQ hands back what is sent to a queue that does not exist, and breaks off at an exchange that does not.
The conductor makes neither: it does not know the arguments with which a worker declares them when it starts.
(On Redis a queue is there as soon as something is in it.)

They are kept in memory alone. A conductor that takes over finds such a task in no queue, and sends it again.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kombu import Connection

from ..store.outbox import Entry

LOOK = 1.0  # seconds between two looks for what was missing


class Place(NamedTuple):
    """Where a message was to go."""

    exchange: str
    routing_key: str

    def is_there(self, connection: Connection) -> bool:
        """Whether the broker has the exchange; for the nameless one, the queue."""
        channel: Any
        with connection.channel() as channel:
            try:
                if self.exchange:
                    channel.exchange_declare(self.exchange, "direct", passive=True)
                else:
                    channel.queue_declare(self.routing_key, passive=True)
            except connection.channel_errors as error:
                return getattr(error, "reply_code", None) != 404
            return True

    def __str__(self) -> str:
        return f"{self.exchange} ({self.routing_key})" if self.exchange else self.routing_key


class Unrouted:
    """What is kept, by where it was to go."""

    def __init__(self) -> None:
        self.due = math.inf  # when to look again, by the monotonic clock
        self._kept: dict[Place, dict[str, Entry]] = {}

    def __contains__(self, task_id: object) -> bool:
        return any(task_id in kept for kept in self._kept.values())

    def keep(self, place: Place, entry: Entry) -> None:
        """Keep an attempt that was handed back."""
        self._kept.setdefault(place, {})[entry.task_id] = entry
        self.due = min(self.due, time.monotonic() + LOOK)

    def release(self, connection: Connection, is_wanted: Callable[[Entry], bool]) -> list[Entry]:
        """Return what has a place now, and keep it no longer, nor what is no longer wanted."""
        self.due = math.inf
        for place, kept in list(self._kept.items()):
            self._kept[place] = {task_id: entry for task_id, entry in kept.items() if is_wanted(entry)}
            if not self._kept[place]:
                del self._kept[place]
        found = [place for place in self._kept if place.is_there(connection)]
        released = [entry for place in found for entry in self._kept.pop(place).values()]
        if self._kept:
            self.due = time.monotonic() + LOOK
        return sorted(released)

    def waits(self) -> Mapping[int, Mapping[str, str]]:
        """Return why tasks wait: numbers of runs -> places -> reasons."""
        found: dict[int, dict[str, str]] = {}
        for place, kept in self._kept.items():
            missing = "No exchange has" if place.exchange else "No queue has"
            for number in {entry.run for entry in kept.values()}:
                found.setdefault(number, {})[str(place)] = f"{missing} this name; a worker makes it."
        return found
