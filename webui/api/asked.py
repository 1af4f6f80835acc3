"""Asking the conductor on behalf of who asks the API, and its refusals as answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from flask import current_app, request

from ...engine.errors import ChoiceError
from ...engine.requests import RequestError
from ..errors import ApiError

MOST = 100  # problems that are told

STATUSES = {
    "no_answer": HTTPStatus.SERVICE_UNAVAILABLE,
    "broker": HTTPStatus.SERVICE_UNAVAILABLE,
    "too_late": HTTPStatus.SERVICE_UNAVAILABLE,
    "unknown_run": HTTPStatus.NOT_FOUND,
    "unknown_bulk": HTTPStatus.NOT_FOUND,
    "nothing": HTTPStatus.UNPROCESSABLE_ENTITY,
    "no_canvas": HTTPStatus.UNPROCESSABLE_ENTITY,
    "malformed": HTTPStatus.UNPROCESSABLE_ENTITY,
    "not_exact": HTTPStatus.UNPROCESSABLE_ENTITY,
    "problems": HTTPStatus.UNPROCESSABLE_ENTITY,
}


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the conductor refuses, or that none answers, into the answer to a request."""
    try:
        yield
    except RequestError as error:
        status = STATUSES.get(error.code, HTTPStatus.CONFLICT)
        raise ApiError(status, error.code, str(error), nodes=error.nodes, **error.detail) from error


@contextmanager
def fitting() -> Iterator[None]:
    """Turn what does not fit in a choice, or a change, into the answer that says so part by part."""
    try:
        yield
    except ChoiceError as error:
        problems = [each.to_json() for each in error.problems[:MOST]]
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "problems", str(error), problems=problems) from error


def broker() -> str:
    """Return where the conductor is asked."""
    return current_app.extensions["umbel"].settings.broker_url


def visitor() -> str:
    """Return who asks, as the audit trail names them."""
    return f"{current_app.extensions['umbel'].access.visitor(request.environ)} ({request.remote_addr})"
