"""Bulks: many failed runs that are resubmitted, a few at a time, between all else that the conductor does.

What happens to a run of a bulk, at its turn and in this order::

    the run that comes of it is there already        -> resubmitted (who made it was killed)
    it is not there any more                         -> refused
    it has another seq than when it was chosen       -> changed
    its plan for {"failed": true} has a problem      -> refused, with the problem
    else                                             -> resubmitted

The id of the new run is made of the bulk's and the run's place in it: whoever conducts makes the same one,
so each run is resubmitted once however often the conductor dies. Of one bulk at most ``AT_ONCE`` new runs go
on at the same time; the next begins when one has ended. A step takes ``FEW`` runs, or ``LONG`` seconds.
"""

import logging
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from ..store import Store, bulks
from ..store.bulks import Begun, Item, Outcome
from .batch import NewsItem
from .bulkasked import BulkRequest, BulkStop
from .copying import new_id
from .memory import Memory
from .resubmitting import Wish, resubmitted
from .revoking import Answer, Order, Revoking, refusal
from .submission import Submission

log = logging.getLogger(__name__)

AT_ONCE = 50  # new runs of one bulk that go on at the same time
FEW = 5  # runs of one step
LONG = 0.1  # seconds after which a step takes no further run
CHOICE = {"failed": True}


