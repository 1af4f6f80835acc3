"""Which failures are the same error, and what they share that what succeeded does not. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp, lgamma
from typing import Any, NamedTuple

__all__ = ["Cluster", "Failure", "Frame", "Shared", "Sign", "Task", "cluster", "shared", "title", "type_of"]

LONGEST = 300  # characters of a message that are looked at
SMALL = 80  # characters of a text that may be a sign
LEAST = 2  # failures that must have a sign
SHARE = 0.5  # of the failures that must have it
CHANCE = 0.01  # that any sign is told that is none
TOLD = 5  # signs

_TYPE = re.compile(r"[^\W\d][\w.]*(?=\(|:|$)")
_FRAME = re.compile(r'^[ \t|]*File "([^"\n]+)", line (\d+), in (.+)$', re.MULTILINE)
_CHAINED = re.compile(
    r"The above exception was the direct cause of the following exception:"
    r"|During handling of the above exception, another exception occurred:"
)
_VARIES = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|\b0x[0-9a-f]+|\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b"  # an address, a hash
    r"|(?<![a-z_])\d+(?:[.,:]\d+)*|\d{3,}",  # but not the number in "s3://" or "utf8"
    re.IGNORECASE,
)
_LIBRARY = re.compile(r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib[/\\]python3|[/\\]Lib[/\\]|^<frozen ")


class Frame(NamedTuple):
    """Where an exception was raised."""

    file: str
    function: str
    line: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed."""

    index: int
    task: str
    at: float | None = None  # seconds since the epoch
    reason: str | None = None
    exception: str | None = None  # as repr() tells it
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Failures that are the same error.

    Attributes
    ----------
    key
        What tells it from the others of the run, and is the same next time.
    type
        The name of the exception, or the reason where there was none.
    frame
        Where it was raised: the innermost frame of the user's code.
    message
        The most frequent message, with ``#`` for each number and id; ``messages`` is how many there are.
    members
        The indices of the tasks, ascending; ``first`` and ``last`` are when these failed.
    """

    key: str
    type: str
    frame: Frame | None
    message: str
    messages: int
    members: tuple[int, ...]
    first: float | None
    last: float | None


def cluster(failures: Iterable[Failure]) -> list[Cluster]:
    """Group failures by the type of the exception and the line of the user's code that raised it.

    The *innermost frame of the user's code* is the last one of the traceback that is in no library: neither
    in the standard library nor in ``site-packages``, unless that is where the package of the task itself is.
    Of exceptions that were raised from others the last counts. Where no frame tells, the message does, less
    its numbers and ids.

    Parameters
    ----------
    failures
        In any order.

    Returns
    -------
    clusters
        The largest first, and among those of a size the one with the lowest index. Each failure is in one.

    Notes
    -----
    This is how crash reports are put into buckets: by the top of the stack that belongs to the program, see
    K. Glerum et al., "Debugging in the (Very) Large: Ten Years of Implementation and Experience", SOSP 2009.

    Examples
    --------
    >>> no = [Failure(n, "shop.pay", exception=f"ValueError('no user {n}')") for n in (3, 4)]
    >>> [(found.type, found.message, found.members) for found in cluster(no)]
    [('ValueError', 'no user #', (3, 4))]
    """
    groups: dict[str, list[Failure]] = {}
    for failure in sorted(failures, key=lambda each: each.index):
        groups.setdefault(_key(failure), []).append(failure)
    found = [_cluster(key, members) for key, members in groups.items()]
    return sorted(found, key=lambda each: (-len(each.members), each.members[0]))


def _key(failure: Failure) -> str:
    frame = frame_of(failure)
    where = list(frame) if frame else pattern(_message(failure))
    return sha256(json.dumps([_type(failure), where]).encode()).hexdigest()[:12]


def _cluster(key: str, members: Sequence[Failure]) -> Cluster:
    messages = Counter(pattern(_message(each)) for each in members)
    times = [each.at for each in members if each.at is not None]
    return Cluster(
        key=key,
        type=_type(members[0]),
        frame=frame_of(members[0]),
        message=messages.most_common(1)[0][0],
        messages=len(messages),
        members=tuple(each.index for each in members),
        first=min(times, default=None),
        last=max(times, default=None),
    )


def title(exception: str) -> str:
    """Return an exception as a heading of all that are alike: its type and message, ``#`` for what varies.

    >>> title("ValueError('no user 17')"), title("KeyError()")
    ('ValueError: no user #', 'KeyError')
    """
    if (name := type_of(exception)) is None:
        return pattern(exception[:LONGEST])
    return ": ".join(filter(None, (name, pattern(_said(exception)))))


def type_of(exception: str) -> str | None:
    """Return the name of an exception, which its representation begins with; None where it has none."""
    found = _TYPE.match(exception)
    return found[0] if found else None


def _type(failure: Failure) -> str:
    return type_of(failure.exception or "") or failure.reason or "error"


def _message(failure: Failure) -> str:
    return _said(failure.exception or "")


def _said(said: str) -> str:
    """Return what an exception says: what is in the brackets of its representation, less quotes."""
    found = _TYPE.match(said)
    inner = said[found.end() :].lstrip(": ")[:LONGEST] if found else said[:LONGEST]
    if inner.startswith("("):
        inner = inner[1:].removesuffix(")").removesuffix(",")
    if len(inner) > 1 and inner[0] in "'\"" and inner[-1] == inner[0]:
        inner = inner[1:-1]
    return inner


def pattern(message: str) -> str:
    """Return a message with ``#`` for each number, hash and id in it."""
    return _VARIES.sub("#", message)


