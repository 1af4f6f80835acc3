"""The time for which one conductor holds the lease: the loop itself."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from ..errors import StoreError
from ..machine import Completed, Settle
from ..store import moves
from ..store.writes import save
from . import events, inbox
from .asking import Asking
from .batch import Batch, NewsItem, Told
from .bulk import Bulks
from .checking import Checking
from .desk import Desk
from .fleet import Roll
from .held import Held
from .inference import Unannounced
from .learning import Learning
from .lease import RENEWAL, LeaseLost
from .limits import Limits
from .live import Live
from .mailbox import Delivery, Item, Mailbox
from .memory import Memory
from .patience import away
from .reaper import Reaper
from .retention import Retention, Step
from .revoking import Order, Revoking
from .sending import CAREFUL, Sending
from .sorting import Sorting
from .workers import Workers

if TYPE_CHECKING:
    from .loop import Conductor

log = logging.getLogger(__name__)

MESSAGES = 2_000  # of one batch, at most
SIZE = 4 * 1024 * 1024  # characters of one batch, about: it must be done well within a lease's patience
GATHER = 0.05  # seconds between two commits under load; an idle conductor deals with what comes at once
SHARE, LONGEST = 4.0, 0.25  # or this many times what the last batch took, and this at most
RETAIN = 5.0  # seconds after which old runs are looked for, however much there is to do
SETTLE = 2.0  # seconds of silence after which error callbacks that nobody saw end as unseen


class Term:
    """The time for which one conductor holds the lease."""

    def __init__(self, conductor: "Conductor") -> None:
        self.ending = conductor.ending
        self.store = conductor.store
        self.lease = conductor.lease
        self.mailbox = Mailbox()
        self.memory = Memory(conductor.store)
        self.held = Held()
        self.workers = Workers()
        self.sorting = Sorting(self.workers, conductor.app)
        self.live = Live(conductor.connect)
        self.inbox = inbox.inbox(conductor.connect, self.mailbox, self.lease.epoch)
        app = events.celery_app(conductor.broker_url)
        self.events = events.Events(conductor.connect, app, self.mailbox)
        self.asking = Asking(conductor.result_backend, app, self.mailbox, conductor.connect)
        self.reaper = Reaper(conductor.store, self.asking, self.workers)
        self.learning = Learning(conductor.store, self.asking)
        self.revoking = Revoking(conductor.connect, app)
        roll = Roll(app, conductor.connect, lambda: self.asking.search.expected)
        put = self.revoking.put
        self.checking = Checking(conductor.store, roll, put, conductor.app, conductor.queue)
        self.desk = Desk(self.memory, conductor.store, self.revoking, self.checking)
        self.bulks = Bulks(conductor.store, self.memory, self.revoking, renew=self.lease.renew)
        limits = Limits(conductor.window, conductor.rates)
        self.sending = Sending(conductor.store, self.memory, conductor.connect, limits, conductor.queue)
        self.reaper.kept = self.sending.outbox.unrouted
        self.sending.unattended = self.reaper.unattended
        rules = conductor.rules
        self.retention = Retention(conductor.store, rules, renew=self.lease.renew) if rules else None
        self.retained = 0.0
        self.settle: dict[str, float] = {}  # run id -> when
        self.ignored = 0
        self.inferred = 0
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
        self.checking.start()
        while not self.ending.asked:
            self._turn()

    def end(self) -> None:
        """Stop reading, and leave nothing behind."""
        for each in (self.checking, self.revoking, self.asking, self.inbox, self.events):
            each.stop()
        self.live.close()
        self.sending.close()
        if not self.sending.is_recorded:
            with suppress(DBAPIError, LeaseLost):  # whoever comes next publishes it once more
                self._renew()
        log.info(
            "Conducted: %d tasks sent, %d announcements and %d events, of which %d changed nothing; %d tasks "
            "that nobody announced; %d messages that were not understood.",
            self.sending.sent,
            self.sorting.announcements,
            self.sorting.events,
            self.ignored,
            self.inferred,
            self.sorting.refused + self.events.malformed,
        )

    def _fill(self) -> None:
        self.memory.fill()
        self.bulks.fill()
        self.sending.begin()
        now = time.monotonic()
        self.settle = {run.id: now + SETTLE for run in self.memory if run.waiting}
        self.reaper.begin([run for run in self.memory if run.open], now)

    def _turn(self) -> None:
        if self.mailbox.wait(self._idle()) and not self.sending.is_due(time.time()):
            self._gather()
        now = time.monotonic()
        items = self.mailbox.take(MESSAGES, SIZE)
        due = [run_id for run_id, at in self.settle.items() if at <= now]
        self.workers.listen(self.events.since)
        news: list[NewsItem] = [*self.sorting.news(items, time.time())]
        if now >= self.reaper.due:
            self._persist(lambda: news.extend(self._reaped(now)))
        news += self.sending.news(time.time())
        news += [Told(run_id, Settle()) for run_id in due]
        news += [Unannounced(seen) for seen in self.held.leave(now, is_behind=self._is_behind())]
        if news or self.sending.is_due(time.time()):
            self._deal_with(news)
            self.gather = min(max(GATHER, SHARE * (time.monotonic() - now)), LONGEST)
        for run_id in due:
            del self.settle[run_id]
        self._serve()
        self._acknowledge(items)
        self._go_on()
        self._retain(bool(items))
        self._publish()
        if now >= self.renewed + RENEWAL or self.sending.is_late:
            self._persist(self._renew)
        if time.monotonic() >= self.live.due:
            self.live.publish()

    def _gather(self) -> None:
        """Let more come: under load a commit every 50 ms costs less than one each, and looks as good."""
        since = time.monotonic() - self.committed
        enough, patience = self.sending.enough
        self.inbox.pause = patience / 5
        left = self.gather - since
        self.mailbox.gather(left, min(max(left, patience - since), patience), enough)

    def _serve(self) -> None:
        """Carry out what was asked for; the runs are up to date with all that came before."""
        while self.sorting.requests:  # what one changes, the next may ask about
            news: list[NewsItem] = []
            self._persist(lambda news=news: news.extend(self.desk.serve(self.sorting.requests, time.time())))
            if time.monotonic() >= self.renewed + RENEWAL:
                self._persist(self._renew)  # to make a large run of another takes some seconds
            if news:
                self._deal_with(news)
        if self.sorting.bulks:
            self._persist(lambda: self.bulks.serve(self.sorting.bulks, time.time()))
        if self.desk.due <= time.time():
            self.desk.step(time.time())

    def _go_on(self) -> None:
        """Resubmit the next few runs of a bulk."""
        if self.bulks.due > time.time():
            return
        news: list[NewsItem] = []
        self._persist(lambda: news.extend(self.bulks.step(time.time())))
        if news:
            self._deal_with(news)
        self._persist(lambda: self.bulks.record(time.time()))

    def _reaped(self, now: float) -> list[Told]:
        is_behind = self._is_behind() or bool(self.sending.outbox)
        return self.reaper.step(self.memory, now, self.events.since, is_behind=is_behind)

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
        left = min(min(ends) - now, self.sending.idle(now), min(self.desk.due, self.bulks.due) - time.time())
        return min(max(0.0, left), 0.25)

    def _deal_with(self, news: list[NewsItem]) -> None:
        batch = Batch(news)
        try:
            self._persist(lambda: self._commit(batch))
        except (LeaseLost, StoreError):
            raise
        except Exception:
            # One message that cannot be kept must not hold up the others, nor come back for ever.
            if len(batch.news) <= 1:
                log.exception("A message could not be dealt with and was dropped.")
                return
            log.warning("A batch of %d could not be kept; trying its messages one by one.", len(batch.news))
            for each in (*batch.urgent, *batch.news):
                self._deal_with([each])
            return
        self._committed(batch)

    def _mind(self, batch: Batch, now: float) -> None:
        told = (each for each in batch.news if isinstance(each, Told))
        answered = {each.run for each in told if not isinstance(each.message, Completed)}
        for staged in batch.staged.values():
            if staged.run.open:
                self.reaper.mind(staged.run, now, eager=staged.run.id in answered)

    def _commit(self, batch: Batch) -> None:
        try:
            batch.reduce(self.memory, self.held, time.monotonic())
            self.sending.dispatch(batch)
            if batch.staged or batch.gone:
                batch.number()
                published = self.sending.outbox.published
                with self.store.write() as connection:
                    self.lease.renew(connection)
                    moves.drop(connection, batch.gone)
                    save(connection, batch.staged.values(), self.store.keeping)
                    self.sending.record(connection)
                self.sending.recorded(published)
                self.renewed = self.committed = time.monotonic()
        except BaseException:
            self.live.forget(batch.involved.values())
            batch.undo(self.memory)
            self.sending.undone()
            raise

    def _publish(self) -> None:
        if self.sending.outbox.has_work:
            if time.monotonic() > self.renewed + CAREFUL:
                self._persist(self._renew)  # another may have taken over meanwhile
            self.sending.publish()

    def _committed(self, batch: Batch) -> None:
        self.sending.committed(batch)
        self._publish()
        self._revoke(batch)
        self.desk.ended(batch.involved.values())
        now = time.monotonic()
        self.ignored += batch.ignored
        for run_id in batch.settling:
            self.settle[run_id] = now + SETTLE
        self._mind(batch, now)
        self._persist(lambda: self.learning.mind(each.run for each in batch.staged.values()))
        self.inferred += sum(isinstance(each, Unannounced) for each in batch.news)
        self.live.add(batch, None if batch.oldest is None else time.time() - batch.oldest)
        if now >= self.live.due:
            self.live.publish()
        self.memory.shrink(batch.involved.values())

    def _revoke(self, batch: Batch) -> None:
        for terminate in (False, True):
            if ids := [task_id for task_id, how in batch.revoked if how == terminate]:
                self.revoking.put(Order(None, {}, ids, terminate))

    def _acknowledge(self, items: Iterable[Item]) -> None:
        counts = Counter((item.source, item.generation) for item in items if isinstance(item, Delivery))
        for (source, generation), count in counts.items():
            source.acknowledge(generation, count)

    def _renew(self) -> None:
        published = self.sending.outbox.published
        with self.store.write() as connection:
            self.lease.renew(connection)
            self.sending.record(connection)
        self.sending.recorded(published)
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
