"""Where the reading threads put what came, and the loop takes it out, batch by batch.

It is bounded: a reader that is ahead waits, and what it has not read stays with the broker.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..protocol import DONE, FAILED

CALLBACKS = frozenset({DONE, FAILED})


class Source(Protocol):
    """A reader whose deliveries want to be acknowledged, in the order in which they came."""

    def acknowledge(self, generation: int, count: int) -> None:
        """Tell that ``count`` more of the deliveries of ``generation`` are dealt with."""
        ...


class Delivery(NamedTuple):
    """A message of the queue, not looked into yet; ``fault`` says why it never can be."""

    source: Source
    generation: int
    headers: dict[str, Any]
    body: Any
    content_type: str | None
    fault: str | None
    size: int
    at: float
    reply_to: str | None = None


class EventBatch(NamedTuple):
    """Celery's events out of one message, as they came."""

    events: list[Any]
    size: int
    at: float


class Answers(NamedTuple):
    """What was concluded outside the loop, ready for it."""

    told: list[Any]
    size: int


Item = Delivery | EventBatch | Answers


class Mailbox:
    """A bounded queue of what came, between threads."""

    def __init__(self, *, count: int = 5_000, size: int = 32 * 1024 * 1024) -> None:
        self.count = count
        self.size = size
        self._items: deque[Item] = deque()
        self._held = 0
        self._urgent = 0  # messages of the queue that are no callbacks
        self._callbacks = 0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Item, stopping: Callable[[], bool]) -> bool:
        """Add ``item`` as soon as there is room; False where ``stopping`` became true before."""
        with self._changed:
            while self._items and (len(self._items) >= self.count or self._held >= self.size):
                if stopping():
                    return False
                self._changed.wait(0.1)
            self._items.append(item)
            self._held += item.size
            self._count(item, 1)
            self._changed.notify_all()
            return True

    def _count(self, item: Item, by: int) -> None:
        if isinstance(item, Delivery):
            if item.headers.get("task") in CALLBACKS:
                self._callbacks += by
            else:
                self._urgent += by

    def wait(self, seconds: float) -> bool:
        """Wait until there is something; whether there is."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not self._items and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            return bool(self._items)

    def gather(self, seconds: float, callbacks_seconds: float = 0.0, enough: int = 1) -> None:
        """Wait for more to come, but not when a message of the queue is among what is there.

        What is announced is to be seen whole before its tasks run; events may wait for each other, and so may
        callbacks, for ``callbacks_seconds`` and until there are ``enough``.
        """
        began = time.monotonic()
        with self._changed:
            while not self._urgent and self._callbacks < enough:
                patience = callbacks_seconds if self._callbacks else seconds
                if (left := began + patience - time.monotonic()) <= 0:
                    return
                self._changed.wait(left)

    def wake(self) -> None:
        """Let whoever waits look at the world again."""
        with self._changed:
            self._changed.notify_all()

    def take(self, count: int, size: int) -> list[Item]:
        """Return what is there: at most ``count`` items and about ``size`` characters."""
        taken: list[Item] = []
        with self._changed:
            while self._items and len(taken) < count and size > 0:
                item = self._items.popleft()
                size -= item.size
                self._held -= item.size
                self._count(item, -1)
                taken.append(item)
            self._changed.notify_all()
        return taken

    def clear(self) -> None:
        """Forget everything."""
        with self._changed:
            self._items.clear()
            self._held = self._urgent = self._callbacks = 0
            self._changed.notify_all()
