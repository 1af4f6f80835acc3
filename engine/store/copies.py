"""What a run takes over from the one that it was made from, inside the database: no value comes by here.

Results of nodes that are reused are copied as they are shown, as whole as they are kept, and exactly; so the
new run does not need the old one any more. What a watched run has whole in ``large_values`` alone is written
to ``originals``, where results of conducted tasks are looked for. Each node is told where it really ran, also
if it was taken over before; of one that runs, what it was in the run before.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from ..redact import MASK
from .keeping import EXACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is copied, and whence."""

    run: str  # the id of the old run
    number: int
    places: Sequence[int]  # the idx of each node in the old run
    inexact: frozenset[int] = frozenset()  # nodes, by their new idx, of which the signature is as it is shown


def take_over(connection: Connection, number: int, copy: Copy) -> None:
    """Give the new run ``number``, whose nodes are there, what it takes over."""
    dialect = connection.dialect.name
    values: dict[str, Any] = {"new": number, "old": copy.number, "old_id": copy.run}
    values["places"] = list(copy.places) if dialect == "postgresql" else json.dumps(list(copy.places))
    for statement, more in _STATEMENTS:
        connection.execute(text(statement.replace("{pairs}", _PAIRS[dialect])), values | more)


#: The nodes of the new run, and of the old one, side by side.
_PAIRS = {
    "sqlite": "(SELECT key AS new, value AS old FROM json_each(:places))",
    "postgresql": (
        "(SELECT CAST(place - 1 AS integer) AS new, old"
        " FROM unnest(CAST(:places AS integer[])) WITH ORDINALITY AS each(old, place))"
    ),
}

_TAKEN = "('reused', 'kept')"

_SOURCES = f"""
UPDATE nodes
SET source_run = CASE WHEN nodes.mark IN {_TAKEN} AND was.mark IN {_TAKEN}
                      THEN was.source_run ELSE CAST(:old_id AS varchar) END,
    source_node = CASE WHEN nodes.mark IN {_TAKEN} AND was.mark IN {_TAKEN}
                       THEN was.source_node ELSE was.id END
FROM {{pairs}} AS pairs JOIN nodes AS was ON was.idx = pairs.old
WHERE nodes.run = :new AND nodes.idx = pairs.new AND was.run = :old AND nodes.task IS NOT NULL
"""

_RESULTS = """
UPDATE nodes
SET result = was.result, result_size = was.result_size
FROM {pairs} AS pairs JOIN nodes AS was ON was.idx = pairs.old
WHERE nodes.run = :new AND nodes.idx = pairs.new AND nodes.mark = 'reused' AND was.run = :old
"""

_REUSED = """
FROM {pairs} AS pairs
JOIN nodes AS made ON made.run = :new AND made.idx = pairs.new AND made.mark = 'reused'
"""

_LARGE = f"""
INSERT INTO large_values (run, idx, field, size, kept, value)
SELECT made.run, made.idx, 'result', large.size, large.kept, large.value
{_REUSED}
JOIN large_values AS large ON large.run = :old AND large.idx = pairs.old AND large.field = 'result'
"""

_ORIGINALS = f"""
INSERT INTO originals (run, idx, field, value)
SELECT made.run, made.idx, 'result', original.value
{_REUSED}
JOIN originals AS original ON original.run = :old AND original.idx = pairs.old AND original.field = 'result'
"""

_WHOLE = f"""
INSERT INTO originals (run, idx, field, value)
SELECT made.run, made.idx, 'result', large.value
{_REUSED}
JOIN nodes AS was ON was.run = :old AND was.idx = pairs.old AND NOT was.conducted
JOIN large_values AS large ON large.run = :old AND large.idx = pairs.old AND large.field = 'result'
WHERE substr(was.result, 1, {len(EXACT)}) = :exact AND large.kept = large.size
  AND replace(large.value, :mask, '') = large.value
"""

_STATEMENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (_SOURCES, {}),
    (_RESULTS, {}),
    (_LARGE, {}),
    (_ORIGINALS, {}),
    (_WHOLE, {"exact": EXACT, "mask": MASK}),
)
