"""What tests counted and measured, printed at the end of the run.

It travels with the tests' reports, for the tests may run in several processes and the summary is another's.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

COUNTED, LATENCIES = "counted", "card latencies"


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """``count("300 canvases: 297 agreed")`` prints a line in the summary of the run."""
    return partial(record_property, COUNTED)


@pytest.fixture
def record_latency(record_property: Callable[[str, object], None]) -> Callable[[list[float]], None]:
    """Take down seconds from a task's end to its changed card, for the summary."""
    return partial(record_property, LATENCIES)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was counted, and how soon cards change."""
    lines = list(_told(terminalreporter, COUNTED))
    if seconds := sorted(each for some in _told(terminalreporter, LATENCIES) for each in some):
        milliseconds = [round(1000 * each) for each in seconds]
        median, p95 = milliseconds[len(seconds) // 2], milliseconds[int(0.95 * (len(seconds) - 1))]
        lines.append(
            f"From a task's end to its changed card: median {median} ms, p95 {p95} ms, "
            f"most {milliseconds[-1]} ms, over {len(seconds)} tasks."
        )
    if lines:
        terminalreporter.section("counted")
        for line in lines:
            terminalreporter.write_line(line)


def _told(terminalreporter: Any, name: str) -> Iterator[Any]:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call":
                yield from (value for key, value in report.user_properties if key == name)
