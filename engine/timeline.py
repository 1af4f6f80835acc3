"""What decided how long a run took, and how long it may still take. Pure: times in, times out.

Times are seconds since the epoch, by the clocks of whoever told them: workers and senders. These differ, so
that a task may seem to have begun before the one that it waited for ended. No time that is returned ever runs
backwards: where clocks disagree the earlier task is cut.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

DEAD = frozenset({"FAILURE", "REVOKED", "BLOCKED"})
OVER = DEAD | {"SUCCESS", "SKIPPED"}
OBSERVED = 60.0  # seconds before now in which it is seen how many tasks run at once


class Spell(NamedTuple):
    """When a node was what. A join (``task`` null) has no times of its own."""

    task: str | None
    state: str
    sent: float | None = None  # the first time
    received: float | None = None  # the last time, as is ``started``
    started: float | None = None
    finished: float | None = None
    retried: bool = False
    given: bool = False  # it never ran: a plan says that it is done, or skipped

    @property
    def asked(self) -> float | None:
        """Since when it was in a queue: of one that was tried again, the last time."""
        first, second = (self.received, self.sent) if self.retried else (self.sent, self.received)
        return second if first is None else first


class Step(NamedTuple):
    """One task of a critical path: ``begin <= asked <= started <= finished``.

    From ``begin``, the end of the step before, to ``asked`` it waited to be sent; then it was in a queue;
    from ``started`` it ran.
    """

    idx: int
    begin: float
    asked: float
    started: float
    finished: float


class Settled(NamedTuple):
    """When each node was over, by index."""

    ended: Sequence[float | None]  # seconds; None where it is not, or nobody knows
    cause: Sequence[int | None]  # the parent that decided when it could begin, or that it never would


class Edges:
    """Who waits for whom, both ways, and an order in which parents come first.

    Parameters
    ----------
    count
        How many nodes there are; edges name them by index.
    edges
        Triples ``(parent, child, kind)``. Nodes of a circle, which only a forger makes, are in no order.
    """

    def __init__(self, count: int, edges: Iterable[tuple[int, int, str]]) -> None:
        self.parents: list[list[tuple[int, str]]] = [[] for _ in range(count)]
        self.children: list[list[int]] = [[] for _ in range(count)]
        for parent, child, kind in edges:
            self.parents[child].append((parent, kind))
            self.children[parent].append(child)
        self.order = self._sorted()

    def _sorted(self) -> list[int]:
        waiting = [len(parents) for parents in self.parents]
        free = deque(index for index, count in enumerate(waiting) if not count)
        order: list[int] = []
        while free:
            index = free.popleft()
            order.append(index)
            for child in self.children[index]:
                waiting[child] -= 1
                if not waiting[child]:
                    free.append(child)
        return order


def settle(spells: Sequence[Spell], edges: Edges) -> Settled:
    """Return when each node was over, also where nothing but its parents tells.

    A task that ran, or was revoked, tells itself. A join ends with its last parent; a task that is BLOCKED
    was so when the first of its parents died, one that is SKIPPED when the first parent that was skipped
    was, or else when all had ended. The cost is that of nodes and edges.
    """
    ended: list[float | None] = [None] * len(spells)
    cause: list[int | None] = [None] * len(spells)
    for index in edges.order:
        spell = spells[index]
        cause[index] = _cause(spell, edges.parents[index], spells, ended)
        ended[index] = spell.finished
        if spell.finished is None and (spell.task is None or spell.state in ("BLOCKED", "SKIPPED")):
            decided = cause[index]
            ended[index] = None if decided is None or spell.state not in OVER else ended[decided]
    return Settled(ended, cause)


def _cause(
    spell: Spell,
    parents: Sequence[tuple[int, str]],
    spells: Sequence[Spell],
    ended: Sequence[float | None],
) -> int | None:
    known = [(at, parent, kind) for parent, kind in parents if (at := ended[parent]) is not None]
    if spell.finished is None and spell.state in ("BLOCKED", "SKIPPED"):
        wanted = DEAD if spell.state == "BLOCKED" else ("SKIPPED",)
        first = [(at, parent) for at, parent, _ in known if spells[parent].state in wanted]
        if first:
            return min(first)[1]
    awaited = [(at, -parent) for at, parent, kind in known if kind != "error"]
    # Of those whose failure calls it, the first that failed did.
    calls = [(at, -parent) for at, parent, kind in known if kind == "error" and spells[parent].state in DEAD]
    deciding = [*awaited, *([min(calls)] if calls else [])] or [(at, -parent) for at, parent, _ in known]
    return -max(deciding)[1] if deciding else None


def began(spells: Iterable[Spell]) -> float | None:
    """Return when the first thing is known to have happened."""
    return min((at for spell in spells for at in spell[2:6] if at is not None), default=None)


def critical_path(spells: Sequence[Spell], settled: Settled) -> list[Step]:
    """Return the tasks that decided when a run ended, in order.

    From the task that finished last the way leads back, each time to the parent that finished last: none of
    the others could have let it begin earlier. Joins, and what never ran, take no time and are looked
    through.

    Parameters
    ----------
    spells
        The nodes of the run, by index.
    settled
        What :func:`settle` says of them.

    Returns
    -------
    steps
        The first begins when the first thing happened in the run, each other when the one before ended, so
        that waits, queues and runs add up to the time from there to the last finish. Empty where nothing
        has finished.

    Examples
    --------
    Of two parents the slower decides; the task after them was sent 1 s later and was in a queue for 2 s:

    >>> ran = lambda sent, started, finished: Spell("t", "SUCCESS", sent, None, started, finished)
    >>> spells = [ran(0, 1, 4), ran(0, 1, 9), ran(10, 12, 15)]
    >>> edges = Edges(3, [(0, 2, "then"), (1, 2, "then")])
    >>> for step in critical_path(spells, settle(spells, edges)):
    ...     print(*step)
    1 0 0 1 9
    2 9 10 12 15
    """
    origin = began(spells)
    last = max(
        (
            (spell.finished, index)
            for index, spell in enumerate(spells)
            if spell.finished is not None and not spell.given
        ),
        default=None,
    )
    if last is None or origin is None:
        return []
    steps: list[Step] = []
    at, index = last
    while True:
        before = _ran_before(index, spells, settled)
        ended = origin if before is None else spells[before].finished
        assert ended is not None
        steps.append(_step(index, spells[index], ended, at))
        if before is None:
            return steps[::-1]
        index, at = before, steps[-1].begin


def _ran_before(index: int, spells: Sequence[Spell], settled: Settled) -> int | None:
    before = settled.cause[index]
    while before is not None and (spells[before].finished is None or spells[before].given):
        before = settled.cause[before]
    return before


def _step(index: int, spell: Spell, ended: float, at: float) -> Step:
    """Return a step that is over at ``at``; what decided that it could begin was over at ``ended``."""
    finished = at
    started = spell.started
    if started is None:  # nobody told: a task that was revoked was in its queue all the time
        started = finished if spell.state == "REVOKED" else spell.asked
    started = finished if started is None else min(started, finished)
    begin = min(ended, started)
    asked = spell.asked
    asked = begin if asked is None else min(max(asked, begin), started)
    return Step(index, begin, asked, started, finished)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long a run may still take. Times in seconds."""

    left: float
    work: float  # of all tasks that are to run still
    chain: float  # of the longest chain of them
    parallelism: float  # how many ran at once, on average, of late
    tasks: Mapping[str, float]  # what each of them has of the work
    unknown: int  # tasks to run that nothing is known of: it takes at least so long