class Bulks:
    """The bulks that go on. Times are those of ``time.time``."""

    def __init__(
        self, store: Store, memory: Memory, revoking: Revoking, *, renew: Callable[[Connection], None]
    ) -> None:
        self.store = store
        self.memory = memory
        self.revoking = revoking
        self.renew = renew
        self._going: dict[str, set[str]] = {}  # by bulk: its new runs that have not ended
        self._turn: str | None = None  # the bulk of the step that is being committed,
        self._outcomes: list[Outcome] = []  # and what has come of its runs
        self._about: dict[str, tuple[str | None, str | None]] = {}  # by whom a bulk is, and why

    def fill(self) -> None:
        """Go on with what another conductor began."""
        with self.store.read() as connection:
            found = bulks.unfinished(connection)
            self._going = {bulk: bulks.going(connection, bulk) for bulk in found}
            self._about = {bulk: bulks.about(connection, bulk) for bulk in found}
        if found:
            log.info("%d bulks go on.", len(found))

    @property
    def due(self) -> float:
        """When :meth:`step` has something to do."""
        return 0.0 if self._next() is not None else math.inf

    # what is asked

    def serve(self, requests: list[BulkRequest | BulkStop], now: float) -> None:
        """Carry out ``requests``, and take each out once it is kept."""
        while requests:
            answer = self._answer(requests[0], now)
            asked = requests.pop(0)
            if asked.reply_to is not None:
                self.revoking.put(Order(asked.reply_to, answer, []))

    def _answer(self, asked: BulkRequest | BulkStop, now: float) -> Answer:
        if asked.until is not None and now > asked.until:
            return refusal(asked.id, "too_late", "It came too late: nobody waits for it any longer.")
        return self._begin(asked, now) if isinstance(asked, BulkRequest) else self._stop(asked, now)

    def _begin(self, asked: BulkRequest, now: float) -> Answer:
        with self.store.write() as connection:
            self.renew(connection)
            if bulks.state_of(connection, asked.id) is not None:
                return {"id": asked.id, "ok": True, "bulk": asked.id}  # the same message, once more
            chosen = bulks.choose(connection, asked.filters)
            if not chosen:
                return refusal(asked.id, "nothing", "No failed run fits that has no later attempt.")
            if bulks.digest(chosen) != asked.hash:
                said = "Other runs fit now, or some have changed: look at what would be done once more."
                return refusal(asked.id, "stale", said)
            bulks.begin(connection, Begun(asked.id, now, asked.by, asked.why, asked.filters), chosen)
        log.info("Resubmitting %d runs in bulk %s, says %s.", len(chosen), asked.id, asked.by)
        self._going[asked.id], self._about[asked.id] = set(), (asked.by, asked.why)
        return {"id": asked.id, "ok": True, "bulk": asked.id}

    def _stop(self, asked: BulkStop, now: float) -> Answer:
        with self.store.write() as connection:
            self.renew(connection)
            state = bulks.state_of(connection, asked.bulk)
            if state is None:
                return refusal(asked.id, "unknown_bulk", f"There is no bulk {asked.bulk}.")
            if state != bulks.RUNNING:
                return refusal(asked.id, "finished", "All of its runs have had their turn already.")
            stopped = bulks.stop(connection, asked.bulk, now, asked.by, asked.why)
        log.info("Stopped bulk %s before %d of its runs, says %s.", asked.bulk, stopped, asked.by)
        self._forget(asked.bulk)
        return {"id": asked.id, "ok": True, "stopped": stopped}

    # what is done

    def step(self, now: float) -> list[NewsItem]:
        """Return what resubmits the next few runs. It is noted by :meth:`record` when that is committed."""
        self._outcomes = []
        self._turn = bulk = self._next()
        if bulk is None:
            return []
        room = AT_ONCE - len(self._going[bulk])
        with self.store.read() as connection:
            items = bulks.next_of(connection, bulk, min(FEW, room))
            known = bulks.known(connection, (each.run for each in items))
        news: list[NewsItem] = []
        began = time.monotonic()
        for item in items:
            outcome, made = self._decide(item, known.get(item.run), now)
            self._outcomes.append(outcome)
            news += made
            if time.monotonic() > began + LONG:
                break
        return news

    def record(self, now: float) -> None:
        """Note what has come of the runs of the last step, which is committed."""
        if (bulk := self._turn) is None:
            return
        made = [each.new_run for each in self._outcomes if each.new_run is not None]
        with self.store.write() as connection:
            self.renew(connection)
            kept = bulks.known(connection, made)
            outcomes = [_certain(each, kept.keys()) for each in self._outcomes]
            bulks.settle(connection, outcomes)
            is_over = not bulks.next_of(connection, bulk, 1)
            if is_over:
                bulks.finish(connection, bulk, now)
        self._turn, self._outcomes = None, []
        if is_over:
            log.info("Each run of bulk %s has had its turn.", bulk)
            self._forget(bulk)
        else:
            self._going[bulk].update(kept)
            self._going[bulk] = self._open(self._going.pop(bulk))  # the others come first now

    def _next(self) -> str | None:
        """Return the bulk whose turn it is, if one has room for another run."""
        for bulk, going in self._going.items():
            if len(going) >= AT_ONCE:
                going.intersection_update(self._open(going))
            if len(going) < AT_ONCE:
                return bulk
        return None

    def _open(self, runs: Iterable[str]) -> set[str]:
        """Return those of ``runs`` that have not ended: what is conducted and open is always in memory."""
        found = ((each, self.memory.run(each)) for each in runs)
        return {each for each, run in found if run is not None and run.state in ("PENDING", "RUNNING")}

    def _decide(self, item: Item, row: Any, now: float) -> tuple[Outcome, list[NewsItem]]:
        request = f"{item.bulk}/{item.position}"
        new = new_id(item.run, request)
        self.memory.need({item.run, new}, set())
        if self.memory.run(new) is not None:
            return Outcome(item, "resubmitted", new), []
        if row is None or (run := self.memory.run(item.run)) is None:
            return Outcome(item, "refused", message="It is not kept any more."), []
        if row.seq != item.seq or row.resolved_by is not None:
            return Outcome(item, "changed", message=_change(row)), []
        by, why = self._about[item.bulk]
        made = resubmitted(
            self.store, run, Wish(request, CHOICE, None, by, why, detail={"bulk": item.bulk}), now
        )
        if isinstance(made, Submission):
            return Outcome(item, "resubmitted", new), [made]
        return Outcome(item, "refused", message=made.message), []

    def _forget(self, bulk: str) -> None:
        self._going.pop(bulk, None)
        self._about.pop(bulk, None)


def _certain(outcome: Outcome, kept: Iterable[str]) -> Outcome:
    if outcome.new_run is None or outcome.new_run in kept:
        return outcome
    return Outcome(outcome.item, "refused", message="It could not be kept; the conductor's log says why.")


def _change(row: Any) -> str:
    if row.resolved_by is not None:
        return f"{row.resolved_by} has resolved it since it was chosen."
    if row.state not in ("FAILURE", "REVOKED"):
        return f"It is {row.state} since it was chosen."
    return "Tasks of it have changed since it was chosen, or it was resubmitted."
