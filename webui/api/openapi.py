"""The description of the API: spectree reads it off the views, which it also checks the requests for.

What the views answer is described and not checked, which would cost more than to read it from the database;
the tests check it instead.
"""

from typing import Any

from flask import Blueprint
from pydantic import BaseModel
from spectree import Response, SpecTree
from spectree.models import SecureType, SecurityScheme, SecuritySchemeData
from spectree.plugins.flask_plugin import FlaskPlugin

from ..errors import bad_request
from .shapes import Error

DESCRIPTION = "What Umbel has recorded of Celery's workflows. Times are seconds since the epoch."


class _Plugin(FlaskPlugin):
    """Spectree for Flask, less the check of what we answer ourselves."""

    def validate_response(
        self, resp: Any, resp_model: Any, skip_validation: bool, force_resp_serialize: bool
    ) -> Any:
        """Make a response of what a view returned, unchecked."""
        return super().validate_response(resp, resp_model, True, False)


def _refuse(request: Any, response: Any, error: Any, instance: Any, adapter: Any) -> None:
    """Raise what is wrong with a request, in the one shape of errors."""
    if error is None:
        return
    faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    raise bad_request(f"{'; '.join(faults[:5])}.")


_spec = SpecTree(
    "flask",
    backend=_Plugin,
    before=_refuse,
    mode="strict",
    path="openapi.json",
    title="Umbel",
    version="1",
    description=DESCRIPTION,
    validation_error_status=400,
    validation_error_model=Error,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _, child: child,
    security_schemes=[
        SecurityScheme(name="token", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
    ],
    security=[{}, {"token": []}],
)

blueprint = Blueprint("openapi", __name__)


def describe(
    answer: type[BaseModel] | None, *, status: int = 200, missing: bool = True, **validated: Any
) -> Any:
    """Return the decorator of a view: what it answers, and which models its request must fit.

    Parameters
    ----------
    answer
        The model of what it answers; None where that is no JSON.
    status
        The status of an answer that is no error.
    missing
        Whether what is asked for may not be there.
    validated
        More statuses, as ``HTTP_503=Error``.
    """
    codes: dict[str, Any] = {f"HTTP_{status}": answer, "HTTP_401": Error, "HTTP_503": Error, **validated}
    if missing:
        codes["HTTP_404"] = Error
    return _spec.validate(resp=Response(**codes))


@blueprint.get("/openapi.json")
def openapi() -> dict[str, Any]:
    """Describe the API."""
    return _spec.spec
