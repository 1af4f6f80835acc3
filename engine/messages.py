"""What the machine is told: one type for each thing that may happen to a run. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from .dag import Node as Spec
from .evidence import Evidence
from .run import Action, Outcome

#: parent, child, kind, position: an edge as ``engine.canvas`` gives it
Placed: TypeAlias = tuple[str, str, str, int | None]


class Announced(NamedTuple):
    """Nodes and edges that the run has, besides those that are known. In any order, any number of times."""

    at: float
    nodes: Sequence[Spec]
    edges: Sequence[Placed]
    conducted: bool = False  # these tasks are sent by the conductor


class Origin(NamedTuple):
    """What an event says of a task itself: all that is known of one that nobody announced."""

    task: str
    parent: str | None  # the task that sent it
    args: str | None  # as the sender represents them
    kwargs: str | None


class Seen(NamedTuple):
    """Evidence of a node, and what it ended with if that is what was seen."""

    node: str
    evidence: Evidence
    outcome: Outcome = Outcome()
    root: str | None = None  # the root task's id, where the event says it
    origin: Origin | None = None  # of no interest here: see who infers runs


class Noted(NamedTuple):
    """Something to be said of a node."""

    node: str
    note: str


class Learned(NamedTuple):
    """What a task that succeeded returned, as the result backend has it. It changes nothing else."""

    node: str
    outcome: Outcome


class Settle(NamedTuple):
    """Nothing was heard for a while: error callbacks that may have run inside the worker end as unseen.

    It does nothing while another node of the run may still change.
    """


# --- of what the conductor sends itself; ``task_id`` is that of an attempt


class Sent(NamedTuple):
    """The conductor sends an attempt of a node. It may be the node's own id."""

    node: str
    task_id: str
    at: float


class Completed(NamedTuple):
    """A worker called back: the attempt succeeded, or failed for good."""

    task_id: str
    succeeded: bool
    at: float
    outcome: Outcome = Outcome()


class Refused(NamedTuple):
    """No message can be made of the attempt, or no broker takes it: it never went out."""

    task_id: str
    at: float
    why: str


class Overdue(NamedTuple):
    """An attempt did not end in the time that its rules give it."""

    task_id: str
    at: float


class Missing(NamedTuple):
    """No worker has the attempt, and no queue."""

    task_id: str
    at: float
    begun: bool  # whether it was running when its worker was last heard of
    note: str


class Vanished(NamedTuple):
    """A worker had the task, has it no more and says nothing: it raised ``Ignore``. Of any task."""

    task_id: str
    at: float


class Paused(NamedTuple):
    """Nothing more is sent; what is out goes on."""

    at: float
    by: str | None
    why: str | None = None


class Resumed(NamedTuple):
    """The run is no longer paused."""

    at: float
    by: str | None
    why: str | None = None


class Cancelled(NamedTuple):
    """What is not running ends as REVOKED; with ``terminate``, what is running too. Or its time is over."""

    at: float
    by: str | None
    nodes: frozenset[str] | None = None  # all of the run
    terminate: bool = False
    reason: Literal["revoked", "timeout"] = "revoked"
    why: str | None = None


class Waiting(NamedTuple):
    """Why tasks that could be sent are held. What holds none is absent::

    {"window": {"limit": 100, "of": "run" or "all"},
     "rates": {task: {"rate": "100/m", "next": timestamp}},
     "locks": {key: {"run": id, "node": id}},
     "queues": {name: why}}
    """

    waits: dict[str, Any]


# --- of runs that are made from others, and of what is changed in one that goes on: see :mod:`.mended`


class Planned(NamedTuple):
    """What becomes of nodes that are not to run: reused, kept, forced, skipped, left."""

    at: float
    marks: Mapping[str, str]  # by id
    results: Mapping[str, Outcome] = {}  # of those that are forced


class Amended(NamedTuple):
    """Nodes that were never sent are changed: all that are named, or none."""

    at: float
    by: str | None
    specs: Sequence[Spec] = ()  # what some of them are now
    skip: frozenset[str] = frozenset()
    hold: frozenset[str] = frozenset()
    release: frozenset[str] = frozenset()
    detail: Mapping[str, Any] = {}
    why: str | None = None

    @property
    def nodes(self) -> list[str]:
        """The ids of all that it names."""
        return sorted({spec.id for spec in self.specs} | self.skip | self.hold | self.release)


class Acted(NamedTuple):
    """Somebody did something to the run that changes nothing else in it."""

    action: Action


class Resolved(NamedTuple):
    """A later run made up for what failed."""

    by: str  # its id


Message: TypeAlias = (
    Announced
    | Seen
    | Noted
    | Learned
    | Settle
    | Sent
    | Completed
    | Refused
    | Overdue
    | Missing
    | Vanished
    | Paused
    | Resumed
    | Cancelled
    | Waiting
    | Planned
    | Amended
    | Acted
    | Resolved
)
