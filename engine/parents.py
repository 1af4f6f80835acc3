"""What parents tell their children, and the state that this gives them (see :mod:`.machine`). Pure.

Each node holds a tally of its parents, so that what one of them tells costs the same however many there are.
"""

from .evidence import FINAL
from .run import NEVER, UNSENT, Node, Tally

_THEN = {"SUCCESS": ("ok",), "FAILURE": ("dead",), "REVOKED": ("dead",), "BLOCKED": ("dead",)}


def signals(node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which counts ``node`` adds to, in the tallies of those who wait for it and those it may call."""
    if node.state == "SKIPPED":
        return ("unseen" if node.reason == "unseen" else "unneeded",), ("quiet",)
    waits = _THEN.get(node.state, ())
    if node.task is None and node.state == "BLOCKED":
        waits = ("dead", "dead_joins")
    calls = node.state == "FAILURE" or (node.state == "BLOCKED" and node.tally.dead_joins > 0)
    return waits, ("calls",) if calls else ("quiet",) if node.state in FINAL else ()


def joined(tally: Tally, kind: str, parent: Node) -> Tally:
    waits, errors = signals(parent)
    return tally.plus(1, "errors", *errors) if kind == "error" else tally.plus(1, "parents", *waits)


def left(tally: Tally, kind: str, parent: Node) -> Tally:
    waits, errors = signals(parent)
    return tally.plus(-1, "errors", *errors) if kind == "error" else tally.plus(-1, "parents", *waits)


def settled(node: Node) -> Node:
    """Return ``node`` with the state that its parents give it, if nothing else does."""
    if node.evidence:
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
    if tally.dead:
        return "BLOCKED", None
    if node.task is None:
        ended = tally.ok + tally.unneeded + tally.unseen
        return ("SUCCESS" if tally.parents and ended == tally.parents else "PENDING"), None
    if tally.unseen or tally.unneeded:
        return "SKIPPED", "unseen" if tally.unseen else "unneeded"
    if tally.errors and tally.quiet == tally.errors:
        return "SKIPPED", "unneeded"
    if tally.calls and node.reason == "unseen":
        return "SKIPPED", "unseen"
    return "PENDING", None


def waits_unseen(node: Node) -> bool:
    return node.state == "PENDING" and node.task is not None and node.tally.calls > 0
