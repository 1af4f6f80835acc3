"""The words that runs are found by: names of tasks and workers, and how errors begin.

Each word is kept once, and each run has it once however many nodes do. What a batch costs here grows with
what the batch changed, not with the run.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ..values import text
from .models import LENGTH, RunWord, Word

CHUNK = 500  # words in one query
KINDS = ("task", "worker", "error")

Pair: TypeAlias = tuple[str, str]  # kind and value


def word(value: str | None) -> str | None:
    """Return ``value`` as a word is kept: not too long, and nothing that a database refuses."""
    return text(value, LENGTH) or None


def fold(value: str) -> str:
    """Return ``value`` without its case, as words and names are compared."""
    return (text(value.casefold(), 2 * LENGTH)) or ""


def pairs(kind: str, values: Iterable[str | None]) -> set[Pair]:
    """Return the words that ``values`` make."""
    return {(kind, made) for value in values if (made := word(value))}


def save_words(connection: Connection, of_runs: Mapping[int, set[Pair]]) -> None:
    """Note that runs, by number, have these words."""
    wanted = set[Pair]().union(*of_runs.values())
    if not wanted:
        return
    ids = _known(connection, wanted)
    ids |= _added(connection, sorted(wanted - ids.keys()))
    rows = [{"run": run, "word": ids[pair]} for run, pairs in of_runs.items() for pair in sorted(pairs)]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(cast(Table, RunWord.__table__)).on_conflict_do_nothing()
    connection.execute(statement, rows)


def _known(connection: Connection, wanted: Iterable[Pair]) -> dict[Pair, int]:
    found: dict[Pair, int] = {}
    for values in _chunks(sorted({value for _, value in wanted})):
        rows = connection.execute(
            select(Word.kind, Word.value, Word.id).where(Word.kind.in_(KINDS), Word.value.in_(values))
        )
        found.update(((row.kind, row.value), row.id) for row in rows)
    return found


def _added(connection: Connection, missing: list[Pair]) -> dict[Pair, int]:
    if not missing:
        return {}
    rows = [{"kind": kind, "value": value, "folded": fold(value)} for kind, value in missing]
    added = connection.execute(insert(Word).returning(Word.kind, Word.value, Word.id), rows)
    return {(row.kind, row.value): row.id for row in added}


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
