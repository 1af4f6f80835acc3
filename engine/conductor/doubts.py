"""Which nodes of a run there is reason to ask about: not final, and silent for too long. Pure.

A node is asked about when it was seen, did not end, and was not heard of for ``SILENCE`` seconds; and when it
was never seen though all it waits for has ended. It is asked about again after twice the time, and so on, up
to ``LONGEST``. Of what was never seen and is unknown to the result backend too it is noted that Celery has
not sent it.

Of what the conductor sends itself only what is out is asked about (see :class:`Silences`): after ``SILENCE``
seconds, at once when its worker is gone, and again at least every ``OFTEN`` seconds.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..evidence import FINAL
from ..run import Node, Run

SILENCE = 30.0  # seconds
LONGEST = 600.0
OFTEN = 120.0
TOGETHER = 1_000  # attempts of one run that are asked about at once; the others are asked about next time


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
            if node.task is None or node.conducted or node.state in FINAL or not _is_due(node):
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

    def again(self, node_id: str, at: float) -> None:
        """Have what was asked about asked about at ``at``."""
        if (asked := self._next.get(node_id)) is not None:
            self._next[node_id] = at, asked[1]


def _is_due(node: Node) -> bool:
    """Whether it was seen, or nothing stands between it and being sent."""
    tally = node.tally
    return bool(node.evidence) or tally.calls > 0 or (tally.parents == tally.ok and not tally.errors)


class _Asked(NamedTuple):
    """An attempt that was asked about."""

    heard: float  # when it was heard of before that
    due: float  # when it is asked about again
    wait: float  # the wait then
    concerned: bool


class Silences:
    """The attempts of one conducted run that were not heard of for too long."""

    def __init__(self, *, silence: float = SILENCE) -> None:
        self.silence = silence
        self._asked: dict[str, _Asked] = {}  # by task id

    def of(self, run: Run, now: float, is_concerned: Callable[[Node], bool]) -> list[Node]:
        """Return what to ask about: it was silent for too long, or ``is_concerned`` for the first time."""
        before, self._asked = self._asked, {}
        found = []
        for index in sorted(run.out):
            node = run.nodes[index]
            task_id, heard, concerned = node.attempt_id or node.id, heard_of(node), is_concerned(node)
            asked = before.get(task_id)
            if asked is None or asked.heard != heard:
                asked = _Asked(heard, heard + self.silence, self.silence, False)
            is_due = asked.due <= now or (concerned and not asked.concerned)
            if is_due and len(found) < TOGETHER:
                found.append(node)
                wait = min(2 * asked.wait, OFTEN)
                self._asked[task_id] = _Asked(heard, now + asked.wait, wait, concerned)
            elif task_id in before:
                self._asked[task_id] = asked
        return found

    def again(self, task_id: str, at: float) -> None:
        """Have what was asked about asked about at ``at``, unless something is heard before."""
        if (asked := self._asked.get(task_id)) is not None:
            self._asked[task_id] = asked._replace(due=at)

    def hurry(self) -> None:
        """Have all that is silent asked about anew: much may have been lost just now."""
        self._asked.clear()


def heard_of(node: Node) -> float:
    """Return when something was last heard of the current attempt of a node, by our clock."""
    return max((piece.seen or 0.0 for piece in node.evidence), default=0.0) or node.sent or 0.0
