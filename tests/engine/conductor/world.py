"""Workers and a broker as a pure model: what becomes of each task is written beforehand, in its script.

Messages may be late, come twice, or not at all; tasks and their callbacks may get lost; the conductor may
start again from what it has stored. Whoever plays decides: :class:`World` only does what it is told.
"""

from typing import NamedTuple

from umbel.engine.attempts import RESENT, attempt_of
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import FINAL, Evidence, dump, load
from umbel.engine.machine import (
    Announced,
    Attempt,
    Completed,
    Message,
    Missing,
    Node,
    Outcome,
    Overdue,
    Run,
    Seen,
    Sent,
    Settle,
    Vanished,
    apply,
    reduce,
    restore,
)

EXCEPTIONS = {"fail": "ValueError()", "killed": "WorkerLostError()", "slow": "TimeLimitExceeded()"}
REASONS = {"fail": "error", "killed": "lost", "slow": "timeout"}


class Script(NamedTuple):
    """A graph, and what becomes of each task: that of each attempt after so many failures."""

    specs: list[Spec]
    edges: list[tuple[str, str, str, int | None]]
    ends: dict[str, list[str]]  # ok, fail, killed, slow, vanish, unregistered, expired, hang; the last stays


class Task(NamedTuple):
    """A message in the broker, or with a worker."""

    id: str
    node: str
    end: str
    errbacks: tuple[str, ...] = ()


