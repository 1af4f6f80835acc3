"""What the conductor sends: chosen after each batch, committed with it, published, recorded.

Everything in memory here follows from the database and can be made anew, which is done at the start of a term
and after a commit that failed.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping

from kombu import Connection
from sqlalchemy import Connection as Database

from ..machine import Refused, Waiting
from ..store import Store, outbox
from .batch import Batch, Told
from .known import Known
from .limits import Choice, Limits
from .memory import Memory
from .outbox import Outbox
from .timers import Timers

RECORD = 0.02  # seconds after which what was published is recorded, if no batch does it before
HURRIED, PATIENT = 0.01, 0.2  # seconds for which callbacks wait for more, at least and at most
EACH = 0.0005  # seconds that a task lasts in the queue: no cluster is faster for long
CAREFUL = 2.0  # seconds since the lease was renewed after which nothing is published before it is again


class Sending:
    """The part of the loop that sends tasks.

    Parameters
    ----------
    connect
        Makes a new connection to the broker, not yet established.
    queue
        Where a task goes that does not say it.
    """

    def __init__(
        self, store: Store, memory: Memory, connect: Callable[[], Connection], limits: Limits, queue: str
    ) -> None:
        self.store = store
        self.memory = memory
        self.known = Known(store)
        self.limits = limits
        self.timers = Timers()
        self.outbox = Outbox(connect, self.known, queue)
        self.sent = 0
        self.unattended: Mapping[str, Mapping[str, str]] = {}  # run id -> queues that nobody reads, and why
        self._refused: list[Told] = []
        self._choice: Choice | None = None
        self._is_stale = False
        self._unrecorded_since = math.inf

    def begin(self) -> None:
        """Take up what the database says is to be sent."""
        with self.store.read() as connection:
            self.outbox.begin(outbox.entries(connection), outbox.next_number(connection))
        self._anew()

    def _anew(self) -> None:
        runs = self.memory.conducted.values()
        self.limits.begin(runs)
        self.timers.begin(runs)
        self._is_stale = False

    @property
    def due(self) -> float:
        """When something is to be done though nothing comes; by the clock on the wall."""
        return 0.0 if self._refused else min(self.limits.due, self.timers.due)

    def is_due(self, at: float) -> bool:
        """Whether something may be sent now, though nothing came."""
        return self.limits.due <= at

    def idle(self, now: float) -> float:
        """Return for how many seconds nothing is to be done; ``now`` is monotonic."""
        left = self.due - time.time()
        if self.outbox:
            left = min(left, self.outbox.due - now)
        left = min(left, max(self.outbox.unrouted.due, self.outbox.due) - now)
        return min(left, self._unrecorded_since + RECORD - now)

    def news(self, at: float) -> Iterator[Told]:
        """Yield what the machine is to be told though nobody said it."""
        refused, self._refused = self._refused, []
        yield from refused
        yield from self._queues()
        yield from self.timers.step(self.memory.conducted, at)

    def _queues(self) -> Iterator[Told]:
        """Tell of queues that hold up tasks which were sent, where that has changed."""
        kept = self.outbox.unrouted.waits()
        for run in self.memory.conducted.values():
            queues = {**self.unattended.get(run.id, {}), **kept.get(run.number, {})}
            if queues != run.waits.get("queues", {}):
                others = {what: why for what, why in run.waits.items() if what != "queues"}
                yield Told(run.id, Waiting(others | ({"queues": queues} if queues else {})))

    @property
    def enough(self) -> tuple[int, float]:
        """How many callbacks are worth a batch of their own, and how long to wait for so many.

        While workers have enough to do, what they have done may wait for more of it.
        """
        runs = self.memory.conducted.values()
        patience = min(max(HURRIED, self.memory.queued * EACH), PATIENT)
        return max(1, sum(len(run.out) for run in runs) // 2), patience

    # around a commit

    def dispatch(self, batch: Batch) -> None:
        """Choose what goes out with a batch that is about to be committed."""
        if self._is_stale:
            self._anew()
        if self.memory.conducted:
            self._choice = batch.dispatch(self.memory, self.limits, time.time(), self.outbox.next)

    @property
    def is_recorded(self) -> bool:
        """Whether all that was published is recorded so."""
        return self.outbox.published <= self.outbox.recorded

    @property
    def is_late(self) -> bool:
        """Whether what was published should be recorded, batch or no batch."""
        return time.monotonic() >= self._unrecorded_since + RECORD

    def record(self, connection: Database) -> None:
        """Record what was published, within a transaction that is about to be committed."""
        if not self.is_recorded:
            outbox.published(connection, self.outbox.published)

    def undone(self) -> None:
        """Take note that what was chosen did not become true."""
        self._choice, self._is_stale = None, True

    def recorded(self, up_to: int) -> None:
        """Take note that what was published ``up_to`` that number is recorded."""
        self.outbox.recorded = up_to
        if self.is_recorded:
            self._unrecorded_since = math.inf

    def committed(self, batch: Batch) -> None:
        """Take what became true."""
        if self._choice is not None:
            self.limits.settle(self._choice)
            self._choice = None
        if not self.memory.conducted:
            return
        for staged in batch.staged.values():
            if staged.run.kind == "conducted":
                self.known.note(staged.run, staged.specs, staged.outcomes)
                self.timers.mind(staged.run, [index for _, index, _ in staged.sent], is_new=staged.is_new)
        self.outbox.add(batch.entries)

    def publish(self) -> None:
        """Publish what is committed; what is refused ends with the next batch."""
        if not self.outbox.has_work:
            return
        before = self.outbox.published
        for refused in self.outbox.flush(self.memory.conducted):
            self._refused.append(Told(refused.run.id, Refused(refused.task_id, time.time(), refused.why)))
        self.sent += self.outbox.published - before
        if not self.is_recorded:
            self._unrecorded_since = min(self._unrecorded_since, time.monotonic())

    def close(self) -> None:
        """Close the connection to the broker."""
        self.outbox.close()
