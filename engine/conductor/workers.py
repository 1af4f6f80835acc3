"""Which workers are there, by their own word: they say so every few seconds while events are on.

A worker is *gone* when it said goodbye, when another process has its name, or when nothing was heard of it
for ``SILENCE`` seconds while somebody listened. It is *back* when the same process is heard again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..observe import ID_LENGTH, number
from ..values import text

SILENCE = 60.0  # seconds; a worker says every two that it is there
BLINK = 10.0  # seconds between two looks at the clock after which nobody listened
COUNT = 10_000  # names that are remembered; anyone can send events


class Sign(NamedTuple):
    """A worker is gone, or back."""

    worker: str
    is_gone: bool
    at: float  # the worker's clock: what it began before that is concerned
    restarted: bool = False  # another process has its name


class _Worker(NamedTuple):
    pid: object
    at: float  # its clock
    heard: float  # ours
    is_gone: bool = False


class Workers:
    """What was heard of each worker."""

    def __init__(self, *, silence: float = SILENCE) -> None:
        self.silence = silence
        self._known: dict[str, _Worker] = {}
        self._signs: list[Sign] = []
        self._looked: float | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def note(self, event: Mapping[str, Any], now: float) -> None:
        """Take note of an event of a worker."""
        name, at = text(event.get("hostname"), ID_LENGTH), number(event.get("timestamp"))
        if not name or at is None:
            return
        known = self._known.get(name)
        if known is None and len(self._known) >= COUNT:
            return
        pid = event.get("pid")
        if known is not None and known.pid != pid:
            if at < known.at:
                return  # a last word of the process before
            if not known.is_gone:
                self._signs.append(Sign(name, True, at, restarted=True))
        leaves = event.get("type") == "worker-offline"
        if leaves and not (known and known.is_gone and known.pid == pid):
            self._signs.append(Sign(name, True, at))
        elif not leaves and known is not None and known.is_gone and known.pid == pid and at > known.at:
            self._signs.append(Sign(name, False, at))
        self._known[name] = _Worker(pid, max(at, known.at if known else at), now, leaves)

    def signs(self, now: float, listening_since: float | None) -> list[Sign]:
        """Return who went or came back since the last call; ``listening_since`` is None for deaf ears."""
        if self._looked is not None and now - self._looked > BLINK:
            # Paused ourselves: what was said meanwhile may not have been read yet.
            self._known = {name: known._replace(heard=now) for name, known in self._known.items()}
        self._looked = now
        if listening_since is not None:
            for name, known in self._known.items():
                if not known.is_gone and now - max(known.heard, listening_since) > self.silence:
                    self._known[name] = known._replace(is_gone=True)
                    self._signs.append(Sign(name, True, known.at))
        signs, self._signs = self._signs, []
        return signs
