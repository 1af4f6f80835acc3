"""What stands against a plan, and what is to be known before it is confirmed. Pure."""

from collections.abc import Iterable

from ..choice import Choice
from ..problem import Problem, about, many
from .forecast import RUN, SKIP, STANDBY
from .named import Named
from .past import CONDUCTED, FAILED, Past
from .wishes import Wishes

FIELDS = ("args", "kwargs", "options")


def objections(
    past: Past, choice: Choice, said: Named, wishes: Wishes, actions: list[str]
) -> tuple[list[Problem], list[Problem]]:
    """Return the problems of a plan, and its warnings."""
    found = _Objections(past, choice, said, wishes, actions)
    return list(found.problems()), list(found.warnings())


def unsaid(past: Past, choice: Choice, nodes: Iterable[int]) -> set[int]:
    """Return those of some nodes whose signature is not exactly known, nor given by the choice."""
    if not past.inexact:
        return set()
    edits, found = choice.edits_of(), set[int]()
    for idx in nodes:
        if missing := past.inexact.get(idx):
            given = frozenset[str]().union(*(edit.whole for _, edit in edits.get(past.ids[idx], ())))
            if not missing <= given:
                found.add(idx)
    return found


class _Objections:
    def __init__(self, past: Past, choice: Choice, said: Named, wishes: Wishes, actions: list[str]) -> None:
        self.past = past
        self.choice = choice
        self.said = said
        self.wishes = wishes
        self.actions = actions
        self.runs = [idx for idx, action in enumerate(actions) if action == RUN]

    def problems(self) -> Iterable[Problem]:
        """Yield why it cannot be done."""
        past = self.past
        if past.open and past.kind == CONDUCTED:
            yield Problem("goes_on", "The run goes on: cancel it first, or change what it has not begun yet.")
        if past.wiring.circle:
            yield self._about("no_canvas", _CIRCLE, _CIRCLE, past.wiring.circle)
        if out := [idx for idx in self.runs if past.is_live(idx)]:
            yield self._about("still_out", _OUT, _OUT_MANY, out)
        yield from self._inexact()
        if lacking := self.wishes.unmet(self.actions):
            yield self._about("no_result", _LACKS, _LACKS_MANY, sorted({idx for idx, _ in lacking}))

    def _inexact(self) -> Iterable[Problem]:
        sent = [*self.runs, *(self._on_call() if STANDBY in self.actions else ())]
        left = sorted(unsaid(self.past, self.choice, sent))
        if left:
            yield self._about("not_exact", _INEXACT, _INEXACT_MANY, left)

    def _on_call(self) -> Iterable[int]:
        """Yield what stands by for something that runs, and may be sent therefore."""
        children = self.past.wiring.children
        met, pending = set[int](), list(self.runs)
        while pending:
            for child in children[pending.pop()]:
                if child not in met:
                    met.add(child)
                    pending.append(child)
        return (idx for idx in met if self.actions[idx] == STANDBY)

    def warnings(self) -> Iterable[Problem]:
        """Yield what may surprise."""
        past, said, actions = self.past, self.said, self.actions
        if waiting := [idx for idx in self.runs if past.states[idx] == "PENDING"]:
            yield self._about("not_ended", _PENDING, _PENDING_MANY, waiting)
        if said.passed_over:
            yield self._about("passed_over", _OVER, _OVER_MANY, sorted(said.passed_over))
        if said.both:
            yield self._about("both", _BOTH, _BOTH_MANY, sorted(said.both))
        wanted = sorted(said.named)
        if above := [idx for idx in wanted if actions[idx] == SKIP]:
            yield self._about("skipped_above", _ABOVE, _ABOVE_MANY, above)
        handlers = [idx for idx in sorted(said.begin | said.only) if actions[idx] == STANDBY]
        if handlers:
            yield self._about("stands_by", _STANDBY, _STANDBY_MANY, handlers)
        if self.choice.failed and past.gone:
            failed = [idx for idx in sorted(past.gone) if past.states[idx] in FAILED and past.tasks[idx]]
            if failed:
                yield self._about("sent_by_tasks", _GONE, _GONE_MANY, failed)

    def _about(self, code: str, one: str, more: str, found: list[int]) -> Problem:
        ids = (self.past.ids[idx] for idx in found)
        return about(code, many(len(found), one, more), ids)


_CIRCLE = "Tasks of this run wait for each other in a circle: it cannot be run."
_OUT = "A task that would run again may be running still: revoke it, or wait for its end."
_OUT_MANY = "{} tasks that would run again may be running still: revoke them, or wait for their end."
_INEXACT = (
    "It is not known exactly with what to send a task again: give its arguments, give its result, or skip it."
)
_INEXACT_MANY = (
    "It is not known exactly with what to send {} tasks again: give their arguments, or their results, or "
    "skip them."
)
_LACKS = "A task would run without the result that it is called with: supply that, or skip the task."
_LACKS_MANY = "{} tasks would run without results that they are called with: supply these, or skip the tasks."
_PENDING = "A task that would run has not ended in the old run: Celery may still send it there, too."
_PENDING_MANY = (
    "{} tasks that would run have not ended in the old run: Celery may still send them there, too."
)
_OVER = "A task that was chosen to run does not: it is skipped, or has a result that is given."
_OVER_MANY = "{} tasks that were chosen to run do not: they are skipped, or have results that are given."
_BOTH = "A task is given a result, and is to be skipped: it is skipped."
_BOTH_MANY = "{} tasks are given a result, and are to be skipped: they are skipped."
_ABOVE = "A task that was chosen does not run: it waits for one that is skipped."
_ABOVE_MANY = "{} tasks that were chosen do not run: they wait for some that are skipped."
_STANDBY = "A task that was chosen stands by: it runs only if something that it is for fails."
_STANDBY_MANY = "{} tasks that were chosen stand by: they run only if something that they are for fails."
_GONE = "A task that failed was sent by a task of the run itself: choose that one to have it sent again."
_GONE_MANY = (
    "{} tasks that failed were sent by tasks of the run themselves: choose those to have them sent again."
)
