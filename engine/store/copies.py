"""What a run takes over from the one that it was made from, inside the database: no value comes by here.

Results of nodes that are reused are copied as they are shown, as whole as they are kept, and exactly; so the
new run does not need the old one any more. What a watched run has whole in ``large_values`` alone is written
to ``originals``, where results of conducted tasks are looked for. Each node is told where it really ran, also
if it was taken over before; of one that runs, what it was in the run before.
"""

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
    sources: Sequence[str]  # the id that each node has in the old run, by its idx in the new one
    inexact: frozenset[int] = frozenset()  # nodes of which the signature is as it is shown, and not more


def take_over(connection: Connection, number: int, copy: Copy) -> None:
    """Give the new run ``number``, whose nodes are there with their sources, what it takes over."""
    values: dict[str, Any] = {"new": number, "old": copy.number}
    for statement, more in _STATEMENTS:
        connection.execute(text(statement), values | more)


_RESULTS = """
UPDATE nodes
SET result = was.result, result_size = was.result_size
FROM nodes AS was
WHERE nodes.run = :new AND nodes.mark = 'reused' AND was.run = :old AND was.id = nodes.source_node
"""

_REUSED = """
FROM nodes AS made
JOIN nodes AS was ON was.run = :old AND was.id = made.source_node
JOIN {table} AS kept ON kept.run = :old AND kept.idx = was.idx AND kept.field = 'result'
WHERE made.run = :new AND made.mark = 'reused'
"""

_LARGE = f"""
INSERT INTO large_values (run, idx, field, size, kept, value)
SELECT made.run, made.idx, kept.field, kept.size, kept.kept, kept.value
{_REUSED.format(table="large_values")}
"""

_ORIGINALS = f"""
INSERT INTO originals (run, idx, field, value)
SELECT made.run, made.idx, kept.field, kept.value
{_REUSED.format(table="originals")}
"""

_WHOLE = f"""
INSERT INTO originals (run, idx, field, value)
SELECT made.run, made.idx, kept.field, kept.value
{_REUSED.format(table="large_values")}
  AND NOT was.conducted AND substr(was.result, 1, {len(EXACT)}) = :exact
  AND kept.kept = kept.size AND replace(kept.value, :mask, '') = kept.value
"""

# Last: until then the source is what it was in the run before.
_SOURCES = """
UPDATE nodes
SET source_run = was.source_run, source_node = was.source_node
FROM nodes AS was
WHERE nodes.run = :new AND nodes.mark IN ('reused', 'kept') AND was.run = :old AND was.id = nodes.source_node
  AND was.mark IN ('reused', 'kept')
"""

_STATEMENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    (_RESULTS, {}),
    (_LARGE, {}),
    (_ORIGINALS, {}),
    (_WHOLE, {"exact": EXACT, "mask": MASK}),
    (_SOURCES, {}),
)
