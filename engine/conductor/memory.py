"""The runs that the conductor has in memory: a bounded copy of what the database says, made anew at need.

It may be thrown away at any time, and is, as far as it was involved, whenever a commit fails.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection

from ..dag import Node as Spec
from ..evidence import FINAL
from ..machine import Outcome, Run, Seen
from ..store import Store, moves, writes

NODES = 100_000  # held in memory, at most, besides those that a batch needs
ENDED = 2_000  # of those, of runs that ended: few get anything more
FEW = 8  # runs that ended and stay however large: one that grows task by task ends again and again


class Memory:
    """Runs by id and by the ids of their tasks; the one used longest ago leaves first."""

    def __init__(self, store: Store, *, nodes: int = NODES, ended: int = ENDED) -> None:
        self.store = store
        self.nodes = nodes
        self.ended = ended
        self.next_number = 1
        self._runs: OrderedDict[int, Run] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._owners: dict[str, set[int]] = {}
        self._counted: dict[int, int] = {}  # how many nodes of a run are in _owners
        self._total = 0  # the sum of these
        self.conducted: dict[int, Run] = {}  # those that are open: they stay
        self._missing: set[str] = set()  # of these, what a batch that failed took with it
        self._over: OrderedDict[int, int] = OrderedDict()  # runs that ended, and how many nodes they have
        self._over_total = 0

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    def __len__(self) -> int:
        return self._total

    def fill(self) -> None:
        """Begin anew, with the newest runs that have not ended."""
        for number in list(self._runs):
            self.forget(self._runs[number])
        self._missing.clear()
        with self.store.read() as connection:
            self.next_number = writes.next_number(connection)
            for number in list(writes.unfinished(connection, self.nodes)):
                self._load(connection, number)

    def need(self, run_ids: set[str], task_ids: set[str]) -> None:
        """Load the runs with these ids, and those with nodes of these ids, unless they are here."""
        runs = {run_id for run_id in run_ids | self._missing if run_id not in self._numbers}
        tasks = {task_id for task_id in task_ids if task_id not in self._owners}
        if not runs and not tasks:
            return
        with self.store.read() as connection:
            found = writes.numbers_of(connection, runs) | writes.runs_of(connection, tasks)
            for number in found - self._runs.keys():
                self._load(connection, number)
        self._missing.clear()

    def need_inferred(self, task_ids: Iterable[str]) -> None:
        """Load the runs that were inferred and have nodes of these ids, unless they are here."""
        if tasks := {task_id for task_id in task_ids if task_id not in self._owners}:
            with self.store.read() as connection:
                for number in moves.inferred_runs_of(connection, tasks) - self._runs.keys():
                    self._load(connection, number)

    @property
    def queued(self) -> int:
        """How many tasks that were sent no worker is known to have."""
        return sum(run.counts["SENT"] for run in self.conducted.values())

    def run(self, run_id: str) -> Run | None:
        """Return the run with this id."""
        number = self._numbers.get(run_id)
        return None if number is None else self._runs[number]

    def create(self, run_id: str, created: float, *, root: str | None = None, kind: str | None = None) -> Run:
        """Return a new run: an inferred one if it has a ``root``."""
        kind = kind or ("native" if root is None else "inferred")
        run = Run(id=run_id, number=self.next_number, created=created, kind=kind, root=root)
        self.next_number += 1
        self._add(run)
        return run

    def owner(self, seen: Seen) -> Run | None:
        """Return the run that something seen belongs to.

        A canvas applied twice has the same task ids in two runs. The event belongs to a run that has its root
        task too, where it names one; among those to the newest in which its node is not final, else to the
        newest. Where none has the root it belongs to none that was inferred, nor to any if the root is known.
        """
        runs = [run for run in self.holders(seen.node) if run.nodes[run.index[seen.node]].task is not None]
        if seen.root is not None and runs:
            rooted = [run for run in runs if seen.root in run.index or seen.root == run.id]
            if not rooted and seen.root in self._owners:
                return None
            runs = rooted or [run for run in runs if run.kind != "inferred"]
        open_ones = (run for run in runs if run.nodes[run.index[seen.node]].state not in FINAL)
        return next(open_ones, runs[0] if runs else None)

    def holders(self, task_id: str) -> list[Run]:
        """Return the runs with a node of this id, the newest first."""
        return [self._runs[number] for number in sorted(self._owners.get(task_id, ()), reverse=True)]

    def home(self, parent: str | None, root: str | None) -> Run | None:
        """Return the run that a task with this parent and this root extends."""
        runs = [run for known in (parent, root) if known is not None for run in self.holders(known)]
        if root is None:
            return next(iter(runs), None)
        if (conducted := self.run(root)) is not None and conducted.kind == "conducted":
            return conducted
        # A task has the root of its parent; those that were announced may not have been told of theirs.
        rooted = (run for run in runs if root in run.index)
        return next(rooted, None) or next((run for run in runs if run.kind != "inferred"), None)

    def ancestors(self, run: Run) -> Iterator[Run]:
        """Yield the runs that ``run`` was made from, the latest first.

        Where one of them is gone the first of the line comes next.
        """
        met = {run.id}
        while (run_id := run.made_from) is not None and run_id not in met:
            self.need({run_id, run.lineage or run_id}, set())
            older = self.run(run_id) or self.run(run.lineage or run_id)
            if older is None or older.id in met:
                return
            met.add(older.id)
            yield older
            run = older

    def whole(self, run: Run) -> tuple[dict[int, Spec], dict[int, Outcome]]:
        """Return what the database has of the nodes of ``run`` besides what is here, by idx."""
        with self.store.read() as connection:
            return moves.specs_of(connection, run.number), moves.outcomes_of(connection, run.number)

    def results(self, run: Run, indexes: Iterable[int]) -> dict[int, str | None]:
        """Return what some nodes of ``run`` returned, as the database has it."""
        with self.store.read() as connection:
            return moves.results_of(connection, run.number, indexes)

    def index(self, run: Run) -> None:
        """Take note of nodes that were added to ``run``, and that it was used."""
        counted = self._counted.get(run.number, 0)
        if counted < len(run.index):  # it grows at its end
            for task_id in islice(run.index, counted, None):
                self._owners.setdefault(task_id, set()).add(run.number)
            self._counted[run.number] = len(run.index)
            self._total += len(run.index) - counted
        self._runs.move_to_end(run.number)

    def keep(self, run: Run) -> None:
        """Take note of whether ``run`` is one that is conducted, and open."""
        if run.kind == "conducted" and run.state in ("PENDING", "RUNNING"):
            self.conducted[run.number] = run
        else:
            self.conducted.pop(run.number, None)

    def forget(self, run: Run) -> None:
        """Let go of ``run``; it is loaded again when it is needed."""
        del self._runs[run.number], self._numbers[run.id]
        counted = self._counted.pop(run.number)
        self._total -= counted
        self._over_total -= self._over.pop(run.number, 0)
        self.conducted.pop(run.number, None)
        for task_id in islice(run.index, counted):
            owners = self._owners[task_id]
            owners.discard(run.number)
            if not owners:
                del self._owners[task_id]

    def undo(self, runs: Iterable[Run]) -> None:
        """Let go of runs that changed, since it did not become true; those that are conducted come back."""
        for run in runs:
            if run.kind == "conducted":
                self._missing.add(run.id)
            self.forget(run)

    def drop(self, number: int) -> None:
        """Let go of a run that is no more."""
        if (run := self._runs.get(number)) is not None:
            self.forget(run)

    def shrink(self, used: Iterable[Run]) -> None:
        """Let go of runs until the rest fits: of those that ended first; ``used`` were so just now."""
        for run in used:
            self._over_total -= self._over.pop(run.number, 0)
            if run.number in self._runs and run.state not in ("PENDING", "RUNNING"):
                self._over[run.number] = len(run.nodes)
                self._over_total += len(run.nodes)
        while self._over and (self._is_too_much() or self._total > self.nodes):
            self.forget(self._runs[next(iter(self._over))])
        if self._total > self.nodes:
            for run in [run for run in self._runs.values() if run.number not in self.conducted][:-1]:
                if self._total <= self.nodes:
                    break
                self.forget(run)

    def _is_too_much(self) -> bool:
        return self._over_total > self.ended and len(self._over) > FEW

    def _load(self, connection: Connection, number: int) -> None:
        self._add(writes.load_run(connection, number))

    def _add(self, run: Run) -> None:
        self._runs[run.number] = run
        self._numbers[run.id] = run.number
        self.index(run)
        self.keep(run)
