"""The queue ``umbel``, read so that no message is lost, whoever dies.

On Redis
--------
kombu pops a message and notes it as its own only afterwards: dying in between loses it. So the list is read
directly::

    LMOVE <queue> umbel.taken.<epoch>     in a script, many at once; each priority has a list of its own
    ... commit ...
    LTRIM umbel.taken.<epoch>             the oldest are on the right, and are dealt with in order

``<epoch>`` is that of the lease, so each conductor has a list of its own. The set ``umbel.takers`` names all
of them. Whoever holds the lease moves what others have in theirs back to the head of the queue, at its
start and every ``SWEEP`` seconds (one that was paused may still take something). After a broken connection
the reader does the same with its own list and begins a new *generation*: acknowledgements of an earlier one
count for nothing. A message may so be dealt with twice, which changes nothing, and never zero times.

On any other transport
----------------------
An ordinary kombu consumer; what was not acknowledged is delivered again by the broker.
"""

import json
import logging
import time
from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kombu import Connection, Consumer
from redis import Redis

from ..protocol import QUEUE
from ..requests import queue
from .mailbox import Delivery, Mailbox
from .reader import Reader

log = logging.getLogger(__name__)

TAKERS = "umbel.takers"
TAKEN = "umbel.taken."
SWEEP = 10.0  # seconds between looks for what others left
COUNT = 200  # messages taken at once
SIZE = 4 * 1024 * 1024  # characters taken at once, about
IDLE = 0.1  # seconds that one blocking read lasts, since it blocks on one list only
PREFETCH = 1_000
BRIEF = 0.005  # seconds: less is no pause

_TAKE = """
local own, taken, size = KEYS[#KEYS], {}, 0
for i = 1, #KEYS - 1 do
    while #taken < tonumber(ARGV[1]) and size < tonumber(ARGV[2]) do
        local message = redis.call('LMOVE', KEYS[i], own, 'RIGHT', 'LEFT')
        if not message then break end
        taken[#taken + 1] = message
        size = size + #message
    end
end
return taken
"""
_GIVE_BACK = """
local count = 0
while redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') do count = count + 1 end
return count
"""


def inbox(connect: Callable[[], Connection], mailbox: Mailbox, epoch: int) -> "Inbox":
    """Return the reader of the queue that fits the transport of ``connect()``."""
    with connect() as connection:
        kind = ListInbox if connection.transport.driver_type == "redis" else ConsumerInbox
    return kind(connect, mailbox, epoch)


class Inbox(Reader):
    """What both ways of reading have in common: generations, and who has dealt with what."""

    name = "inbox"

    def __init__(self, connect: Callable[[], Connection], mailbox: Mailbox, epoch: int) -> None:
        super().__init__(connect)
        self.mailbox = mailbox
        self.epoch = epoch
        self.generation = 0
        self.pause = 0.0  # seconds between two reads: what comes meanwhile is read at once
        self.is_behind = True  # whether more may wait than was taken
        self._done: deque[tuple[int, int]] = deque()

    def acknowledge(self, generation: int, count: int) -> None:
        """Tell that ``count`` more of the deliveries of ``generation`` are dealt with."""
        self._done.append((generation, count))

    def _serve(self, connection: Connection) -> None:
        self.generation += 1
        try:
            self._read(connection)
        finally:
            self.is_behind = True

    @abstractmethod
    def _read(self, connection: Connection) -> None:
        """Deliver what comes until the end is asked for; raise what goes wrong."""

    def _dealt_with(self) -> int:
        """Return how many more deliveries of this generation are dealt with."""
        total = 0
        while self._done:
            generation, count = self._done.popleft()
            total += count if generation == self.generation else 0
        return total

    def _deliver(self, message: Any, size: int) -> None:
        fault = "it cannot be decompressed" if message.errors else None
        headers = message.headers if isinstance(message.headers, dict) else {}
        reply_to = message.properties.get("reply_to") if isinstance(message.properties, dict) else None
        self._put(headers, message.body, message.content_type, fault, size, reply_to)

    def _put(
        self,
        headers: dict[str, Any],
        body: Any,
        content: Any,
        fault: str | None,
        size: int,
        reply_to: str | None = None,
    ) -> None:
        delivery = Delivery(self, self.generation, headers, body, content, fault, size, time.time(), reply_to)
        self.mailbox.put(delivery, self.stopping)


