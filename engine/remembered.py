"""What was worked out last, by the text that it follows from."""

import hashlib
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most ``count`` answers; the one used longest ago leaves first. Any thread may call."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: OrderedDict[bytes, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, source: str) -> T | None:
        """Return what was put for ``source``."""
        key = _key(source)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, source: str, found: T) -> T:
        """Keep ``found`` for ``source``, and return it."""
        with self._lock:
            self._kept[_key(source)] = found
            if len(self._kept) > self._count:
                self._kept.popitem(last=False)
        return found


def _key(source: str) -> bytes:
    return hashlib.sha256(source.encode()).digest()
