"""The pages: empty frames, which the browser fills from the API and the socket."""

from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, url_for

from ..engine.store import bulkreads, reads
from .errors import not_found

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def runs() -> str:
    """Show the list of runs."""
    return render_template("runs.html")


@blueprint.get("/board")
def board() -> str:
    """Show the runs in columns, by how they stand."""
    return render_template("board.html")


@blueprint.get("/actions")
def actions() -> str:
    """Show what people did."""
    return render_template("actions.html")


@blueprint.get("/bulk")
def bulks() -> str:
    """Show what was resubmitted in bulk."""
    return render_template("bulks.html")


@blueprint.get("/bulk/<bulk_id>")
def bulk(bulk_id: str) -> str:
    """Show one bulk."""
    if (found := bulkreads.bulk(_store(), bulk_id)) is None:
        raise not_found(f"There is no bulk {bulk_id}.")
    return render_template("bulk.html", bulk=found)


@blueprint.get("/runs/<run_id>")
def run(run_id: str) -> Any:
    """Show one run; lead from one that has become part of another to that."""
    found = reads.run(_store(), run_id)
    if found is None:
        # A run that was inferred from its root, whose announcement came late, has become part of that one.
        if (holders := reads.find(_store(), run_id)) and holders[0]["run"] != run_id:
            return redirect(url_for("pages.run", run_id=holders[0]["run"]))
        raise not_found(f"There is no run {run_id}: it is not recorded yet, or no longer kept.")
    return render_template("run.html", run=found)


@blueprint.get("/task/<task_id>")
def task(task_id: str) -> Any:
    """Lead from a task id, as logs and other tools know it, to the newest run that holds it."""
    found = reads.find(_store(), task_id)
    if not found:
        raise not_found(f"No run holds a task with the id {task_id}.")
    run_id = found[0]["run"]
    # The beginning of an id will do to find it by; the page wants the whole.
    page = reads.nodes(_store(), run_id, after=found[0]["index"] - 1, limit=1)
    node_id = page["nodes"][0]["id"] if page and page["nodes"] else task_id
    address = url_for("pages.run", run_id=run_id, _anchor=f"node={node_id}")
    response: Response = redirect(address)  # type: ignore[assignment]
    return response


def _store() -> Any:
    return current_app.extensions["umbel"].store
