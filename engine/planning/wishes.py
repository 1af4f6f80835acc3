"""What is to run again: what was chosen, what follows from it, and what that needs. Pure.

What runs for its own sake takes all that follows from it with it, so that no result is reused that came from
one that is made anew. What runs *alone* (``only``) does not: what follows from that is left out, unless
something else has it run. Who runs needs all that it waits for, and what it is called with: a parent that did
not succeed, or of which the result is not kept, runs too, in the same way as the one that needs it.

A parent that somebody skipped, or that raised ``Ignore``, runs only for one that was named itself.
"""

from collections import deque
from collections.abc import Iterable

from .forecast import JOIN, KEEP, LEFT, RUN, SKIP, Forecast
from .past import FAILED, Past

ALONE, WITH_ALL = 1, 2  # how a node is wanted

UNKEPT = "its result is not kept"
FAILED_TOO = "it failed too"
OMITTED = "it was left out"
SKIPPED_TOO = "it was skipped"
UNENDED = "it has not ended"
STALE = "it follows from a task that runs"

_ROUNDS = 50  # of looking for what is still needed: the first finds all, but in graphs made to be hard


class Wishes:
    """Gathers what is to run; ``forecast`` knows what can."""

    def __init__(self, past: Past, forecast: Forecast, named: Iterable[int]) -> None:
        self.past = past
        self.forecast = forecast
        self.wires = past.wiring
        count = len(past.ids)
        self.wanted = bytearray(count)
        self.cut = bytearray(count)
        self.named = set(named)
        self.needed: dict[int, str] = {}
        self._behind = forecast.behind()
        self._skipped = forecast.doomed(forecast.skip)
        self._carried = forecast.doomed({idx for idx in range(count) if past.is_carried(idx)} - self.named)
        self._below: list[tuple[int, int]] = []
        self._above: deque[int] = deque()
        self._asked = set[tuple[int, bool, int, bool, bool]]()

    def want(self, idx: int, how: int) -> None:
        """Have a node run."""
        if how <= self.wanted[idx]:
            return
        self.wanted[idx] = how
        self._below.append((idx, how))
        if self.past.tasks[idx] is not None:
            self._above.append(idx)

    def follow(self, idx: int, how: int) -> None:
        """Have what follows from a node run, or be left out, though it does not run itself."""
        self._below.append((idx, how))

    def settle(self) -> list[str]:
        """Return what becomes of each node, once all has what it needs."""
        self._spread()
        actions = self.forecast.actions(self.wanted, self.cut)
        for _ in range(_ROUNDS):
            before = bytes(self.wanted)
            self._asked.clear()
            for idx in self._wanting(actions):
                self._need(idx, is_sure=True)
            self._spread()
            if before == self.wanted:
                break
            actions = self.forecast.actions(self.wanted, self.cut)
        return actions

    def unmet(self, actions: list[str]) -> list[tuple[int, int]]:
        """Return who runs without what it is called with, and whose result that is."""
        if KEEP not in actions:
            return []
        found = list[tuple[int, int]]()
        lacking: dict[int, int] = {}  # of a join: a member whose result is not there
        for idx in self.wires.order:
            if actions[idx] == KEEP:
                lacking[idx] = idx
            elif actions[idx] in (RUN, JOIN):
                for parent in self.wires.waits[idx]:
                    if parent in lacking and (actions[idx] == JOIN or self.wires.takes(idx, parent)):
                        if actions[idx] == JOIN:
                            lacking[idx] = lacking[parent]
                        else:
                            found.append((idx, lacking[parent]))
                        break
        return found

    # downwards

    def _spread(self) -> None:
        while self._below or self._above:
            while self._below:
                idx, how = self._below.pop()
                for child in self.wires.children[idx]:
                    if how == WITH_ALL:
                        self.want(child, WITH_ALL)
                    elif not self.cut[child]:
                        self.cut[child] = 1
                        self._below.append((child, ALONE))
            if self._above:
                self._need(self._above.popleft())

    # upwards

    def _need(self, idx: int, *, is_sure: bool = False) -> None:
        is_named = idx in self.named or idx in self.needed
        if self._skipped[idx] or idx in self.forecast.skip or idx in self.forecast.forced:
            return
        if not is_sure and (self._is_standby(idx) or (self._carried[idx] and not is_named)):
            return
        how, is_patient = self.wanted[idx], idx in self.forecast.patient
        pending = [(parent, self._takes(idx, parent)) for parent in self.wires.waits[idx]]
        while pending:
            parent, takes = pending.pop()
            if self.past.tasks[parent] is not None:
                if why := self._why(parent, takes=takes, is_patient=is_patient, is_named=is_named):
                    self.needed.setdefault(parent, why)
                    self.want(parent, how)
            elif (asked := (parent, takes, how, is_named, is_patient)) not in self._asked:
                self._asked.add(asked)
                pending += [(each, takes) for each in self.wires.waits[parent]]

    def _why(self, idx: int, *, takes: bool, is_patient: bool, is_named: bool) -> str | None:
        """Return why somebody who waits for a task needs it to run; None if he does not, or it cannot."""
        if self.wanted[idx] or idx in self.forecast.forced or self._skipped[idx] or self._is_standby(idx):
            return None
        past, state = self.past, self.past.states[idx]
        if state == "SUCCESS":
            if self.cut[idx]:
                return STALE if takes or not is_patient else None
            return UNKEPT if takes and idx in past.unkept else None
        if is_patient:
            return None
        if state in FAILED:
            return FAILED_TOO
        if state != "SKIPPED":
            return UNENDED
        if past.is_left(idx):
            return OMITTED
        return SKIPPED_TOO if is_named else None

    def _is_standby(self, idx: int) -> bool:
        """Whether a task runs only if something fails."""
        if not self._behind[idx]:
            return False
        states = self.past.states
        return idx in self.forecast.handlers or any(
            self._behind[parent] and (self.wanted[parent] or self.cut[parent] or states[parent] != "SUCCESS")
            for parent in self.wires.waits[idx]
        )

    # who still lacks something

    def _wanting(self, actions: list[str]) -> list[int]:
        def lacks(idx: int) -> bool:
            action = actions[idx]
            if action == LEFT or (action == SKIP and idx in self.named):
                return bool(self.wanted[idx])
            return False

        wanting = [idx for idx in self.wires.order if lacks(idx)]
        return [*wanting, *(idx for idx, _ in self.unmet(actions))]

    def _takes(self, idx: int, parent: int) -> bool:
        if self.past.tasks[parent] is not None and parent not in self.past.unkept and not self.cut[parent]:
            return True  # whether it does or not: what the parent returned is there
        return self.wires.takes(idx, parent)
