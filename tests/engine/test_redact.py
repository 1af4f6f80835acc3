"""No secret under a name that says so is ever left, in values or in text."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.engine.errors import SettingsError
from umbel.engine.redact import MASK, redact, redactor

SECRET = "hunter2-correct-horse"
NAMES = ["password", "PASSWD", "client_secret", "Authorization", "api-key", "x.token", "my private thing"]

plain = st.none() | st.booleans() | st.integers() | st.text(alphabet="ab'\"\\ ,:=({[<>]})\n", max_size=8)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz'\" ", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
secrets = st.recursive(
    st.just(SECRET),
    lambda inner: (
        st.lists(inner | plain, min_size=1, max_size=3) | st.dictionaries(st.text("xy"), inner, min_size=1)
    ),
    max_leaves=5,
)


@st.composite
def hiding(draw: st.DrawFn) -> object:
    """A value that has secrets, all under names that say so."""
    value = draw(values)
    for _ in range(draw(st.integers(1, 3))):
        guarded = {draw(st.sampled_from(NAMES)): draw(secrets), "x": value}
        value = draw(st.sampled_from([guarded, [draw(values), guarded], {"deep": guarded}]))
    return value


@given(hiding())
def test_no_secret_is_left_in_a_value(value: object):
    assert SECRET not in json.dumps(redact(value))


@given(hiding(), st.integers(0, 400))
def test_no_secret_is_left_in_a_representation_even_one_that_was_cut(value: object, end: int):
    assert SECRET not in redact(repr(value))
    assert SECRET not in redact(json.dumps(value))
    assert SECRET not in redact(repr(value)[:end] + "...")


@given(hiding())
def test_no_secret_is_left_in_json_within_a_string(value: object):
    assert SECRET not in json.dumps(redact([json.dumps(value)]))


@given(values)
def test_what_has_no_such_name_is_given_back_itself(value: object):
    assert redact(value) is value


@given(st.text() | values)
def test_masking_twice_changes_nothing_more(value: object):
    once = redact(value)
    assert redact(once) == once


@pytest.mark.parametrize(
    ("given", "masked"),
    [
        ({"password": None, "token": True}, {"password": None, "token": True}),
        (
            {"PASSWORD": "x", "pa\u017f\u017fword": "x", "toKen": "x"},
            {"PASSWORD": MASK, "pa\u017f\u017fword": MASK, "toKen": MASK},
        ),
        ("PASSWORD='x', pa\u017f\u017fword='x'", "PASSWORD='***', pa\u017f\u017fword='***'"),
        ({"password": 1234, "n": 1}, {"password": MASK, "n": 1}),
        ({"a": [{"secret": {"x": [1]}}]}, {"a": [{"secret": MASK}]}),
        ("login(password='x y', n=1)", "login(password='***', n=1)"),
        ("{'password': b'x', 'n': 1}", "{'password': b'***', 'n': 1}"),
        ("password=abc&user=ann", "password=***&user=ann"),
        ("Authorization: Bearer abc.def, next", "Authorization: ***, next"),
        ("token=None, n=1", "token=None, n=1"),
        ("credentials=Login(user='ann', key=(1, 2)), n=1", "credentials=***, n=1"),
        ('{"api_key": [1, "]", 2], "n": 1}', '{"api_key": ***, "n": 1}'),
        ('"{\\"token\\": \\"abc\\", \\"n\\": 1}"', '"{\\"token\\": \\"***\\", \\"n\\": 1}"'),
        ("{'my secret thing': 'x'}", "{'my secret thing': '***'}"),
        ("secret == other", "secret == other"),
        ("a secret: none of your business", "a secret: *** of your business"),
        ("passenger=7, compass='n'", "passenger=7, compass='n'"),
        ("password='cut of", "password='***"),
    ],
)
def test_what_is_masked_and_what_is_not(given: object, masked: object):
    assert redact(given) == masked


def test_a_pattern_of_ones_own_replaces_the_usual_one():
    assert redact({"password": "x", "iban": "DE1"}, "^iban$") == {"password": "x", "iban": MASK}
    assert redact("iban='DE1' ibans='DE2'", "^iban$") == "iban='***' ibans='DE2'"
    assert redact({"password": "x"}, "") == {"password": "x"}
    assert redact("Iban='DE1' IBAN='DE2'", "(?i)IBAN|X") == "Iban='***' IBAN='***'"
    assert redact("Iban='DE1' IBAN='DE2'", "IBAN") == "Iban='DE1' IBAN='***'"


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="regular expression"):
        redactor("(")


@pytest.mark.parametrize(
    "hostile",
    [
        "'" * 300_000,
        "'\"" * 150_000,
        "token=" * 50_000,
        "token=[" * 40_000,
        "a" * 300_000 + "=",
        "\\" * 300_000,
        "token='\\" * 30_000,
        "'token" * 50_000 + ":",
        "token=" + "\\'" * 100_000,
        "token: <" * 40_000,
        "token" + " " * 300_000,
        'token=\\"x\\\\"' * 30_000,
        "token=('" * 30_000,
    ],
)
def test_text_of_any_kind_takes_no_longer_than_its_length_says(hostile: str):
    start = time.process_time()
    redact(hostile)
    assert time.process_time() - start < 3


def test_a_value_deeper_than_anything_sensible_is_masked_whole():
    value: object = SECRET
    for _ in range(5_000):
        value = [value]
    assert SECRET not in json.dumps(redact(value))
