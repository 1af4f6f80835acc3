"""The nodes of a run as CSV, for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

TIMES = frozenset({"sent", "received", "started", "finished"})

# What a spreadsheet would take for a formula: names and reasons are text of others.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table: a header, and one for each row; times in ISO 8601, UTC."""
    names = list(columns)
    yield _line(names)
    for row in rows:
        yield _line([_cell(name, row.get(name)) for name in names])


def _line(cells: list[Any]) -> str:
    sink = io.StringIO()
    csv.writer(sink).writerow(cells)
    return sink.getvalue()


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if name in TIMES and value is not None:
        return _iso(value)
    return value


def _iso(moment: float) -> Any:
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return moment  # the sender's clock may say anything
