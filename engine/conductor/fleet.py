"""What the workers that are there read and know, by their own word, asked at a bounded rate."""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection

ANSWER = 1.0  # seconds that workers have to answer
KNOWN = 15.0  # seconds for which what they say is believed


class Fleet(NamedTuple):
    """What the workers that answered read and know."""

    workers: frozenset[str]
    queues: frozenset[str]  # that one of them reads
    ways: frozenset[tuple[str, str]]  # exchange and routing key that lead into one of these
    vague: frozenset[str]  # exchanges of which the routing key alone does not tell where it leads
    tasks: frozenset[str]  # that one of them has registered

    def reads(self, exchange: str, routing_key: str) -> bool:
        """Whether what is published so comes to one of them, as far as can be told."""
        if not exchange:
            return routing_key in self.queues
        return exchange in self.vague or (exchange, routing_key) in self.ways


NOBODY = Fleet(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


class Roll:
    """Calls the roll of the workers; used by one thread.

    Parameters
    ----------
    expected
        How many workers are there, as far as is known: when so many have answered nobody else is waited for.
    """

    def __init__(
        self, app: Celery, connect: Callable[[], Connection], expected: Callable[[], int] = lambda: 0
    ) -> None:
        self.app = app
        self.connect = connect
        self.expected = expected
        self._called: float | None = None
        self._fleet = NOBODY

    def fleet(self) -> Fleet:
        """Return what workers said within the last ``KNOWN`` seconds; raise what the broker raises."""
        now = time.monotonic()
        if self._called is None or now > self._called + KNOWN or not self._fleet.workers:
            with self.connect() as connection:
                limit = self.expected() or None
                inspect: Any = self.app.control.inspect(connection=connection, timeout=ANSWER, limit=limit)
                queues = inspect.active_queues()
                self._fleet = _fleet(queues, inspect.registered() or {}) if queues else NOBODY
            self._called = time.monotonic()
        return self._fleet


def _fleet(queues: dict[str, Any], tasks: dict[str, Any]) -> Fleet:
    names, ways, vague = set[str](), set[tuple[str, str]](), set[str]()
    for queue in _objects(queues.values()):
        if isinstance(name := queue.get("name"), str):
            names.add(name)
        exchange = queue.get("exchange")
        if isinstance(exchange, dict) and isinstance(named := exchange.get("name"), str):
            ways.add((named, str(queue.get("routing_key"))))
            if exchange.get("type") not in (None, "direct"):
                vague.add(named)
    known = {
        str(each).partition(" ")[0]
        for said in tasks.values()
        for each in (said if isinstance(said, list) else ())
    }
    there = frozenset(queues) | frozenset(tasks)
    return Fleet(there, frozenset(names), frozenset(ways), frozenset(vague), frozenset(known))


def _objects(said: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for some in said:
        for each in some if isinstance(some, list) else ():
            if isinstance(each, dict):
                yield each
