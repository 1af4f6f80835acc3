"""What is committed to be sent: published in order after the commit, recorded as published in the next one.

A crash in between publishes it again, under the same ids. While the broker is away everything stays, and is
tried again; nothing else waits for it. What the broker hands back is kept apart (see :mod:`.unrouted`).
"""

import logging
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from typing import Any, NamedTuple

from kombu import Connection, Producer, serialization

from ..options import Unsendable
from ..run import Run
from ..store.outbox import Entry
from .dispatch import Dispatch, Envelope
from .known import Known
from .reader import BACKOFF, brief, with_one_client
from .unrouted import Place, Unrouted

log = logging.getLogger(__name__)

TOGETHER = 500  # messages in one pipeline
AS_IT_IS = "umbel.json"  # kombu's name of a serializer for text that is JSON already
serialization.register(AS_IT_IS, str, None, "application/json", "utf-8")
MALFORMED = (OverflowError, TypeError, ValueError, struct.error)  # what encoding a message may raise
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
        self.unrouted = Unrouted()
        self._connect = connect
        self._known = known
        self._queue = queue
        self._pending: deque[Entry] = deque()
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._dispatch: Dispatch | None = None
        self._handed = 0  # entries of this batch that the broker may have, whatever happens now
        self._returned: dict[str, Place] = {}  # task id -> where it was to go
        self._exchanges: set[str] = set()  # that are there
        self._failures = 0

    def __bool__(self) -> bool:
        return bool(self._pending)

    @property
    def has_work(self) -> bool:
        """Whether there is something to publish, or to look for."""
        return bool(self._pending) or time.monotonic() >= self.unrouted.due

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
        self._look(runs)
        while self._pending and time.monotonic() >= self.due:
            entries = [self._pending[place] for place in range(min(TOGETHER, len(self._pending)))]
            self._handed = 0
            try:
                self._publish(entries, runs, refused)
            except Exception as error:  # a driver may raise anything; what is committed goes out later
                self._taken(entries[: self._handed])
                self._failed(error)
                break
            self._taken(entries)
            self._succeeded()
        return refused

    def _look(self, runs: Mapping[int, Run]) -> None:
        """Take up again what has a place now."""
        if time.monotonic() < max(self.unrouted.due, self.due):
            return
        try:
            self._ready()
            assert self._connection is not None
            released = self.unrouted.release(self._connection, lambda entry: _is_wanted(entry, runs))
            self._pending.extendleft(reversed(released))
        except Exception as error:  # as above
            self._failed(error)

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        self._exchanges.clear()
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(Exception):  # it may be broken already
                connection.close()

    def _publish(self, entries: list[Entry], runs: Mapping[int, Run], refused: list[Refused]) -> None:
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
        self._returned.clear()
        # One alone is published at once. Older releases of kombu have no batch, and publish each at once.
        with getattr(producer, "batch", nullcontext)() if len(wanted) > 1 else nullcontext():
            for place, entry in enumerate(entries, start=1):
                envelope = made.get((entry.run, entry.idx))
                if isinstance(envelope, Unsendable):
                    refused.append(Refused(runs[entry.run], entry.task_id, str(envelope)))
                elif envelope is not None and not self._has(envelope.exchange):
                    self._returned[entry.task_id] = Place(envelope.exchange, envelope.routing_key)
                elif envelope is not None:
                    try:
                        _send(producer, envelope, mandatory=self._hands_back)
                    except MALFORMED as error:
                        why = f"It cannot be made a message of this broker: {error!r:.200}"
                        refused.append(Refused(runs[entry.run], entry.task_id, why))
                self._handed = place if self._hands_back else 0  # elsewhere all go at the end, or none
        if self._hands_back:
            self._await_returned()

    @property
    def _hands_back(self) -> bool:
        """Whether the broker is one that can be told to hand back what it has no place for."""
        return self._connection is not None and self._connection.transport.driver_type == "amqp"

    def _has(self, exchange: str) -> bool:
        """Whether the broker has an exchange: to publish to one that it has not would cost the channel."""
        if exchange and self._hands_back and exchange not in self._exchanges:
            assert self._connection is not None
            if not Place(exchange, "").is_there(self._connection):
                return False
            self._exchanges.add(exchange)
        return True

    def _await_returned(self) -> None:
        """Ask the broker something: what comes back comes before its answer.

        Without an answer it may have what it was handed, which is not handed to it once more: tasks would run
        twice. What it has not is found missing later.
        """
        assert self._producer is not None
        channel: Any = self._producer.channel
        try:
            channel.basic_qos(0, 1, False)
        except Exception as error:  # as above
            log.warning("The broker does not say whether it has what was published: %s.", brief(error))
            self.close()

    def _handed_back(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        self._returned[message.headers["id"]] = Place(exchange, routing_key)

    def _ready(self) -> Producer:
        if self._producer is None:
            self._connection = connection = self._connect()
            connection.connect_timeout = CONNECT
            options = connection.transport_options = dict(connection.transport_options or {})
            if connection.transport.driver_type == "redis":
                options |= {"socket_connect_timeout": CONNECT, "socket_timeout": WRITE}
            elif connection.transport.driver_type == "amqp":
                options |= {"read_timeout": WRITE, "write_timeout": WRITE}
            back: Any = self._handed_back if self._hands_back else None
            self._producer = Producer(
                with_one_client(connection.channel()), auto_declare=False, on_return=back
            )
            self._dispatch = Dispatch(self._known, connection.transport.driver_type, self._queue)
        return self._producer

    def _taken(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._pending.popleft()
            self.published = max(self.published, entry.number)
            if (place := self._returned.get(entry.task_id)) is not None:
                self.unrouted.keep(place, entry)

    def _succeeded(self) -> None:
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
    """Whether the attempt is still the one that is to be out, and no worker was seen to have it."""
    if (run := runs.get(entry.run)) is None or entry.idx not in run.out:
        return False
    node = run.nodes[entry.idx]
    if node.state != "SENT":
        return False
    return (node.attempt_id or node.id) == entry.task_id


def _send(producer: Producer, envelope: Envelope, *, mandatory: bool) -> None:
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
        mandatory=mandatory,
        **envelope.properties,
    )
