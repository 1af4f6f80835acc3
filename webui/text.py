"""What the command line shows: columns that line up, and no text that could speak to the terminal."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

LONGEST = 60  # characters of a cell

# Escape sequences begin with control characters; the last two ranges turn the direction of what follows.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: Any) -> str:
    """Return ``text``, which may come from anybody, as one line without control characters.

    >>> plain("a\\x1b[31mb")
    'a�[31mb'
    """
    return _UNSHOWN.sub("\ufffd", " ".join(str(text).splitlines()))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], *, longest: int = LONGEST) -> str:
    """Return lines with the cells of each column below each other."""
    cells = [list(header), *([_cell(value, longest) for value in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in cells
    )


def _cell(value: Any, longest: int) -> str:
    shown = "" if value is None else plain(value)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def moment(at: float | None) -> str:
    """Return a time as it is here, to the second."""
    if at is None:
        return ""
    try:
        return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(at)  # the sender's clock may say anything


def span(seconds: float | None) -> str:
    """Return a length of time in at most two units.

    >>> [span(0.25), span(61), span(7300), span(200000)]
    ['250 ms', '1 min 1 s', '2 h 1 min', '2 d 7 h']
    """
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for size, unit, smaller, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {small}"
    raise AssertionError("a minute and more is handled above")
