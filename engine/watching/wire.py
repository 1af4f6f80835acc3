"""The way to the queue ``umbel``: a plain kombu producer on a connection that nobody else uses.

Sending by ``send_task`` would wait for ever for a connection when ``broker_pool_limit`` is 1, and would
announce the announcement. The waits are short, because a user's own send waits for them.

The queue is durable, so while no conductor reads it, it grows in the user's broker. A wire that sends looks
once a second at how many messages wait, and refuses to add to more than its limit.
"""

import time
from threading import RLock
from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue
from kombu.messaging import Producer

from .. import protocol

WAIT = 0.5  # seconds for each step of connecting, and for each answer of the broker
LOOK = 1.0  # seconds between two looks at how many messages wait, at least

# Both transports read their own words and leave the others alone.
_OPTIONS = {
    "socket_connect_timeout": WAIT,
    "socket_timeout": WAIT,
    "retry_on_timeout": False,
    "read_timeout": WAIT,
    "write_timeout": WAIT,
}
_QUEUE = Queue(protocol.QUEUE, Exchange(protocol.QUEUE, "direct"), routing_key=protocol.QUEUE, durable=True)

# Connections of a parent process. Dropping one would shut the parent's socket down.
_inherited: list[Any] = []


class QueueFull(Exception):
    """More messages wait in the queue than may."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} messages wait in the queue {protocol.QUEUE!r}")
        self.count = count


class Wire:
    """A connection to the broker of ``app`` that is made when first needed.

    Parameters
    ----------
    limit
        How many messages may wait in the queue.
    """

    def __init__(self, app: Celery, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._looked = -LOOK
        self._lock = RLock()  # a signal handler of the user's may send while this thread sends
        self._connection: Any = None
        self._producer: Any = None

    def send(self, headers: dict[str, Any], text: str, *, is_limited: bool = True) -> None:
        """Put a message, JSON already, into the queue; however many wait there if it is not limited.

        Raises
        ------
        QueueFull
            Nobody seems to read it.
        """
        with self._lock:
            used = self._connection
            try:
                self._publish(headers, text, is_limited)
            except QueueFull:
                raise
            except BaseException as error:
                self._drop()  # it may hold half a message: nothing may follow
                # A broker closes a connection that was idle for long: once more, on a new one.
                if used is None or not isinstance(error, used.recoverable_connection_errors):
                    raise
                self._publish(headers, text, is_limited)

    def _publish(self, headers: dict[str, Any], text: str, is_limited: bool) -> None:
        producer = self._producer or self._connect()
        if is_limited and time.monotonic() >= self._looked + LOOK:
            self._look(producer.channel)
        # The exchange without a name leads to the queue by its name, and on Redis saves a round trip.
        producer.publish(
            text,
            exchange="",
            routing_key=protocol.QUEUE,
            content_type="application/json",
            content_encoding="utf-8",
            headers=headers,
            delivery_mode=2,
        )

    def _look(self, channel: Any) -> None:
        # Not a passive declaration: an empty queue does not exist on Redis, and one that was deleted on
        # RabbitMQ would cost the channel.
        declared: Any = _QUEUE(channel).queue_declare()
        if declared.message_count > self._limit:
            raise QueueFull(declared.message_count)
        self._looked = time.monotonic()

    def _connect(self) -> Any:
        connection: Any = self._app.connection_for_write(connect_timeout=WAIT, transport_options=_OPTIONS)
        self._connection = connection
        # One round over the brokers that the URL names, without sleeping in between.
        connection.ensure_connection(max_retries=max(len(connection.alt or ()) - 1, 0), interval_start=0)
        channel = connection.default_channel
        _QUEUE(channel).declare()
        self._producer = Producer(channel, auto_declare=False)
        return self._producer

    def _drop(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect()  # says no goodbye: the broker may not answer

    def renew(self) -> None:
        """Leave the connection and the lock to the process that this one was forked from."""
        if self._connection is not None:
            _inherited.append((self._connection, self._producer))
        self._connection = self._producer = None
        self._lock = RLock()
