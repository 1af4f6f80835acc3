"""The conductor: a loop over what comes, and the only writer of runs.

Read a batch -> reduce it (pure) -> commit once, the lease renewed in the same transaction -> publish on
``umbel.live`` -> acknowledge. A crash anywhere repeats a batch at most, and a batch that is repeated changes
nothing.

One conductor is active, by lease; others stand by. A broker or a database that is away is waited for.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from kombu import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from ..machine import Settle
from ..store import Store, moves
from ..store.writes import save
from . import events, inbox
from .asking import Asking
from .batch import Batch, NewsItem, Told
from .ending import Ending
from .held import Held
from .inference import Unannounced
from .lease import LOOK, RENEWAL, Lease, LeaseLost
from .live import Live, row_of
from .mailbox import Delivery, Item, Mailbox
from .memory import Memory
from .reaper import Reaper
from .retention import Retention, Rules, Step
from .revoking import Revoking, order_of
from .sorting import Sorting
from .workers import Workers

log = logging.getLogger(__name__)

MESSAGES = 2_000  # of one batch, at most
SIZE = 4 * 1024 * 1024  # characters of one batch, about: it must be done well within a lease's patience
GATHER = 0.05  # seconds between two commits under load; an idle conductor deals with what comes at once
SHARE, LONGEST = 4.0, 0.25  # or this many times what the last batch took, and this at most
RETAIN = 5.0  # seconds after which old runs are looked for, however much there is to do
SETTLE = 2.0  # seconds of silence after which error callbacks that nobody saw end as unseen
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between attempts at a database that does not answer


class Conductor:
    """One conductor process, active or standing by."""

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Connection],
        broker_url: str,
        ending: Ending,
        *,
        result_backend: str | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.store = store
        self.connect = connect
        self.broker_url = broker_url
        self.result_backend = result_backend
        self.rules = rules
        self.ending = ending
        self.lease = Lease(store)

    def run(self) -> None:
        """Stand by, conduct, stand by again, until the end is asked for."""
        while not self.ending.asked:
            if self._stand_by():
                self._conduct()

    def _stand_by(self) -> bool:
        said, failures = False, 0
        while not self.ending.asked:
            try:
                if self.lease.take():
                    return True
                failures = 0
            except DBAPIError as error:
                failures = away(error, failures, self.ending)
                continue
            if not said:
                log.info("Standing by: another conductor is active.")
                said = True
            self.ending.wait(LOOK)
        return False

    def _conduct(self) -> None:
        log.info("Conducting (epoch %d).", self.lease.epoch)
        term = Term(self)
        try:
            term.work()
        except LeaseLost:
            log.warning("Another conductor has taken over from epoch %d. Standing by.", self.lease.epoch)
            self.lease.epoch = 0
        finally:
            term.end()
        if self.lease.epoch:
            try:
                self.lease.release()
            except DBAPIError as error:
                log.warning("The lease was not given up: %s. A standby takes over by itself.", error.orig)


def away(error: DBAPIError, failures: int, ending: Ending) -> int:
    """Wait for a database that does not answer, for longer each time; return how often it was so."""
    if not (isinstance(error, OperationalError) or error.connection_invalidated):
        raise error
    if not failures:
        log.warning("The database does not answer: %s. Waiting for it.", error.orig)
    ending.wait(BACKOFF[min(failures, len(BACKOFF) - 1)])
    return failures + 1


class Term:
    """The time for which one conductor holds the lease."""

    def __init__(self, conductor: Conductor) -> None:
        self.ending = conductor.ending
        self.store = conductor.store
        self.lease = conductor.lease
        self.mailbox = Mailbox()
        self.memory = Memory(conductor.store)
        self.held = Held()
        self.workers = Workers()
        self.sorting = Sorting(self.workers)
        self.live = Live(conductor.connect)
        self.inbox = inbox.inbox(conductor.connect, self.mailbox, self.lease.epoch)
        app = events.celery_app(conductor.broker_url)
        self.events = events.Events(conductor.connect, app, self.mailbox)
        self.asking = Asking(conductor.result_backend, app, self.mailbox)
        self.reaper = Reaper(conductor.store, self.asking, self.workers)
        self.revoking = Revoking(conductor.connect, app)
        rules = conductor.rules
        self.retention = Retention(conductor.store, rules, renew=self.lease.renew) if rules else None
        self.retained = 0.0
        self.settle: dict[str, float] = {}  # run id -> when
        self.ignored = 0
        self.inferred = 0
        self.lag: float | None = None  # the greatest that was not told yet
        self.renewed = 0.0
        self.committed = 0.0
        self.gather = GATHER

    def work(self) -> None:
        """Deal with what comes until the end is asked for, or the lease is lost."""
        self._persist(self._fill)
        self.inbox.start()
        self.events.start()
        self.asking.start()
        self.revoking.start()
        while not self.ending.asked:
            self._turn()

    def end(self) -> None:
        """Stop reading, and leave nothing behind."""
        for each in (self.revoking, self.asking, self.inbox, self.events):
            each.stop()
        self.live.close()
        log.info(
            "Conducted: %d announcements and %d events, of which %d changed nothing; %d tasks that nobody "
            "announced; %d messages that were not understood.",
            self.sorting.announcements,
            self.sorting.events,
            self.ignored,
            self.inferred,
            self.sorting.refused + self.events.malformed,
        )

    def _fill(self) -> None:
        self.memory.fill()
        now = time.monotonic()
        self.settle = {run.id: now + SETTLE for run in self.memory if run.waiting}
        self.reaper.begin([run for run in self.memory if run.open], now)

    def _turn(self) -> None:
        # Under load a commit every 50 ms costs less than one for each event, and looks as good.
        if self.mailbox.wait(self._idle()):
            self.mailbox.gather(self.committed + self.gather - time.monotonic())
        now = time.monotonic()
        items = self.mailbox.take(MESSAGES, SIZE)
        due = [run_id for run_id, at in self.settle.items() if at <= now]
        news: list[NewsItem] = [*self.sorting.news(items, time.time())]
        if now >= self.reaper.due:
            self._persist(lambda: news.extend(self.reaper.step(self.memory, now, self.events.since)))
        news += [Told(run_id, Settle()) for run_id in due]
        news += [Unannounced(seen) for seen in self.held.leave(now, is_behind=self._is_behind())]
        if news:
            self._deal_with(news)
            self.gather = min(max(GATHER, SHARE * (time.monotonic() - now)), LONGEST)
        for run_id in due:
            del self.settle[run_id]
        self._serve()
        self._acknowledge(items)
        self._retain(bool(items))
        if now >= self.renewed + RENEWAL:
            self._persist(self._renew)
        if time.monotonic() >= self.live.due:
            self._tell([])

    def _serve(self) -> None:
        """Carry out what was asked for; the runs are up to date with all that came before."""
        while self.sorting.requests:
            request = self.sorting.requests.pop(0)
            self._persist(lambda request=request: self.memory.need({request.run}, set()))
            order, notes = order_of(request, self.memory.run(request.run), time.time())
            if order is not None:
                self.revoking.put(order)
            if news := list[NewsItem](notes):
                self._deal_with(news)

    def _retain(self, is_busy: bool) -> None:
        """Delete a little of what is too old: when there is time, or after a while all the same."""
        now = time.monotonic()
        if self.retention is None or (is_busy and now < self.retained + RETAIN):
            return
        self.retained = now
        step = self._step()
        for number in step.runs if step else ():
            self.memory.drop(number)

    def _step(self) -> Step | None:
        steps: list[Step] = []
        if (retention := self.retention) is not None:
            self._persist(lambda: steps.append(retention.step(time.time())))
        return steps[-1] if steps else None

    def _is_behind(self) -> bool:
        """Whether announcements may wait, so that nobody can tell what was not announced."""
        return self.inbox.is_behind or len(self.mailbox) > MESSAGES

    def _idle(self) -> float:
        """Return for how long nothing needs to be done unless something comes."""
        now = time.monotonic()
        ends = [self.live.due, self.reaper.due, self.renewed + RENEWAL, *self.settle.values()]
        return min(max(0.0, min(ends) - now), 0.25)

    def _deal_with(self, news: list[NewsItem]) -> None:
        batch = Batch(news)
        try:
            self._persist(lambda: self._commit(batch))
        except LeaseLost:
            raise
        except Exception:
            # One message that cannot be kept must not hold up the others, nor come back for ever.
            if len(batch.news) == 1:
                log.exception("A message could not be dealt with and was dropped.")
                return
            log.warning("A batch of %d could not be kept; trying its messages one by one.", len(batch.news))
            for each in (*batch.urgent, *batch.news):
                self._deal_with([each])
            return
        self._published(batch)

    def _mind(self, batch: Batch, now: float) -> None:
        answered = {each.run for each in batch.news if isinstance(each, Told)}
        for staged in batch.staged.values():
            if staged.run.open:
                self.reaper.mind(staged.run, now, eager=staged.run.id in answered)

    def _commit(self, batch: Batch) -> None:
        try:
            batch.reduce(self.memory, self.held, time.monotonic())
            if batch.staged or batch.gone:
                batch.number()
                with self.store.write() as connection:
                    self.lease.renew(connection)
                    moves.drop(connection, batch.gone)
                    save(connection, batch.staged.values(), self.store.keeping)
                self.renewed = self.committed = time.monotonic()
        except BaseException:
            batch.undo(self.memory)
            raise

    def _published(self, batch: Batch) -> None:
        now = time.monotonic()
        self.ignored += batch.ignored
        for run_id in batch.settling:
            self.settle[run_id] = now + SETTLE
        self._mind(batch, now)
        self.inferred += sum(isinstance(each, Unannounced) for each in batch.news)
        if batch.oldest is not None:
            self.lag = max(self.lag or 0.0, time.time() - batch.oldest)
        if batch.staged or batch.gone:
            self._tell([row_of(staged) for staged in batch.staged.values()], dict(batch.gone.values()))
        self.memory.shrink(batch.involved.values())

    def _tell(self, runs: list[dict[str, Any]], gone: dict[str, str] | None = None) -> None:
        self.live.publish(runs, self.lag, gone)
        self.lag = None

    def _acknowledge(self, items: Iterable[Item]) -> None:
        counts = Counter((item.source, item.generation) for item in items if isinstance(item, Delivery))
        for (source, generation), count in counts.items():
            source.acknowledge(generation, count)

    def _renew(self) -> None:
        with self.store.write() as connection:
            self.lease.renew(connection)
        self.renewed = time.monotonic()

    def _persist(self, act: Callable[[], None]) -> None:
        """Do ``act``; while the database is away wait, and do it again."""
        failures = 0
        while True:
            try:
                act()
            except DBAPIError as error:
                if self.ending.asked:
                    raise LeaseLost("The end was asked for while the database was away.") from error
                failures = away(error, failures, self.ending)
            else:
                if failures:
                    log.info("The database is back.")
                return
