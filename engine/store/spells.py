"""When the nodes of a run were what, and how long tasks of the same names ran before."""

from collections.abc import Collection
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select

from ..timeline import Spell
from .database import Store
from .models import DISCARDED, Edge, Node, Run, RunWord, Word
from .rows import find_run
from .summaries import summary
from .words import word

RECENT = 200  # times that a task ran, of which the median is taken
RUNS = 10  # in the newest of which these are looked for
NODES = 50_000  # of these runs, so that a task that large runs have once is not dear
NAMED = 50  # tasks that are looked for


_GIVEN = or_(Node.mark.is_not(None), func.coalesce(Node.reason, "").in_(("skipped", "left")))


class Spells(NamedTuple):
    """A run by its times. Nodes are named by index."""

    run: dict[str, Any]  # RunSummary
    spells: list[Spell]
    edges: list[tuple[int, int, str]]


class Past(NamedTuple):
    """How long a task ran in the past."""

    median: float  # seconds
    times: int  # that it ran


def spells(store: Store, run_id: str) -> Spells | None:
    """Return the times of a run; None where there is no such run."""
    with store.read() as connection:
        if (row := find_run(connection, run_id)) is None:
            return None
        columns = (Node.task, Node.state, Node.sent, Node.received, Node.started, Node.finished, Node.retries)
        query = select(*columns, _GIVEN).where(Node.run == row.number).order_by(Node.idx)
        found: Any = connection.execute(query)
        made = [Spell(*rest, retried=retries > 0, given=given) for *rest, retries, given in found]
        edges = connection.execute(select(Edge.parent, Edge.child, Edge.kind).where(Edge.run == row.number))
        return Spells(summary(row), made, [(parent, child, kind) for parent, child, kind in edges])


def past(store: Store, tasks: Collection[str]) -> dict[str, Past]:
    """Return how long tasks ran that returned, by name: the newest ``RECENT`` of each.

    They are looked for in the newest ``RUNS`` that have the name, as many as have ``NODES`` nodes and one
    more; what never ran is left out.
    """
    with store.read() as connection:
        found = {task: _recent(connection, task) for task in sorted(tasks)[:NAMED]}
    return {task: Past(median(ran), len(ran)) for task, ran in found.items() if ran}


def _recent(connection: Connection, task: str) -> list[float]:
    known = select(Run.number, Run.size).join(RunWord, RunWord.run == Run.number).join(Word)
    of_task = known.where(Word.kind == "task", Word.value == word(task), Run.state != DISCARDED)
    newest = connection.execute(of_task.order_by(RunWord.run.desc()).limit(RUNS)).all()
    ran: list[float] = []
    rest = NODES
    seconds = func.coalesce(Node.runtime, Node.finished - Node.started)
    for number, size in newest:
        query = select(seconds).where(Node.run == number, Node.task == task, Node.state == "SUCCESS")
        query = query.where(seconds.is_not(None)).order_by(Node.idx.desc()).limit(RECENT - len(ran))
        ran += [max(0.0, each) for each in connection.execute(query).scalars()]
        rest -= size
        if len(ran) >= RECENT or rest <= 0:
            break
    return ran
