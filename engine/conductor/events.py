"""Celery's events: asking workers to send them, and reading them.

They are colour: what is missed while nobody reads is missed. Workers are asked at the start, whenever one
says that it is online, and every ``ASK`` seconds, since one that was started without ``-E`` says nothing at
all.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery import Celery
from kombu import Connection, Consumer

from .mailbox import EventBatch, Mailbox
from .reader import BACKOFF, Reader, brief
from .workers import TELLS

log = logging.getLogger(__name__)

ASK = 5.0  # seconds between two requests to workers to send their events
ANSWER = 0.5  # seconds that workers have to answer
IDLE = 0.5
PAUSE = 0.02  # seconds between two reads: what comes meanwhile is read at once


def celery_app(broker_url: str) -> Celery:
    """Return an app to speak to workers with; it is nobody's current app, and knows JSON alone."""
    app = Celery("umbel", broker=broker_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=5,
        enable_utc=True,
        event_serializer="json",
        task_serializer="json",
    )
    return app


class Events(Reader):
    """Reads every event of tasks and workers into the mailbox."""

    name = "events"

    def __init__(self, connect: Callable[[], Connection], app: Celery, mailbox: Mailbox) -> None:
        super().__init__(connect)
        self.app = app
        self.mailbox = mailbox
        self.malformed = 0
        self.since: float | None = None  # when it began to listen; None while it does not
        self.asking = Asking(app, mailbox)

    def start(self) -> None:
        """Begin to read, and to ask."""
        super().start()
        self.asking.start()

    def stop(self) -> None:
        """End both, and wait for the end."""
        self.asking.stop()
        super().stop()

    def _serve(self, connection: Connection) -> None:
        # Celery's receiver knows how its version names exchange and queue; reading is simpler than its.
        receiver = self.app.events.Receiver(connection)
        with Consumer(
            receiver.channel, queues=[receiver.queue], on_message=self._receive, no_ack=True, accept=None
        ):
            self.asking.now()
            self.since = time.monotonic()
            try:
                while not self.stopping():
                    with suppress(TimeoutError):
                        connection.drain_events(timeout=IDLE)
                        self._stop.wait(PAUSE)
            finally:
                self.since = None

    def _receive(self, message: Any) -> None:
        events = self._decode(message)
        if any(isinstance(event, dict) and event.get("type") == "worker-online" for event in events):
            self.asking.now()
        if events:
            self.mailbox.put(EventBatch(events, len(message.body), time.time()), self.stopping)

    def _decode(self, message: Any) -> list[Any]:
        try:
            if message.content_type != "application/json" or message.errors:
                raise ValueError(f"it is {message.content_type}")
            content = json.loads(message.body)
        except (RecursionError, TypeError, ValueError) as error:
            self.malformed += 1
            log.warning("An event that is no JSON was dropped: %.200s", error)
            return []
        return content if isinstance(content, list) else [content]


class Asking:
    """A thread that asks workers to send events; who answers that it does is noted as if an event said so."""

    def __init__(self, app: Celery, mailbox: Mailbox) -> None:
        self.app = app
        self.mailbox = mailbox
        self._stop = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="umbel-asking", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(15)
        self.app.close()

    def now(self) -> None:
        """Ask as soon as possible."""
        self._wanted.set()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._wanted.clear()
            try:
                self._ask()
                failures = 0
            except Exception as error:  # a driver may raise anything; asking must go on
                if not failures:
                    log.warning("Workers cannot be asked for events: %s. Trying again.", brief(error))
                failures = min(failures + 1, len(BACKOFF))
            self._wanted.wait(BACKOFF[failures - 1] if failures else ASK)

    def _ask(self) -> None:
        answers: Any = self.app.control.enable_events(reply=True, timeout=ANSWER)
        now = time.time()
        telling = [
            {"type": TELLS, "hostname": name, "timestamp": now}
            for answer in answers or ()
            if isinstance(answer, dict)
            for name, said in answer.items()
            if isinstance(said, dict) and "ok" in said
        ]
        if telling:
            self.mailbox.put(EventBatch(telling, 100 * len(telling), now), self._stop.is_set)
