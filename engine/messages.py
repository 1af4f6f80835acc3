"""What the machine is told: one type for each thing that may happen to a run. Pure."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from .dag import Node as Spec
from .evidence import Evidence
from .run import Outcome

#: parent, child, kind, position: an edge as ``engine.canvas`` gives it
Placed: TypeAlias = tuple[str, str, str, int | None]


class Announced(NamedTuple):
    """Nodes and edges that the run has, besides those that are known. In any order, any number of times."""

    at: float
    nodes: Sequence[Spec]
    edges: Sequence[Placed]


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


class Settle(NamedTuple):
    """Nothing was heard for a while: error callbacks that may have run inside the worker end as unseen.

    It does nothing while another node of the run may still change.
    """


Message: TypeAlias = Announced | Seen | Noted | Settle
