"""Which errors runs have: those that are alike under one heading, by the words that runs are found by."""

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, select

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
    sums, words, examples = Counter[str](), defaultdict[str, list[int]](list), dict[str, str]()
    with store.read() as connection:
        those = members(conditions(connection, filters), singles=filters.singles)
        for word, value, count in connection.execute(_counted(those)):
            heading = title(value)
            sums[heading] += count
            words[heading].append(word)
            examples.setdefault(heading, value)
        told = [heading for heading, _ in sums.most_common(HEADINGS)]
        runs = {
            each: sums[each] if len(words[each]) == 1 else _runs(connection, those, words[each])
            for each in told
        }
    told.sort(key=lambda heading: -runs[heading])
    found = [{"error": each, "runs": runs[each], "example": examples[each]} for each in told]
    return {"errors": found, "more": len(sums) - len(told)}


def _runs(connection: Connection, those: Subquery, words: list[int]) -> int:
    """Return how many runs have one of these words."""
    mine = (RunWord.word.in_(words), RunWord.run.in_(select(those.c.number)))
    return connection.execute(select(func.count(RunWord.run.distinct())).where(*mine)).scalar() or 0


def _counted(those: Subquery) -> Select[int, str, int]:
    count = func.count().label("count")
    return (
        select(Word.id, Word.value, count)
        .join(RunWord, RunWord.word == Word.id)
        .where(Word.kind == "error", RunWord.run.in_(select(those.c.number)))
        .group_by(Word.id, Word.value)
        .order_by(count.desc(), Word.id)
        .limit(DIFFERENT)
    )
