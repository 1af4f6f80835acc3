"""Who sees to it that runs end, whatever events were missed.

It looks at each open run every ``SCAN`` seconds and asks about what is in doubt (see :mod:`.doubts`), at
once after a start, when much may have been missed.

Of what Celery sent: what ran on a worker that is gone is lost, unless the result backend knows better; it is
no longer lost as soon as that worker, or another that has the task, is heard of. A worker of which nothing
was heard since the start is asked first.

Of what the conductor sent: each attempt ends, without a word of it, so many seconds after the last that was
heard of it (for what is concluded, and from what, see :mod:`.concluding`; ``timeout`` may be sooner)

=======================================================================  =======  ==================
what happens to a task                                                   within   ends as
=======================================================================  =======  ==================
it returns, raises, is rejected, runs out of time, its child is killed,  1 s      SUCCESS, FAILURE
its result is no JSON: its worker calls back
it is revoked or expires, or its worker does not know its name: an       1 s      REVOKED, FAILURE
event says so
the same, and that event is lost                                         60 s     REVOKED, FAILURE
                                                                                  where results are
                                                                                  kept, else lost
its worker is stopped cold                                               30 s     lost
its worker is killed, or its machine is off                              90 s     lost
it raises ``Ignore``                                                     60 s     SKIPPED, ignored
its callback is lost                                                     60 s     as it was, where
                                                                                  results are kept,
                                                                                  else lost
its message is lost: the queue was purged, the content type refused,     60 s     sent again thrice,
its broker has forgotten it                                                       then lost
=======================================================================  =======  ==================

*Lost* is FAILURE with that reason where the task had begun, or nobody can say; what had not begun is sent
again (rule ``on_lost``). What has waited in a queue for long, or runs for long, is asked about every two
minutes: add that. Nothing is concluded while the broker is away, or a worker that is there does not answer;
nor of what had not begun as long as it may be in a queue that cannot be looked into (on RabbitMQ: one that is
not empty).
"""

import time
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from queue import Empty
from typing import Any

from ..evidence import FINAL, Evidence
from ..machine import Node, Noted, Run, Seen
from ..options import eta_of, way
from ..run import LIVE, UNSENT
from ..store import Store, moves, originals
from .asking import Asking, Question
from .batch import Told
from .concluding import Witness, attempt_of, conclude, last_seen
from .doubts import SILENCE, Doubts, Silences, heard_of
from .memory import Memory
from .searching import Report, Suspect
from .workers import Sign, Workers

LOOK = 1.0  # seconds between two steps
SCAN = 10.0  # seconds between two looks at one run
MISSED = 60.0  # seconds between two looks for workers that were never heard of
LIMIT = 5_000  # nodes of one worker dealt with in one step


