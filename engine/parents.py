"""What parents tell their children, and the state that this gives them (see :mod:`.machine`). Pure.

Each node holds a tally of its parents, so that what one of them tells costs the same however many there are.
"""

from typing import NamedTuple

from .evidence import FINAL
from .run import NEVER, UNSENT, Node, Tally


class Signal(NamedTuple):
    """What a node adds to the tallies of those who wait for it, and of its error callbacks."""

    waits: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    cause: int = 0
    noisy: int = 0


_OF = {name: place for place, name in enumerate(Tally._fields)}
_PARENTS, _ERRORS, _CAUSES, _SQUARES = (_OF[name] for name in ("parents", "errors", "causes", "squares"))
_GATHERED, _NOISY, _DEAD, _DEAD_JOINS = _OF["gathered"], _OF["noisy"], _OF["dead"], _OF["dead_joins"]
_EARLY, _PASSED = _OF["early"], _OF["passed"]
_CALLS, _WANTED, _QUIET = ((_OF[name],) for name in ("calls", "wanted", "quiet"))

_NOTHING = Signal()
_OK = Signal((_OF["ok"],), _QUIET)
_SKIPPED = {reason: Signal((_OF[reason],), _QUIET) for reason in ("unneeded", "unseen", "ignored")}
_SKIPPED |= dict.fromkeys(("skipped", "left"), _SKIPPED["ignored"])


def signal(node: Node) -> Signal:
    """Return what ``node`` tells those who wait for it, and those it may call."""
    state = node.state
    if state not in FINAL:
        return _NOTHING
    if state == "SUCCESS":
        return _OK
    if state == "SKIPPED":
        return _SKIPPED.get(node.reason or "", _SKIPPED["unneeded"])
    return _dead_of_conducted(node) if node.conducted else _dead(node)


def _dead(node: Node) -> Signal:
    if node.task is None:
        return Signal((_DEAD, _DEAD_JOINS, *_early(node)), _CALLS if node.tally.dead_joins else _QUIET)
    calls = node.state == "FAILURE" or (node.state == "BLOCKED" and node.tally.dead_joins > 0)
    return Signal((_DEAD,), _CALLS if calls else _QUIET)


