"""Where the views of the API are registered, and what they share."""

from typing import Any

from flask import Blueprint, current_app

from ..errors import not_found

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


def store() -> Any:
    """Return the database of the application."""
    return current_app.extensions["umbel"].store


def present(found: Any, run_id: str) -> Any:
    """Return what was found of a run; raise the error for one that is not there."""
    if found is None:
        raise not_found(f"There is no run {run_id}.")
    return found
