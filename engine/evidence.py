"""What was seen of one task, and what it amounts to. Pure.

Events come late, twice, in any order or not at all. So a node keeps *what was seen* (its evidence, a set),
and its state is a function of that set: whatever order the pieces came in, the state is the same.

==============  =========  =====  =========================================================
evidence        state      level  seen when
==============  =========  =====  =========================================================
sent            SENT       0      someone published the task
received        RECEIVED   1      a worker has it; with ``retries`` > 0: RETRY, until it starts again
started         STARTED    1      it runs
retried         RETRY      1      it raised, and waits for its next attempt
cancelled       RETRY      1      its worker was stopped cold
requeued        SENT       1      a worker gave it back to the queue (rejected, to be delivered again)
lost            FAILURE    1      the worker that ran it is gone (reason lost)
found           STARTED    1      that worker is there again, the same process
vanished        SKIPPED    1      its worker has it no more and is silent: it raised Ignore (reason ignored)
revoked         REVOKED    2      a worker dropped or terminated it (reason revoked or expired)
kept-revoked    REVOKED    2      the result backend says so
refused         FAILURE    3      a worker rejected it for good (reason refused)
succeeded       SUCCESS    4      it returned
kept-succeeded  SUCCESS    4      the result backend says so
failed          FAILURE    4      it raised, or was lost (reason error, timeout, lost, unregistered)
kept-failed     FAILURE    4      the result backend says so
==============  =========  =====  =========================================================

Of a task that the conductor sends there is more, and more to say: see :mod:`.decided`.

================  =========  =====  =======================================================
called-succeeded  SUCCESS    5      its callback came
called-failed     FAILURE    5      its error callback came
overdue           FAILURE    5      its timeout, or that of its run, has passed (reason timeout)
missing           FAILURE    5      no worker has it and no queue (reason lost)
unsendable        FAILURE    5      no message can be made of it (reason refused)
withdrawn         REVOKED    5      it was cancelled (reason revoked)
reused, kept,     SUCCESS    5      the plan of its run says so: see :mod:`.mended`
forced
skipped, left     SKIPPED    5      the same, or an amendment (reason skipped or left)
================  =========  =====  =======================================================

The highest level wins, whatever the clocks of sender and workers say: a task that returned once has returned,
though it may be delivered, dropped or started again. Within a level the later piece wins: by attempt, then by
the worker's timestamp, then by the order of the table. So a redelivered task that fails first and succeeds
later is a SUCCESS, and the other way round; and one whose worker is gone is no longer lost as soon as another
has it. The attempt of a piece that does not say so (only received and
sent do) is that of the last receipt by the same worker.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

STATES = (
    "PENDING",
    "SENT",
    "RECEIVED",
    "STARTED",
    "RETRY",
    "SUCCESS",
    "FAILURE",
    "REVOKED",
    "BLOCKED",
    "SKIPPED",
)
CODES = {state: code for code, state in enumerate(STATES)}
FINAL = frozenset({"SUCCESS", "FAILURE", "REVOKED", "BLOCKED", "SKIPPED"})

#: kind of evidence -> (state, level); the order breaks ties between equal timestamps.
TABLE = {
    "sent": ("SENT", 0),
    "requeued": ("SENT", 1),
    "received": ("RECEIVED", 1),
    "started": ("STARTED", 1),
    "cancelled": ("RETRY", 1),
    "retried": ("RETRY", 1),
    "lost": ("FAILURE", 1),
    "found": ("STARTED", 1),
    "vanished": ("SKIPPED", 1),
    "revoked": ("REVOKED", 2),
    "kept-revoked": ("REVOKED", 2),
    "refused": ("FAILURE", 3),
    "kept-succeeded": ("SUCCESS", 4),
    "succeeded": ("SUCCESS", 4),
    "kept-failed": ("FAILURE", 4),
    "failed": ("FAILURE", 4),
    "called-succeeded": ("SUCCESS", 5),
    "called-failed": ("FAILURE", 5),
    "overdue": ("FAILURE", 5),
    "missing": ("FAILURE", 5),
    "unsendable": ("FAILURE", 5),
    "withdrawn": ("REVOKED", 5),
    "reused": ("SUCCESS", 5),
    "kept": ("SUCCESS", 5),
    "forced": ("SUCCESS", 5),
    "skipped": ("SKIPPED", 5),
    "left": ("SKIPPED", 5),
}
RANK = {kind: rank for rank, kind in enumerate(TABLE)}
CALLBACKS = ("called-succeeded", "called-failed")
PLANNED = frozenset({"reused", "kept", "forced", "skipped", "left"})  # no worker ever had it

KEPT = 32  # pieces of evidence kept of one node; the oldest that decide nothing go first


class Evidence(NamedTuple):
    """One thing that was seen of a task."""

    kind: str
    at: float  # the clock of whoever saw it happen: worker or sender
    worker: str | None = None
    retries: int | None = None  # attempts before this one, where the event says so
    reason: str | None = None  # of a final state
    detail: dict[str, Any] | None = (
        None  # queue, runtime; exception and traceback of an attempt that is tried again
    )
    seen: float | None = None  # our clock

    @property
    def identity(self) -> tuple[str, float, str]:
        """What makes two pieces the same one, delivered twice."""
        return self.kind, self.at, self.worker or ""

    @property
    def level(self) -> int:
        """How strong it is (see the head of this module)."""
        return TABLE[self.kind][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a node's evidence amounts to."""

    state: str
    reason: str | None
    decisive: Evidence
    sent: float | None
    received: float | None
    started: float | None  # of the latest attempt
    finished: float | None
    runtime: float | None
    worker: str | None
    queue: str | None
    retries: int
    repeated: int  # how often more than once it ran to an end, though nothing was wrong with the first time
    lost_at: float | None  # when its worker was last heard of, if it was ever lost