class World:
    """A conductor and its world."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.now = 10.0
        self.run = Run(id="run", number=1, created=1.0, kind="conducted")
        self.stored: dict[int, Node] = {}
        self.archive: dict[tuple[int, int], Attempt] = {}
        self.queue: list[Task] = []
        self.running: list[Task] = []
        self.coming: list[Message] = []  # on their way to the conductor
        self.lost: list[Message] = []  # what the reaper will find out
        self.revoked: set[str] = set()
        self.published: dict[str, list[str]] = {}  # by node: ids
        self.called: list[str] = []  # error callbacks, each time that one is, by a worker or the conductor
        self.tell(Announced(1.0, script.specs, script.edges, conducted=True))

    # the conductor

    def tell(self, message: Message) -> None:
        changes = reduce(self.run, message)
        apply(self.run, changes)
        for index in changes.touched:
            self.stored[index] = self.run.nodes[index]
        self.archive |= {(index, each.number): each for index, each in changes.attempts}
        self.revoked |= {task_id for task_id, _ in changes.revoked}
        for index, task_id in changes.sent:
            self._publish(self.run.nodes[index], task_id)

    def send(self, index: int) -> None:
        """Send a node that may be sent."""
        node = self.run.nodes[index]
        assert self.may_go(node), f"{node.id} goes out too early"
        self.now = max(self.now + 1, node.due or 0.0)
        task_id = f"{node.id}-{len(node.past)}" if node.past else node.id
        self.tell(Sent(node.id, task_id, self.now))
        assert index in self.run.out
        # The first attempt of an error callback may be the one that a worker has sent.
        explained = {len(node.past), 1 + len(node.past)} if node.tally.errors else {1 + len(node.past)}
        assert len(self.published[node.id]) in explained, f"{node.id} went out unexplained"

    def may_go(self, node: Node) -> bool:
        """Whether the graph lets a node go, from the states of all its parents."""
        states = [self.run.nodes[a].state for a, b, kind, _ in self.run.edges if b == node.idx]
        kinds = {kind for _, b, kind, _ in self.run.edges if b == node.idx}
        if "error" in kinds:
            return bool(node.past) or any(state in ("FAILURE", "REVOKED", "BLOCKED") for state in states)
        rule = node.rules.run_when if node.rules else None
        if rule in ("all_done", "any_failed"):
            dead = any(state in ("FAILURE", "REVOKED", "BLOCKED") for state in states)
            return self._ended(node.idx) and (dead or rule == "all_done" or not states)
        return all(state == "SUCCESS" for state in states)

    def _ended(self, index: int) -> bool:
        parents = [self.run.nodes[a] for a, b, _, _ in self.run.edges if b == index]
        return all(each.state in FINAL and (each.task or self._ended(each.idx)) for each in parents)

    def restart(self, again: int) -> None:
        """Kill the conductor and start it again; it publishes ``again`` tasks a second time."""
        old = self.run
        self.run = Run(id="run", number=1, created=1.0, kind="conducted", started=old.started)
        self.run.paused_at, self.run.cancelled_at = old.paused_at, old.cancelled_at
        rows = []
        for index, node in sorted(self.stored.items()):
            past = tuple(each for (idx, _), each in sorted(self.archive.items()) if idx == index)
            rows.append(
                node._replace(tally=type(node.tally)(), past=past, evidence=load(dump(node.evidence)))
            )
        restore(self.run, rows, list(old.edges))
        assert self.run.nodes == old.nodes
        assert (self.run.ready, self.run.out, self.run.index) == (old.ready, old.out, old.index)
        assert (self.run.counts, self.run.waiting) == (+old.counts, old.waiting)
        for index in sorted(self.run.out)[:again]:
            node = self.run.nodes[index]
            if node.sent is not None:
                self.queue.append(self._task(node, attempt_of(node)))

    # workers

    def _publish(self, node: Node, task_id: str) -> None:
        self.published.setdefault(node.id, []).append(task_id)
        if node.tally.errors:
            self.called.append(node.id)
        self.queue.append(self._task(node, task_id))

    def _task(self, node: Node, task_id: str) -> Task:
        ends = self.script.ends[node.id]
        failures = sum(each.reason != "lost" for each in node.past)
        carried = () if node.rules and node.rules.retries else tuple(self._errbacks(node))
        return Task(task_id, node.id, ends[min(failures, len(ends) - 1)], carried)

    def _errbacks(self, node: Node) -> list[str]:
        return [self.run.nodes[child].id for child, kind in self.run.children[node.idx] if kind == "error"]

    def begin(self, place: int) -> None:
        """A worker takes a task from the queue."""
        task = self.queue.pop(place)
        self.now += 1
        if task.id in self.revoked:
            self._event(task.id, "revoked", "revoked")
        elif task.end == "unregistered":
            self._event(task.id, "failed", "unregistered", "NotRegistered()")
        elif task.end == "expired":
            self._event(task.id, "revoked", "expired")
        else:
            self._event(task.id, "received")
            self._event(task.id, "started")
            self.running.append(task)

    def end(self, place: int) -> None:
        """A task that runs ends as its script says."""
        task = self.running.pop(place)
        self.now += 1
        if task.end == "vanish":
            self.lost.append(Vanished(task.id, self.now))
        elif task.end == "hang":
            self.lost.append(Overdue(task.id, self.now))
        elif task.end == "ok":
            self.coming.append(Completed(task.id, True, self.now, Outcome('{"json":1}', 1)))
            self._event(task.id, "succeeded")
        else:
            exception = EXCEPTIONS[task.end]
            self.coming.append(Completed(task.id, False, self.now, Outcome(exception=exception)))
            self._event(task.id, "failed", REASONS[task.end], exception)
            for errback in task.errbacks:
                self._call(errback)

    def _call(self, errback: str) -> None:
        self.called.append(errback)
        rules = self.run.nodes[self.run.index[errback]].rules
        if not (rules and rules.in_worker):
            self.queue.append(Task(errback, errback, self.script.ends[errback][0]))

    def _event(
        self, task_id: str, kind: str, reason: str | None = None, exception: str | None = None
    ) -> None:
        piece = Evidence(kind, self.now, "w", reason=reason, seen=self.now)
        self.coming.append(Seen(task_id, piece, Outcome(exception=exception)))

    # what goes wrong

    def deliver(self, place: int, *, twice: bool = False) -> None:
        """A message reaches the conductor, and may come once more."""
        message = self.coming[place] if twice else self.coming.pop(place)
        self.now += 1
        self.tell(message)

    def drop(self, place: int) -> None:
        """A message never reaches the conductor; the reaper finds out what it must know."""
        message = self.coming.pop(place)
        if not isinstance(message, Seen) or message.evidence.reason in ("unregistered", "expired"):
            self.lost.append(message)

    def find_out(self, place: int) -> None:
        """The reaper tells what it has found out."""
        self.now += 1
        self.tell(self.lost.pop(place))

    def lose(self, place: int, *, begun: bool, late: bool) -> None:
        """A task is gone, with its worker or without; or it only seems so, and it runs later."""
        tasks = self.running if begun else self.queue
        node = self.run.nodes[self.run.index[tasks[place].node]]
        if node.tally.errors and node.idx not in self.run.out:
            return  # a worker called it, and nobody knows: it ends as unseen
        task = tasks[place] if late else tasks.pop(place)
        self.now += 1
        if sum(each.reason == "lost" for each in node.past) < RESENT:
            self.lost.append(Missing(task.id, self.now, begun, "It is nowhere."))
        elif not late:
            tasks.append(task)

    def settle(self) -> None:
        self.tell(Settle())

    # the end

    def finish(self) -> None:
        """Let everything that is still on its way happen, in order."""
        for _ in range(2_000):
            if self.run.ready:
                self.send(min(self.run.ready))
            elif self.coming:
                self.deliver(0)
            elif self.running:
                self.end(0)
            elif self.queue:
                self.begin(0)
            elif self.lost:
                self.find_out(0)
            else:
                break
        self.settle()
        assert not self.run.ready
        assert not self.run.out
        assert not self.run.open, f"it hangs: {self.picture()}"

    def picture(self) -> dict[str, tuple[str, str | None]]:
        return {node.id: (node.state, node.reason) for node in self.run.nodes}
