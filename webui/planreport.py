"""A plan as the command line prints it."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..engine.plan import COUNTED, Plan
from ..engine.planning.past import Past
from ..engine.problem import Problem
from .text import plain

TASKS = 5  # names that are listed of each kind
NEEDED = 20  # tasks of which it is said why they are needed
IDS = 5  # ids that are listed of a problem

_WORDS = {
    "r": "run",
    "u": "reuse",
    "k": "keep",
    "f": "mark done",
    "s": "skip",
    "l": "leave out",
    "b": "stand by",
}


def report(past: Past, plan: Plan, flags: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a plan; ``flags`` are those that the choice was made with."""
    yield plan.label
    for letter, word in _WORDS.items():
        if count := plan.counts[COUNTED[letter]]:
            yield f"  {word:10}{count:>7,}  {_tasks(past, plan, letter)}"
    if plan.needed:
        yield "These run, too, as others need them:"
        for index, node, why in plan.needed[:NEEDED]:
            yield f"  {plain(past.tasks[index])} {plain(node)}: {why}"
        if len(plan.needed) > NEEDED:
            yield f"  and {len(plan.needed) - NEEDED:,} more"
    for each in plan.resubmissions:
        yield f"It was resubmitted before: {plain(each['run'])} ({each['state']}), by {plain(each['by'])}"
    yield from objections(plan.problems, plan.warnings)
    if plan.ok:
        yield ""
        yield plain(shlex.join(["umbel", "resubmit", plan.run, *flags, "--plan", plan.hash]))


def _tasks(past: Past, plan: Plan, letter: str) -> str:
    counts = Counter(past.tasks[idx] for idx, action in enumerate(plan.actions) if action == letter)
    named = [f"{plain(task)} {count:,}" for task, count in counts.most_common(TASKS)]
    rest = len(counts) - len(named)
    return ", ".join([*named, f"{rest:,} more"] if rest else named)


def objections(problems: Iterable[Problem], warnings: Iterable[Problem]) -> Iterator[str]:
    """Yield what stands against something, and what is to be known of it."""
    for problem in warnings:
        yield from _problem("warning", problem)
    for problem in problems:
        yield from _problem("problem", problem)


def _problem(kind: str, problem: Problem) -> Iterator[str]:
    where = f"{problem.field}: " if problem.field else ""
    yield f"{kind}: {where}{plain(problem.message)}"
    if problem.nodes:
        shown = [plain(each) for each in problem.nodes[:IDS]]
        rest = problem.count - len(shown)
        yield f"  {', '.join([*shown, f'{rest:,} more'] if rest else shown)}"
