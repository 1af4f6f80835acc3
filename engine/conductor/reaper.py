"""Who sees to it that runs end, whatever events were missed.

It looks at each open run every ``SCAN`` seconds and asks about what is in doubt (see :mod:`.doubts`), at
once after a start, when much may have been missed. What ran on a worker that is gone is lost, unless the
result backend knows better; it is no longer lost as soon as that worker, or another that has the task, is
heard of. A worker of which nothing was heard since the start is asked first.
"""

import time
from queue import Empty

from ..evidence import Evidence
from ..machine import Noted, Run, Seen
from ..run import UNSENT
from ..store import Store, moves
from .asking import Asking, Question
from .batch import Told
from .doubts import SILENCE, Doubts
from .memory import Memory
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
        self._runs: dict[str, float] = {}  # id -> when to look at it
        self._doubts: dict[str, Doubts] = {}
        self._eager: set[str] = set()
        self._gone: dict[str, Sign] = {}  # workers on which something may still be held to run
        self._unheard = 0.0  # when to look for workers that were never heard of

    def begin(self, runs: list[Run], now: float) -> None:
        """Look at ``runs`` at once: nobody listened before."""
        self._unheard = now + self.workers.silence
        for run in runs:
            self.mind(run, now, eager=True)

    def mind(self, run: Run, now: float, *, eager: bool = False) -> None:
        """Look at ``run`` from time to time until it has ended; at once if ``eager``."""
        if eager:
            self._runs[run.id] = now
            self._eager.add(run.id)
        else:
            self._runs.setdefault(run.id, now + self.scan)

    def step(self, memory: Memory, now: float, listening_since: float | None) -> list[Told]:
        """Look at what is due, ask, and return what is certain without asking."""
        self.due = now + LOOK
        told: list[Told] = []
        for run_id in [run_id for run_id, at in self._runs.items() if at <= now]:
            self._look(run_id, memory, now)
        for sign in self.workers.signs(now, listening_since):
            if sign.is_gone:
                self._gone[sign.worker] = sign
            else:
                self._gone.pop(sign.worker, None)
                told += self._found(sign)
        if listening_since is not None and now >= self._unheard:
            self._unheard = now + MISSED
            self._seek()
        try:
            while True:
                name = self.asking.absent.get_nowait()
                if name not in self.workers:
                    self._gone[name] = Sign(name, True, 0.0)
        except Empty:
            pass
        for sign in list(self._gone.values()):
            self._lose(sign)
        return told

    def _look(self, run_id: str, memory: Memory, now: float) -> None:
        memory.need({run_id}, set())
        run = memory.run(run_id)
        eager = run_id in self._eager
        self._eager.discard(run_id)
        if run is None or not run.open:
            self._runs.pop(run_id, None)
            self._doubts.pop(run_id, None)
            return
        self._runs[run_id] = now + self.scan
        doubts = self._doubts.setdefault(run_id, Doubts(silence=self.silence))
        for node, is_unsent in doubts.of(run, time.time(), eager=eager):
            otherwise = Noted(node.id, UNSENT) if is_unsent and node.note is None else None
            if self.asking.backend is not None or otherwise is not None:
                self.asking.ask(Question(run.id, node.id, run.created, otherwise))

    def _lose(self, sign: Sign) -> None:
        """Ask about what ran on a worker that is gone; it is lost where nobody knows better."""
        del self._gone[sign.worker]
        with self.store.read() as connection:
            rows = moves.running_on(connection, sign.worker, LIMIT)
        for run_id, created, node_id, started in rows:
            if sign.restarted and (started or 0.0) > sign.at:
                continue  # begun by the process that has its name now
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
