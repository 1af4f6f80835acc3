"""A run and its nodes as the conductor holds them in memory: value types, and nothing that decides. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from .dag import Inputs
from .dag import Node as Spec
from .evidence import FINAL, Evidence
from .rules import Rules, RunOptions

LIVE = frozenset({"SENT", "RECEIVED", "STARTED", "RETRY"})
NEVER = "It will never run: "  # how the note of a blocked task begins
UNSENT = "All that it waits for has ended, and yet Celery has not sent it."
UNKNOWN = "?"  # the name of a task of which only its end was seen

EdgeRow: TypeAlias = tuple[int, int, str, int]  # parent, child, kind, position; -1 for none


class Outcome(NamedTuple):
    """What a node ended with."""

    result: str | None = None  # JSON text: {"repr": ...} or {"json": ...}
    result_size: int | None = None
    exception: str | None = None
    traceback: str | None = None


class Tally(NamedTuple):
    """How a node's parents ended: those it waits for, and those whose failure would call it."""

    parents: int = 0
    ok: int = 0
    dead: int = 0
    dead_joins: int = 0
    unneeded: int = 0
    unseen: int = 0
    ignored: int = 0
    early: int = 0  # joins that are dead, of which not every parent has ended
    gathered: int = 0  # whose results are in a list that it gets
    errors: int = 0
    calls: int = 0
    wanted: int = 0  # who would call it, if there were a worker to do it
    quiet: int = 0

    # Of a conducted node; see `parents.is_body`.
    callbacks: int = 0  # its own error callbacks
    passed: int = 0  # dead parents that only pass on what failed above them
    noisy: int = 0  # dead parents such that what failed has error callbacks
    causes: int = 0  # the sum of what failed, by index + 1, for all dead parents
    squares: int = 0  # the sum of their squares: tells whether they are all the same

    @property
    def ended(self) -> int:
        """How many of those it waits for have ended."""
        return self.ok + self.dead + self.unneeded + self.unseen + self.ignored - self.early


class Attempt(NamedTuple):
    """One time that the conductor sent a node: another was sent since, or waits to be."""

    id: str  # the Celery task's
    number: int  # 0 is the first
    state: str
    reason: str | None
    sent: float | None
    started: float | None
    finished: float | None
    worker: str | None
    exception: str | None


class Action(NamedTuple):
    """Something that a person did to a run."""

    at: float
    by: str | None
    what: str  # pause, resume, cancel
    detail: dict[str, Any]
    why: str | None = None


