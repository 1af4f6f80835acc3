"""Which nodes of a run there is reason to ask about: not final, and silent for too long. Pure.

A node is asked about when it was seen, did not end, and was not heard of for ``SILENCE`` seconds; and when it
was never seen though all it waits for has ended. It is asked about again after twice the time, and so on, up
to ``LONGEST``. Of what was never seen and is unknown to the result backend too it is noted that Celery has
not sent it.
"""

from typing import NamedTuple

from ..evidence import FINAL
from ..run import Node, Run

SILENCE = 30.0  # seconds
LONGEST = 600.0


class Doubt(NamedTuple):
    """A node to ask about."""

    node: Node
    is_unsent: bool  # it was never seen, and this is not the first time that it is asked about


class Doubts:
    """The nodes of one run that were asked about."""

    def __init__(self, *, silence: float = SILENCE) -> None:
        self.silence = silence
        self._next: dict[
            str, tuple[float, float]
        ] = {}  # id -> when it is asked about again, and the wait then

    def of(self, run: Run, now: float, *, eager: bool = False) -> list[Doubt]:
        """Return what to ask about; ``eager`` when much may have been missed just now."""
        asked, self._next = self._next, {}
        found = []
        for node in run.nodes:
            if node.task is None or node.state in FINAL or not _is_due(node):
                continue
            known = asked.get(node.id)
            heard = max((piece.seen or 0.0 for piece in node.evidence), default=None)
            due, wait = known or ((now if heard is None else heard) + self.silence, self.silence)
            if due <= now or (eager and known is None):
                found.append(Doubt(node, heard is None and known is not None and wait > self.silence))
                self._next[node.id] = now + wait, min(2 * wait, LONGEST)
            elif known is not None or heard is None:
                self._next[node.id] = due, wait
        return found


def _is_due(node: Node) -> bool:
    """Whether it was seen, or nothing stands between it and being sent."""
    tally = node.tally
    return bool(node.evidence) or tally.calls > 0 or (tally.parents == tally.ok and not tally.errors)
