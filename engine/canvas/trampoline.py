"""Recursion that is bound by memory and not by Python's stack.

A generator yields the calls that it needs made, and is sent what they return.
"""

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

Result = TypeVar("Result")
Call: TypeAlias = Generator["Call[Any]", Any, Result]


def run(call: Call[Result]) -> Result:
    """Return what ``call`` returns."""
    stack: list[Call[Any]] = [call]
    answer: Any = None
    while stack:
        try:
            deeper = stack[-1].send(answer)
        except StopIteration as done:
            stack.pop()
            answer = done.value
        else:
            stack.append(deeper)
            answer = None
    return answer
