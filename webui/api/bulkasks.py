"""What the API is asked about bulks."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ...engine.store.bulkreads import WAITING
from ...engine.store.bulks import OUTCOMES
from .queries import Limit, Moment, OneOf, RunsFilter

REASON = 2_000  # characters

Why = Annotated[str | None, Field(max_length=REASON), AfterValidator(lambda why: why or None)]


class BulkFilter(RunsFilter):
    """Which failed runs: what is not known would choose others than were meant."""

    model_config = ConfigDict(extra="forbid")


class BulkPlan(BaseModel):
    """Which runs would be resubmitted."""

    filter: BulkFilter = Field(description="As for the list of runs.")


class BulkAsk(BulkPlan):
    """Which runs are to be resubmitted."""

    hash: Annotated[str, Field(max_length=64)] = Field(description="Of the plan.")
    why: Why = Field(None, description="For the audit trail.")


class BulkStop(BaseModel):
    """Why a bulk is stopped."""

    why: Why = Field(None, description="For the audit trail.")


class BulksQuery(BaseModel):
    """Which bulks to list."""

    limit: Limit = Field(50, description="How many at once; at most 500 come.")
    before: Moment | None = Field(None, description="`next` of the page before.")


class BulkItemsQuery(BaseModel):
    """Which runs of a bulk to list."""

    outcome: Annotated[str, OneOf((*OUTCOMES, WAITING))] | None = Field(None, description="Only those.")
    after: int = Field(-1, ge=-1, lt=2**31, description="`next` of the page before.")
    limit: Limit = Field(100, description="How many at once; at most 500 come.")
