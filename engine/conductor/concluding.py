"""What to conclude of a task that was not heard of for too long, from where it was looked for. Pure.

The first line that fits, twice in a row, while nothing was heard of it and no callback waits to be read:

=======================================================================  ====================================
found                                                                    concluded
=======================================================================  ====================================
the result backend says how it ended                                     that
a worker has it; it is in a queue; its task has a rate limit (a worker   nothing
then holds tasks that it does not tell of)
tasks that it sent have not ended                                        nothing
it had not begun, and may be in a queue that nobody can look into        nothing
it failed, events say                                                    failed
it returned, events say, but what it returned is kept nowhere            missing, had begun
it began, and its worker is gone or has come to the broker anew          missing, had begun
a worker that is there did not answer, or none did                       nothing
it began, and a task that it sent has failed                             missing, had begun
it began, and every event of its worker was heard                        vanished: it raised ``Ignore``
it began                                                                 missing, had begun
it was received                                                          missing, had not begun
anything else                                                            missing; had begun, unless every
                                                                         worker tells of what it begins
=======================================================================  ====================================

A worker that lost the broker, and with it what it had to tell, still has what it began, or calls back when
the broker is there again; that nothing is heard of either says enough.

Of a task that Celery sent, not the conductor, only *vanished* is concluded in a native run, and *lost*, which
is taken back when more is heard, in one that is conducted.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from ..evidence import Evidence, ordered
from ..machine import Completed, Message, Missing, Node, Run, Seen, Vanished
from ..run import LIVE
from .doubts import heard_of
from .searching import Report
from .workers import Standing

PATIENCE = 600.0  # seconds for which a task that began may wait again where nobody can look

GONE = "Its worker {} is gone."
ANEW = "Its worker {} was started again, or lost the broker, and does not have it."
UNHEARD = "Its worker {} does not have it, and how it ended was not heard."
FORGOTTEN = "It was with the worker {}, which does not have it any more."
NOWHERE = "No worker has it, and it is in no queue."
REPLACED = "It sent tasks, and perhaps replaced itself by them; one failed, and how it ended was not heard."
RETURNED = "It returned, but what it returned did not arrive, and is kept nowhere."
DEAD = frozenset({"FAILURE", "REVOKED", "BLOCKED"})


class Witness(NamedTuple):
    """What is known of those who could have told."""

    standing: Standing  # of the worker that was last seen with the task
    steady: bool  # nothing that this worker told since then was missed
    all_tell: bool  # every worker is known to tell of the tasks that it takes and begins
    present: frozenset[str]  # the workers that are there


def attempt_of(node: Node) -> str:
    """Return the Celery task id of the current attempt."""
    return node.attempt_id or node.id


def last_seen(node: Node) -> Evidence | None:
    """Return what was seen last of the current attempt, besides its end."""
    pieces = [piece for _, piece in ordered(node.evidence) if piece.level < 2 and piece.kind != "sent"]
    return pieces[-1] if pieces else None


def conclude(run: Run, node: Node, report: Report, witness: Witness, now: float) -> tuple[Message, ...]:
    """Return what is to be told of ``node`` if the same is found again."""
    if report.kept:
        return report.kept
    if report.holder is not None or report.limited or report.queued == "yes":
        return ()
    seen = last_seen(node)
    if is_spawning(run, node, report.related) if _began(seen) else report.queued == "maybe":
        return ()
    found = _ended(node, now) if node.conducted else None
    found = found or _missing(run, node, seen, report, witness, now)
    if found is None or node.conducted or isinstance(found, Vanished):
        return () if found is None else (found,)
    if run.kind != "conducted":
        return ()
    lost = Evidence("lost", now, seen.worker if seen else None, reason="lost", seen=now)
    return (Seen(node.id, lost),)


def _ended(node: Node, now: float) -> Message | None:
    kinds = {piece.kind for piece in node.evidence}
    if "failed" in kinds:
        return Completed(attempt_of(node), False, now)
    return Missing(attempt_of(node), now, True, RETURNED) if "succeeded" in kinds else None


def _missing(
    run: Run, node: Node, seen: Evidence | None, report: Report, witness: Witness, now: float
) -> Missing | Vanished | None:
    task_id, worker = attempt_of(node), seen.worker if seen else None
    away = GONE if witness.standing == "gone" else None
    if witness.standing == "anew" and worker in report.answered:
        away = ANEW
    if _began(seen) and away is not None:
        return Missing(task_id, now, True, away.format(worker))
    if not report.answered or not witness.present <= report.answered:
        return None
    if _began(seen):
        if report.opaque and now - heard_of(node) <= PATIENCE:
            return None  # it may have replaced itself by a task that waits there
        if any(below.state in DEAD for below in _spawned(run, node)):
            return Missing(task_id, now, True, REPLACED)
        if witness.steady and worker in report.answered:
            return Vanished(task_id, now)
        return Missing(task_id, now, True, UNHEARD.format(worker))
    if seen is not None and seen.kind == "received":
        return Missing(task_id, now, False, (away or FORGOTTEN).format(worker))
    return Missing(task_id, now, not witness.all_tell, NOWHERE)


def _began(seen: Evidence | None) -> bool:
    return seen is not None and seen.kind in ("started", "cancelled", "found")


def is_spawning(run: Run, node: Node, waiting: Collection[str] = ()) -> bool:
    """Whether a task that ``node`` sent, or one of those that these sent, is on its way.

    Nobody knows whose they are of those that wait in a queue and that no event has told of.
    """
    if any(task_id not in run.index for task_id in waiting):
        return True
    return any(below.state in LIVE for below in _spawned(run, node))


def _spawned(run: Run, node: Node) -> Iterator[Node]:
    reached, pending = {node.idx}, [node.idx]
    while pending:
        for child, _ in run.children[pending.pop()]:
            if child in reached or (below := run.nodes[child]).conducted:
                continue
            yield below
            reached.add(child)
            pending.append(child)
