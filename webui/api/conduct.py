"""Having runs conducted, and telling them what to do. The conductor does it: 503 ``no_answer`` else."""

from http import HTTPStatus
from typing import Any

from ...engine.errors import CanvasError, DagError
from ...engine.store import reads
from ..errors import ApiError
from .asked import broker, refusals, visitor
from .bodies import Again, Begun, Cancellation, Control, Controlled, Submission
from .openapi import describe
from .routes import blueprint, present, store
from .shapes import Error


@blueprint.post("/runs")
@describe(Begun, status=201, missing=False, HTTP_422=Error)
def submit(json: Submission) -> Any:
    """Have a canvas, or a graph, conducted, and return its run.

    Its tasks go to the queues that their options name, or to Celery's default one: routes and options of your
    task classes are known to your own programs alone (`umbel.engine.conduct`, `umbel run`). What is no canvas
    is answered 422 `no_canvas`.
    """
    from ...engine.conducting.settling import dag_of, renamed, settled
    from ...engine.dag import Dag
    from ...engine.rules import RunOptions

    try:
        options = RunOptions.from_json(json.options)
        if json.dag is not None:
            given = Dag.from_json(json.dag)
            dag = settled(renamed(given, set(given.graph)))
        else:
            dag = settled(dag_of(json.canvas))
        if not len(dag):
            raise DagError("It is empty: there is no task to run.")
    except (CanvasError, DagError, RecursionError) as error:
        why = str(error) if not isinstance(error, RecursionError) else "It is nested too deeply."
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "no_canvas", why) from error
    from ..asking import submit as ask

    with refusals():
        return {"run": ask(broker(), dag, options, name=json.name, by=visitor())}, HTTPStatus.CREATED


@blueprint.post("/runs/<run_id>/pause")
@describe(Controlled, HTTP_409=Error)
def pause(run_id: str, json: Control) -> dict[str, Any]:
    """Have nothing more of a conducted run sent; what is out goes on."""
    return _control(run_id, "pause", json.why)


@blueprint.post("/runs/<run_id>/resume")
@describe(Controlled, HTTP_409=Error)
def resume(run_id: str, json: Control) -> dict[str, Any]:
    """Let a conducted run that is paused go on."""
    return _control(run_id, "resume", json.why)


@blueprint.post("/runs/<run_id>/cancel")
@describe(Controlled, HTTP_409=Error)
def cancel(run_id: str, json: Cancellation) -> dict[str, Any]:
    """End a conducted run: what has not begun never will.

    What runs goes on and its end is recorded, or is ended if `terminate` is true.
    """
    return _control(run_id, "cancel", json.why, terminate=json.terminate)


@blueprint.post("/runs/<run_id>/again")
@describe(Begun, status=201, HTTP_409=Error, HTTP_422=Error)
def again(run_id: str, json: Again) -> Any:
    """Run the same signatures once more, conducted, under fresh ids; of a watched run, too.

    Where they are not exactly known it is answered 422 `not_exact`, and `error.nodes` lists
    `{"node", "task", "why"}`.
    """
    from ..asking import again as ask

    present(reads.run(store(), run_id), run_id)
    with refusals():
        made = ask(broker(), run_id, by=visitor(), name=json.name, why=json.why)
    return {"run": made}, HTTPStatus.CREATED


def _control(run_id: str, action: str, why: str | None, *, terminate: bool = False) -> dict[str, Any]:
    from ..asking import control as ask

    present(reads.run(store(), run_id), run_id)
    with refusals():
        return ask(broker(), run_id, action, by=visitor(), terminate=terminate, why=why)
