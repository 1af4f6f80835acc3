"""What the API is asked, and answers, about plans: models for its description."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Chosen(BaseModel):
    """What of a run to run again; the empty object means all that failed or was blocked."""

    # What does not fit is told by the choice itself, each part beside its field.
    model_config = ConfigDict(extra="allow")

    failed: Any = Field(None, description="true: all that failed, were revoked, blocked or left out before.")
    begin: Any = Field(None, alias="from", description="Ids: these, and all that follows from them.")
    only: Any = Field(None, description="Ids: these; what follows from them is left out.")
    skip: Any = Field(None, description="Ids: these do not run, nor does what waits for them.")
    results: Any = Field(None, description="`[{nodes, value}]`: these count as done, with this result.")
    edits: Any = Field(
        None,
        description="`[{nodes, args, kwargs, options, set: {kwargs, options}, queue}]`: what to call them "
        "with instead; `set` replaces single members.",
    )


class Changing(BaseModel):
    """What of a run that goes on to change: of tasks that were never sent."""

    model_config = ConfigDict(extra="allow")

    edits: Any = Field(None, description="As of a choice, see `/plan`.")
    skip: Any = Field(None, description="Ids: these do not run, nor does what waits for them.")
    hold: Any = Field(None, description="Ids: these are not sent until they are released.")
    release: Any = Field(None, description="Ids of tasks that are held.")


class Problem(BaseModel):
    """What stands against a plan, or is to be known of it."""

    code: str = Field(description="For programs; it does not change.")
    message: str = Field(description="For people: what happened, and what to do.")
    field: str | None = Field(description="Which part of the choice it is about, such as `edits/0/args`.")
    nodes: list[str] = Field(description="Which tasks it is about: the first 20.")
    count: int = Field(description="How many these are.")


class Needed(BaseModel):
    """A task that runs because others need it."""

    index: int
    id: str
    why: str


class Changed(BaseModel):
    """A task whose signature is edited."""

    index: int
    id: str
    fields: list[str] = Field(description="args, kwargs, options: those that an edit changes.")


class Resubmission(BaseModel):
    """A run that was made of this one."""

    run: str
    at: float
    by: str | None
    state: str


class Planned(BaseModel):
    """What a resubmission would do."""

    run: str
    hash: str = Field(description="To be confirmed with: another says that something has changed.")
    ok: bool = Field(description="Whether it can be confirmed: no problems, and something runs.")
    choice: dict[str, Any] = Field(description="As it was understood.")
    counts: dict[str, int] = Field(
        description="How many tasks run, reuse, keep, force, skip, left and standby: see `actions`."
    )
    of: dict[str, int] = Field(description="How many of those that run were in which state.")
    label: str = Field(description="What it does, in the words of a button.")
    actions: str = Field(
        description="A letter for each node, by index: r runs; b stands by for failures; u is reused; "
        "k is kept, without its result; f counts as done; s is skipped; l is left out; j is a join; "
        "- is no part of it."
    )
    needed: list[Needed] = Field(description="What runs because others need it: the first hundred.")
    changed: list[Changed] = Field(description="What is edited: the first hundred.")
    problems: list[Problem] = Field(description="Why it cannot be confirmed.")
    warnings: list[Problem]
    resubmissions: list[Resubmission] = Field(description="What was made of this run before.")


class Frontier(BaseModel):
    """What has begun, and what has not."""

    past: int = Field(description="How many tasks cannot be changed any more.")
    ahead: int = Field(description="How many can.")
    nodes: str = Field(
        description="A letter for each node, by index: a ahead; h ahead, and held; p past; j is a join."
    )


class Amended(BaseModel):
    """What a change would do."""

    run: str
    hash: str = Field(description="To be confirmed with: another says that something has changed.")
    ok: bool = Field(description="Whether it can be confirmed: no problems, and something is named.")
    change: dict[str, Any] = Field(description="As it was understood.")
    touched: int = Field(description="How many tasks it names.")
    frontier: Frontier
    problems: list[Problem] = Field(description="Why it cannot be confirmed.")
    warnings: list[Problem]
