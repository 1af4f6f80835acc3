"""What a resubmission would do, before anybody does it. Pure.

``plan(past, choice)`` says of each node of a run that has ended what becomes of it in a new run:

=======  ==============================================================================================
letter   the node
=======  ==============================================================================================
r        runs, if everything before it succeeds
b        stands by: an error callback, or a task for failures (and what waits for it): it runs if what it
         is for fails
u        was SUCCESS and nothing above it runs: its result is taken over
k        the same, but its result is not known exactly, and nobody who runs is called with it
f        counts as done, with the result that the choice gives
s        is skipped: by the choice, or by an earlier one, or it raised ``Ignore``; or waits for such a task
l        is left out: it failed and was not chosen, or waits for what runs alone; or waits for such a task
j        is a join, which is no task: what becomes of it follows from its parents
\\-        is no part of the new run: a task sent it by itself, and will again
=======  ==============================================================================================

Where all that runs succeeds, exactly the tasks that are ``r`` run: see :mod:`.planning.forecast`. That rests
on what is written into the new run: ``u``, ``k``, ``f``, ``s`` and ``l`` are final from the beginning, and
the machine decides about ``r``, ``b`` and ``j``.

What follows from a result that the choice gives (``f``) runs, as it would after a success; but for a task
that had succeeded and whose result is not known: there the choice only says what it was. What follows from a
task that is skipped is skipped, and where its ``run_when`` lets it run all the same, it does. Where a choice
names ``only`` and nothing else that is to run, both are left out instead.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .choice import Choice
from .evidence import CODES
from .planning.edited import misfits, oddities, run_when_of
from .planning.forecast import FORCE, KEEP, LEFT, REUSE, RUN, SKIP, STANDBY, Forecast
from .planning.named import Named
from .planning.objections import objections
from .planning.past import Past
from .planning.wishes import ALONE, WITH_ALL, Wishes
from .problem import Problem

SHOWN = 100  # nodes of a kind that are named, and problems
#: Names of the letters that are counted.
COUNTED = {
    RUN: "run",
    REUSE: "reuse",
    KEEP: "keep",
    FORCE: "force",
    SKIP: "skip",
    LEFT: "left",
    STANDBY: "standby",
}

_STATES = {"FAILURE": "failed", "REVOKED": "revoked", "BLOCKED": "blocked", "SKIPPED": "skipped"}
_STATES |= {"SUCCESS": "succeeded"}
_REST = {REUSE: "reuse {}", KEEP: "keep {}", FORCE: "mark {} done", SKIP: "skip {}", LEFT: "leave out {}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a resubmission would do (see the head of this module)."""

    run: str
    choice: Choice
    actions: str  # a letter for each node of the old run
    hash: str  # of all that it says and rests on
    counts: Mapping[str, int]  # tasks, by the names in ``COUNTED``
    of: Mapping[str, int]  # those that run, by the state that they had
    needed: Sequence[tuple[int, str, str]]  # index, id and why: run because others need them
    changed: Sequence[tuple[int, str, tuple[str, ...]]]  # index, id and what of it is edited
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    resubmissions: Sequence[Mapping[str, Any]] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be confirmed."""
        return not self.problems and self.counts["run"] > 0

    @property
    def label(self) -> str:
        """What it does, as a button says it."""
        return label(self.counts, self.of)

    def objecting(self, problems: Sequence[Problem], warnings: Sequence[Problem]) -> "Plan":
        """Return it with more that stands against it."""
        return replace(self, problems=[*self.problems, *problems], warnings=[*self.warnings, *warnings])

    def to_json(self) -> dict[str, Any]:
        """Return it as a dict of JSON values."""
        needed = [{"index": index, "id": each, "why": why} for index, each, why in self.needed[:SHOWN]]
        changed = [
            {"index": index, "id": each, "fields": list(of)} for index, each, of in self.changed[:SHOWN]
        ]
        return {
            "run": self.run,
            "hash": self.hash,
            "ok": self.ok,
            "choice": self.choice.to_json(),
            "counts": dict(self.counts),
            "of": dict(self.of),
            "label": self.label,
            "actions": self.actions,
            "needed": needed,
            "changed": changed,
            "problems": [each.to_json() for each in self.problems[:SHOWN]],
            "warnings": [each.to_json() for each in self.warnings[:SHOWN]],
            "resubmissions": [dict(each) for each in self.resubmissions],
        }


def label(counts: Mapping[str, int], of: Mapping[str, int]) -> str:
    """Return what a plan does, in the words of a button.

    >>> label({"run": 44, "reuse": 956}, {"FAILURE": 3, "BLOCKED": 41})
    'Resubmit 3 failed + 41 blocked, reuse 956'
    """
    rest = dict(of)
    parts = [f"{rest.pop(state):,} {word}" for state, word in _STATES.items() if rest.get(state)]
    if unfinished := sum(rest.get(state, 0) for state in CODES if state not in _STATES):
        parts.append(f"{unfinished:,} unfinished")
    if not parts:
        return "Nothing to resubmit"
    others = [form.format(f"{counts.get(COUNTED[letter], 0):,}") for letter, form in _REST.items()
              if counts.get(COUNTED[letter])]  # fmt: skip
    return ", ".join([f"Resubmit {' + '.join(parts)}", *others])


def plan(past: Past, choice: Choice) -> Plan:
    """Return what resubmitting a run does.

    The time is that of sorting its graph some few times: 10,000 nodes take about 50 ms, with what is waited
    for and what is chosen in any proportion.

    Parameters
    ----------
    past
        The run as it stands.
    choice
        What of it is wanted, and how.

    Returns
    -------
    plan
        With ``problems`` where it cannot be done; what it says of the nodes is then what it comes to all the
        same, as far as that can be told.
    """
    said = Named(past, choice)
    run_when = run_when_of(past, choice.edits)
    forecast = Forecast(past, run_when, skip=said.skip, forced=said.forced)
    wishes = Wishes(past, forecast, said.named)
    _choose(past, choice, said, wishes)
    actions = wishes.settle()
    problems, warnings = objections(past, choice, said, wishes, actions)
    problems = [*said.problems, *misfits(choice.edits), *problems]
    warnings = [*warnings, *oddities(choice.edits)]
    return _plan(past, choice, said, wishes, actions).objecting(problems, warnings)


def _choose(past: Past, choice: Choice, said: Named, wishes: Wishes) -> None:
    handlers = wishes.forecast.handlers
    for idx in sorted(said.seeds - handlers):
        wishes.want(idx, WITH_ALL)
    if choice.failed:
        for idx in past.wiring.order:
            if past.tasks[idx] is not None and past.is_failed(idx) and idx not in handlers:
                wishes.want(idx, WITH_ALL)
    for idx in sorted(said.only - said.seeds - handlers):
        wishes.want(idx, ALONE)
    how = ALONE if said.only and not choice.failed and not said.seeds else WITH_ALL
    # After these nothing is as it was, though they do not run.
    changed = {idx for idx in said.skip if not past.is_carried(idx)} | (said.forced - past.unkept)
    for idx in sorted(changed):
        wishes.follow(idx, how)


def _plan(past: Past, choice: Choice, said: Named, wishes: Wishes, actions: list[str]) -> Plan:
    whole = "".join(actions)
    runs = [idx for idx, action in enumerate(actions) if action == RUN]
    counts = Counter(whole)
    edits = choice.edits_of()
    fields = {idx: frozenset[str]().union(*(each.fields for _, each in edits[past.ids[idx]]))
              for idx in sorted(said.edited)}  # fmt: skip
    needed = sorted(idx for idx in wishes.needed if actions[idx] == RUN)
    return Plan(
        run=past.id,
        choice=choice,
        actions=whole,
        hash=_hash(past, choice, whole),
        counts={name: counts[letter] for letter, name in COUNTED.items()},
        of=dict(sorted(Counter(past.states[idx] for idx in runs).items())),
        needed=[(idx, past.ids[idx], wishes.needed[idx]) for idx in needed],
        changed=[(idx, past.ids[idx], tuple(sorted(of))) for idx, of in fields.items()],
        resubmissions=past.resubmissions,
    )


def _hash(past: Past, choice: Choice, actions: str) -> str:
    """Return the hash of a plan and of what it rests on, so that another cannot be taken for it."""
    states = "".join(str(CODES[state]) for state in past.states)
    earlier = sorted(str(each["run"]) for each in past.resubmissions)
    whole = [past.id, choice.to_json(), actions, states, earlier]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