def frame_of(failure: Failure) -> Frame | None:
    """Return the innermost frame of the user's code; of any code where there is none of that."""
    last = _CHAINED.split(failure.traceback or "")[-1]
    frames = [Frame(file, function.strip(), int(line[:9])) for file, line, function in _FRAME.findall(last)]
    package = re.escape(failure.task.partition(".")[0])
    own = re.compile(rf"-packages[/\\]{package}(?:[/\\]|\.py$)")
    mine = [each for each in frames if not _LIBRARY.search(each.file) or own.search(each.file)]
    return (mine or frames or [None])[-1]


class Task(NamedTuple):
    """What may be a cause: where a task ran, and with which arguments."""

    name: str
    worker: str | None = None
    queue: str | None = None
    args: Any = ()
    kwargs: Any = None


class Sign(NamedTuple):
    """Something that a task has."""

    what: str  # worker, queue or argument
    name: str  # of the argument, or its position
    value: str  # JSON


@dataclass(frozen=True, slots=True)
class Shared:
    """A sign that failures have more often than successes."""

    sign: Sign
    failed: int
    of_failed: int
    succeeded: int
    of_succeeded: int
    lift: float
    chance: float


def signs(task: Task) -> Iterator[Sign]:
    """Yield what may tell a task from others: its worker, its queue, and each small argument."""
    for what, value in (("worker", task.worker), ("queue", task.queue)):
        if value is not None:
            yield Sign(what, "", json.dumps(value))
    args = enumerate(task.args) if isinstance(task.args, list | tuple) else ()
    kwargs = task.kwargs.items() if isinstance(task.kwargs, Mapping) else ()
    for name, value in (*args, *kwargs):
        if value is None or (isinstance(value, bool | int | float | str) and len(str(value)) <= SMALL):
            yield Sign("argument", str(name), json.dumps(value))


def shared(groups: Sequence[Sequence[Task]], succeeded: Iterable[Task]) -> list[list[Shared]]:
    """Tell for each group of failed tasks what they share that the succeeded ones do not.

    Failures are compared with successes of the same tasks. A sign is told if at least two failures and half
    of the group have it, if it is more frequent among them than among the successes, and if that is no
    chance: by Fisher's exact test (one-sided), with the probability times the number of signs that were
    tested (Bonferroni) below 0.01.

    Parameters
    ----------
    groups
        The failed tasks of each cluster.
    succeeded
        Those to compare them with, in any order; read once.

    Returns
    -------
    told
        For each group at most five signs, by lift, then by how many failures have it. The *lift* of a sign is
        how many times more often a task with it failed than a task at large: P(failed | sign) / P(failed).

    Notes
    -----
    R. A. Fisher, "On the Interpretation of χ² from Contingency Tables, and the Calculation of P", Journal of
    the Royal Statistical Society 85 (1922). The lift is that of S. Brin, R. Motwani, J. D. Ullman and
    S. Tsur, "Dynamic Itemset Counting and Implication Rules for Market Basket Data", SIGMOD 1997. What is
    found goes with the failures; that it caused them is for people to say.

    Examples
    --------
    >>> bad, good = [Task("pay", "w7")] * 9, [Task("pay", f"w{n % 5}") for n in range(90)]
    >>> [[sign]] = shared([bad], good)
    >>> sign.sign.value, sign.failed, sign.of_failed, sign.succeeded, sign.of_succeeded
    ('"w7"', 9, 9, 0, 90)
    """
    counted = [Counter(sign for task in group for sign in set(signs(task))) for group in groups]
    likely = [
        {sign for sign, count in counts.items() if count >= max(LEAST, SHARE * len(group))}
        for group, counts in zip(groups, counted, strict=True)
    ]
    wanted = set[Sign]().union(*likely)
    names = {task.name for group in groups for task in group}
    having: Counter[tuple[str, Sign]] = Counter()
    of_task: Counter[str] = Counter()
    for task in succeeded:
        if task.name in names:
            of_task[task.name] += 1
            having.update((task.name, sign) for sign in set(signs(task)) & wanted)
    told = []
    for group, counts, candidates in zip(groups, counted, likely, strict=True):
        tasks = {task.name for task in group}
        total = sum(of_task[name] for name in tasks)
        found = (
            _shared(sign, counts[sign], len(group), sum(having[name, sign] for name in tasks), total)
            for sign in candidates
        )
        sure = [each for each in found if each.lift > 1 and each.chance * len(candidates) < CHANCE]
        sure.sort(key=lambda each: (-each.lift, -each.failed, each.sign))
        told.append(sure[:TOLD])
    return told


def _shared(sign: Sign, failed: int, of_failed: int, succeeded: int, of_succeeded: int) -> Shared:
    lift = failed / (failed + succeeded) * (of_failed + of_succeeded) / of_failed
    chance = fisher(failed, of_failed, succeeded, of_succeeded)
    return Shared(sign, failed, of_failed, succeeded, of_succeeded, lift, chance)


def fisher(failed: int, of_failed: int, succeeded: int, of_succeeded: int) -> float:
    """Return the probability that as many failures as that, or more, have a sign by chance."""
    having = failed + succeeded
    whole = _choices(of_failed + of_succeeded, having)
    chances = (
        exp(_choices(of_failed, count) + _choices(of_succeeded, having - count) - whole)
        for count in range(failed, min(of_failed, having) + 1)
    )
    return min(1.0, sum(chances))


def _choices(of: int, count: int) -> float:
    """Return the logarithm of the number of ways to choose ``count`` of ``of``."""
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