def _dead_of_conducted(node: Node) -> Signal:
    tally = node.tally
    if node.state == "BLOCKED" and not is_body(node):
        waits = (
            (_DEAD, _PASSED, _EARLY)
            if node.task is None and tally.ended < tally.parents
            else (_DEAD, _PASSED)
        )
        return Signal(waits, _QUIET, tally.causes // max(tally.dead, 1), min(tally.noisy, 1))
    waits = (_DEAD,)
    if node.task is None:
        waits = (_DEAD, _DEAD_JOINS, _EARLY) if tally.ended < tally.parents else (_DEAD, _DEAD_JOINS)
    errors = _WANTED
    if node.state == "FAILURE" and is_called_by_worker(node):
        errors = _CALLS
    elif node.state == "REVOKED" and any(piece.kind == "withdrawn" for piece in node.evidence):
        errors = _QUIET
    return Signal(waits, errors, node.idx + 1, min(tally.callbacks, 1))


def _early(node: Node) -> tuple[int, ...]:
    return (_EARLY,) if node.task is None and node.tally.ended < node.tally.parents else ()


def is_called_by_worker(node: Node) -> bool:
    """Whether a worker calls the error callbacks of a conducted node that failed.

    Their signatures are in its message only if the conductor would not try again.
    """
    if node.rules is not None and node.rules.retries:
        return False
    return any(piece.kind == "called-failed" for piece in node.evidence)


def is_body(node: Node) -> bool:
    """Whether a conducted node that is BLOCKED is the body of a chord whose header failed.

    Only then has it error callbacks to call. It is not where all that is dead of its parents was to begin
    only after something else, that failed: what comes before a chord fails for itself. Where one list holds
    one result, the graph does not tell whether that something is in the header; it is taken to be before
    it if it has error callbacks, as it has in a chain that was given them as a whole.
    """
    tally = node.tally
    if tally.dead_joins:
        return True
    if node.task is not None and tally.parents < 2 and not tally.gathered:
        return False
    if tally.dead > tally.passed or tally.dead < tally.parents:
        return True
    if tally.dead * tally.squares != tally.causes**2:
        return True
    return tally.parents == 1 and not tally.noisy


def connected(child: Node, parent: Node, kind: str, position: int) -> Node:
    """Return ``child`` with one parent more."""
    values = list(child.tally)
    values[_ERRORS if kind == "error" else _PARENTS] += 1
    values[_GATHERED] += position >= 0 and kind != "error" and child.conducted
    _add(values, kind, signal(parent), 1)
    return child._replace(tally=Tally._make(values))


def with_callback(parent: Node) -> Node:
    """Return ``parent`` with one error callback more."""
    return parent._replace(tally=parent.tally._replace(callbacks=parent.tally.callbacks + 1))


def retold(tally: Tally, kind: str, before: Signal, after: Signal) -> Tally:
    """Return the tally of a child to which a parent told ``before``, and now ``after``."""
    values = list(tally)
    _add(values, kind, before, -1)
    _add(values, kind, after, 1)
    return Tally._make(values)


def _add(values: list[int], kind: str, told: Signal, amount: int) -> None:
    if kind == "error":
        for place in told.errors:
            values[place] += amount
        return
    for place in told.waits:
        values[place] += amount
    if told.cause:
        values[_CAUSES] += amount * told.cause
        values[_SQUARES] += amount * told.cause**2
        values[_NOISY] += amount * told.noisy


def is_retold(kind: str, before: Signal, after: Signal) -> bool:
    """Whether a child of this kind hears anything new."""
    if kind == "error":
        return before.errors != after.errors
    return before.waits != after.waits or before[2:] != after[2:]


def settled(node: Node) -> Node:
    """Return ``node`` with the state that its parents give it, if nothing else does."""
    if node.evidence or node.due is not None:
        return node
    state, reason = _derived(node)
    return node if (state, reason) == (node.state, node.reason) else node._replace(state=state, reason=reason)


def explained(node: Node, cause: Node) -> Node:
    """Return ``node`` with a note of why it never runs, if that is so; ``cause`` is what changed above it."""
    if node.state != "BLOCKED":
        return node._replace(note=None) if is_refuted(node.note) else node
    if node.note is not None or cause.state not in ("FAILURE", "REVOKED", "BLOCKED"):
        return node
    why = f"{NEVER}{cause.task} ({cause.id}) ended as {cause.state}."
    return node._replace(note=cause.note if cause.state == "BLOCKED" else why)


def is_refuted(note: str | None) -> bool:
    """Whether a note is untrue of a node that can run, or does."""
    return note is not None and (note == UNSENT or note.startswith(NEVER))


def _derived(node: Node) -> tuple[str, str | None]:
    tally = node.tally
    if node.task is not None and node.rules is not None and not tally.errors:
        if node.rules.run_when == "any_failed" and tally.parents:
            return ("SKIPPED", "unneeded") if tally.ended == tally.parents and not tally.dead else _PENDING
        if node.rules.run_when in ("any_failed", "all_done"):
            return _PENDING
    if tally.dead:
        return "BLOCKED", None
    if node.task is None:
        if not tally.parents or tally.ended < tally.parents:
            return _PENDING
        return ("SKIPPED", "ignored") if tally.ignored else ("SUCCESS", None)
    if tally.unseen or tally.ignored or tally.unneeded:
        return "SKIPPED", "unseen" if tally.unseen else "ignored" if tally.ignored else "unneeded"
    if tally.errors and tally.quiet == tally.errors:
        return "SKIPPED", "unneeded"
    if _is_for_workers(node) and (tally.calls or tally.wanted):
        return "SKIPPED", "unseen" if tally.calls else "uncallable"
    if tally.calls and node.reason == "unseen":
        return "SKIPPED", "unseen"
    return _PENDING


_PENDING = ("PENDING", None)


def may_be_sent(node: Node) -> bool:
    """Whether the conductor may send ``node``, as far as its parents go."""
    if not node.conducted or node.task is None or _is_for_workers(node):
        return False
    if node.due is not None:
        return node.state == "RETRY"
    if node.state != "PENDING" or node.held:
        return False
    tally = node.tally
    if tally.errors:
        return tally.wanted > 0 and tally.ok == tally.parents
    if tally.ok == tally.parents:
        return True
    is_patient = node.rules is not None and node.rules.run_when in ("all_done", "any_failed")
    return is_patient and tally.ended == tally.parents


def waits_unseen(node: Node) -> bool:
    """Whether ``node`` is an error callback that may be running where no event tells."""
    tally = node.tally
    return node.state == "PENDING" and node.task is not None and tally.calls > 0 and not tally.wanted


def _is_for_workers(node: Node) -> bool:
    return node.rules is not None and node.rules.in_worker
