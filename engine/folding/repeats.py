"""Repeats in a sequence. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

PERIOD = 8  # of a unit that repeats, at most


class Segment(NamedTuple):
    """``times`` units of ``period`` items, one after another, from ``start`` on."""

    start: int
    period: int
    times: int


def segments(sequence: Sequence[int]) -> list[Segment]:
    """Return ``sequence`` as repeats: the longest stretch first at each place, the shortest unit on a tie.

    >>> segments([1, 2, 1, 2, 1, 2, 3])
    [Segment(start=0, period=2, times=3), Segment(start=6, period=1, times=1)]
    """
    found, start = [], 0
    while start < len(sequence):
        best = Segment(start, 1, 1)
        for period in range(1, min(PERIOD, (len(sequence) - start) // 2) + 1):
            times = _times(sequence, start, period)
            if times > 1 and times * period > best.times * best.period:
                best = Segment(start, period, times)
        found.append(best)
        start += best.period * best.times
    return found


def _times(sequence: Sequence[int], start: int, period: int) -> int:
    at = start + period
    while at < len(sequence) and sequence[at] == sequence[at - period]:
        at += 1
    return (at - start) // period
