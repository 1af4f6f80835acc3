"""Changes of nodes as text, about six characters each; ``static/js/changes.js`` reads it.

JSON is what the socket speaks, and in a JSON string a printable ASCII character is one byte. A number is
written in digits of which all but the last are *open*: there are 31 of these and 62 last ones, so that a
number below 62 is one character, below 1984 two, below 61,566 three. Signed numbers are folded: 0, -1, 1, -2,
2 and so on.

The changes follow each other in the order of their indices, each as

=========  =============================================================================================
gap        how many indices lie between it and the one before
head       ``state + 10 * (times + 5 * more)``; ``times``: 0 neither, 1 started, 2 finished, 3 both,
           4 both, and started after it finished; ``more``: whether there is more than times
moment     of times 1 to 4: when it finished, else when it started, in hundredths of a second, signed, after
           the last moment that was written
duration   of times 3 and 4: in milliseconds, between the two
more       retries, repeated, attempt, and when it is due: 0, or 1 and then a moment
=========  =============================================================================================

A moment is thus known to a hundredth of a second, and a duration to a millisecond.
"""

from collections.abc import Iterable, Sequence
from typing import Any

LAST = 62
OPEN = 31
#: Printable ASCII less what JSON escapes: the last digits, then the open ones.
DIGITS = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\')


def spell(changes: Iterable[Sequence[Any]]) -> str:
    """Return ``[index, state code, started, finished, retries, repeated, attempt, due]``s as text.

    The last three may be missing. No index comes twice.

    >>> spell([[0, 1, None, None, 0], [5, 3, 0.25, None, 0]])
    ' !%.S'
    """
    parts: list[str] = []
    before, clock = -1, 0
    for change in sorted(changes, key=lambda change: change[0]):
        index, code, started, finished, *rest = change
        retries, repeated, attempt, due = rest if len(rest) == 4 else (*rest, 0, 0, None)
        more = bool(retries or repeated or attempt or due is not None)
        parts.append(_number(index - before - 1))
        before = index
        last = finished if finished is not None else started
        if last is None:
            parts.append(_number(code + 50 * more))
        else:
            parts.append(_number(code + 10 * (_times(started, finished) + 5 * more)))
            moment = round(100 * last)
            parts.append(_signed(moment - clock))
            clock = moment
            if started is not None and finished is not None:
                parts.append(_number(abs(round(1000 * (finished - started)))))
        if more:
            parts.extend(map(_number, (retries, repeated, attempt, due is not None)))
            if due is not None:
                moment = round(100 * due)
                parts.append(_signed(moment - clock))
                clock = moment
    return "".join(parts)


def _times(started: float | None, finished: float | None) -> int:
    if started is None or finished is None:
        return 1 if finished is None else 2
    return 3 if started <= finished else 4


def _signed(value: int) -> str:
    return _number(2 * value if value >= 0 else -2 * value - 1)


def _number(value: int) -> str:
    if value < len(_SMALL):
        return _SMALL[value]
    return DIGITS[LAST + (value - LAST) % OPEN] + _number((value - LAST) // OPEN)


_SMALL: list[str] = list(DIGITS[:LAST])
_SMALL += [_number(value) for value in range(LAST, 1984)]