class ListInbox(Inbox):
    """The queue on Redis (see the head of this module)."""

    def _read(self, connection: Connection) -> None:
        channel: Any = connection.default_channel
        queue()(channel).declare()
        # One connection, that nobody mends in silence: whether it broke decides who has what.
        pool, prefix = channel.client.connection_pool, channel.global_keyprefix or ""
        client: Any = Redis(connection_pool=pool, single_connection_client=True)
        with client:
            self._read_lists(client, prefix, channel)

    def _read_lists(self, client: Any, prefix: str, channel: Any) -> None:
        queues = [prefix + channel._q_for_pri(QUEUE, step) for step in channel.priority_steps]
        own = f"{prefix}{TAKEN}{self.epoch}"
        main = prefix + QUEUE
        held = 0
        take = client.execute_command("SCRIPT", "LOAD", _TAKE)
        client.execute_command("SADD", prefix + TAKERS, own)
        swept = self._sweep(client, prefix, main, spare=None)
        while not self.stopping():
            held = self._trim(client, own, held)
            if time.monotonic() > swept + SWEEP:
                swept = self._sweep(client, prefix, main, spare=own)
            taken = client.execute_command("EVALSHA", take, len(queues) + 1, *queues, own, COUNT, SIZE)
            if not taken and (one := client.execute_command("BLMOVE", main, own, "RIGHT", "LEFT", IDLE)):
                taken = [one]
            held += len(taken)
            self.is_behind = len(taken) >= COUNT
            for raw in taken:
                self._hand_over(raw, channel)
            if taken and self.pause > BRIEF:
                self._stop.wait(self.pause)
        # An orderly end: nothing of ours is left in anyone's way.
        self._trim(client, own, held)
        client.execute_command("EVAL", _GIVE_BACK, 2, own, main)
        client.execute_command("SREM", prefix + TAKERS, own)

    def _trim(self, client: Any, own: str, held: int) -> int:
        if done := min(self._dealt_with(), held):
            held -= done
            # To what is left, not by what is done: said twice, it does no harm.
            client.execute_command("LTRIM", own, *((0, held - 1) if held else (1, 0)))
        return held

    def _sweep(self, client: Any, prefix: str, main: str, *, spare: str | None) -> float:
        for name in client.execute_command("SMEMBERS", prefix + TAKERS):
            taken = name.decode() if isinstance(name, bytes) else name
            if taken != spare and (count := client.execute_command("EVAL", _GIVE_BACK, 2, taken, main)):
                log.info("%d messages that were taken and not dealt with are back in the queue.", count)
        return time.monotonic()

    def _hand_over(self, raw: bytes, channel: Any) -> None:
        try:
            message = channel.Message(json.loads(raw), channel)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            self._put({}, b"", None, f"it is no message of kombu's: {error!r}", len(raw))
        else:
            self._deliver(message, len(raw))


class ConsumerInbox(Inbox):
    """The queue on a broker that takes messages back itself."""

    def _read(self, connection: Connection) -> None:
        unacknowledged: deque[Any] = deque()
        channel = connection.default_channel

        def receive(message: Any) -> None:
            unacknowledged.append(message)
            self._deliver(message, len(message.body or b""))

        consumer = Consumer(channel, queues=[queue()], on_message=receive, accept=None)
        consumer.qos(prefetch_count=PREFETCH)
        with consumer:
            while not self.stopping():
                self.is_behind = len(unacknowledged) >= PREFETCH
                for _ in range(min(self._dealt_with(), len(unacknowledged))):
                    unacknowledged.popleft().ack()
                with suppress(TimeoutError):
                    connection.drain_events(timeout=IDLE)
            for _ in range(min(self._dealt_with(), len(unacknowledged))):
                unacknowledged.popleft().ack()
