"""A run as a file to keep: pictures, source, everything as JSON, and its tasks as CSV."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response

from ...engine import errors as engine
from ...engine.dot import DeadlineError
from ...engine.store import reads
from ..errors import ApiError
from ..export import FORMATS, export
from ..sheet import lines
from .openapi import describe
from .queries import MAX_LIMIT, ExportQuery, SheetQuery
from .routes import blueprint, present, store
from .shapes import Error, NodeRow

EXPORT_SECONDS = 10.0  # pictures are drawn one at a time, and pages wait for their layouts meanwhile


@blueprint.get("/runs/<run_id>/export")
@describe(None, HTTP_422=Error)
def export_run(run_id: str, query: ExportQuery) -> Response:
    """Return a run as a file: JSON, DOT, SVG, PNG, PDF or Python source.

    Python source is there for what can be written as a canvas; what cannot is answered 422 `no_canvas`.
    """
    form = query.format
    try:
        made = present(export(store(), run_id, form, deadline=EXPORT_SECONDS), run_id)
    except (engine.CanvasError, engine.DagError) as error:
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "no_canvas", str(error)) from error
    except DeadlineError as error:
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "deadline", str(error)) from error
    except engine.LayoutError as error:
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "no_picture", str(error)) from error
    return _file(made, FORMATS[form], f"{run_id}.{form}")


@blueprint.get("/runs/<run_id>/nodes.csv")
@describe(None)
def sheet(run_id: str, query: SheetQuery) -> Response:
    """Return the tasks of a run as CSV, with times in ISO 8601."""
    ask = partial(reads.nodes, store(), run_id, limit=MAX_LIMIT, **query.table())
    first = present(ask(), run_id)
    return _file(lines(NodeRow.model_fields, _rows(ask, first)), "text/csv", f"{run_id}.csv")


def _rows(ask: Callable[..., dict[str, Any] | None], page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while True:
        yield from page["nodes"]
        if page["next"] is None:
            return
        following = ask(after=page["next"])
        if following is None:  # the run was deleted meanwhile
            return
        page = following


def _file(content: Any, kind: str, name: str) -> Response:
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    response = Response(content, content_type=f"{kind}{charset}")
    # An attachment: an SVG that holds text of others is never shown as a page of ours.
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100].lstrip(".") or "run"
    response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response
