"""A past of a thousand runs: every question has the right answer, and deleting leaves the right ones."""

import random

import pytest
from history import delete, questions
from past import RARE, TASKS, Past, fill

from umbel.engine.store import reads
from umbel.engine.store.filters import RunFilters


@pytest.fixture
def past(store_url):
    """A thousand runs, one of them of 300 nodes."""
    made = Past(1000, wide=300)
    fill(store_url, made)
    return made


def _ids(store, **given):
    return [run["id"] for run in reads.runs(store, limit=500, filters=RunFilters(**given))["runs"]]


def _expected(past, matches, *, singles=False):
    numbers = range(past.runs, 0, -1)
    kept = [n for n in numbers if matches(n) and (singles or past.size(n) > 1)]
    return [past.run_id(number) for number in kept][:500]


def _tasks(number, size):
    return [TASKS[(number // 7 + step) % len(TASKS)] for step in range(min(3, size))]


def test_each_filter_lists_the_runs_that_it_should(store, past):
    size, state = past.size, past.state
    assert _ids(store) == _expected(past, lambda n: True)
    assert _ids(store, states=("FAILURE",), singles=True) == _expected(
        past, lambda n: state(n) == "FAILURE", singles=True
    )
    wanted = TASKS[5]
    assert _ids(store, task=wanted) == _expected(past, lambda n: wanted in _tasks(n, size(n)))
    assert _ids(store, text="STEP_5") == _ids(store, name="step_5")
    assert _ids(store, task=RARE, singles=True) == [past.run_id(past.runs // 3)]
    assert _ids(store, text="by db-3", singles=True) == _expected(
        past, lambda n: state(n) == "FAILURE" and n % 7 == 3, singles=True
    )
    at = past.created(500)
    assert _ids(store, since=at, until=past.created(700)) == _expected(past, lambda n: 500 <= n < 700)
    assert _ids(store, id=past.node_id(40, 3)[:12]) == [past.run_id(40)]
    assert reads.runs(store)["singles"] == sum(size(n) == 1 for n in range(1, past.runs + 1))


def test_every_question_of_the_benchmark_is_answered(store, past):
    for name, question in questions(store, past).items():
        answer = question(random.Random(3))
        assert answer is not None, name
        assert not isinstance(answer, tuple) or all(part is not None for part in answer), name


def test_deleting_while_a_reader_reads_leaves_the_newest(store_url, store, past):
    deleted, _, _, answers = delete(store_url, past, 2_000)
    assert answers
    assert 2_000 <= deleted < 4_000
    kept = _ids(store, singles=True)
    assert past.run_id(past.runs) in kept
    with store.read() as connection:
        total = connection.exec_driver_sql("SELECT sum(size) FROM runs").scalar()
        assert connection.exec_driver_sql("SELECT count(*) FROM nodes").scalar() == total
