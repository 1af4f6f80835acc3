"""What may be asked: query parameters and bodies, and what fits them."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, Strict
from pydantic_core import core_schema

from ...engine.machine import RUN_STATES, STATES
from ...engine.store.apart import APART
from ...engine.store.columns import COLUMNS
from ...engine.store.filters import RunFilters
from ...engine.store.rows import SORTS
from ..export import FORMATS

MAX_LIMIT = 500
LONGEST = 500  # characters of what is searched for
LONGEST_REASON = 2_000  # of why somebody does something
MAX_OPEN = 100  # cards
MAX_SHOWN = 20  # nodes that are cards of their own
MAX_REVOKED = 10_000  # nodes that one request names


def _word(text: str | None) -> str | None:
    if text and "\x00" in text:
        raise ValueError("there is no such character")
    return text


class OneOf:
    """Says in an annotation that a value is one of some words."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = list(words)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Return the schema of these words, whatever the type is that they are written with."""
        return core_schema.literal_schema(self.words)


def _split(given: Any) -> Any:
    """Take ``state=A,B`` for ``state=A&state=B``."""
    if isinstance(given, list):
        return [word for each in given for word in str(each).split(",") if word]
    return given


def _filled(text: str | None) -> str | None:
    return text or None  # a field of a form that was left empty asks for nothing


Limit = Annotated[int, Field(ge=1, lt=2**31), AfterValidator(lambda limit: min(limit, MAX_LIMIT))]
Moment = Annotated[float, Field(allow_inf_nan=False, ge=-1e11, le=1e11)]
Kind = Annotated[str, OneOf(("conducted", "native", "inferred"))]
Sort = Annotated[str, OneOf(SORTS)]
Order = Annotated[str, OneOf(("asc", "desc"))]
Format = Annotated[str, OneOf(FORMATS)]
NodeStates = Annotated[list[Annotated[str, OneOf(STATES)]], BeforeValidator(_split)]
Wanted = Annotated[str | None, Field(max_length=LONGEST), AfterValidator(_word), AfterValidator(_filled)]
Reason = Annotated[
    str | None, Field(max_length=LONGEST_REASON), AfterValidator(_word), AfterValidator(_filled)
]
Identifier = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_word)]
CardId = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_word)]
Names = Annotated[
    list[Annotated[str, OneOf(COLUMNS)]], Field(min_length=1, max_length=100), BeforeValidator(_split)
]
RunStates = Annotated[list[Annotated[str, OneOf(RUN_STATES)]], BeforeValidator(_split)]


class RunsFilter(BaseModel):
    """Which runs."""

    state: RunStates = Field([], description="In one of these states; repeated, or separated by commas.")
    resolved: bool | None = Field(None, description="Whether a later run made good what failed in it.")
    superseded: bool | None = Field(None, description="Whether another attempt was made of it.")
    error: Wanted = Field(None, description="The heading of an error of it, as `/errors` has them.")
    name: Wanted = Field(None, description="Contained in the run's name; case does not matter.")
    task: Wanted = Field(None, description="The name of one of its tasks.")
    worker: Wanted = Field(None, description="A worker that ran one of its tasks.")
    since: Moment | None = Field(None, description="Made then or later.")
    until: Moment | None = Field(None, description="Made before.")
    q: Wanted = Field(None, description="Contained in its name, the name of a task or an error.")
    id: Wanted = Field(None, description="An id of it, a task or its root, or eight characters of one.")
    kind: Kind | None = Field(None, description="Who runs it: Umbel, or Celery: announced, or inferred.")
    singles: bool = Field(False, description="Whether to list runs of one task that nobody announced.")

    def filters(self) -> RunFilters:
        """Return them as the database is asked."""
        same = ("name", "task", "worker", "since", "until", "id", "kind", "singles", "error")
        same += ("resolved", "superseded")
        given = {name: getattr(self, name) for name in same}
        return RunFilters(states=tuple(self.state), text=self.q, **given)


class RunsQuery(RunsFilter):
    """Which runs to list."""

    limit: Limit = Field(50, description="How many at once; at most 500 come.")
    before: Wanted = Field(None, description="`next` of the page before.")


class SheetQuery(BaseModel):
    """Which nodes of a run, and in which order."""

    state: NodeStates = Field([], description="In one of these states; repeated, or separated by commas.")
    q: Wanted = Field(None, description="Contained in the id, task, worker, queue or exception.")
    sort: Sort = Field("index", description="What to sort by; what has none comes last.")
    order: Order = Field("asc", description="Which way.")

    def table(self) -> dict[str, Any]:
        """Return what it asks the database for."""
        given = {"states": tuple(self.state), "part": self.q, "sort": self.sort}
        return given | {"descending": self.order == "desc"}


class NodesQuery(SheetQuery):
    """Which nodes of a run to list."""

    limit: Limit = Field(MAX_LIMIT, description="How many at once; at most 500 come.")
    after: int = Field(-1, ge=-1, lt=2**31, description="`next` of the page before.")


class SearchQuery(BaseModel):
    """What to look for in a run."""

    q: Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_word)] = Field(
        description="Some text, as it stands; the case of ASCII letters does not matter."
    )


class GraphQuery(BaseModel):
    """How to show the graph of a run."""

    open: Annotated[list[CardId], Field(max_length=MAX_OPEN)] = Field(
        [], description="Cards of the folded graph to show the inside of; repeated. Unknown ones are ignored."
    )
    apart: Annotated[list[Annotated[str, OneOf(APART)]], BeforeValidator(_split)] = Field(
        [], description="What not to fold together with its like: failed, retried, as things are now."
    )
    show: Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(max_length=MAX_SHOWN)] = Field(
        [], description="Indices of nodes to show as cards of their own, with what hangs on them; repeated."
    )
    down: bool = Field(False, description="Whether a folded graph goes down, for windows that are narrow.")
    nodes: bool | None = Field(
        None,
        description="Whether to list nodes and edges, too. They are of up to 500 tasks, unless this says no.",
    )


class ColumnsQuery(BaseModel):
    """Which columns of a run's nodes to return."""

    of: Names = Field(description="Their names; repeated, or separated by commas.")
    since: int = Field(0, ge=0, lt=2**63, description="Only nodes that changed after this `seq` of the run.")


class ExportQuery(BaseModel):
    """In which format to export a run."""

    format: Format = Field("json", description="What kind of file.")


class Revocation(BaseModel):
    """What to revoke."""

    # Required, so that a body that was lost on the way does not mean everything.
    nodes: Annotated[list[Identifier], Field(min_length=1, max_length=MAX_REVOKED)] | None = Field(
        description="The ids of tasks; null for each that has not ended."
    )
    terminate: Annotated[bool, Strict()] = Field(False, description="Whether to end those that run, too.")
    why: Reason = Field(None, description="What for: kept with what was done.")


class TrailQuery(BaseModel):
    """Which of the things that people did."""

    run: Identifier | None = Field(None, description="What was done to this run, also if it is deleted.")
    after: Annotated[str, AfterValidator(_word)] | None = Field(
        None, description="What the page before gave as `next`."
    )
    limit: Limit = Field(100, description=f"{MAX_LIMIT} at most.")
