"""A conducted run that is changed while it goes on: as somebody saw it, as a whole, or not at all.

What they confirm is the hash of an amendment (:mod:`umbel.engine.amendment`) that they have seen. It is made
anew from the database, which says the same as the memory between two batches, and must come out the same. The
machine takes it as one message, and looks once more.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from celery import Celery

from ..amendment import Amendment, Change, Standing, amendment
from ..conducting.settling import conductible
from ..errors import ChoiceError, DagError
from ..mended import beginning
from ..messages import Amended
from ..problem import Problem
from ..run import Run
from ..store import Store
from ..store import amending as standings
from ..store.actions import amended_by
from ..store.rows import find_run
from .arity import uncallable
from .asked import Request
from .resubmitting import Objection

NAMED = 100  # tasks that the audit trail names of each kind


class Done(NamedTuple):
    """The same request, which was carried out before."""

    touched: int


def amended(
    store: Store, run: Run, request: Request, now: float, app: Celery | None = None
) -> Amended | Objection | Done:
    """Return what changes ``run`` as asked, or why nothing does; ``app`` is the user's, if it is known."""
    try:
        change = Change.from_json(request.choice)
    except ChoiceError as error:
        return _refused("problems", str(error), problems=[each.to_json() for each in error.problems])
    with store.read() as connection:
        if (touched := amended_by(connection, run.id, request.id)) is not None:
            return Done(touched)
        if (row := find_run(connection, run.id)) is None:
            return _refused("unknown_run", f"There is no run {run.id}.")
        standing = standings.read(connection, row, change)
    made = amendment(standing, change)
    if request.hash is not None and made.hash != request.hash:
        return _refused("stale", _STALE, amendment=made.to_json())
    if not made.ok:
        return _refused("problems", _why(made), **_told(made))
    if begun := [*beginning(run, change.nodes)]:
        return _refused("stale", _BEGUN, nodes=begun[:NAMED], amendment=made.to_json())
    edits = change.edits_of()
    if app is not None and (problems := _uncallable(app, run, change, standing)):
        return _refused("problems", problems[0].message, **_told(made.objecting(problems, [])))
    try:
        specs = [conductible(spec) for spec in change.edited(standing.specs).values() if spec.id in edits]
    except DagError as error:
        return _refused("problems", str(error), **_told(made))
    return Amended(
        now,
        request.by,
        specs,
        frozenset(change.skip),
        frozenset(change.hold),
        frozenset(change.release),
        _detail(change, made, request),
        request.why,
    )


_STALE = "What it changes is not as it was when you saw it: some of it has begun, or somebody changed it."
_BEGUN = "Some of it has begun meanwhile, so nothing is changed."


def _uncallable(app: Celery, run: Run, change: Change, standing: Standing) -> list[Problem]:
    edits = change.edits_of()
    specs = {idx: spec for idx, spec in standing.specs.items() if spec.id in edits}
    return list(uncallable(app, change.edited(specs), edits, run.callers.keys()))


def _why(made: Amendment) -> str:
    return made.problems[0].message if made.problems else "It changes nothing."


def _told(made: Amendment) -> dict[str, Any]:
    return {"problems": [each.to_json() for each in made.problems], "amendment": made.to_json()}


def _detail(change: Change, made: Amendment, request: Request) -> Mapping[str, Any]:
    named: dict[str, Any] = {"edits": sorted(change.edits_of())}
    named |= {name: sorted(getattr(change, name)) for name in ("skip", "hold", "release")}
    kept = {name: nodes[:NAMED] for name, nodes in named.items() if nodes}
    return kept | {"touched": len(made.touched), "hash": made.hash, "request": request.id}


def _refused(code: str, message: str, **more: Any) -> Objection:
    return Objection(code, message, more)