class Node(NamedTuple):
    """A node of a run, as it stands."""

    idx: int
    id: str
    task: str | None
    state: str = "PENDING"
    reason: str | None = None
    retries: int = 0
    sent: float | None = None
    received: float | None = None
    started: float | None = None
    finished: float | None = None
    runtime: float | None = None
    worker: str | None = None
    queue: str | None = None
    repeated: int = 0  # how often more than once it ran
    lost_at: float | None = None  # when its worker was last heard of, if it was ever lost
    conducted: bool = False  # the conductor sends it
    rules: Rules | None = None  # those that hold for it, the run's included
    attempt_id: str | None = None  # the Celery task's id, where it is not the node's
    attempt: int = 0
    past: tuple[Attempt, ...] = ()
    due: float | None = None  # when the next attempt is sent, of one that waits for it
    mark: str | None = None  # reused, kept or forced: it is SUCCESS without having run
    held: bool = False  # it is not sent until somebody releases it
    note: str | None = None  # why it will never run, and the like
    evidence: tuple[Evidence, ...] = ()  # of a conducted task: of its current attempt
    tally: Tally = Tally()  # last: made anew from the edges, never stored


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """A run, as it stands. Only :mod:`.machine` changes it."""

    id: str
    number: int
    created: float
    kind: str = "native"  # or "inferred": from events alone; or "conducted"
    name: str = ""
    root: str | None = None  # the root task's id, as Celery tells it
    parent_run: str | None = None  # the run, and the node of it, that started this one
    parent_node: str | None = None
    started: float | None = None  # when the first of its tasks did, for the first time
    seq: int = 0
    structure: int = 0
    nodes: list[Node] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    children: list[list[tuple[int, str]]] = field(default_factory=list)
    edges: set[EdgeRow] = field(default_factory=set)
    callers: dict[int, list[int]] = field(default_factory=dict)  # of error callbacks
    counts: Counter[str] = field(default_factory=Counter)
    waiting: set[int] = field(default_factory=set)  # error callbacks that may be running unseen
    words: set[tuple[str, str]] = field(default_factory=set)  # some that it is known to be found by
    resolved_by: str | None = None  # the run that mended it

    # Of a conducted run.
    options: RunOptions = field(default_factory=RunOptions)
    by: str | None = None  # who submitted it
    outputs: Inputs = None
    paused_at: float | None = None
    paused_by: str | None = None
    cancelled_at: float | None = None
    cancelled_by: str | None = None
    made_from: str | None = None  # the run that it resubmits, as the next three tell
    lineage: str | None = None  # the first run of its line
    plan: str | None = None  # the hash of the plan that it was made by
    left_out: int = 0  # how many tasks that plan left out
    waits: dict[str, Any] = field(default_factory=dict)  # why what could be sent is held; see ``Waiting``
    ready: set[int] = field(default_factory=set)  # may be sent, as far as their parents go
    out: set[int] = field(default_factory=set)  # Celery has an attempt of them

    @property
    def size(self) -> int:
        """How many tasks it has."""
        return self.counts.total()

    @property
    def single(self) -> bool:
        """Whether it is one task that nobody announced."""
        return self.kind == "inferred" and self.size <= 1

    @property
    def open(self) -> int:
        """How many tasks are not final."""
        return self.size - sum(self.counts[state] for state in FINAL)

    @property
    def live(self) -> int:
        """How many tasks are on their way."""
        return sum(self.counts[state] for state in LIVE)

    @property
    def state(self) -> str:
        """The run's state (see the head of this module)."""
        if self.counts["PENDING"] == self.size:
            return "PENDING"
        if self.open:
            return "RUNNING"
        return next((state for state in ("FAILURE", "REVOKED") if self.counts[state]), "SUCCESS")

    @property
    def finished(self) -> float | None:
        """When its last task ended, once all have."""
        if self.state in ("PENDING", "RUNNING"):
            return None
        return max((node.finished for node in self.nodes if node.finished is not None), default=None)


@dataclass(slots=True, kw_only=True)
class Changes:
    """What a message changes in a run."""

    nodes: dict[int, Node] = field(default_factory=dict)
    specs: dict[int, Spec] = field(default_factory=dict)  # of what is new, or turned out to be a task
    edges: list[EdgeRow] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)  # nodes in which more than their tally changed
    started: float | None = None  # of the run, where it was earlier than known
    settles: bool = False  # nothing is open but error callbacks: send Settle after a while
    sent: list[tuple[int, str]] = field(default_factory=list)  # to be published: idx, id of the attempt
    revoked: list[tuple[str, bool]] = field(default_factory=list)  # to be revoked: id, whether to terminate
    attempts: list[tuple[int, Attempt]] = field(default_factory=list)  # that are over
    actions: list[Action] = field(default_factory=list)
    marks: dict[str, Any] = field(default_factory=dict)  # fields of the run: paused, cancelled, waits
    marked: set[int] = field(default_factory=set)  # nodes of which ``mark`` or ``held`` changed

    @property
    def control(self) -> bool:
        """Whether the run was paused, resumed or cancelled, or its tasks wait for something else."""
        return bool(self.marks)

    @property
    def structural(self) -> bool:
        """Whether the graph itself grew."""
        return bool(self.specs or self.edges)

    def __bool__(self) -> bool:
        return bool(
            self.touched
            or self.structural
            or self.started is not None
            or self.sent
            or self.revoked
            or self.attempts
            or self.actions
            or self.marks
        )