def add(evidence: tuple[Evidence, ...], piece: Evidence) -> tuple[Evidence, ...]:
    """Return ``evidence`` with ``piece``: the same tuple where nothing is new.

    What is kept are the ``KEPT`` greatest by level and time, in the order of arrival: a set that does not
    depend on that order.
    """
    identity = piece.identity
    if any(identity == known.identity for known in evidence):
        return evidence
    if len(evidence) < KEPT:
        return (*evidence, piece)
    least = min((*evidence, piece), key=_weight)
    return evidence if least is piece else tuple(each for each in (*evidence, piece) if each is not least)


def _weight(piece: Evidence) -> tuple[bool, bool, float, int, str]:
    return piece.level >= 5, piece.level >= 2, piece.at, RANK[piece.kind], piece.worker or ""


def ordered(evidence: Iterable[Evidence]) -> list[tuple[int, Evidence]]:
    """Return the pieces with the number of their attempt, in the order in which they happened."""
    pieces = list(evidence)
    receipts = [e for e in pieces if e.kind == "received" and e.retries]
    early = {kind: _early(pieces, kind) for kind in ("retried", "started")} if len(pieces) < KEPT else {}
    is_one = len({e.worker for e in pieces if e.kind in ("received", "started")}) == 1
    if not is_one or len(early.get("started", ())) <= max((e.retries or 0 for e in receipts), default=0):
        early.pop("started", None)  # clocks differ, or one was missed: its place says nothing
    numbered = [(_attempt(piece, receipts, early), piece) for piece in pieces]
    numbered.sort(key=_moment)
    return numbered


def _moment(numbered: tuple[int, Evidence]) -> tuple[int, bool, float, int, str]:
    number, piece = numbered
    # A sender tells when it is done with sending. A worker may have the task before that.
    return number, piece.kind != "sent", piece.at, RANK[piece.kind], piece.worker or ""


def _early(pieces: list[Evidence], kind: str) -> list[float]:
    """Return when pieces of a kind happened: a worker may have the next attempt before it tells of them."""
    return sorted(piece.at for piece in pieces if piece.kind == kind)


def _attempt(piece: Evidence, receipts: list[Evidence], early: dict[str, list[float]]) -> int:
    if piece.retries is not None:
        return piece.retries
    known = (e.retries or 0 for e in receipts if e.at <= piece.at and e.worker == piece.worker)
    number = max(known, default=0)
    return min(number, early[piece.kind].index(piece.at)) if early.get(piece.kind) else number


