"""What is kept of a value that is too large, or that a database would refuse."""

import json

from hypothesis import given
from hypothesis import strategies as st

from umbel.engine.values import fit, text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=30,
)


@given(JSON)
def test_a_small_value_is_kept_whole(value):
    assert json.loads(fit(value, 1_000_000)) == value


@given(JSON, st.integers(2_000, 4_000))
def test_what_is_kept_is_json_of_the_same_kind_near_the_limit(value, limit):
    value = [value] * 50
    kept = json.loads(fit(value, limit))
    assert isinstance(kept, list)
    assert len(fit(value, limit)) <= limit + 5_000
    assert isinstance(json.loads(fit({"a": value, "b": value}, limit)), dict)


def test_an_argument_that_does_not_fit_says_its_full_size_and_the_others_stay():
    kept = json.loads(fit([1, "x" * 100_000, {"a": 2}]))
    assert kept[0] == 1
    assert kept[1]["size"] == 100_002
    assert kept[1]["cut"].startswith('"xxx')
    assert kept[2] == {"a": 2}


def test_too_many_arguments_say_how_many_were_left_out():
    kept = json.loads(fit(list(range(100_000))))
    assert kept[:3] == [0, 1, 2]
    assert len(kept) - 1 + kept[-1]["more"] == 100_000


def test_text_holds_nothing_that_a_database_refuses():
    assert text("a\x00b\ud800c") == "a\ufffdb?c"
    assert text("x" * 10, 3) == "xxx"
    assert text(None) is None
