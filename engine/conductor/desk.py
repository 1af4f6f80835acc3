"""What is asked of the conductor, and the answers: revoke, pause, wait, result, again, resubmit, amend.

A request becomes messages for the machine, and its answer leaves when what they change is committed: at the
next :meth:`Desk.step`. Whoever waits for the end of a run is told when it comes, or that it has not by the
time they named. Nothing here needs to survive: who gets no answer asks again.
"""

import logging
import math
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from .. import protocol
from ..messages import Acted, Amended, Cancelled, Message, Paused, Resumed
from ..run import Action, Run
from ..store import Store
from .amending import Done, amended
from .asked import Refused, Request
from .batch import NewsItem, Told
from .checking import Checking
from .copying import Inexact, copied, new_id
from .memory import Memory
from .resubmitting import Objection, Wish, guarded, resubmitted
from .returned import returned
from .revocation import plan
from .revoking import Answer, Order, Revoking, refusal
from .submission import Submission

log = logging.getLogger(__name__)

LONGEST = 60.0  # seconds for which the answer to umbel.wait is held back
COUNT = 10_000  # who wait at the same time; others are answered at once

Asked = Request | Submission | Refused
Made = Submission | Inexact | Objection | Amended | Done | None

_MAKING = frozenset({protocol.AGAIN, protocol.RESUBMIT})
#: What is done only if the run is still as somebody saw it.
_CAREFUL = frozenset({protocol.RESUBMIT, protocol.AMEND})
_QUESTIONS = frozenset({protocol.WAIT, protocol.RESULT})
_NOT_CONDUCTED = (
    "Celery runs {run} itself, and Umbel only watches it: it cannot be told to {action}. Its tasks can be "
    "revoked; or run it again, conducted."
)


class Later(NamedTuple):
    """An answer that is given when what was asked for is committed."""

    id: str
    reply_to: str | None
    run: str
    is_new: bool  # the run was made
    touched: int | None = None  # how many of its tasks were amended


class Waiter(NamedTuple):
    """Somebody who wants to know when a run has ended."""

    id: str
    reply_to: str | None
    run: str
    deadline: float


