"""Which errors runs have: those that are alike under one heading, by the words that runs are found by."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, Select, func, select

from ..clusters import title
from .database import Store
from .filters import RunFilters, conditions, members
from .models import RunWord, Word

DIFFERENT = 5_000  # errors, the most frequent, that are put under headings
HEADINGS = 50  # that are told


def errors(store: Store, filters: RunFilters) -> dict[str, Any]:
    """Return ``{"errors": [{"error", "runs", "example"}, ...], "more": n}``, the most frequent first.

    ``error`` is the heading, which :class:`RunFilters` takes too, ``example`` one of the errors under it as
    it was raised, ``more`` how many headings are not told. A run that has several errors counts under each.
    """
    runs, examples = Counter[str](), dict[str, str]()
    with store.read() as connection:
        for value, count in connection.execute(_counted(connection, filters)):
            heading = title(value)
            runs[heading] += count
            examples.setdefault(heading, value)
    told = runs.most_common(HEADINGS)
    found = [{"error": each, "runs": count, "example": examples[each]} for each, count in told]
    return {"errors": found, "more": len(runs) - len(told)}


def _counted(connection: Connection, filters: RunFilters) -> Select[str, int]:
    those = members(conditions(connection, filters), singles=filters.singles)
    count = func.count().label("count")
    return (
        select(Word.value, count)
        .join(RunWord, RunWord.word == Word.id)
        .where(Word.kind == "error", RunWord.run.in_(select(those.c.number)))
        .group_by(Word.id, Word.value)
        .order_by(count.desc(), Word.id)
        .limit(DIFFERENT)
    )
