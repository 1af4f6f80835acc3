"""Many indices in few numbers."""

from collections.abc import Iterator, Sequence


def stretches(indices: Sequence[int]) -> Iterator[list[int]]:
    """Yield ``[first, count]`` for each stretch of ascending ``indices`` without a hole."""
    first = 0
    for at in range(1, len(indices) + 1):
        if at == len(indices) or indices[at] != indices[at - 1] + 1:
            yield [indices[first], at - first]
            first = at
