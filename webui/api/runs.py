"""Runs: the list, one of them, and where a task id occurs."""

from typing import Any

from ...engine.store import actions as acting
from ...engine.store import errors as erring
from ...engine.store import reads
from ...engine.store.board import columns
from .openapi import describe
from .queries import RunsFilter, RunsQuery, TrailQuery
from .routes import blueprint, present, store
from .shapes import Actions, BoardCounts, Errors, Names, Places, Runs, RunSummary, Trail


@blueprint.get("/runs")
@describe(Runs, missing=False)
def runs(query: RunsQuery) -> dict[str, Any]:
    """List runs, newest first.

    Runs of one task that nobody announced are left out unless `singles` is set; the answer says how many.
    """
    return reads.runs(store(), limit=query.limit, before=query.before, filters=query.filters())


@blueprint.get("/board")
@describe(BoardCounts, missing=False)
def board(query: RunsFilter) -> dict[str, int]:
    """Count the runs in each column of the board, whatever is asked of state and resolution."""
    return columns(store(), query.filters())


@blueprint.get("/errors")
@describe(Errors, missing=False)
def errors(query: RunsFilter) -> dict[str, Any]:
    """Group runs by their errors: numbers and ids in these are `#`; the fifty that most runs have."""
    return erring.errors(store(), query.filters())


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
    """List what was done to a run: paused, cancelled, resubmitted; by whom, when and why."""
    present(reads.run(store(), run_id), run_id)
    return {"actions": reads.actions(store(), run_id)}


@blueprint.get("/actions")
@describe(Trail, missing=False)
def trail(query: TrailQuery) -> dict[str, Any]:
    """List what people did, the last of it first. It is kept when runs are deleted."""
    return acting.trail(store(), run_id=query.run, after=query.after, limit=query.limit)


@blueprint.get("/nodes/<task_id>")
@describe(Places, missing=False)
def find(task_id: str) -> dict[str, Any]:
    """List where a task id occurs, newest first."""
    return {"nodes": reads.find(store(), task_id)}
