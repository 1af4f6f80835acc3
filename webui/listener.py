"""The thread of a web process that hears what the conductor tells.

It reads the exchange ``umbel.live`` (see ``engine.protocol``) on a connection of its own, and comes back by
itself when the broker was away. What it misses meanwhile is missed: the numbers of later messages show it.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kombu import Connection, Consumer, Exchange, Queue

from ..engine.protocol import HEARTBEAT, LIVE

POLL_SECONDS = 0.5  # how soon a stop is seen
SILENCE_SECONDS = 15 * HEARTBEAT  # a connection so quiet may be half open
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0  # seconds between two attempts to connect

logger = logging.getLogger(__name__)


class Listener:
    """Calls ``hear`` with each message, from a thread of its own.

    Parameters
    ----------
    broker_url
        Where the conductor tells.
    hear
        Gets the decoded message. What it raises is logged and ends nothing.
    """

    def __init__(self, broker_url: str, hear: Callable[[dict[str, Any]], None]) -> None:
        self._url = broker_url
        self._hear = hear
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._heard = time.monotonic()

    def start(self) -> None:
        """Begin to listen. To be called after a fork: threads and connections do not survive one."""
        self._thread = threading.Thread(target=self._run, name="umbel-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, soon."""
        self._stopping.set()

    def join(self, timeout: float) -> None:
        """Wait until it has stopped, after :meth:`stop`."""
        if self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._listen()
            except Exception as error:
                # Whatever it was, a web process that no longer hears is worse than one that tries again.
                if time.monotonic() > began + LAST_PAUSE:
                    pause = FIRST_PAUSE
                logger.warning("The broker cannot be listened to (%s); trying again in %.1f s.", error, pause)
                self._stopping.wait(pause)
                pause = min(2 * pause, LAST_PAUSE)

    def _listen(self) -> None:
        exchange = Exchange(LIVE, type="fanout", durable=False)
        with Connection(self._url, connect_timeout=5) as connection:
            queue = Queue(exchange=exchange, durable=False, exclusive=True, auto_delete=True)
            with Consumer(connection, [queue], callbacks=[self._receive], accept=["json"], no_ack=True):
                self._heard = time.monotonic()
                while not self._stopping.is_set() and time.monotonic() < self._heard + SILENCE_SECONDS:
                    self._drain(connection)

    def _drain(self, connection: Connection) -> None:
        try:
            connection.drain_events(timeout=POLL_SECONDS)
        except TimeoutError:
            connection.heartbeat_check()

    def _receive(self, body: Any, message: Any) -> None:
        self._heard = time.monotonic()
        try:
            self._hear(body)
        except Exception:  # anyone may publish there; what follows is to be heard all the same
            logger.exception("A message on %s could not be understood.", LIVE)
