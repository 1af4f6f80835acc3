"""Which workers are there, by their own word: they say so every few seconds while events are on.

A worker is *gone* when it said goodbye, when another process has its name, or when nothing was heard of it
for ``SILENCE`` seconds while somebody listened. It is *back* when the same process is heard again. It is
there *anew* for what it was given before it last came to the broker: it has forgotten what it had not begun.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from ..observe import ID_LENGTH, number
from ..values import text

SILENCE = 60.0  # seconds; a worker says every two that it is there
BLINK = 10.0  # seconds between two looks at the clock after which nobody listened
COUNT = 10_000  # names that are remembered; anyone can send events
GAP = 10.0  # seconds of a worker's clock between two words of it after which others may have been missed
TELLS = "worker-tells"  # no event of Celery's: it answered that it sends events of tasks, too

Standing = Literal["unknown", "gone", "anew", "there"]


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
    came: float | None = None  # its clock: when it last came to the broker, where that was heard
    steady: tuple[float, float] | None = None  # its clock and ours: since when nothing of it was missed
    tells: float | None = None  # ours: since when it is known to send events of tasks


class Workers:
    """What was heard of each worker."""

    def __init__(self, *, silence: float = SILENCE) -> None:
        self.silence = silence
        self._known: dict[str, _Worker] = {}
        self._signs: list[Sign] = []
        self._looked: float | None = None
        self._listening: float | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def note(self, event: Mapping[str, Any], now: float) -> None:
        """Take note of an event of a worker."""
        name, at = text(event.get("hostname"), ID_LENGTH), number(event.get("timestamp"))
        if not name or at is None:
            return
        known = self._known.get(name)
        if event.get("type") == TELLS:
            if known is not None and known.tells is None and not known.is_gone:
                self._known[name] = known._replace(tells=now)
            return
        if known is None and len(self._known) >= COUNT:
            return
        pid = event.get("pid")
        same = known is not None and known.pid == pid
        if known is not None and not same:
            if at < known.at:
                return  # a last word of the process before
            if not known.is_gone:
                self._signs.append(Sign(name, True, at, restarted=True))
        leaves = event.get("type") == "worker-offline"
        if leaves and not (known and known.is_gone and same):
            self._signs.append(Sign(name, True, at))
        elif not leaves and known is not None and known.is_gone and same and at > known.at:
            self._signs.append(Sign(name, False, at))
        is_new = known is not None and not same
        listened = 0.0 if self._listening is None else now - self._listening
        self._known[name] = _heard(known if same else None, event, now, is_new=is_new, listened=listened)

    def listen(self, since: float | None) -> None:
        """Take note since when, by our clock, events are read without a break; None where they are not."""
        if since != self._listening:
            self._known = {name: known._replace(steady=None) for name, known in self._known.items()}
            self._listening = since

    def signs(self, now: float, listening_since: float | None) -> list[Sign]:
        """Return who went or came back since the last call; ``listening_since`` is None for deaf ears."""
        if self._looked is not None and now - self._looked > BLINK:
            # Paused ourselves: what was said meanwhile may not have been read yet.
            self._known = {name: known._replace(heard=now) for name, known in self._known.items()}
        self._looked = now
        self.listen(listening_since)
        if listening_since is not None:
            for name, known in self._known.items():
                if not known.is_gone and now - max(known.heard, listening_since) > self.silence:
                    self._known[name] = known._replace(is_gone=True)
                    self._signs.append(Sign(name, True, known.at))
        signs, self._signs = self._signs, []
        return signs

    def present(self) -> set[str]:
        """Return the names of those that are not gone."""
        return {name for name, known in self._known.items() if not known.is_gone}

    def standing(self, name: str | None, at: float) -> Standing:
        """Return what is known of a worker that had something at ``at``, by its own clock."""
        known = None if name is None else self._known.get(name)
        if known is None:
            since, now = self._listening, self._looked
            is_silent = since is not None and now is not None and now - since > self.silence
            return "gone" if is_silent and name is not None else "unknown"
        if known.is_gone:
            return "gone"
        return "anew" if known.came is not None and known.came > at else "there"

    def is_steady(self, name: str | None, at: float) -> bool:
        """Whether nothing that a worker said since ``at``, by its own clock, was missed."""
        known = None if name is None else self._known.get(name)
        return known is not None and known.steady is not None and known.steady[0] <= at

    def all_tell(self) -> bool:
        """Whether every worker that is there is known to send events of tasks."""
        there = [known for known in self._known.values() if not known.is_gone]
        return bool(there) and all(known.tells is not None for known in there)


def _heard(
    known: _Worker | None, event: Mapping[str, Any], now: float, *, is_new: bool, listened: float
) -> _Worker:
    at = number(event.get("timestamp")) or 0.0
    leaves, comes = (event.get("type") == f"worker-{what}" for what in ("offline", "online"))
    if known is None:
        if comes or is_new:
            return _Worker(event.get("pid"), at, now, leaves, at, (at, now))
        # It was there before its first word, and somebody listened to it.
        return _Worker(event.get("pid"), at, now, leaves, None, (at - min(listened, GAP), now))
    missed = at - known.at > max(GAP, 3 * (number(event.get("freq")) or 0.0))
    return known._replace(
        at=max(at, known.at),
        heard=now,
        is_gone=leaves,
        came=max(at, known.came or 0.0) if comes else known.came,
        steady=(at, now) if known.steady is None or missed or comes else known.steady,
    )