def estimate(
    spells: Sequence[Spell], edges: Edges, medians: Mapping[str, float], now: float
) -> Estimate | None:
    """Return how long a run may still take, from how long the same tasks took before.

    Each task that is to run counts as the median of its like, less what it has run already. With the longest
    chain of them, C, all of their work, W, and P that run at once, a list scheduler takes C + (W - C) / P at
    most (Graham, "Bounds on multiprocessing timing anomalies", 1969). P is observed: time that tasks ran in
    the last minute, by that minute; below one, everything is that much slower.

    Parameters
    ----------
    spells, edges
        The run.
    medians
        Seconds, by name of task.
    now
        By the clock that the rest is told by.

    Returns
    -------
    estimate
        None where nothing is to run, nothing has run of late, or nothing is known of what is to run.
    """
    work, unknown = [0.0] * len(spells), 0
    tasks: dict[str, float] = {}
    for index, spell in enumerate(spells):
        if spell.task is None or spell.state in OVER:
            continue
        if (median := medians.get(spell.task)) is None:
            unknown += 1
            continue
        ran = now - spell.started if spell.state == "STARTED" and spell.started is not None else 0.0
        work[index] = max(0.0, median - max(0.0, ran))
        tasks[spell.task] = tasks.get(spell.task, 0.0) + work[index]
    parallelism = _parallelism(spells, now)
    if not tasks or not parallelism:
        return None
    whole, chain = sum(work), _longest(work, edges)
    left = (chain + (whole - chain) / max(1.0, parallelism)) / min(1.0, parallelism)
    return Estimate(left=left, work=whole, chain=chain, parallelism=parallelism, tasks=tasks, unknown=unknown)


def _longest(work: Sequence[float], edges: Edges) -> float:
    longest = list(work)
    for index in reversed(edges.order):
        longest[index] += max((longest[child] for child in edges.children[index]), default=0.0)
    return max(longest, default=0.0)


def _parallelism(spells: Sequence[Spell], now: float) -> float:
    """Return how many tasks ran at once on average, in the last minute or since the first start."""
    starts = [spell.started for spell in spells if spell.started is not None]
    since = max(now - OBSERVED, min(starts, default=now))
    if since >= now:
        return 0.0
    busy = 0.0
    for spell in spells:
        if spell.started is None or (spell.finished is None and spell.state != "STARTED"):
            continue
        until = now if spell.finished is None else min(now, spell.finished)
        busy += max(0.0, until - max(since, spell.started))
    return busy / (now - since)
