"""Failures that are the same error, and what they share."""

import doctest
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.engine import clusters
from umbel.engine.clusters import Failure, Frame, Task, cluster, fisher, frame_of, pattern, shared, signs

LIBRARY = "/venv/lib/python3.12/site-packages"
TRACEBACK = f"""Traceback (most recent call last):
  File "{LIBRARY}/celery/app/trace.py", line 453, in trace_task
    R = retval = fun(*args, **kwargs)
  File "/app/shop/tasks.py", line 12, in pay
    charge(order)
  File "/app/shop/bank.py", line {{line}}, in charge
    session.post(url)
  File "{LIBRARY}/requests/sessions.py", line 637, in post
    raise error
requests.ConnectionError: no route
"""


def _failure(index: int, exception: str = "ConnectionError('no route')", line: int = 7) -> Failure:
    return Failure(index, "shop.pay", float(index), "error", exception, TRACEBACK.format(line=line))


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(clusters).failed == 0


def test_the_same_exception_from_the_same_line_is_one_error():
    found = cluster([_failure(3), _failure(1), _failure(2, line=8), _failure(4, "KeyError('a')")])
    assert [(each.type, each.frame.line, each.members) for each in found] == [
        ("ConnectionError", 7, (1, 3)),
        ("ConnectionError", 8, (2,)),
        ("KeyError", 7, (4,)),
    ]
    assert (found[0].first, found[0].last) == (1.0, 3.0)


def test_messages_are_told_without_what_varies():
    said = [
        f"ValueError('order {number} of 10:30 at 0x7f{number} is not {'ab12cd34' * 2}')"
        for number in range(3)
    ]
    [found] = cluster(_failure(index, each) for index, each in enumerate(said))
    assert (found.message, found.messages) == ("order # of # at # is not #", 1)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("user 12 of 3.5", "user # of #"),
        ("4b06c1ea-88a5-4e2c-9d5e-0b1b8a1f6a10", "#"),
        ("0xdeadbeef", "#"),
        ("deadbeef feed", "deadbeef feed"),
        ("d3adbeef1", "#"),
        ("s3://b/img0017.png in utf8", "s3://b/img#.png in utf8"),
        ("", ""),
    ],
)
def test_numbers_and_ids_vary(message, told):
    assert pattern(message) == told


def test_without_a_traceback_the_message_tells():
    lost = [Failure(index, "shop.pay", reason="lost") for index in (1, 2)]
    said = [
        Failure(3, "shop.pay", exception="KeyError('a')"),
        Failure(4, "shop.pay", exception="KeyError('b')"),
    ]
    assert [(each.type, each.frame, each.members) for each in cluster([*lost, *said])] == [
        ("lost", None, (1, 2)),
        ("KeyError", None, (3,)),
        ("KeyError", None, (4,)),
    ]


def test_the_frame_is_the_innermost_of_the_users_code():
    assert frame_of(_failure(0)) == Frame("/app/shop/bank.py", "charge", 7)


def test_a_package_that_is_installed_is_the_users_where_the_task_is_of_it():
    installed = TRACEBACK.replace("/app/shop", f"{LIBRARY}/shop").format(line=7)
    assert frame_of(Failure(0, "shop.pay", traceback=installed)).function == "charge"
    assert frame_of(Failure(0, "other.pay", traceback=installed)).function == "post"  # all of it is libraries


def test_of_chained_exceptions_the_last_counts():
    chained = (
        TRACEBACK.format(line=7)
        + "\nThe above exception was the direct cause of the following exception:\n\n"
        + 'Traceback (most recent call last):\n  File "/app/shop/tasks.py", line 15, in pay\n    raise No\n'
    )
    assert frame_of(Failure(0, "shop.pay", traceback=chained)) == Frame("/app/shop/tasks.py", "pay", 15)


