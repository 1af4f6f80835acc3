"""From what came to what it says."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any

from celery import Celery

from ..machine import Seen
from ..observe import MalformedEvent, message_of
from .asked import Refused, Request
from .batch import NewsItem, Told
from .mailbox import Answers, Delivery, Item
from .opening import reply_to
from .post import BulkRequest, BulkStop, Completion, Malformed, Submission, opened
from .workers import Workers

log = logging.getLogger(__name__)


class Sorting:
    """From what came to what it says; what says nothing is counted, and logged without its data."""

    def __init__(self, workers: Workers, app: Celery | None = None) -> None:
        self.workers = workers
        self.app = app  # the user's own, if it is known
        self.refused = 0
        self.events = 0
        self.announcements = 0
        self.completions = 0
        self.submissions = 0
        # What nobody has taken care of yet; a submission is news, too, and wants an answer afterwards.
        self.requests: list[Request | Submission | Refused] = []
        self.bulks: list[BulkRequest | BulkStop] = []

    def news(self, items: Iterable[Item], now: float) -> Iterator[NewsItem]:
        """Yield what ``items`` say."""
        for item in items:
            if isinstance(item, Delivery):
                yield from self._message(item)
            elif isinstance(item, Answers):
                yield from item.told
            else:
                for event in item.events:
                    yield from self._event(event, now)

    def _message(self, delivery: Delivery) -> Iterator[NewsItem]:
        try:
            found = opened(delivery, self.app)
        except Malformed as error:
            self.refused += 1
            log.warning("A message in the queue was dropped: %s", error)
            self._refuse(delivery, error)
            return
        except Exception:
            # Whatever it is, it must not come back for ever, and end the conductor each time.
            self.refused += 1
            log.exception("A message in the queue could not be read, and was dropped.")
            return
        if isinstance(found, Request):
            self.requests.append(found)
        elif isinstance(found, BulkRequest | BulkStop):
            self.bulks.append(found)
        elif isinstance(found, Completion):
            self.completions += 1
            yield Told(found.run, found.completed)
        elif isinstance(found, Submission):
            self.submissions += 1
            if found.reply_to is not None:
                self.requests.append(found)
            yield found
        else:
            self.announcements += 1
            yield found

    def _refuse(self, delivery: Delivery, error: Malformed) -> None:
        queue, request_id = reply_to(delivery), delivery.headers.get("id")
        if queue is not None and isinstance(request_id, str):
            self.requests.append(Refused(request_id, queue, error.code, str(error)))

    def _event(self, event: Any, now: float) -> Iterator[Seen]:
        try:
            seen = message_of(event, now)
        except MalformedEvent as error:
            self.refused += 1
            log.warning("An event was dropped: %s", error)
            return
        if seen is not None:
            self.events += 1
            yield seen
        elif isinstance(event, dict) and str(event.get("type")).startswith("worker-"):
            self.workers.note(event, time.monotonic())
