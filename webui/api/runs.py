"""Runs: the list, one of them, and where a task id occurs."""

from typing import Any

from ...engine.store import reads
from .openapi import describe
from .queries import RunsQuery
from .routes import blueprint, present, store
from .shapes import Actions, Names, Places, Runs, RunSummary


@blueprint.get("/runs")
@describe(Runs, missing=False)
def runs(query: RunsQuery) -> dict[str, Any]:
    """List runs, newest first.

    Runs of one task that nobody announced are left out unless `singles` is set; the answer says how many.
    """
    return reads.runs(store(), limit=query.limit, before=query.before, filters=query.filters())


@blueprint.get("/names")
@describe(Names, missing=False)
def names() -> dict[str, Any]:
    """List the names of tasks and workers that are known, to choose from; a thousand of each at most."""
    return {"tasks": reads.tasks(store()), "workers": reads.workers(store())}


@blueprint.get("/runs/<run_id>")
@describe(RunSummary)
def run(run_id: str) -> dict[str, Any]:
    """Sum one run up."""
    return present(reads.run(store(), run_id), run_id)


@blueprint.get("/runs/<run_id>/actions")
@describe(Actions)
def actions(run_id: str) -> dict[str, Any]:
    """List what was done to a run: paused, resumed, cancelled, by whom and when."""
    present(reads.run(store(), run_id), run_id)
    return {"actions": reads.actions(store(), run_id)}


@blueprint.get("/nodes/<task_id>")
@describe(Places, missing=False)
def find(task_id: str) -> dict[str, Any]:
    """List where a task id occurs, newest first."""
    return {"nodes": reads.find(store(), task_id)}