def test_what_failures_share_is_told_with_counts():
    bad = [Task("resize", "b7", "q", [number, "large"], {"codec": "av1"}) for number in range(40)]
    good = [
        Task("resize", f"b{number % 8}", "q", [number, "large"], {"codec": "h264"}) for number in range(800)
    ]
    good += [Task("pack", "b9", "q", [], {"codec": "av1"})] * 500  # another task tells nothing
    [told] = shared([bad], good)
    assert [(each.sign.what, each.sign.name, each.sign.value) for each in told] == [
        ("argument", "codec", '"av1"'),
        ("worker", "", '"b7"'),
    ]
    codec, worker = told
    assert (codec.failed, codec.of_failed, codec.succeeded, codec.of_succeeded) == (40, 40, 0, 800)
    assert (worker.failed, worker.succeeded) == (40, 100)
    assert codec.lift == pytest.approx(21.0)
    assert codec.chance < 1e-50


def test_what_may_be_chance_is_not_told():
    good = [Task("resize", f"b{number % 4}") for number in range(400)]
    assert shared([[Task("resize", "b1")]], good) == [[]]
    assert shared([[Task("resize", "b1"), Task("resize", "b1")]], good) == [[]]
    assert shared([[Task("resize", "b1")] * 9], []) == [[]]
    assert len(shared([[Task("resize", "b1")] * 9], good)[0]) == 1


def test_each_error_has_signs_of_its_own():
    good = [Task("resize", f"b{number % 10}") for number in range(500)]
    told = shared([[Task("resize", "b1")] * 9, [Task("resize", "b2")] * 5], good)
    assert [[each.sign.value for each in signs] for signs in told] == [['"b1"'], ['"b2"']]


def test_signs_are_small():
    task = Task("a", None, "q", [1, True, "x" * 81, [1], {"cut": ""}, None], {"k": "v"})
    told = [(sign.what, sign.name, sign.value) for sign in signs(task)]
    assert told == [
        ("queue", "", '"q"'),
        ("argument", "0", "1"),
        ("argument", "1", "true"),
        ("argument", "5", "null"),
        ("argument", "k", '"v"'),
    ]
    assert list(signs(Task("a", args={"repr": "..."}, kwargs=[1]))) == []


_FAILURES = st.builds(
    Failure,
    index=st.integers(0, 10**6),
    task=st.text(max_size=9),
    at=st.none() | st.floats(0, 2e9),
    reason=st.sampled_from((None, "error", "lost")),
    exception=st.none() | st.text(max_size=60) | st.from_regex(r"[A-Z]\w*\('[^']*'\)", fullmatch=True),
    traceback=st.none()
    | st.text(max_size=60)
    | st.sampled_from((TRACEBACK.format(line=1), 'File "a", line 9, in b')),
)


@given(st.lists(_FAILURES, max_size=30, unique_by=lambda each: each.index), st.randoms())
def test_each_failure_is_in_one_cluster_whatever_it_says(failures, random):
    found = cluster(failures)
    assert sorted(index for each in found for index in each.members) == sorted(
        each.index for each in failures
    )
    assert len({each.key for each in found}) == len(found)
    assert all(list(each.members) == sorted(each.members) for each in found)
    random.shuffle(failures)
    assert cluster(failures) == found


@given(st.text(max_size=80))
def test_a_pattern_has_no_more_that_varies(message):
    assert pattern(pattern(message)) == pattern(message)


@given(st.integers(1, 30), st.integers(0, 40), st.data())
def test_the_chance_is_that_of_all_draws_counted(of_failed, of_succeeded, data):
    failed = data.draw(st.integers(0, of_failed))
    succeeded = data.draw(st.integers(0, of_succeeded))
    having, whole = failed + succeeded, of_failed + of_succeeded
    draws = sum(
        comb(of_failed, count) * comb(of_succeeded, having - count)
        for count in range(failed, min(of_failed, having) + 1)
    )
    exact = Fraction(draws, comb(whole, having))
    assert fisher(failed, of_failed, succeeded, of_succeeded) == pytest.approx(float(exact), rel=1e-9)
