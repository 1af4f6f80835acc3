"""What the API answers about bulks, as models: for its description alone (see ``openapi``)."""

from typing import Any

from pydantic import BaseModel, Field

from .shapes import Mark


class BulkRun(BaseModel):
    """A run of a bulk to come."""

    id: str
    name: str
    created: float
    error: str | None


class BulkProblem(BaseModel):
    """Why runs cannot be resubmitted."""

    code: str
    message: str = Field(description="Of one of them.")
    runs: int


class BulkPreview(BaseModel):
    """What resubmitting runs would do, as far as their summaries tell."""

    hash: str = Field(description="What confirms these runs as they are.")
    runs: int
    failed: int = Field(description="Tasks of them that failed or were revoked.")
    blocked: int = Field(description="Tasks of them that waited for these.")
    rest: int = Field(description="All other tasks: what succeeded is reused where its result is kept.")
    later: int = Field(description="Failed runs that fit and have a later attempt: they are not chosen.")
    more: bool = Field(description="Whether more fit than one bulk takes.")
    first: list[BulkRun]
    looked_at: int = Field(description="How many of them were planned, from all over the list.")
    run: int = Field(description="Tasks that run again, in those that were planned.")
    reuse: int = Field(description="Tasks whose result is reused, in those that were planned.")
    refused: int = Field(description="How many of those that were planned cannot be resubmitted.")
    problems: list[BulkProblem]


class BulkBegun(BaseModel):
    """A bulk that was begun."""

    bulk: str


class BulkStopped(BaseModel):
    """A bulk that was stopped."""

    stopped: int = Field(description="How many runs had not had their turn.")


class Bulk(BaseModel):
    """A bulk, and how far it has come."""

    id: str
    at: float
    by: str | None
    why: str | None
    state: str = Field(description="RUNNING, DONE or STOPPED")
    total: int
    filter: dict[str, Any]
    stopped: Mark | None
    finished: float | None
    outcomes: dict[str, int] = Field(
        description="How many runs are resubmitted, changed, refused, stopped or waiting."
    )
    runs: dict[str, int] = Field(description="Of the runs that it made, how many are in each state.")


class Bulks(BaseModel):
    """A page of bulks, newest first."""

    bulks: list[Bulk]
    next: float | None = Field(description="What to send as `before` for the next page; null on the last.")


class BulkItem(BaseModel):
    """A run of a bulk, and what has come of it."""

    position: int
    run: str
    name: str | None = Field(description="Null where it is not kept any more.")
    outcome: str | None
    new_run: str | None
    state: str | None = Field(description="Of the new run.")
    message: str | None


class BulkItems(BaseModel):
    """A page of the runs of a bulk."""

    items: list[BulkItem]
    next: int | None = Field(description="What to send as `after` for the next page; null on the last.")
