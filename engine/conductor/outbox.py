"""What is committed to be sent: published in order after the commit, recorded as published in the next one.

A crash in between publishes it again, under the same ids. While the broker is away everything stays, and is
tried again; nothing else waits for it.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from typing import Any, NamedTuple

from kombu import Connection, Producer, serialization

from ..run import Run
from ..store.outbox import Entry
from .arguments import Unsendable
from .dispatch import Dispatch, Envelope
from .known import Known
from .reader import BACKOFF, brief

log = logging.getLogger(__name__)

TOGETHER = 500  # messages in one pipeline
AS_IT_IS = "umbel.json"  # kombu's name of a serializer for text that is JSON already
serialization.register(AS_IT_IS, str, None, "application/json", "utf-8")
CONNECT, WRITE = 1.5, 2.0  # seconds that the loop may wait for the broker: the lease's patience is longer


class Refused(NamedTuple):
    """A task of which no message could be made."""

    run: Run
    task_id: str
    why: str


class Outbox:
    """What is to be published, and what was."""

    def __init__(self, connect: Callable[[], Connection], known: Known, queue: str) -> None:
        self.due = 0.0  # when a broker that was away is tried again
        self.next = 1  # the number of the next entry
        self.published = 0  # the greatest number of an entry that went out
        self.recorded = 0  # and of one that is recorded so
        self._connect = connect
        self._known = known
        self._queue = queue
        self._pending: deque[Entry] = deque()
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._dispatch: Dispatch | None = None
        self._failures = 0

    def __bool__(self) -> bool:
        return bool(self._pending)

    def begin(self, entries: Iterable[Entry], next_number: int) -> None:
        """Begin with what a conductor before may not have published."""
        self._pending = deque(entries)
        self.next = next_number
        if self._pending:
            log.info("Publishing %d tasks again that may not have been published.", len(self._pending))

    def add(self, entries: Iterable[Entry]) -> None:
        """Take what was committed."""
        for entry in entries:
            self._pending.append(entry)
            self.next = entry.number + 1

    def flush(self, runs: Mapping[int, Run]) -> list[Refused]:
        """Publish what is there, of runs by number; return what can never be published."""
        refused: list[Refused] = []
        while self._pending and time.monotonic() >= self.due:
            entries = [self._pending[place] for place in range(min(TOGETHER, len(self._pending)))]
            try:
                refused += self._publish(entries, runs)
            except Exception as error:  # a driver may raise anything; what is committed goes out later
                self._failed(error)
                break
            self._succeeded(entries)
        return refused

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(Exception):  # it may be broken already
                connection.close()

    def _publish(self, entries: list[Entry], runs: Mapping[int, Run]) -> list[Refused]:
        producer = self._ready()
        wanted = [entry for entry in entries if _is_wanted(entry, runs)]
        by_run: dict[int, list[int]] = {}
        for entry in wanted:
            by_run.setdefault(entry.run, []).append(entry.idx)
        assert self._dispatch is not None
        made = {
            (number, index): envelope
            for number, indexes in by_run.items()
            for index, envelope in self._dispatch.envelopes(runs[number], indexes).items()
        }
        refused: list[Refused] = []
        # Older releases of kombu have no batch, and publish at once.
        with getattr(producer, "batch", nullcontext)():
            for entry in wanted:
                envelope = made.get((entry.run, entry.idx))
                if isinstance(envelope, Envelope):
                    _send(producer, envelope)
                elif isinstance(envelope, Unsendable):
                    refused.append(Refused(runs[entry.run], entry.task_id, str(envelope)))
        return refused

    def _ready(self) -> Producer:
        if self._producer is None:
            self._connection = connection = self._connect()
            connection.connect_timeout = CONNECT
            options = connection.transport_options = dict(connection.transport_options or {})
            if connection.transport.driver_type == "redis":
                options |= {"socket_connect_timeout": CONNECT, "socket_timeout": WRITE}
            elif connection.transport.driver_type == "amqp":
                options |= {"read_timeout": WRITE, "write_timeout": WRITE}
            self._producer = Producer(connection.channel(), auto_declare=False)
            self._dispatch = Dispatch(self._known, connection.transport.driver_type, self._queue)
        return self._producer

    def _succeeded(self, entries: list[Entry]) -> None:
        for _ in entries:
            self._pending.popleft()
        self.published = entries[-1].number
        if self._failures:
            log.info("Tasks are published again.")
        self._failures = 0

    def _failed(self, error: Exception) -> None:
        self.close()
        if not self._failures:
            log.warning("%d tasks cannot be published: %s. Trying again.", len(self._pending), brief(error))
        self.due = time.monotonic() + BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1


def _is_wanted(entry: Entry, runs: Mapping[int, Run]) -> bool:
    """Whether the attempt is still the one that is to be out."""
    if (run := runs.get(entry.run)) is None or entry.idx not in run.out:
        return False
    node = run.nodes[entry.idx]
    return (node.attempt_id or node.id) == entry.task_id


def _send(producer: Producer, envelope: Envelope) -> None:
    # On Redis kombu makes base64 of every body. JSON in ASCII needs none, and takes a third less room: in the
    # queue, and once more among what the worker has not acknowledged.
    channel: Any = producer.channel
    channel.body_encoding = "base64" if envelope.properties["compression"] else None
    producer.publish(
        envelope.body,
        exchange=envelope.exchange,
        routing_key=envelope.routing_key,
        headers=envelope.headers,
        serializer=AS_IT_IS,
        retry=False,
        **envelope.properties,
    )
