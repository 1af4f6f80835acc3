"""Whether this process answers, and how long ago the conductor last spoke."""

from typing import Any

from flask import Blueprint, current_app

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> dict[str, Any]:
    """Answer at once; reads no database and no broker, so that a stuck one restarts nobody."""
    return {"ok": True, "conductor": {"age": current_app.extensions["umbel"].live.conductor_age}}
