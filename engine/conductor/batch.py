"""One batch: what came since the last commit, and what it changes.

A batch can be tried again after anything went wrong: it keeps the messages themselves, and they say the same
when they are said twice.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from .. import protocol
from ..dag import Node as Spec
from ..evidence import Evidence, judge
from ..machine import (
    Acted,
    Announced,
    Changes,
    Message,
    Noted,
    Outcome,
    Resolved,
    Run,
    Seen,
    Sent,
    Waiting,
    apply,
    reduce,
)
from ..mended import is_unresolved
from ..run import UNKNOWN
from ..store.outbox import Entry
from ..store.writes import Staged
from .held import Held
from .inference import Unannounced, inferred, lineage
from .limits import Choice, Limits
from .memory import Memory
from .post import Announcement, Submission
from .submission import Remade

MOST = 500  # tasks sent by one batch, at most: workers begin with these while the next is made
FIRST, MORE = 40, 4  # or so many, and so many for each that is in the queue: workers are not to wait either
SKEW = 60.0  # seconds that the clocks of sender and worker may differ


class Told(NamedTuple):
    """A message for one run and no other."""

    run: str
    message: Message


NewsItem = Announcement | Submission | Seen | Unannounced | Told


class Batch:
    """Messages for the machine, in the order in which they came."""

    def __init__(self, news: Iterable[NewsItem]) -> None:
        self.news = list(news)
        self.urgent: list[Unannounced] = []  # was held, and an announcement needed it at once
        self.staged: dict[int, Staged] = {}
        self.gone: dict[int, tuple[str, str]] = {}  # number -> id, and that of the run it has become part of
        self.involved: dict[int, Run] = {}
        self.settling: set[str] = set()  # runs of which nothing is open but error callbacks
        self.ready: dict[int, set[int]] = defaultdict(set)  # by run: nodes that may be sent since
        self.entries: list[Entry] = []  # what is to be published when all of it is committed
        self._first = 0  # the number of the first of them
        self.revoked: list[tuple[str, bool]] = []  # and what to be revoked, and whether while it runs
        self.oldest: float | None = None  # when the first thing that the batch tells of happened
        self.ignored = 0

    def reduce(self, memory: Memory, held: Held, now: float) -> None:
        """Bring the runs in ``memory`` up to date, and note what changed."""
        memory.need(*self._needs(held))
        memory.need_inferred(
            node.id for each in self.news if isinstance(each, Announcement) for node in each.announced.nodes
        )
        for each in list(self.urgent):
            self._infer(each, memory, held, now)
        for each in self.news:  # it may grow meanwhile
            self._take(each, memory, held, now)
        for staged in list(self.staged.values()):
            self._resolve(staged.run, memory)
        for run in self.involved.values():
            memory.keep(run)

    def _needs(self, held: Held) -> tuple[set[str], set[str]]:
        runs, tasks = set[str](), set[str | None]()
        for each in self.news:
            if isinstance(each, Announcement):
                runs |= {each.run, each.root or each.run}  # a run that is conducted is the root of all in it
                tasks |= {each.parent, each.root}
            elif isinstance(each, Unannounced):
                whence = lineage(each.seen)
                runs.add(whence.root)
                tasks |= {whence.parent, whence.root, whence.node}
            elif isinstance(each, Seen):
                # What is held was looked for already: only an announcement could have changed the answer.
                if each.node not in held:
                    tasks.add(each.node)
            else:
                runs.add(each.run)
                if isinstance(each, Submission) and each.remade is not None:
                    runs.add(each.remade.of)
        return runs, {task for task in tasks if task is not None}

    def _take(self, each: NewsItem, memory: Memory, held: Held, now: float) -> None:
        if isinstance(each, Seen):
            self._see(each, memory, held, now)
        elif isinstance(each, Announcement):
            self._announce(each, memory, held, now)
        elif isinstance(each, Unannounced):
            self._infer(each, memory, held, now)
        elif isinstance(each, Submission):
            self._submit(each, memory)
        elif (run := memory.run(each.run)) is not None:
            self._apply(run, each.message, memory)

    def _see(self, seen: Seen, memory: Memory, held: Held, now: float) -> None:
        if is_own(seen):
            return
        run = None if seen.node in held else memory.owner(seen)
        if run is None:
            held.keep(seen, now)
            self._happened(seen.evidence.at)
            return
        if seen.origin is not None and _is_nameless(run, seen.node):
            self._apply(run, inferred(lineage([seen]), run, self._results(memory)), memory)
        if self._apply(run, seen, memory):
            self._happened(seen.evidence.at)
        else:
            self.ignored += 1

    # what is to be conducted

    def _submit(self, said: Submission, memory: Memory) -> None:
        if memory.run(said.run) is not None:
            self.ignored += 1  # the same message, once more
            return
        run = memory.create(said.run, said.announced.at, kind="conducted")
        run.options, run.by, run.outputs = said.options, said.by, said.outputs
        run.name = said.name or ""
        self._happened(said.announced.at)
        if said.remade is None:
            self._apply(run, said.announced, memory)
        else:
            self._remake(run, said, said.remade, memory)

    def _remake(self, run: Run, said: Submission, remade: Remade, memory: Memory) -> None:
        run.made_from, run.lineage = remade.of, remade.lineage
        run.plan, run.left_out = remade.plan, remade.left
        self._apply(run, said.announced, memory)
        self._apply(run, remade.planned, memory)
        self.staged[run.number].copy = remade.copy
        if (old := memory.run(remade.of)) is not None:
            self._apply(old, Acted(remade.action), memory)

    def _resolve(self, run: Run, memory: Memory) -> None:
        """Let the runs that a run was made from know that it has mended them, once it has."""
        if run.made_from is None or run.state != "SUCCESS" or run.left_out:
            return
        for old in memory.ancestors(run):
            if is_unresolved(old):
                self._apply(old, Resolved(run.id), memory)

    def dispatch(self, memory: Memory, limits: Limits, at: float, number: int) -> Choice:
        """Have sent what may go now, under numbers from ``number`` on, and say why the rest waits."""
        for ready in self.ready:
            if (run := memory.conducted.get(ready)) is not None:
                limits.join(run, self.ready[ready])
        self._first = number
        most = min(MOST, FIRST + MORE * memory.queued)
        choice = limits.choose(memory.conducted, self.staged, at, most)
        for run, index in choice.chosen:
            node = run.nodes[index]
            is_first = node.sent is None and not node.past
            task_id = node.id if is_first else str(uuid.uuid4())
            self._apply(run, Sent(node.id, task_id, at), memory)
        for run, held in choice.waits:
            # What holds up tasks that were sent is told by itself.
            waits = held | {what: why for what, why in run.waits.items() if what == "queues"}
            if waits != run.waits:
                self._apply(run, Waiting(waits), memory)
        return choice

    # what is announced

    def _announce(self, said: Announcement, memory: Memory, held: Held, now: float) -> None:
        run = memory.run(said.run)
        if run is None and said.parent is not None:
            run, said = self._extended(said, memory, held, now)
        if run is None:
            run = memory.create(said.run, said.announced.at)
        self._happened(said.announced.at)
        changes = self._apply(run, said.announced, memory)
        if said.parent is not None:
            for head in said.heads:
                self._apply(run, Seen(head, Evidence("sent", said.announced.at, seen=now)), memory)
        self._take_over(run, said, memory)
        for spec in changes.specs.values():
            for seen in held.take(spec.id) if spec.task is not None else ():
                self.news.append(seen)  # dealt with at the end of this batch, and of any repetition

    def _extended(
        self, said: Announcement, memory: Memory, held: Held, now: float
    ) -> tuple[Run, Announcement]:
        """Return the run whose task sends what is announced, and the announcement with an edge from there."""
        run = memory.home(said.parent, said.root)
        if run is None:
            for known in dict.fromkeys((said.root, said.parent)):
                if known is not None and (seen := held.take(known)):
                    self.urgent.append(Unannounced(seen))
                    self._infer(self.urgent[-1], memory, held, now)
            run = memory.home(said.parent, said.root)
        root = said.root or said.parent or said.run
        if run is None:
            run = memory.run(root) or memory.create(root, said.announced.at, root=root)
        # Whoever sends is known by name later, when it is seen; and so is its root.
        ends = dict.fromkeys((root, said.parent))
        missing = [known for known in ends if known and known not in run.index and known != run.id]
        announced = said.announced
        # In front: into a task no other edge has a place, so that this one can be told from the canvas's own.
        edges = [(said.parent or root, head, "then", 0) for head in said.heads]
        return run, said._replace(
            announced=announced._replace(
                nodes=[*announced.nodes, *(Spec(id=known, task=None) for known in missing)],
                edges=[*announced.edges, *edges],
            )
        )

    def _take_over(self, run: Run, said: Announcement, memory: Memory) -> None:
        """Make runs that were inferred too early part of the one that is announced now."""
        others = {
            other.number: other
            for node in said.announced.nodes
            for other in memory.holders(node.id)
            if other is not run and other.kind == "inferred"
        }
        for other in others.values():
            # Ids may come again, when a canvas is applied twice: what is long over is another application.
            if other.created >= said.announced.at - SKEW:
                self._absorb(run, other, memory)

    def _absorb(self, run: Run, other: Run, memory: Memory) -> None:
        specs, outcomes = memory.whole(other)
        if (staged := self.staged.pop(other.number, None)) is not None:
            specs, outcomes = specs | staged.specs, outcomes | staged.outcomes
        ids = [node.id for node in other.nodes]
        edges = [(ids[a], ids[b], kind, None if place < 0 else place) for a, b, kind, place in other.edges]
        nodes = [specs[node.idx] for node in other.nodes]
        self._apply(run, Announced(other.created, nodes, edges), memory)
        for node in other.nodes:
            for piece in node.evidence:
                decides = judge(node.evidence).decisive is piece
                outcome = outcomes.get(node.idx, Outcome()) if decides else Outcome()
                self._apply(run, Seen(node.id, piece, outcome), memory)
            if node.note is not None:
                self._apply(run, Noted(node.id, node.note), memory)
        self.gone[other.number] = (other.id, run.id)
        self.involved.pop(other.number, None)
        memory.forget(other)

    # what is not

    def _infer(self, each: Unannounced, memory: Memory, held: Held, now: float) -> None:
        if memory.owner(each.seen[0]) is None:
            whence = lineage(each.seen)
            run = memory.home(whence.parent, whence.root) or memory.run(whence.root)
            if run is None:
                run = memory.create(whence.root, whence.at, root=whence.root)
            self._apply(run, inferred(whence, run, self._results(memory)), memory)
            for seen in each.seen:
                self._apply(run, seen, memory)
            for known in filter(None, (whence.node, whence.parent)):
                for other in memory.holders(known):
                    # Its end was seen first, when nothing said where it came from.
                    if other is not run and other.root == known and _is_nameless(other, known):
                        self._absorb(run, other, memory)
        else:
            for seen in each.seen:
                self._see(seen, memory, held, now)

    def _results(self, memory: Memory) -> Callable[[Run, Iterable[int]], Mapping[int, str | None]]:
        def results(run: Run, indexes: Iterable[int]) -> dict[int, str | None]:
            found = memory.results(run, indexes)
            staged = self.staged.get(run.number)
            return (
                found | {idx: outcome.result for idx, outcome in staged.outcomes.items()} if staged else found
            )

        return results

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
            number = self._first + len(self.entries)
            staged.add(changes, number)
            self.entries += [
                Entry(number + place, run.number, *each) for place, each in enumerate(changes.sent)
            ]
            self.revoked += changes.revoked
            memory.index(run)
            if run.ready:
                self.ready[run.number].update([idx for idx in changes.nodes if idx in run.ready])
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
        memory.undo(self.involved.values())
        self.involved.clear()
        self.staged.clear()
        self.gone.clear()
        self.settling.clear()
        self.ready.clear()
        self.entries.clear()
        self.revoked.clear()
        self.oldest = None
        self.ignored = 0


def is_own(seen: Seen) -> bool:
    """Whether it is a message to the conductor that was seen, which Celery takes for a task."""
    named = seen.origin is not None and seen.origin.task.startswith(protocol.OWN)
    return named or seen.node.startswith(("done:", "failed:"))


def _is_nameless(run: Run, task_id: str) -> bool:
    return run.nodes[run.index[task_id]].task == UNKNOWN
