"""What is to be announced: at once, or gathered for a moment.

Gathered messages leave at 500 of them (or 1 MB), after 50 ms, when another canvas begins, and at the end of
the process. They are JSON already, so that nothing of the user's is held, or seen after it changed.

After a failure the outbox is silent for 5 s: it forgets what it holds and takes nothing, so that a broker
which is away costs a user's send one short wait in that time, and one line in the log. While too many
messages wait in the queue already it is silent in the same way, with one line in all.
"""

import atexit
import os
import sys
import time
from collections.abc import Callable
from threading import Event, RLock, Thread
from typing import Any
from weakref import WeakSet

from celery.signals import worker_process_shutdown
from celery.utils.log import get_logger
from celery.utils.nodenames import anon_nodename
from kombu.utils.uuid import uuid

from .. import protocol
from .text import dumps
from .wire import QueueFull, Wire

logger = get_logger(__name__)

COUNT = 500
SIZE = 1_000_000  # characters
DELAY = 0.05  # seconds
SILENCE = 5.0  # seconds

_outboxes: WeakSet["Outbox"] = WeakSet()


class Outbox:
    """The announcements of one app in one process."""

    def __init__(self, wire: Wire, forget: Callable[[], None]) -> None:
        self._wire = wire
        self._forget = forget  # called after a failure: what was announced may not have arrived
        self._silent_until = 0.0
        self._is_full = False
        self._begin()
        _outboxes.add(self)

    def _begin(self) -> None:
        """Start empty, in a process that has no thread of ours."""
        self._lock = RLock()
        self._held: dict[str, list[str]] = {}
        self._count = self._size = 0
        self._thread: Thread | None = None
        self._filled = Event()
        self._ended = False
        self._origin = anon_nodename()

    @property
    def silent(self) -> bool:
        """Whether an announcement failed a moment ago."""
        return self._silent_until > 0 and time.monotonic() < self._silent_until

    def announce(self, token: str, text: str) -> None:
        """Send one message of the application ``token`` now, after all that was gathered before it."""
        with self._lock:
            held = self._take()
        held.setdefault(token, []).append(text)
        self._send(held)

    def gather(self, token: str, text: str, *, begins: bool = False) -> None:
        """Keep one message of the application ``token``, which it may begin, until it leaves with others."""
        earlier: dict[str, list[str]] = {}
        with self._lock:
            if begins:
                earlier = self._take()
            self._held.setdefault(token, []).append(text)
            self._count += 1
            self._size += len(text)
            full = self._count >= COUNT or self._size >= SIZE or not self._timed()
        if earlier:
            self._send(earlier)
        if full:
            self.flush()

    def flush(self) -> None:
        """Send what was gathered."""
        with self._lock:
            held = self._take()
        self._send(held)

    def fail(self, error: BaseException) -> None:
        """Be silent for a while because of ``error``."""
        with self._lock:
            self._take()
            if self.silent:
                return
            self._silent_until = time.monotonic() + SILENCE
        self._forget()
        if isinstance(error, QueueFull):
            self._say_full(error)
            return
        logger.warning(
            "Umbel is not told of what is sent: %r. The tasks are sent all the same; it tries again in %g s.",
            error,
            SILENCE,
        )

    def _say_full(self, error: QueueFull) -> None:
        if self._is_full:
            return
        self._is_full = True
        logger.warning(
            "Umbel is not told of what is sent: %s, and nobody seems to read them. Start `umbel conductor`, "
            "or take watch(app) out and delete the queue. The tasks are sent all the same.",
            error,
        )

    def end(self) -> None:
        """Send what was gathered; from now on hold nothing, as no one would send it."""
        self._ended = True
        try:
            self.flush()
        # The process ends, and must end as it would without us.
        except Exception as error:
            self.fail(error)

    def renew(self) -> None:
        """Begin anew in a process that was forked: what is held, the parent sends."""
        self._begin()
        self._wire.renew()

    def _take(self) -> dict[str, list[str]]:
        held, self._held = self._held, {}
        self._count = self._size = 0
        return held

    def _send(self, held: dict[str, list[str]]) -> None:
        for token, texts in held.items():
            announcement = {"run": token, "at": time.time(), "origin": self._origin, "messages": []}
            headers, body = protocol.message(protocol.WATCH, uuid(), announcement)
            # The messages are JSON already; what stands before them cannot hold these characters unquoted.
            text = dumps(body).replace('"messages":[]', f'"messages":[{",".join(texts)}]', 1)
            self._wire.send(headers, text)
            if self._is_full:
                self._is_full = False
                logger.warning("Umbel is told again of what is sent: its queue is read.")

    def _timed(self) -> bool:
        """See to it that what is held leaves in time; whether that can be."""
        if self._ended:
            return False
        if self._thread is None:
            _end_with_children(self)
            thread = Thread(target=self._keep_time, name="umbel-watch", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads here, or the interpreter ends
                return False
            self._thread = thread
        if not self._filled.is_set():
            self._filled.set()
        return True

    def _keep_time(self) -> None:
        while self._filled.wait():
            time.sleep(DELAY)
            self._filled.clear()
            try:
                self.flush()
            # The thread has nobody to raise to, and must live on.
            except Exception as error:
                self.fail(error)


def _end_with_children(outbox: Outbox) -> None:
    """Let a child that multiprocessing or billiard started end the outbox: it runs no atexit functions."""
    for name in ("multiprocessing.util", "billiard.util"):
        if module := sys.modules.get(name):
            # The child clears this register when it starts, so it is written when first needed.
            module.Finalize(None, outbox.end, exitpriority=10)


def _end(**_: Any) -> None:
    for outbox in list(_outboxes):
        outbox.end()


def _renew() -> None:
    for outbox in list(_outboxes):
        outbox.renew()


atexit.register(_end)
worker_process_shutdown.connect(_end)
os.register_at_fork(after_in_child=_renew)
