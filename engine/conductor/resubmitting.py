"""A run that is made from an old one, by a plan.

What somebody confirms is the hash of a plan that they have seen. It is made anew from the database, and must
come out the same. The hash is of all that the plan says and rests on, and which runs were made from the old
one already is part of that; so of two who confirm the same plan the second is told who was first. The new
run's id is made of the old one's and the request's: a request that is read twice is one run.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from celery import Celery
from sqlalchemy.exc import DBAPIError

from ..choice import Choice
from ..dag import Node as Spec
from ..errors import ChoiceError, UmbelError
from ..messages import Planned
from ..plan import Plan, plan
from ..planning.forecast import FORCE, KEEP, LEFT, NONE, REUSE, SKIP
from ..planning.objections import unsaid
from ..planning.past import Past
from ..problem import Problem
from ..run import Action, Outcome, Run
from ..store import Store, originals, planning
from ..store.copies import Copy
from ..store.rows import find_run
from ..values import dumps
from .arity import uncallable
from .copying import Copied, new_id, remade
from .submission import Remade, Submission, announcement

log = logging.getLogger(__name__)

MARKS = {REUSE: "reused", KEEP: "kept", FORCE: "forced", SKIP: "skipped", LEFT: "left"}
LOOKED_AT = 5  # of the last resubmissions: whether they are what a plan does not know of


class Objection(NamedTuple):
    """Why a run is not resubmitted."""

    code: str  # stale, problems, no_canvas, unknown_run
    message: str
    more: Mapping[str, Any]  # plan: the one that holds now; problems


class Wish(NamedTuple):
    """Somebody wants a run resubmitted."""

    id: str  # of the request
    choice: Any  # as they spell it
    hash: str | None  # of the plan that they confirm; None: whatever it is
    by: str | None
    why: str | None = None
    name: str | None = None
    detail: Mapping[str, Any] = {}  # more to be said in the audit trail


def resubmitted(
    store: Store, run: Run, wish: Wish, now: float, app: Celery | None = None
) -> Submission | Objection:
    """Return the new run, or why there is none; ``app`` is the user's, if it is known."""
    return guarded(lambda: _resubmitted(store, run, wish, now, app), run)


T = TypeVar("T")


def guarded(act: Callable[[], T], run: Run) -> "T | Objection":
    """Do ``act``; what it stumbles over must not come back for ever, and end the conductor each time."""
    try:
        return act()
    except DBAPIError:
        raise
    except Exception:
        log.exception("What was asked of run %s could not be done.", run.id)
        return Objection("internal", "It could not be done: the conductor's log says why.", {})


def _resubmitted(
    store: Store, run: Run, wish: Wish, now: float, app: Celery | None
) -> Submission | Objection:
    try:
        choice = Choice.from_json(wish.choice)
    except ChoiceError as error:
        return _problems(str(error), error.problems, None)
    with store.read() as connection:
        if (row := find_run(connection, run.id)) is None:
            return Objection("unknown_run", f"There is no run {run.id}.", {})
        past = planning.read(connection, row)
        made = plan(past, choice)
        if wish.hash is not None and made.hash != wish.hash:
            return Objection("stale", _change(past, choice, wish.hash), {"plan": made.to_json()})
        if not made.ok:
            return _problems(_why(made), made.problems, made)
        kept = [idx for idx, action in enumerate(made.actions) if action != NONE]
        specs = originals.signatures(connection, run.number, kept)
    if app is not None and (problems := _uncallable(app, specs, past, choice)):
        return _problems(problems[0].message, problems, made.objecting(problems, []))
    try:
        copied = remade(run, specs, now, choice)
    except UmbelError as error:
        return Objection("no_canvas", str(error), {"plan": made.to_json()})
    return _submission(run, wish, made, copied, past, now)


def _uncallable(app: Celery, specs: dict[int, Spec], past: Past, choice: Choice) -> list[Problem]:
    edited = {idx for node in choice.edits_of() if (idx := past.index[node]) in specs}
    edits, made = choice.edits_of(), choice.edited({idx: specs[idx] for idx in edited})
    return list(uncallable(app, made, edits, past.wiring.called, past.inexact))


def _submission(run: Run, wish: Wish, made: Plan, copied: Copied, past: Past, now: float) -> Submission:
    run_id = new_id(run.id, wish.id)
    name = wish.name or run.name or None
    announced = announcement(copied.dag, now)
    detail = {"as": run_id, "counts": dict(made.counts), "plan": made.hash, **wish.detail}
    return Submission(
        run_id,
        name,
        run.options,
        wish.by,
        announced,
        copied.dag.outputs,
        None,
        Remade(
            of=run.id,
            lineage=run.lineage or run.id,
            plan=made.hash,
            left=made.counts["left"],
            planned=_planned(made, copied, past, now),
            copy=_copy(run, made, copied, past),
            action=Action(now, wish.by, "resubmit", detail, wish.why),
        ),
    )


def _planned(made: Plan, copied: Copied, past: Past, now: float) -> Planned:
    marks = {
        copied.fresh[idx]: MARKS[action]
        for idx, action in enumerate(made.actions)
        if action in MARKS and idx in copied.fresh
    }
    results: dict[str, Outcome] = {}
    for forced in made.choice.results:
        value = dumps(forced.value)
        outcome = Outcome(f'{{"json":{value}}}', len(value))
        results |= {fresh: outcome for node in forced.nodes if (fresh := copied.fresh.get(past.index[node]))}
    return Planned(now, marks, {node: each for node, each in results.items() if marks.get(node) == "forced"})


def _copy(run: Run, made: Plan, copied: Copied, past: Past) -> Copy:
    # Also of what stands by for something that is reused: a later plan may have it called.
    unknown = unsaid(past, made.choice, past.inexact)
    inexact = {place for place, idx in enumerate(copied.places) if idx in unknown}
    sources = [run.nodes[idx].id for idx in copied.places]
    return Copy(run=run.id, number=run.number, sources=sources, inexact=frozenset(inexact))


def _change(past: Past, choice: Choice, hash: str) -> str:
    """Return in words why a plan does not hold any more."""
    known = list(past.resubmissions)
    for count in range(len(known) - 1, max(-1, len(known) - 1 - LOOKED_AT), -1):
        if plan(replace(past, resubmissions=known[:count]), choice).hash == hash:
            later = known[count]
            return f"{later['by'] or 'Somebody'} has resubmitted it meanwhile, as {later['run']}."
    return "Tasks of it have changed meanwhile, or it was planned for another choice."


def _why(made: Plan) -> str:
    if made.problems:
        return made.problems[0].message
    return "Nothing of it would run: choose what is to run again."


def _problems(message: str, problems: list[Problem] | Any, made: Plan | None) -> Objection:
    more: dict[str, Any] = {"problems": [each.to_json() for each in problems]}
    if made is not None:
        more["plan"] = made.to_json()
    return Objection("problems", message, more)
