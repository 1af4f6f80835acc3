"""How changes of nodes are spelled on the socket: what is read is what was spelled, in few bytes."""

import doctest
import json
import random
from typing import Any

import pytest
from changed import read_changes
from hypothesis import given
from hypothesis import strategies as st

from umbel.webui import changes
from umbel.webui.changes import spell

MOMENTS = st.none() | st.integers(0, 4 * 10**11).map(lambda cents: cents / 100)
COUNTS = st.integers(0, 40) | st.integers(0, 2**40)
CHANGES = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 9), MOMENTS, MOMENTS, COUNTS, COUNTS, COUNTS, MOMENTS),
    max_size=20,
    unique_by=lambda change: change[0],
)


@given(CHANGES)
def test_what_is_read_is_what_was_spelled(given: list[tuple[Any, ...]]) -> None:
    text = spell(given)
    assert json.dumps(text) == f'"{text}"'
    assert read_changes(text) == [pytest.approx(list(change)) for change in sorted(given)]


def test_moments_are_told_to_a_hundredth_and_durations_to_a_thousandth_of_a_second() -> None:
    [[_, _, started, finished, *_]] = read_changes(spell([[0, 5, 1.79e9 + 0.1234, 1.79e9 + 7.6543, 0]]))
    assert finished == 1.79e9 + 7.65
    assert finished - started == pytest.approx(7.531)


def test_a_change_among_ten_thousand_nodes_takes_less_than_seven_bytes() -> None:
    chance = random.Random(1)
    found = []
    for index in chance.sample(range(10_000), 200):
        finished = 1.79e9 + chance.random() / 5
        found.append([index, 5, finished - chance.random() * 5, finished, 0])
    assert len(spell(found)) < 200 * 7


def test_the_example_works() -> None:
    assert doctest.testmod(changes).failed == 0
