"""What may be asked: query parameters and bodies, and what fits them."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from ...engine.machine import RUN_STATES, STATES

MAX_LIMIT = 500
LONGEST = 500  # characters of what is searched for
MAX_REVOKED = 10_000  # nodes that one request names


def _word(text: str) -> str:
    if "\x00" in text:
        raise ValueError("there is no such character")
    return text


def _one_of(words: Sequence[str]) -> Any:
    def check(given: str) -> str:
        if given not in words:
            raise ValueError(f"it is one of {', '.join(words)}")
        return given

    return Annotated[str, AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(words)})]


def _split(given: Any) -> Any:
    """Take ``state=A,B`` for ``state=A&state=B``."""
    if isinstance(given, list):
        return [word for each in given for word in str(each).split(",") if word]
    return given


Limit = Annotated[int, Field(ge=1, lt=2**31), AfterValidator(lambda limit: min(limit, MAX_LIMIT))]
Word = Annotated[str, Field(max_length=LONGEST), AfterValidator(_word)]
Moment = Annotated[float, Field(allow_inf_nan=False, ge=-1e11, le=1e11)]
NodeStates = Annotated[list[_one_of(STATES)], BeforeValidator(_split)]
RunStates = Annotated[list[_one_of(RUN_STATES)], BeforeValidator(_split)]


class RunsQuery(BaseModel):
    """Which runs to list."""

    limit: Limit = Field(50, description="How many at once; at most 500 come.")
    before: Word | None = Field(None, description="`next` of the page before.")


class NodesQuery(BaseModel):
    """Which nodes of a run to list."""

    limit: Limit = Field(MAX_LIMIT, description="How many at once; at most 500 come.")
    after: int = Field(-1, ge=-1, lt=2**31, description="`next` of the page before.")


class ExportQuery(BaseModel):
    """In which format to export a run."""

    format: _one_of(("json", "dot", "svg", "png", "pdf", "py")) = Field("json")  # type: ignore[valid-type]
