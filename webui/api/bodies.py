"""What the API is told about conducted runs, and what it answers."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, Strict, model_validator

from .queries import Reason, Wanted

Object = dict[str, Any]
Terminate = Annotated[bool, Strict()]


def _spelled(given: Object) -> Object:
    if not given:
        raise ValueError("it says nothing")
    return given


class Submission(BaseModel):
    """What to run: a canvas, as the JSON of Celery's signatures, or a graph."""

    canvas: Annotated[Object, AfterValidator(_spelled)] | None = Field(
        None, description="A canvas, such as `json.dumps(chain(...))` spells it."
    )
    dag: Annotated[Object, AfterValidator(_spelled)] | None = Field(
        None, description="A graph, as `umbel graph` prints it; instead of a canvas."
    )
    name: Wanted = Field(None, description="What the run is called.")
    options: Object = Field(
        {}, description="run_when, retry, timeout, on_lost, time_limit, window, rates, locks, priority."
    )

    @model_validator(mode="after")
    def _one(self) -> "Submission":
        if (self.canvas is None) == (self.dag is None):
            raise ValueError("say either canvas or dag")
        return self


class Control(BaseModel):
    """How to pause or resume a run."""

    why: Reason = Field(None, description="What for: kept with what was done.")


class Cancellation(BaseModel):
    """How to cancel a run."""

    terminate: Terminate = Field(False, description="Whether to end the tasks that run, too.")
    why: Reason = Field(None, description="What for: kept with what was done.")


class Again(BaseModel):
    """How to run something again."""

    name: Wanted = Field(None, description="What the new run is called; as the old one by default.")
    why: Reason = Field(None, description="What for: kept with what was done.")


class Resubmission(Again):
    """A plan that is confirmed."""

    choice: Object = Field({}, description="What was planned: see `/runs/{run_id}/plan`.")
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(description="The plan's.")


class Confirmation(BaseModel):
    """A change that is confirmed."""

    change: Object = Field(description="What was looked at: see `/runs/{run_id}/amendment`.")
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(description="What that gave.")
    why: Reason = Field(None, description="What for: kept with what was done.")


class Touched(BaseModel):
    """What was changed."""

    touched: int = Field(description="How many tasks.")


class Begun(BaseModel):
    """A run that was made."""

    run: str


class Resubmitted(Begun):
    """A run that was made from another."""

    nodes: int = Field(description="How many tasks it has.")


class Controlled(BaseModel):
    """A run after it was told to do something."""

    state: str
    paused: bool
    cancelled: bool
