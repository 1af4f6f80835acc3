"""What a result backend keeps is read as it stands, whatever stands there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.engine.evidence import Evidence
from umbel.engine.machine import Outcome
from umbel.engine.results import seen_of


def kept(status, result=None, **more):
    return {"status": status, "result": result, "traceback": None, "date_done": None} | more


def test_a_result_is_kept_exactly_with_the_time_of_its_end():
    seen = seen_of("a", kept("SUCCESS", {"n": [1, "<b>"]}, date_done="2026-11-20T10:00:00.5"), 9.0)
    assert seen is not None
    assert seen.evidence == Evidence("kept-succeeded", 1795168800.5, seen=9.0)
    assert seen.outcome == Outcome('{"json":{"n":[1,"<b>"]}}', 15)
    aware = seen_of("a", kept("SUCCESS", date_done="2026-11-20T11:00:00.5+01:00"), 9.0)
    assert aware is not None
    assert aware.evidence.at == seen.evidence.at


def test_a_failure_tells_its_exception_and_why():
    stored = {"exc_type": "TimeLimitExceeded", "exc_message": [300], "exc_module": "billiard.exceptions"}
    seen = seen_of("a", kept("FAILURE", stored, traceback="Traceback ..."), 9.0)
    assert seen is not None
    assert (seen.evidence.kind, seen.evidence.reason, seen.evidence.at) == ("kept-failed", "timeout", 9.0)
    assert seen.outcome == Outcome(exception="TimeLimitExceeded(300)", traceback="Traceback ...")


@pytest.mark.parametrize(
    ("said", "reason"), [("expired", "expired"), ("terminated", "revoked"), ("", "revoked")]
)
def test_a_revoked_task_tells_whether_it_expired(said, reason):
    seen = seen_of("a", kept("REVOKED", {"exc_type": "TaskRevokedError", "exc_message": [said]}), 9.0)
    assert seen is not None
    assert (seen.evidence.kind, seen.evidence.reason) == ("kept-revoked", reason)


@pytest.mark.parametrize(
    "meta", [None, [], "SUCCESS", {}, kept("PENDING"), kept("STARTED"), kept("RETRY"), kept(7)]
)
def test_what_has_not_ended_says_nothing(meta):
    assert seen_of("a", meta, 9.0) is None


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["SUCCESS", "FAILURE", "REVOKED"]), anything, anything, anything)
def test_whatever_is_stored_is_text_in_the_end(status, result, done, traceback):
    seen = seen_of("a", kept(status, result, date_done=done, traceback=traceback), 9.0)
    assert seen is not None
    if seen.outcome.result is not None:
        assert set(json.loads(seen.outcome.result, parse_constant=pytest.fail)) <= {"json", "repr"}
