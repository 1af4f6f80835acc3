"""What the evidence of a conducted task amounts to. Pure.

Completions are truth, events are colour: the first piece that *decides* does, in the order in which they
came, and what comes later only adds to it.

=======================================  ========================================================
evidence                                 decides
=======================================  ========================================================
called-succeeded, called-failed          yes: the worker called back
overdue, missing, unsendable,            yes: the conductor gave it up
withdrawn, vanished
reused, kept, forced, skipped, left      yes: the plan of its run, or an amendment, says so
revoked, kept-revoked                    yes: nobody calls back for what a worker dropped
failed, kept-failed (unregistered)       yes: nobody calls back for a task that a worker does not know
refused, any other that something ended  no: the state is STARTED, until the callback comes
anything else                            no: its state is that of :mod:`.evidence`
=======================================  ========================================================

Whatever the order in which an event and its callback come: the reason, the times and the runtime are those
of the event, where there is one.
"""

from typing import NamedTuple

from .evidence import CALLBACKS, FINAL, PLANNED, TABLE, Evidence, judge
from .run import Node

DECIDING = PLANNED | frozenset(
    {
        "called-succeeded",
        "called-failed",
        "overdue",
        "missing",
        "unsendable",
        "withdrawn",
        "vanished",
        "revoked",
        "kept-revoked",
    }
)
ENDS = frozenset({"succeeded", "failed", "kept-succeeded", "kept-failed", "refused"})
FAILURES = frozenset({"failed", "kept-failed", "refused"})
SIMPLE = frozenset({"sent", "received", "started"})


def decision(evidence: tuple[Evidence, ...]) -> Evidence | None:
    """Return the piece that decides how the attempt ended; None while none does."""
    for piece in evidence:
        if decides(piece):
            return piece
    return None


def decides(piece: Evidence) -> bool:
    """Whether a piece alone makes the state final."""
    return piece.kind in DECIDING or (piece.reason == "unregistered" and piece.kind in FAILURES)


def coloured(node: Node, evidence: tuple[Evidence, ...]) -> Node:
    """Return a conducted node as it stands with this evidence."""
    found: dict[str, Evidence] = {}
    ends: list[Evidence] = []
    decided: Evidence | None = None
    is_simple = True
    for piece in evidence:
        kind = piece.kind
        if kind in SIMPLE:
            is_simple = is_simple and kind not in found and not (kind == "received" and piece.retries)
        elif decided is None and decides(piece):
            decided = piece
        elif kind not in ENDS:
            is_simple = is_simple and kind in DECIDING
        if kind in ENDS:
            ends.append(piece)
        found[kind] = piece
    seen = _simple(found) if is_simple else _judged(evidence)
    told = None
    if decided is not None:
        told = _latest([end for end in ends if _is_told(decided, end)])
    last = _latest(ends) or seen.last
    state = "STARTED" if ends else seen.state
    finished = None if decided is None else told or decided
    return node._replace(
        state=state if decided is None else _state(decided),
        reason=None if decided is None else _reason(decided, told),
        retries=seen.retries,
        received=seen.received,
        started=seen.started,
        finished=None if finished is None else finished.at,
        runtime=told.detail.get("runtime") if told is not None and told.detail else None,
        worker=last.worker if last is not None and last.worker else node.worker,
        queue=_queue(found) or node.queue,
        evidence=evidence,
    )


class _Course(NamedTuple):
    """What was seen of an attempt before its end."""

    state: str
    retries: int
    received: float | None
    started: float | None
    last: Evidence | None


def _simple(found: dict[str, Evidence]) -> _Course:
    received, started = found.get("received"), found.get("started")
    state = "STARTED" if started is not None else "RECEIVED" if received is not None else "SENT"
    return _Course(state, 0, received and received.at, started and started.at, started or received)


def _judged(evidence: tuple[Evidence, ...]) -> _Course:
    pieces = tuple(piece for piece in evidence if piece.level < 2 and piece.kind != "vanished")
    if not pieces:
        return _Course("SENT", 0, None, None, None)
    verdict = judge(pieces)
    state = verdict.state if verdict.state not in FINAL else "STARTED"
    return _Course(state, verdict.retries, verdict.received, verdict.started, verdict.decisive)


def _latest(pieces: list[Evidence]) -> Evidence | None:
    return max(pieces, key=lambda piece: piece.at) if len(pieces) > 1 else pieces[0] if pieces else None


def _is_told(decided: Evidence, end: Evidence) -> bool:
    """Whether an event tells of the end that was decided."""
    return decided is end or (decided.kind in CALLBACKS and _state(decided) == _state(end))


def _state(piece: Evidence) -> str:
    return TABLE[piece.kind][0]


def _reason(decided: Evidence, told: Evidence | None) -> str | None:
    if decided.reason is not None or _state(decided) != "FAILURE":
        return decided.reason
    return (told.reason if told is not None else None) or "error"


def _queue(found: dict[str, Evidence]) -> str | None:
    sent = found.get("sent")
    return sent.detail.get("queue") if sent is not None and sent.detail else None


def repetitions(evidence: tuple[Evidence, ...]) -> int:
    """Return how often more than once an attempt ran, as far as its evidence tells."""
    kinds = [piece.kind for piece in evidence]
    distinct = set(kinds)
    contradicted = int(distinct.issuperset(CALLBACKS))
    if len(distinct) == len(kinds):
        return contradicted
    ends = max(_ends(kinds, ""), _ends(kinds, "called-"))
    begun = kinds.count("started") - kinds.count("retried") - kinds.count("cancelled")
    # One end may be told twice (a hard time limit is): then it began only once.
    return max(min(ends, max(1, begun)) - 1, contradicted)


def _ends(kinds: list[str], prefix: str) -> int:
    return kinds.count(f"{prefix}succeeded") + kinds.count(f"{prefix}failed")
