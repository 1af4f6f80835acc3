"""A thread that reads from the broker, for as long as it is wanted, whatever the broker does meanwhile."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from typing import Any

from kombu import Connection

log = logging.getLogger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between attempts to reach a broker that is down


class Reader(ABC):
    """A connection of its own in a thread of its own, made anew whenever it breaks.

    Parameters
    ----------
    connect
        Makes a new connection, not yet established.
    """

    name = "reader"

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"umbel-{self.name}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._stop.is_set()

    def _run(self) -> None:
        failures = 0
        while not self.stopping():
            try:
                with closing(self._connect()) as connection:
                    connection.ensure_connection(max_retries=1, timeout=5, reraise_as_library_errors=False)
                    if failures:
                        log.info("The broker is back (%s).", self.name)
                    failures = 0
                    self._serve(connection)
            except Exception as error:  # a driver may raise anything; reading must go on
                pause = BACKOFF[min(failures, len(BACKOFF) - 1)]
                level = logging.WARNING if failures == 0 else logging.DEBUG
                log.log(level, "The broker cannot be read (%s): %s. Trying again.", self.name, brief(error))
                failures += 1
                self._stop.wait(pause)

    @abstractmethod
    def _serve(self, connection: Connection) -> None:
        """Read until the end is asked for; raise what goes wrong."""


def with_one_client(channel: Any) -> Any:
    """Return a kombu channel that publishes with one client; on Redis it makes one for each message."""
    if hasattr(channel, "_create_client"):
        client = channel._create_client()
        channel._create_client = lambda asynchronous=False: client
    return channel


def brief(error: Exception) -> str:
    """Return one line about ``error`` (the ``repr`` of some drivers' says nothing)."""
    return f"{type(error).__name__}: {error}"[:300]
