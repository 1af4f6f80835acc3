"""What the machine makes of a new run in which all that runs succeeds. Pure.

This is :mod:`umbel.engine.parents` in the future tense: from the first in order to the last, each node has
the state that it is given at once (reused, forced, skipped, ...) or the one that its parents will give it. A
node may *pass* (it is SUCCESS, or a join that goes on), be *unneeded* (an error callback of what succeeds,
and what waits for one), or be SKIPPED because it waits for something that is left out or skipped; the last
wins over those before it, as it does in the machine.
"""

from collections.abc import Set
from typing import Final

from ..wiring import Placed, Wiring, without_circles
from .past import CONDUCTED, Past

PASSES: Final = 0
UNNEEDED: Final = 1
LEFT_OUT: Final = 2
SKIPPED: Final = 3

RUN, STANDBY, REUSE, KEEP, FORCE, SKIP, LEFT, JOIN, NONE = "rbukfslj-"

#: What becomes of a task, by the state that its parents give it.
LETTERS = {PASSES: RUN, UNNEEDED: STANDBY, LEFT_OUT: LEFT, SKIPPED: SKIP}
_AHEAD = {RUN: PASSES, REUSE: PASSES, KEEP: PASSES, FORCE: PASSES} | {
    letter: ahead for ahead, letter in LETTERS.items()
}


class Forecast:
    """Says what becomes of each node.

    Parameters
    ----------
    past
        The old run.
    run_when
        Of the new run: an edit may have changed it.
    skip, forced
        What somebody chose to be skipped, or to count as done.
    """

    def __init__(
        self,
        past: Past,
        run_when: dict[int, str],
        *,
        skip: Set[int] = frozenset(),
        forced: Set[int] = frozenset(),
    ) -> None:
        self.past = past
        self.skip = skip
        self.forced = forced
        wires = past.wiring
        self.patient = {idx for idx, when in run_when.items() if when == "all_done"} - wires.called
        wants_failure = {idx for idx, when in run_when.items() if when == "any_failed" and wires.waits[idx]}
        #: They run only if something fails: here, never.
        self.handlers = wires.called | wants_failure
        self._heedless = wants_failure - wires.called  # of what they wait for
        self._thin = _thin(past) if past.kind != CONDUCTED and self.handlers else frozenset[int]()

    def given(self, idx: int, most: int) -> int:
        """Return the state that its parents give a task; ``most`` is the greatest of theirs."""
        if idx in self.patient:
            return PASSES
        if idx in self.handlers:
            return UNNEEDED if idx in self._heedless else max(most, UNNEEDED)
        return most

    def actions(self, wanted: bytearray, cut: bytearray) -> list[str]:
        """Return what becomes of each node.

        Parameters
        ----------
        wanted
            Not 0 of what is to run if the machine lets it.
        cut
            Not 0 of what follows from something that alone is to run.
        """
        past, waits = self.past, self.past.wiring.waits
        actions = [NONE] * len(past.ids)
        ahead = bytearray(len(past.ids))
        for idx in past.wiring.order:
            parents = waits[idx]
            most = max([ahead[parent] for parent in parents]) if parents else PASSES
            if past.tasks[idx] is None:
                actions[idx] = JOIN
                ahead[idx] = most if most >= LEFT_OUT or idx in self._thin else PASSES
                continue
            if wanted[idx] and idx not in self.skip and idx not in self.forced:
                action = LETTERS[self.given(idx, most)]
            else:
                action = self._action(idx, most, is_cut=bool(cut[idx]))
            actions[idx] = action
            ahead[idx] = _AHEAD[action]
        return actions

    def _action(self, idx: int, most: int, *, is_cut: bool) -> str:
        if idx in self.skip:
            return SKIP
        if idx in self.forced:
            return FORCE
        past = self.past
        given = self.given(idx, most)
        if is_cut:
            return LETTERS[given] if given in (UNNEEDED, SKIPPED) else LEFT
        if past.states[idx] == "SUCCESS":
            return KEEP if idx in past.unkept else REUSE
        if past.is_carried(idx):
            return SKIP
        if given == UNNEEDED:
            return STANDBY
        if past.states[idx] == "SKIPPED" and not past.is_left(idx):
            return LEFT if given == LEFT_OUT else SKIP
        return LEFT

    def doomed(self, roots: Set[int]) -> bytearray:
        """Return of each node whether it cannot run as ``roots`` are skipped."""
        waits, found = self.past.wiring.waits, bytearray(len(self.past.ids))
        if not roots:
            return found
        for idx in self.past.wiring.order:
            if idx in roots:
                found[idx] = 1
            elif idx not in self.forced and idx not in self.patient and idx not in self._heedless:
                found[idx] = any(found[parent] for parent in waits[idx])
        return found

    def behind(self) -> bytearray:
        """Return of each task whether it is a handler, or waits for one."""
        tasks, waits, found = self.past.tasks, self.past.wiring.waits, bytearray(len(self.past.ids))
        if not self.handlers:
            return found
        for idx in self.past.wiring.order:
            if idx in self.handlers:
                found[idx] = 1
            elif (tasks[idx] is not None or idx in self._thin) and idx not in self.patient:
                found[idx] = any(found[parent] for parent in waits[idx])
        return found


def _thin(past: Past) -> Set[int]:
    """Return the joins of a watched run that a new one lacks: their consumer waits for what is in them."""
    edges = [
        Placed(parent, child, kind, place)
        for parent, child, kind, place in past.edges
        if parent not in past.gone and child not in past.gone
    ]
    joins = [idx for idx, task in enumerate(past.tasks) if task is None and idx not in past.gone]
    wiring = Wiring(joins, without_circles(range(len(past.ids)), edges))
    return {idx for idx in joins if not wiring.stays(idx)}