def judge(evidence: tuple[Evidence, ...]) -> Verdict:
    """Return what ``evidence``, which is not empty, amounts to."""
    pieces = ordered(evidence)
    level = max(piece.level for _, piece in pieces)
    last: dict[str, Evidence] = {}
    decisive = pieces[0][1]
    for _, piece in pieces:
        last[piece.kind] = piece
        if piece.level == level:
            decisive = piece
    state = TABLE[decisive.kind][0]
    retries = max(max(number for number, _ in pieces), sum(piece.kind == "retried" for _, piece in pieces))
    if decisive.kind == "received" and decisive.retries:
        state = "RETRY"
    received, started = last.get("received"), last.get("started")
    worker = decisive.worker or next((p.worker for _, p in reversed(pieces) if p.worker and p.level), None)
    return Verdict(
        state=state,
        reason=decisive.reason,
        decisive=decisive,
        sent=min((piece.at for _, piece in pieces if piece.kind == "sent"), default=None),
        received=received and received.at,
        started=started and started.at,
        finished=decisive.at if state in FINAL else None,
        runtime=(decisive.detail or {}).get("runtime"),
        worker=worker if level else None,
        queue=next(
            (p.detail["queue"] for _, p in reversed(pieces) if p.detail and p.detail.get("queue")), None
        ),
        retries=retries,
        repeated=_repeated(evidence),
        lost_at=lost.at if (lost := last.get("lost")) else None,
    )


def _repeated(evidence: tuple[Evidence, ...]) -> int:
    kinds = [piece.kind for piece in evidence]
    ends = kinds.count("succeeded") + kinds.count("failed")
    # One end may be told twice (a hard time limit is): then it began only once.
    return min(ends, max(1, kinds.count("started") - kinds.count("retried"))) - 1 if ends > 1 else 0


def history(evidence: tuple[Evidence, ...]) -> list[list[Any]]:
    """Return ``[[state, at], ...]``, in the order in which it happened."""
    return [[TABLE[piece.kind][0], piece.at] for _, piece in ordered(_once(evidence))]


def _once(evidence: tuple[Evidence, ...]) -> Iterator[Evidence]:
    """Yield the pieces without those callbacks of which the event is there too."""
    states = {TABLE[piece.kind][0] for piece in evidence if 2 <= piece.level < 5}
    return (piece for piece in evidence if piece.kind not in CALLBACKS or TABLE[piece.kind][0] not in states)


def attempts(evidence: tuple[Evidence, ...]) -> list[dict[str, Any]]:
    """Return one object for each time that a worker took the task, redeliveries included."""
    found: list[dict[str, Any]] = []
    for number, piece in ordered(_once(evidence)):
        if piece.kind == "sent" or piece.kind in PLANNED:
            continue
        if not found or _begins(piece, found[-1]):
            found.append(
                {
                    "state": None,
                    "at": None,
                    "worker": None,
                    "retries": number,
                    "received": None,
                    "started": None,
                }
                | {"finished": None, "exception": None, "traceback": None}
            )
        found[-1] |= _share(piece)
    return found


def _begins(piece: Evidence, attempt: dict[str, Any]) -> bool:
    if piece.kind == "received":
        return (
            attempt["received"] is not None
            or attempt["started"] is not None
            or attempt["finished"] is not None
        )
    return piece.kind == "started" and attempt["started"] is not None


def _share(piece: Evidence) -> dict[str, Any]:
    share: dict[str, Any] = {"state": TABLE[piece.kind][0], "at": piece.at}
    if piece.worker:
        share["worker"] = piece.worker
    if piece.kind in ("received", "started"):
        share[piece.kind] = piece.at
    else:
        share["finished"] = None if piece.kind == "found" else piece.at
    for name in ("exception", "traceback"):
        if piece.detail and piece.detail.get(name):
            share[name] = piece.detail[name]
    return share


def dump(evidence: tuple[Evidence, ...]) -> list[list[Any]]:
    """Return ``evidence`` as JSON values."""
    return [list(piece) for piece in evidence]


def load(rows: list[list[Any]]) -> tuple[Evidence, ...]:
    """Return what :func:`dump` gave."""
    return tuple(Evidence(*row) for row in rows)
