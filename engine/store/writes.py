"""What the conductor writes: a batch's changes, in one transaction. What it reads is in :mod:`.loading`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite

from ..dag import Node as Spec
from ..machine import Changes, Outcome, Run
from ..run import Action, Attempt, EdgeRow
from . import models
from .copies import Copy, take_over
from .keeping import ENDS, SIGNATURE, USUAL, Keeping
from .loading import CHUNK, load_run, next_number, numbers_of, runs_of, unfinished
from .statements import delete_fields, inserting, many, updating
from .words import save_words
from .written import INFERRED, MADE, MARK, NODE, OUTCOME, RUN, SPEC, Written, run_row

__all__ = ["CHUNK", "INFERRED", "Staged"]
__all__ += ["load_run", "next_number", "numbers_of", "runs_of", "save", "unfinished"]


@dataclass(slots=True, kw_only=True)
class Staged:
    """All that a batch changed in one run."""

    run: Run
    known: int  # how many of its nodes the database has
    is_new: bool
    touched: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    specs: dict[int, Spec] = field(default_factory=dict)
    edges: list[EdgeRow] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    sent: list[tuple[int, int, str]] = field(default_factory=list)  # number in the outbox, idx, attempt's id
    attempts: list[tuple[int, Attempt]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    copy: Copy | None = None  # what it takes over from another run

    def add(self, changes: Changes, number: int = 0) -> None:
        """Take what one message changed; ``number`` is that of the first thing it sends, in the outbox."""
        self.touched |= changes.touched
        self.marked |= changes.marked
        self.specs |= changes.specs
        self.edges += changes.edges
        self.outcomes |= changes.outcomes
        self.sent += [(number + place, *each) for place, each in enumerate(changes.sent)]
        self.attempts += changes.attempts
        self.actions += changes.actions

    @property
    def structural(self) -> bool:
        """Whether the graph grew, or its nodes are not what they were."""
        return bool(self.specs or self.edges or self.marked)


def save(connection: Connection, staged: Iterable[Staged], keeping: Keeping = USUAL) -> None:
    """Write what a batch changed; each run has its new ``seq`` and ``structure`` already.

    What a run returns (``outputs``) is written with the run's first batch.
    """
    written = [Written(each, keeping) for each in staged]
    runs = [each.staged for each in written]
    many(connection, _INSERT_RUN, [run_row(each.run) for each in runs if each.is_new])
    many(connection, _UPDATE_RUN, [run_row(each.run) for each in runs if not each.is_new])
    many(connection, _INSERT_NODE, _all(each.new_nodes() for each in written))
    many(connection, _UPDATE_SPEC, _all(each.new_specs() for each in written))
    many(connection, _UPDATE_MARK, _all(each.marked_nodes() for each in written))
    many(connection, _UPDATE_NODE, _all(each.changed_nodes() for each in written))
    many(connection, _UPDATE_ENDED, _all(each.ended_nodes() for each in written))
    ended = _all(each.ended() for each in written)
    respelled = _all(each.respelled() for each in written)
    delete_fields(connection, models.LargeValue, ENDS, ended)
    delete_fields(connection, models.LargeValue, SIGNATURE, respelled)
    many(connection, _INSERT_LARGE, _all(each.large() for each in written))
    delete_fields(connection, models.Original, ENDS, ended)
    delete_fields(connection, models.Original, SIGNATURE, respelled)
    many(connection, _INSERT_ORIGINAL, _all(each.originals() for each in written))
    save_words(connection, {each.run: each.words() for each in written})
    many(connection, _INSERT_EDGE, _all(each.edges() for each in written))
    many(connection, _UPSERT_ATTEMPT[connection.dialect.name], _all(each.attempts() for each in written))
    many(connection, _INSERT_OUTGOING, _all(each.outgoing() for each in written))
    many(connection, _INSERT_ACTION, _all(each.actions() for each in written))
    for each in runs:
        if each.copy is not None:
            take_over(connection, each.run.number, each.copy)


def _all(rows: Iterable[Iterator[dict[str, Any]]]) -> list[dict[str, Any]]:
    return list(chain.from_iterable(rows))


def _table(model: type[models.Base]) -> Table:
    return cast(Table, model.__table__)


def _upserting(dialect: Any, model: type[models.Base], *keys: str) -> Any:
    statement = dialect.insert(_table(model))
    rest = {
        column.key: statement.excluded[column.key] for column in _table(model).c if column.key not in keys
    }
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


_ATTEMPT = (models.Attempt, "run", "idx", "number")

_INSERT_RUN = inserting(models.Run)
_UPDATE_RUN = updating(models.Run, (*RUN, *MADE), "number")
_INSERT_NODE = inserting(models.Node)
_UPDATE_NODE = updating(models.Node, NODE, "run", "idx")
_UPDATE_MARK = updating(models.Node, MARK, "run", "idx")
_UPDATE_SPEC = updating(models.Node, SPEC, "run", "idx")
_UPDATE_ENDED = updating(models.Node, (*NODE, *OUTCOME), "run", "idx")
_INSERT_EDGE = insert(_table(models.Edge))
_INSERT_LARGE = insert(_table(models.LargeValue))
_INSERT_ORIGINAL = insert(_table(models.Original))
_UPSERT_ATTEMPT = {
    "sqlite": _upserting(sqlite, *_ATTEMPT),
    "postgresql": _upserting(postgresql, *_ATTEMPT),
}
_INSERT_OUTGOING = insert(_table(models.Outgoing))
_INSERT_ACTION = insert(_table(models.Action)).values(
    {name: bindparam(name) for name in ("run_id", "at", "by", "what", "detail", "why")}
)