class Desk:
    """Serves requests, and answers them through the thread ``revoking``. Times are those of ``time.time``."""

    def __init__(self, memory: Memory, store: Store, revoking: Revoking, checking: Checking) -> None:
        self.memory = memory
        self.store = store
        self.revoking = revoking
        self.checking = checking
        self._later: list[Later] = []
        self._waiting: dict[str, list[Waiter]] = {}

    @property
    def due(self) -> float:
        """When :meth:`step` has something to do."""
        if self._later:
            return 0.0
        return min((each.deadline for some in self._waiting.values() for each in some), default=math.inf)

    def serve(self, requests: list[Asked], now: float) -> list[NewsItem]:
        """Return what ``requests`` change, and take these out; nothing is done where the database is away.

        What is about a run as it stands, and another one may have changed, waits until that is committed.
        """
        served, later = _in_turn(requests)
        self.memory.need({each.run for each in served if not isinstance(each, Refused)}, set())
        copies = {each.id: self._copy(each, now) for each in served if isinstance(each, Request)}
        news: list[NewsItem] = []
        for each in served:
            if isinstance(each, Refused):
                self._put(each.reply_to, refusal(each.id, each.code, each.message))
            elif isinstance(each, Submission):
                self._later.append(Later(each.run, each.reply_to, each.run, is_new=True))
            else:
                news += self._request(each, now, copies[each.id])
        requests[:] = later
        return news

    def step(self, now: float) -> None:
        """Answer whose request is committed, and who has waited for long enough."""
        later, self._later = self._later, []
        for each in later:
            self._put(each.reply_to, self._done(each))
        over = [each for some in self._waiting.values() for each in some if each.deadline <= now]
        for each in over:
            self._leave(each)

    def ended(self, runs: Iterable[Run]) -> None:
        """Tell those who wait for one of ``runs`` if it has ended."""
        for run in runs:
            if run.id in self._waiting and is_over(run):
                for each in list(self._waiting[run.id]):
                    self._leave(each)

    # what is asked

    def _request(self, request: Request, now: float, copy: Made) -> Iterable[NewsItem]:
        patience = LONGEST if request.kind in _QUESTIONS else 0.0
        if request.until is not None and now > request.until + patience:
            late = now - request.until
            (log.debug if patience else log.warning)(
                "A request came %.1f s after nobody waited for it.", late
            )
            return ()
        if (run := self.memory.run(request.run)) is None:
            return self._refuse(request, "unknown_run", f"There is no run {request.run}.")
        if request.kind == protocol.REVOKE:
            return self._revoke(run, request, now)
        if request.kind == protocol.CONTROL:
            return self._control(run, request, now)
        if request.kind in _MAKING:
            return self._make(request, copy, now)
        if request.kind == protocol.AMEND:
            return self._amend(run, request, copy)
        if request.kind == protocol.CHECK:
            self.checking.put(request)
        elif request.kind == protocol.RESULT:
            self._put(request.reply_to, partial(returned, self.store, run, request.id))
        else:
            self._wait(run, request, now)
        return ()

    def _revoke(self, run: Run, request: Request, now: float) -> Iterable[NewsItem]:
        wanted = plan(run, request, now)
        log.info(
            "Revoking %d tasks of run %s for %s (terminate: %s).",
            sum(each["outcome"] in ("revoked", "terminated", "remembered") for each in wanted.results),
            run.id,
            request.by,
            request.terminate,
        )
        answer = {"id": request.id, "ok": True, "results": wanted.results}
        self.revoking.put(Order(request.reply_to, answer, wanted.revoked, request.terminate))
        return wanted.notes

    def _control(self, run: Run, request: Request, now: float) -> Iterable[NewsItem]:
        action = str(request.action)
        if run.kind != "conducted":
            return self._refuse(request, "not_conducted", _NOT_CONDUCTED.format(run=run.id, action=action))
        if is_over(run):
            return self._refuse(request, "finished", f"The run {run.id} has ended as {run.state} already.")
        log.info("Run %s: %s, says %s.", run.id, action, request.by)
        self._later.append(Later(request.id, request.reply_to, run.id, is_new=False))
        return (Told(run.id, _message(request, now)),)

    def _make(self, request: Request, copy: Made, now: float) -> Iterable[NewsItem]:
        if isinstance(copy, Inexact):
            return self._refuse(request, copy.code, copy.message, nodes=copy.nodes)
        if isinstance(copy, Objection):
            return self._refuse(request, copy.code, copy.message, **copy.more)
        run_id = new_id(request.run, request.id)
        self._later.append(Later(request.id, request.reply_to, run_id, is_new=True))
        if not isinstance(copy, Submission):
            return ()  # it is there
        how = "again" if request.kind == protocol.AGAIN else "resubmitted"
        log.info("Running %s %s as %s, says %s.", request.run, how, run_id, request.by)
        if copy.remade is not None:
            return (copy,)
        done = Action(now, request.by, "again", {"as": run_id}, request.why)
        return (copy, Told(request.run, Acted(done)))

    def _amend(self, run: Run, request: Request, copy: Made) -> Iterable[NewsItem]:
        if run.kind != "conducted":
            return self._refuse(request, "not_conducted", _NOT_CONDUCTED.format(run=run.id, action="change"))
        if isinstance(copy, Objection):
            return self._refuse(request, copy.code, copy.message, **copy.more)
        assert isinstance(copy, (Amended, Done))
        touched = copy.touched if isinstance(copy, Done) else len(copy.nodes)
        self._later.append(Later(request.id, request.reply_to, run.id, is_new=False, touched=touched))
        if isinstance(copy, Done):
            return ()
        log.info("Run %s: %d tasks are changed, says %s.", run.id, touched, request.by)
        return (Told(run.id, copy),)

    def _wait(self, run: Run, request: Request, now: float) -> None:
        # By the asker's own clock: it may differ from ours.
        asked = (request.until or now) - (now if request.at is None else request.at)
        waiter = Waiter(request.id, request.reply_to, run.id, now + min(asked, LONGEST))
        waiting = sum(map(len, self._waiting.values()))
        if is_over(run) or waiter.deadline <= now or waiting >= COUNT:
            self._put(waiter.reply_to, self._state(waiter))
        else:
            self._waiting.setdefault(run.id, []).append(waiter)

    def _copy(self, request: Request, now: float) -> Made:
        """Return the run that a request makes; None where there is none to make, or it is made already."""
        if request.until is not None and now > request.until:
            return None
        if request.kind == protocol.AMEND:
            return self._amended(request, now)
        if request.kind not in _MAKING:
            return None
        made = {new_id(request.run, request.id)}
        self.memory.need(made, set())
        run = self.memory.run(request.run)
        if run is None or any(map(self.memory.run, made)):
            return None
        if request.kind == protocol.AGAIN:
            return guarded(lambda: copied(self.store, run, request, now), run)
        wish = Wish(request.id, request.choice, request.hash, request.by, request.why, request.name)
        return resubmitted(self.store, run, wish, now, self.checking.app)

    def _amended(self, request: Request, now: float) -> Made:
        if (run := self.memory.run(request.run)) is None:
            return None
        return guarded(lambda: amended(self.store, run, request, now, self.checking.app), run)

    # what is answered

    def _leave(self, waiter: Waiter) -> None:
        waiters = self._waiting[waiter.run]
        waiters.remove(waiter)
        if not waiters:
            del self._waiting[waiter.run]
        self._put(waiter.reply_to, self._state(waiter))

    def _state(self, waiter: Waiter) -> Answer:
        if (run := self.memory.run(waiter.run)) is None:  # it was deleted meanwhile
            return refusal(waiter.id, "unknown_run", f"There is no run {waiter.run} any more.")
        return {"id": waiter.id, "ok": True, "state": run.state, "finished": is_over(run)}

    def _done(self, later: Later) -> Answer:
        if (run := self.memory.run(later.run)) is None:
            return refusal(later.id, "not_kept", "It could not be kept; the conductor's log says why.")
        if later.is_new:
            return {"id": later.id, "ok": True, "run": run.id, "nodes": run.size}
        if later.touched is not None:
            return {"id": later.id, "ok": True, "touched": later.touched}
        told = {"paused": run.paused_at is not None, "cancelled": run.cancelled_at is not None}
        return {"id": later.id, "ok": True, "state": run.state, **told}

    def _refuse(self, request: Request, code: str, message: str, **more: object) -> tuple[()]:
        self._put(request.reply_to, refusal(request.id, code, message, **more))
        return ()

    def _put(self, reply_to: str | None, answer: "Answer | partial[Answer]") -> None:
        if reply_to is not None:
            self.revoking.put(Order(reply_to, answer, []))


def _in_turn(requests: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Return what can be served together, and what is to wait: in which order the rest comes is no matter."""
    served, later = list[Asked](), list[Asked]()
    asked = set[str]()
    for each in requests:
        if isinstance(each, Request):
            if each.kind in _CAREFUL and each.run in asked:
                later.append(each)
                continue
            asked.add(each.run)
        served.append(each)
    return served, later


def is_over(run: Run) -> bool:
    """Whether all of a run has ended."""
    return run.state not in ("PENDING", "RUNNING")


def _message(request: Request, now: float) -> Message:
    if request.action == "pause":
        return Paused(now, request.by, request.why)
    if request.action == "resume":
        return Resumed(now, request.by, request.why)
    return Cancelled(now, request.by, terminate=request.terminate, why=request.why)
