"""Letting go of old runs, a little at a time.

A run is deleted when it ended more than ``retention_days`` ago (``retention_failed_days`` if it failed), or
when it is one of the oldest that ended and more than ``retention_nodes`` nodes are kept; those that failed go
last. A run that has not ended stays, whatever its age. 0 switches a rule off.

Each :meth:`Retention.step` is one transaction of about ``STEP`` nodes, so that neither the conductor nor any
reader waits long. A run with more nodes than that is hidden first, then deleted in pieces; a conductor that
starts again goes on with it.

The file of a SQLite database keeps its size: what is freed is used for what comes, and a database in which
as much comes as goes does not grow. (Giving it back step by step, by ``auto_vacuum``, would move pages about
on each deletion, for a file that grows again the next day.) ``VACUUM`` makes it small when that is wanted,
with Umbel stopped. PostgreSQL's autovacuum does the same on its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from ..store import Store
from ..store.deletion import delete_some, doomed, kept_nodes

STEP = 500  # nodes deleted in one transaction, about
PAUSE = 60.0  # seconds to the next look after one that found nothing
DAY = 86_400.0


class Rules(Protocol):
    """The settings that say what is kept."""

    @property
    def retention_days(self) -> float: ...
    @property
    def retention_failed_days(self) -> float: ...
    @property
    def retention_nodes(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step did; nothing deleted means that there is nothing to do for a while."""

    runs: tuple[int, ...] = ()  # numbers of the runs that nobody sees any more: forget them
    nodes: int = 0  # how many nodes are gone

    def __bool__(self) -> bool:
        return bool(self.runs or self.nodes)


class Retention:
    """Deletes what is older, or more, than what is kept. For the conductor that holds the lease, when idle.

    ``renew`` is called in the transaction of each step, and may refuse it.
    """

    def __init__(
        self, store: Store, rules: Rules, *, renew: Callable[[Connection], None] | None = None
    ) -> None:
        self.store = store
        self.rules = rules
        self.renew = renew
        self._kept: int | None = None  # nodes in the database, counted anew at each look
        self._looked: float | None = None  # when the last look found nothing

    def step(self, now: float) -> Step:
        """Delete a little of what is not to be kept at ``now``, in seconds since the epoch."""
        if self._looked is not None and 0 <= now - self._looked < PAUSE:
            return Step()
        with self.store.write() as connection:
            if self.renew is not None:
                self.renew(connection)
            wanted = doomed(
                connection,
                before=_before(now, self.rules.retention_days),
                failed_before=_before(now, self.rules.retention_failed_days),
                excess=self._excess(connection),
                limit=STEP,
            )
            deleted = delete_some(connection, wanted, STEP)
        if self._kept is not None:
            self._kept -= deleted.counted
        step = Step(runs=deleted.runs, nodes=deleted.nodes)
        self._looked = None if step else now
        if not step:
            self._kept = None
        return step

    def _excess(self, connection: Connection) -> int:
        if not self.rules.retention_nodes:
            return 0
        if self._kept is None:
            self._kept = kept_nodes(connection)
        return self._kept - self.rules.retention_nodes


def _before(now: float, days: float) -> float | None:
    return now - days * DAY if days else None
