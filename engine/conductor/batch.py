"""One batch: what came since the last commit, and what it changes.

A batch can be tried again after anything went wrong: it keeps the messages themselves, and they say the same
when they are said twice.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from ..machine import Changes, Message, Run, Seen, Settle, apply, reduce
from ..observe import MalformedEvent, message_of
from ..store.writes import Staged
from .held import Held
from .mailbox import Delivery, Item
from .memory import Memory
from .post import Announcement, Malformed, announcement

log = logging.getLogger(__name__)

NewsItem = Announcement | Seen | str  # str: the id of a run that is to settle


class Batch:
    """Messages for the machine, in the order in which they came."""

    def __init__(self, news: Iterable[NewsItem]) -> None:
        self.news = list(news)
        self.staged: dict[int, Staged] = {}
        self.involved: dict[int, Run] = {}
        self.settling: set[str] = set()  # runs of which nothing is open but error callbacks
        self.oldest: float | None = None  # when the first thing that the batch tells of happened
        self.ignored = 0

    def reduce(self, memory: Memory, held: Held, now: float) -> None:
        """Bring the runs in ``memory`` up to date, and note what changed."""
        memory.need(*self._needs(held))
        for each in self.news:
            self._take(each, memory, held, now)

    def _needs(self, held: Held) -> tuple[set[str], set[str]]:
        runs = {each.run for each in self.news if isinstance(each, Announcement)}
        runs |= {each for each in self.news if isinstance(each, str)}
        # What is held was looked for already, and only an announcement could have changed the answer.
        tasks = {each.node for each in self.news if isinstance(each, Seen) and each.node not in held}
        return runs, tasks

    def _take(self, each: NewsItem, memory: Memory, held: Held, now: float) -> None:
        if isinstance(each, Seen):
            self._see(each, memory, held, now)
        elif isinstance(each, str):
            if (run := memory.run(each)) is not None:
                self._apply(run, Settle(), memory)
        else:
            run = memory.run(each.run) or memory.create(each.run, each.announced.at)
            changes = self._apply(run, each.announced, memory)
            self._happened(each.announced.at)
            for spec in changes.specs.values():
                for seen in held.take(spec.id) if spec.task is not None else ():
                    self.news.append(seen)  # dealt with at the end of this batch, and of any repetition

    def _see(self, seen: Seen, memory: Memory, held: Held, now: float) -> None:
        run = memory.owner(seen)
        if run is None:
            held.keep(seen, now)
            return
        if self._apply(run, seen, memory):
            self._happened(seen.evidence.at)
        else:
            self.ignored += 1

    def _apply(self, run: Run, message: Message, memory: Memory) -> Changes:
        self.involved[run.number] = run
        changes = reduce(run, message)
        known = len(run.nodes)
        apply(run, changes)
        if changes:
            staged = self.staged.get(run.number)
            if staged is None:
                is_new = run.seq == 0
                staged = self.staged[run.number] = Staged(
                    run=run, known=0 if is_new else known, is_new=is_new
                )
            staged.add(changes)
            memory.index(run)
        (self.settling.add if changes.settles else self.settling.discard)(run.id)
        return changes

    def _happened(self, at: float) -> None:
        self.oldest = at if self.oldest is None else min(self.oldest, at)

    def number(self) -> None:
        """Give each run that changed its next sequence number."""
        for staged in self.staged.values():
            staged.run.seq += 1
            staged.run.structure += staged.structural

    def undo(self, memory: Memory) -> None:
        """Forget what the batch did to runs in memory, since it did not become true."""
        for run in self.involved.values():
            memory.forget(run)
        self.involved.clear()
        self.staged.clear()
        self.settling.clear()
        self.oldest = None
        self.ignored = 0


class Sorting:
    """From what came to what it says; what says nothing is counted, and logged without its data."""

    def __init__(self) -> None:
        self.refused = 0
        self.events = 0
        self.announcements = 0

    def news(self, items: Iterable[Item], now: float) -> Iterator[NewsItem]:
        """Yield what ``items`` say."""
        for item in items:
            if isinstance(item, Delivery):
                yield from self._announcement(item)
            else:
                for event in item.events:
                    yield from self._event(event, now)

    def _announcement(self, delivery: Delivery) -> Iterator[Announcement]:
        try:
            yield announcement(delivery)
            self.announcements += 1
        except Malformed as error:
            self.refused += 1
            log.warning("A message in the queue was dropped: %s", error)

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
