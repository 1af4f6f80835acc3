"""What has changed and not been told yet, merged: a busy run is told of ten times a second, not a thousand.

No I/O and no clock: the caller says what time it is. Sequence numbers ``from`` to ``seq`` are those of the
messages that a delta stands for. When one between them is missing, what came before the hole is dropped: the
client then sees the hole at the delta's ``from`` and asks for what it missed, which a merged delta would have
hidden.
"""

import threading
from typing import Any

from .changes import spell

DELTA_SECONDS = 0.1  # between two deltas of one run
LIST_SECONDS = 0.25  # between two updates of the list of runs

Message = dict[str, Any]


class Deltas:
    """Collects the runs of live messages, and gives out what is due. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, Message] = {}
        self._told: dict[str, float] = {}
        self._list: dict[str, Message] = {}
        self._list_told = float("-inf")
        self._gone: dict[str, str] = {}

    def add(self, run: Message, *, watched: bool) -> None:
        """Collect one run of a live message; its changes only if somebody ``watched`` it."""
        with self._lock:
            self._list[run["id"]] = {name: value for name, value in run.items() if name != "changes"}
            if watched:
                self._runs[run["id"]] = merge(self._runs.get(run["id"]), run)

    def forget(self, gone: dict[str, str]) -> None:
        """Collect runs that have become part of others; what waits to be told of them is told no more."""
        with self._lock:
            self._gone.update(gone)
            for run in gone:
                self._runs.pop(run, None)
                self._list.pop(run, None)

    def take_gone(self) -> dict[str, str]:
        """Return and forget which runs have become part of which."""
        with self._lock:
            taken, self._gone = self._gone, {}
            return taken

    def take(self, now: float) -> list[Message]:
        """Return and forget the deltas that are due."""
        with self._lock:
            self._told = {run: at for run, at in self._told.items() if now < at + DELTA_SECONDS}
            due = [run for run in self._runs if run not in self._told]
            self._told.update(dict.fromkeys(due, now))
            return [_spell(self._runs.pop(run)) for run in due]

    def take_list(self, now: float) -> list[Message]:
        """Return and forget the changed summaries, if they are due."""
        with self._lock:
            if not self._list or now < self._list_told + LIST_SECONDS:
                return []
            self._list_told = now
            taken, self._list = list(self._list.values()), {}
            return taken

    def next_due(self, now: float) -> float | None:
        """Return in how many seconds something is due; None when nothing waits."""
        with self._lock:
            waits = [self._told.get(run, now - DELTA_SECONDS) + DELTA_SECONDS - now for run in self._runs]
            if self._list:
                waits.append(self._list_told + LIST_SECONDS - now)
            if self._gone:
                waits.append(0.0)
        return max(0.0, min(waits)) if waits else None


def merge(earlier: Message | None, run: Message) -> Message:
    """Return one message that stands for both; its changes are keyed by index, the last of each.

    >>> first = {"id": "r", "seq": 4, "changes": [[0, 3, 1.0, None, 0], [1, 3, 1.0, None, 0]]}
    >>> then = {"id": "r", "seq": 5, "changes": [[0, 5, 1.0, 2.0, 0]]}
    >>> both = merge(merge(None, first), then)
    >>> both["from"], both["seq"], list(both["changes"].values())
    (4, 5, [[0, 5, 1.0, 2.0, 0], [1, 3, 1.0, None, 0]])
    """
    changes = {change[0]: change for change in run["changes"]}
    first = run.get("from", run["seq"])
    if earlier is None or first != earlier["seq"] + 1:
        return {**run, "from": first, "changes": changes}
    return {**run, "from": earlier["from"], "changes": {**earlier["changes"], **changes}}


#: What is told of a run beside its changes. What is missing is null, or nothing.
TOLD = ("id", "from", "seq", "structure", "state", "counts", "nodes", "started", "finished")
TOLD += ("paused", "cancelled", "waits", "resolved_by")


def _spell(delta: Message) -> Message:
    told = {name: delta[name] for name in TOLD if delta.get(name) not in (None, {})}
    return told | {"changes": spell(delta["changes"].values())}
