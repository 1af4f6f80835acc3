"""What Celery's events say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.engine.evidence import Evidence
from umbel.engine.machine import Seen
from umbel.engine.observe import MalformedEvent, message_of, reason_of


def event(kind, **fields):
    return {"type": f"task-{kind}", "uuid": "a", "timestamp": 5.0, "hostname": "w@h", **fields}


def read(kind, **fields):
    return message_of(event(kind, **fields), 6.0)


@pytest.mark.parametrize(
    ("given", "kind", "reason"),
    [
        (event("started"), "started", None),
        (event("retried"), "retried", None),
        (event("succeeded"), "succeeded", None),
        (event("failed", exception="ValueError(1)"), "failed", "error"),
        (event("failed", exception="NotRegistered('x')"), "failed", "unregistered"),
        (event("revoked", expired=True), "revoked", "expired"),
        (event("revoked", expired=False), "revoked", "revoked"),
        (event("rejected", requeue=True), "requeued", None),
        (event("rejected", requeue=False), "refused", "refused"),
        (event("cancelled"), "cancelled", None),
    ],
)
def test_each_event_is_a_piece_of_evidence_with_a_reason_where_it_is_final(given, kind, reason):
    seen = message_of(given, 6.0)
    assert seen.node == "a"
    assert seen.evidence[:5] == (kind, 5.0, "w@h", None, reason)
    assert seen.evidence.seen == 6.0


@pytest.mark.parametrize(
    "own",
    [
        event("sent", name="umbel.run"),
        event("received", name="umbel.done"),
        event("started", uuid="done:a"),
        event("failed", uuid="failed:a", exception="X()"),
    ],
)
def test_messages_to_the_conductor_are_no_tasks(own):
    assert message_of(own, 6.0) is None


def test_what_was_sent_names_its_queue_and_root_and_no_worker():
    seen = read("sent", queue="fast", root_id="r", retries=2)
    assert seen == Seen("a", Evidence("sent", 5.0, None, 2, None, {"queue": "fast"}, 6.0), root="r")
    assert read("sent", queue="", routing_key="key").evidence.detail == {"queue": "key"}


def test_a_result_is_kept_as_text_with_its_size():
    outcome = read("succeeded", result="'x'", runtime=1.5).outcome
    assert (outcome.result, outcome.result_size) == ('{"repr":"\'x\'"}', 3)
    assert read("succeeded", runtime=1.5).evidence.detail == {"runtime": 1.5}
    assert read("succeeded").outcome.result is None


def test_a_failure_keeps_exception_and_traceback_and_a_retry_those_of_its_attempt():
    failed = read("failed", exception="E()", traceback="T").outcome
    assert (failed.exception, failed.traceback) == ("E()", "T")
    assert read("retried", exception="E()", traceback="T").evidence.detail == {
        "exception": "E()",
        "traceback": "T",
    }


@pytest.mark.parametrize(
    ("exception", "reason"),
    [
        ("TimeLimitExceeded(300,)", "timeout"),
        ("SoftTimeLimitExceeded()", "timeout"),
        ("WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL).')", "lost"),
        ("billiard.exceptions.WorkerLostError()", "lost"),
        ("<NotRegistered: 'x'>", "unregistered"),
        ("Reject()", "refused"),
        ("TimeLimitExceededByMe()", "error"),
        ("", "error"),
        (None, "error"),
        (5, "error"),
    ],
)
def test_the_reason_of_a_failure_is_told_by_the_name_of_its_exception(exception, reason):
    assert reason_of(exception) == reason


@pytest.mark.parametrize(
    "other", [{}, {"type": "worker-online"}, {"type": ["x"]}, {"type": "task-x"}, [], None]
)
def test_other_events_say_nothing_of_a_task(other):
    assert message_of(other, 6.0) is None


@given(
    st.dictionaries(
        st.sampled_from(list(event("", root_id=1, retries=1, result=1))), st.none() | st.text() | st.floats()
    )
)
def test_whatever_stands_in_an_event_it_is_a_message_or_said_to_be_malformed(fields):
    try:
        seen = message_of(event("succeeded") | fields, 6.0)
    except MalformedEvent:
        return
    assert seen is None or isinstance(seen, Seen)


@pytest.mark.parametrize(
    ("raised", "shown", "reason"),
    [
        ("billiard.exceptions.TimeLimitExceeded: TimeLimitExceeded(1,)", "TimeLimitExceeded(1,)", "timeout"),
        ("billiard.exceptions.WorkerLostError: exit 3.", "WorkerLostError('exit 3.')", "lost"),
        ("and no exception", "ExceptionWithTraceback()", "error"),
    ],
)
def test_an_exception_of_the_pool_is_known_by_the_end_of_its_traceback(raised, shown, reason):
    traceback = f'Traceback:\n  File "x.py", line 1, in f\n{raised}\n'
    seen = read("failed", exception="ExceptionWithTraceback()", traceback=traceback)
    assert (seen.outcome.exception, seen.evidence.reason) == (shown, reason)
