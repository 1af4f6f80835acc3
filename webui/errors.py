"""What goes wrong in a request: one shape for programs, one page for people.

``{"error": {"code": "not_found", "message": "There is no run abc."}}``, with the fitting status. A page is
rendered from ``error.html`` with ``status``, ``title`` and ``message``.
"""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from jinja2 import TemplateError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from ..engine.errors import StoreError

PROGRAMS = ("/api/", "/static/", "/health", "/openapi.json")  # what people do not look at

logger = logging.getLogger(__name__)


class ApiError(Exception):
    """A request that cannot be answered as asked.

    ``nodes`` says because of which, where that is so, and ``detail`` has what else programs are told.
    """

    def __init__(
        self, status: HTTPStatus, code: str, message: str, *, nodes: Sequence[Any] = (), **detail: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.nodes = list(nodes)
        self.detail = detail

    def to_json(self) -> dict[str, Any]:
        """Return what the client is told."""
        told: dict[str, Any] = {"code": self.code, "message": str(self), **self.detail}
        return told | {"nodes": self.nodes} if self.nodes else told


def not_found(message: str) -> ApiError:
    """Return the error for something that does not exist."""
    return ApiError(HTTPStatus.NOT_FOUND, "not_found", message)


def bad_request(message: str) -> ApiError:
    """Return the error for a request that makes no sense."""
    return ApiError(HTTPStatus.BAD_REQUEST, "bad_request", message)


def unavailable(error: Exception) -> ApiError:
    """Return the error for a database that does not answer; the cause goes to the log alone."""
    logger.error("The database cannot be read: %s", error)
    message = "The database cannot be read just now; the server's log says why."
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", message)


def register(app: Flask) -> None:
    """Answer every error of ``app`` in its shape."""
    app.register_error_handler(ApiError, answer)
    app.register_error_handler(StoreError, lambda error: answer(unavailable(error)))
    app.register_error_handler(DBAPIError, lambda error: answer(unavailable(error)))
    app.register_error_handler(RecursionError, _answer_deep)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def answer(error: ApiError) -> Response:
    """Return ``error`` as the client reads it: JSON under ``/api`` and for programs, else a page."""
    if _wants_page():
        return _page(error)
    return make_response(jsonify(error=error.to_json()), error.status)


def _page(error: ApiError) -> Response:
    status = error.status
    try:
        page = render_template("error.html", status=status.value, title=status.phrase, message=str(error))
    except TemplateError:
        # What broke the page that was asked for may be in the frame that this one shares.
        logger.exception("The page that tells of an error could not be made.")
        return Response(f"{status.value} {status.phrase}: {error}\n", status, content_type="text/plain")
    return make_response(page, status)


def _wants_page() -> bool:
    if request.path.startswith(PROGRAMS) or request.method not in ("GET", "HEAD"):
        return False
    return request.accept_mimetypes.accept_html


def _answer_http(error: HTTPException) -> Any:
    if error.code is None or error.response is not None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # a redirect, or an answer that is ready
    status = HTTPStatus(error.code)
    said = answer(ApiError(status, status.name.lower(), error.description or status.phrase))
    if allowed := getattr(error, "valid_methods", None):
        said.headers["Allow"] = ", ".join(sorted(allowed))
    return said


def _answer_deep(error: RecursionError) -> Response:
    """Answer JSON that is nested so deeply that it cannot be read, or written."""
    logger.warning("%s %s: %s", request.method, request.path, error)
    return answer(bad_request("What was sent is nested too deeply."))


def _answer_unexpected(error: Exception) -> Response:
    logger.exception("%s %s failed", request.method, request.path)
    message = "Umbel made a mistake; the server's log has the details."
    return answer(ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", message))
