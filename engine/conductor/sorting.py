"""From what came to what it says."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any

from ..machine import Seen
from ..observe import MalformedEvent, message_of
from ..protocol import REVOKE
from .asked import Request
from .batch import NewsItem, Told
from .mailbox import Answers, Delivery, Item
from .post import Completion, Malformed, Submission, opened
from .workers import Workers

log = logging.getLogger(__name__)


class Sorting:
    """From what came to what it says; what says nothing is counted, and logged without its data."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.refused = 0
        self.events = 0
        self.announcements = 0
        self.completions = 0
        self.submissions = 0
        self.requests: list[Request] = []  # that nobody has taken care of yet

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
            found = opened(delivery)
        except Malformed as error:
            self.refused += 1
            log.warning("A message in the queue was dropped: %s", error)
            return
        if isinstance(found, Request):
            if found.kind == REVOKE:
                self.requests.append(found)
        elif isinstance(found, Completion):
            self.completions += 1
            yield Told(found.run, found.completed)
        elif isinstance(found, Submission):
            self.submissions += 1
            yield found
        else:
            self.announcements += 1
            yield found

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
