"""The rules of tasks and the options of runs, as users write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umbel.engine.errors import DagError
from umbel.engine.rules import LONGEST, ON_LOST, RUN_WHEN, Retry, Rules, RunOptions, per_second

SAID = {
    "run_when": "all_done",
    "retry": {"max": 3, "backoff": 2.0, "jitter": 0.5},
    "timeout": 30.0,
    "on_lost": "resend",
    "lock": "printer",
}


def test_rules_say_in_json_what_they_were_told():
    rules = Rules.from_json(SAID)
    assert rules == Rules(
        run_when="all_done",
        retry=Retry(max=3, backoff=2.0, jitter=0.5),
        timeout=30.0,
        on_lost="resend",
        lock="printer",
    )
    assert rules.to_json() == SAID
    assert Rules.from_json({"run_when": None}).to_json() == Rules.from_json({}).to_json() == {}
    assert Rules.from_json({"in_worker": True}).to_json() == {"in_worker": True}


def test_options_of_a_run_are_one_flat_object():
    said = SAID | {
        "time_limit": 3600.0,
        "window": 100,
        "rates": {"app.mail": "100/m", "app.sms": "3/s"},
        "locks": {"app.print": "printer"},
        "priority": -2,
    }
    options = RunOptions.from_json(said)
    assert (options.rules, options.window, options.priority) == (Rules.from_json(SAID), 100, -2)
    assert options.to_json() == said
    assert RunOptions.from_json({}) == RunOptions()
    assert RunOptions().to_json() == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "an object is wanted"),
        ({"run_wen": "all_done"}, "there is no run_wen; what can be said is run_when, retry, timeout"),
        ({"run_when": "never"}, "run_when is 'never': one of all_success, all_done, any_failed is wanted"),
        ({"run_when": ["all_done"]}, "one of all_success"),
        ({"retry": {}}, "retry: max is missing"),
        ({"retry": {"max": 1, "wait": 2}}, "there is no wait; what can be said is max, backoff, jitter"),
        ({"retry": {"max": -1}}, "max is -1: a whole number from 0"),
        ({"retry": True}, "max is True"),
        ({"retry": {"max": 1, "jitter": 1.5}}, "jitter is 1.5: a number from 0 to 1"),
        ({"retry": "3"}, "an object is wanted"),
        ({"timeout": 0}, "timeout is 0: a number of seconds above 0"),
        ({"timeout": math.nan}, "a number of seconds above 0"),
        ({"timeout": math.inf}, "a number of seconds above 0"),
        ({"timeout": "5"}, "timeout is '5'"),
        ({"on_lost": "shrug"}, "one of fail, resend"),
        ({"lock": ""}, "a text of 1 to 255 characters"),
        ({"lock": "x" * 256}, "a text of 1 to 255 characters"),
        ({"in_worker": 1}, "true or false"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(said, why):
    with pytest.raises(DagError) as caught:
        Rules.from_json(said)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"in_worker": True}, "there is no in_worker"),
        ({"windows": 3}, "time_limit, window, rates, locks, priority"),
        ({"window": 0}, "window is 0: a whole number from 1"),
        ({"window": 1.5}, "window is 1.5"),
        ({"priority": 10}, "a whole number from -9 to 9"),
        ({"rates": []}, "rates is []: an object by names of tasks"),
        ({"rates": {"a": "often"}}, "'often' is no rate"),
        ({"rates": {"a": "3/w"}}, "'3/w' is no rate"),
        ({"rates": {"a": None}}, "rates of a is None"),
        ({"rates": {1: "3/s"}}, "a task in rates is 1"),
        ({"locks": {"a": ""}}, "locks of a is ''"),
        ({"time_limit": -1}, "time_limit is -1"),
        (None, "an object is wanted"),
    ],
)
def test_what_is_no_option_is_refused_with_the_reason(said, why):
    with pytest.raises(DagError) as caught:
        RunOptions.from_json(said)
    assert why in str(caught.value)


def test_a_message_about_hostile_options_stays_short():
    with pytest.raises(DagError) as caught:
        RunOptions.from_json({"x" * 9_000: 1, "window": 1})
    assert len(str(caught.value)) < 400


def test_what_a_task_says_itself_goes_before_what_its_run_says():
    run = Rules(run_when="all_done", timeout=5.0, retry=Retry(max=2))
    assert Rules(timeout=9.0).over(run) == Rules(run_when="all_done", timeout=9.0, retry=Retry(max=2))
    assert Rules(run_when="all_success", retry=Retry(max=0)).over(run).run_when == "all_success"
    assert Rules().over(Rules()) == Rules()


def test_the_rules_that_hold_for_a_task_are_its_own_then_its_lock_by_name_then_those_of_the_run():
    options = RunOptions.from_json({"timeout": 5, "lock": "all", "locks": {"app.print": "printer"}})
    assert options.of("app.mail") == Rules(timeout=5.0, lock="all")
    assert options.of("app.print") == Rules(timeout=5.0, lock="printer")
    assert options.of("app.print", Rules(lock="mine")) == Rules(timeout=5.0, lock="mine")
    assert RunOptions().of("app.mail") is None
    assert RunOptions().of("app.mail", Rules(timeout=1.0)) == Rules(timeout=1.0)


def test_the_time_between_attempts_doubles_up_to_an_hour():
    retry = Retry(max=99, backoff=2.0)
    assert [retry.delay(attempt) for attempt in range(4)] == [2.0, 4.0, 8.0, 16.0]
    assert retry.delay(50) == retry.delay(10_000) == LONGEST
    assert Retry(max=3, backoff=10.0, jitter=0.5).delay(0, 1.0) == 5.0
    assert Retry.from_json(3) == Retry(max=3)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("100/m", 100 / 60), ("3/s", 3.0), ("7", 7.0), ("36/h", 0.01), (" 2 / s ", 2.0), ("0/s", math.inf)],
)
def test_a_rate_is_tasks_a_second(rate, expected):
    assert per_second(rate) == pytest.approx(expected)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SAID, "max", "window", "rates", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(json_values)
def test_whatever_is_said_makes_options_or_is_refused(said):
    try:
        options = RunOptions.from_json(said)
    except DagError:
        return
    assert RunOptions.from_json(options.to_json()) == options
    assert options.rules.run_when in (None, *RUN_WHEN)
    assert options.rules.on_lost in (None, *ON_LOST)
