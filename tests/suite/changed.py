"""Reads the changes of nodes that the socket tells, as a page does (see ``webui/changes.py``)."""

from typing import Any

DIGITS = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\')


def read_changes(text: str) -> list[list[Any]]:
    """Return ``[index, state code, started, finished, retries, repeated, attempt, due]`` of each."""
    digits = map(DIGITS.index, text)
    left = len(text)
    clock, index, found = 0, -1, []

    def number() -> int:
        nonlocal left
        left -= 1
        digit = next(digits)
        return digit if digit < 62 else digit + 31 * number()

    def moment() -> float:
        nonlocal clock
        folded = number()
        clock += -(folded + 1) // 2 if folded % 2 else folded // 2
        return clock / 100

    while left:
        index += number() + 1
        more, head = divmod(number(), 50)
        times, code = divmod(head, 10)
        started = moment() if times == 1 else None
        finished = moment() if times > 1 else None
        if finished is not None and times > 2:
            started = round(finished + (number() if times == 4 else -number()) / 1000, 3)
        rest = [number(), number(), number()] if more else [0, 0, 0]
        due = moment() if more and number() else None
        found.append([index, code, started, finished, *rest, due])
    return found