class Reaper:
    """Part of the loop: what it concludes at once is returned, the rest comes by the mailbox."""

    def __init__(
        self, store: Store, asking: Asking, workers: Workers, *, silence: float = SILENCE, scan: float = SCAN
    ) -> None:
        self.store = store
        self.asking = asking
        self.workers = workers
        self.silence = silence
        self.scan = scan
        self.due = 0.0
        self.unattended: dict[str, dict[str, str]] = {}  # run id -> queues that nobody reads, and why that is
        self.kept: Container[str] = ()  # attempts that are to be sent as soon as their queue is there
        self._runs: dict[str, float] = {}  # id -> when to look at it
        self._doubts: dict[str, Doubts] = {}
        self._silences: dict[str, Silences] = {}  # of conducted runs
        self._suspected: dict[str, dict[str, float]] = {}  # run id -> task id -> when something was found
        self._eager: set[str] = set()
        self._gone: dict[str, Sign] = {}  # workers on which something may still be held to run
        self._unheard = 0.0  # when to look for workers that were never heard of
        self._listening: float | None = None
        self._signs: list[Sign] = []  # of workers, not dealt with yet

    def begin(self, runs: list[Run], now: float) -> None:
        """Look at ``runs`` at once: nobody listened before."""
        self._unheard = now + self.workers.silence
        for run in runs:
            self._runs[run.id] = now
            self._eager.add(run.id)

    def mind(self, run: Run, now: float, *, eager: bool = False) -> None:
        """Look at ``run`` from time to time until it has ended; at once if ``eager`` and Celery's own."""
        if eager and run.kind != "conducted":
            self._runs[run.id] = now
            self._eager.add(run.id)
        else:
            self._runs.setdefault(run.id, now + self.scan)

    def step(
        self, memory: Memory, now: float, listening_since: float | None, *, is_behind: bool = False
    ) -> list[Told]:
        """Look at what is due, ask, and return what is certain.

        Nothing new is certain while it ``is_behind``: a callback may wait to be read.
        """
        self.due = now + LOOK
        told: list[Told] = []
        if listening_since != self._listening:
            self._listening = listening_since
            self._hurry(now, anew=True)
        for run_id in [run_id for run_id, at in self._runs.items() if at <= now]:
            self._look(run_id, memory, now)
        self._signs += self.workers.signs(now, listening_since)
        while self._signs:  # none is forgotten if the database goes away in between
            sign = self._signs[0]
            if sign.is_gone:
                self._gone[sign.worker] = sign
                self._hurry(now, anew=False)
            else:
                self._gone.pop(sign.worker, None)
                told += self._found(sign)
            del self._signs[0]
        if listening_since is not None and now >= self._unheard:
            self._unheard = now + MISSED
            self._seek()
        for name in _taken(self.asking.absent):
            if name not in self.workers:
                self._gone[name] = Sign(name, True, 0.0)
        for sign in list(self._gone.values()):
            self._lose(sign, memory)
        self.asking.search.expected = len(self.workers.present())
        for report in _taken(self.asking.reports):
            told += self._weighed(report, memory, is_behind=is_behind)
        return told

    def _hurry(self, now: float, *, anew: bool) -> None:
        """Look at conducted runs at once; at all that is silent ``anew`` where much may have been missed."""
        for run_id, silences in self._silences.items():
            self._runs[run_id] = now
            if anew:
                silences.hurry()

    def _look(self, run_id: str, memory: Memory, now: float) -> None:
        memory.need({run_id}, set())
        run = memory.run(run_id)
        eager = run_id in self._eager
        self._eager.discard(run_id)
        if run is None or not run.open:
            for each in (self._runs, self._doubts, self._silences, self._suspected, self.unattended):
                each.pop(run_id, None)
            return
        self._runs[run_id] = now + self.scan
        doubts = self._doubts.setdefault(run_id, Doubts(silence=self.silence))
        for node, is_unsent in doubts.of(run, time.time(), eager=eager):
            otherwise = Noted(node.id, UNSENT) if is_unsent and node.note is None else None
            if self.asking.backend is not None or otherwise is not None:
                self.asking.ask(Question(run.id, node.id, run.created, otherwise))
            if node.state == "STARTED" or (run.kind == "conducted" and node.state in LIVE):
                self.asking.ask(_suspect(run, node)._replace(queue=node.queue, conducted=False))
        if run.kind == "conducted":
            self._look_for(run)

    def _look_for(self, run: Run) -> None:
        """Look for the attempts of a conducted run that were not heard of for too long."""
        silences = self._silences.setdefault(run.id, Silences(silence=self.silence))
        nodes = silences.of(run, now := time.time(), self._is_concerned)
        nodes = [node for node in nodes if attempt_of(node) not in self.kept]
        if not nodes:
            return
        with self.store.read() as connection:
            signatures = originals.signatures(connection, run.number, [node.idx for node in nodes])
        for node in nodes:
            options = signatures[node.idx].options if node.idx in signatures else {}
            if (eta := _eta(options, node)) > now:
                silences.again(attempt_of(node), eta + self.silence)
                continue
            exchange, routing_key = way(options)
            suspect = _suspect(run, node)
            if exchange:
                suspect = suspect._replace(routed=(exchange, routing_key))
            else:
                suspect = suspect._replace(queue=routing_key)
            if not self.asking.ask(suspect):
                silences.again(attempt_of(node), now + self.scan)

    def _is_concerned(self, node: Node) -> bool:
        if node.worker is None:
            return False
        at = max(node.received or 0.0, node.started or 0.0)
        return self.workers.standing(node.worker, at) in ("gone", "anew")

    def _weighed(self, report: Report, memory: Memory, *, is_behind: bool) -> list[Told]:
        """Return what is certain now: what was found twice, while nothing was heard."""
        suspect, now = report.suspect, time.time()
        memory.need({suspect.run}, set())
        run = memory.run(suspect.run)
        index = run.index.get(suspect.node) if run is not None else None
        if run is None or index is None:
            return []
        node, suspected = run.nodes[index], self._suspected.setdefault(run.id, {})
        if node.state in FINAL or attempt_of(node) != suspect.task_id or heard_of(node) > report.at:
            suspected.pop(suspect.task_id, None)
            return []
        self._attend(run, report)
        found = conclude(run, node, report, self._witness(node), now)
        if found and not is_behind and suspect.task_id in suspected:
            del suspected[suspect.task_id]
            return [Told(run.id, message) for message in found]
        if not found:
            suspected.pop(suspect.task_id, None)
        else:
            suspected[suspect.task_id] = now
            asked = self._silences if suspect.conducted else self._doubts
            if (each := asked.get(run.id)) is not None:
                each.again(suspect.task_id, now + self.scan)
        return []

    def _attend(self, run: Run, report: Report) -> None:
        known = self.unattended.setdefault(run.id, {})
        if report.unattended is not None:
            known[report.unattended] = "No worker reads this queue."
        elif report.suspect.queue is not None:
            known.pop(report.suspect.queue, None)

    def _witness(self, node: Node) -> Witness:
        seen = last_seen(node)
        worker, at = (seen.worker, seen.at) if seen else (None, 0.0)
        return Witness(
            standing=self.workers.standing(worker, at),
            steady=self.workers.is_steady(worker, at),
            all_tell=self.workers.all_tell(),
            present=frozenset(self.workers.present()),
        )

    def _lose(self, sign: Sign, memory: Memory) -> None:
        """Ask about what ran on a worker that is gone; it is lost where nobody knows better."""
        del self._gone[sign.worker]
        with self.store.read() as connection:
            rows = moves.running_on(connection, sign.worker, LIMIT)
        for run_id, created, node_id, started in rows:
            if sign.restarted and (started or 0.0) > sign.at:
                continue  # begun by the process that has its name now
            if _is_conducted(memory.run(run_id), node_id):
                continue  # looked for as all that the conductor sends
            at = max(sign.at, started or 0.0)
            lost = Evidence("lost", at, sign.worker, reason="lost", seen=time.time())
            if not self.asking.ask(Question(run_id, node_id, created, lost)):
                self._gone[sign.worker] = sign  # the rest at the next step
                return

    def _found(self, sign: Sign) -> list[Told]:
        with self.store.read() as connection:
            rows = moves.lost_on(connection, sign.worker, LIMIT)
        evidence = Evidence("found", sign.at, sign.worker, seen=time.time())
        return [Told(run, Seen(node, evidence)) for run, node, at in rows if (at or 0.0) < sign.at]

    def _seek(self) -> None:
        with self.store.read() as connection:
            busy = moves.busy_workers(connection)
        for name in busy:
            if name not in self.workers:
                self.asking.ask(name)


def _taken(queue: Any) -> Iterable[Any]:
    try:
        while True:
            yield queue.get_nowait()
    except Empty:
        return


def _suspect(run: Run, node: Node) -> Suspect:
    root = run.id if run.kind == "conducted" else run.root
    return Suspect(run.id, node.id, attempt_of(node), node.task or "", run.created, root=root)


def _is_conducted(run: Run | None, node_id: str) -> bool:
    return run is not None and node_id in run.index and run.nodes[run.index[node_id]].conducted


def _eta(options: Any, node: Node) -> float:
    """Return when a task is to begin at the earliest; 0 for at once."""
    try:
        spelled = eta_of(options, node.sent or 0.0)
        at = datetime.fromisoformat(spelled) if spelled else None
    except (TypeError, ValueError):
        return 0.0
    if at is None:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
