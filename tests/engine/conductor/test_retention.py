"""Old runs go, a little at a time; what has not ended stays."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select, text

from umbel.engine.conductor import retention as module
from umbel.engine.conductor.retention import DAY, PAUSE, Retention
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen, apply, reduce
from umbel.engine.store import models, reads
from umbel.engine.store.deletion import kept_nodes
from umbel.engine.store.writes import Staged, numbers_of, runs_of, save

NOW = 1000 * DAY
KINDS = {"SUCCESS": "succeeded", "FAILURE": "failed", "REVOKED": "revoked", "RUNNING": "started"}


def rules(days=0.0, failed_days=0.0, nodes=0) -> Any:
    return SimpleNamespace(retention_days=days, retention_failed_days=failed_days, retention_nodes=nodes)


@pytest.fixture
def made(store):
    """``made(number, state, days_ago, nodes)`` keeps a run of that state, which ended then."""

    def make(number, state="SUCCESS", ago=0.0, nodes=1):
        at = NOW - ago * DAY
        run = Run(id=f"r{number}", number=number, created=at - 1)
        specs = [Spec(id=f"t{number}-{index}", task=f"app.t{number}") for index in range(nodes)]
        edges = [(one.id, two.id, "then", None) for one, two in pairwise(specs)]
        staged = Staged(run=run, known=0, is_new=True)
        messages = [Announced(at - 1, specs, edges)]
        if state != "PENDING":
            messages += [Seen(spec.id, Evidence("succeeded", at, "w")) for spec in specs[:-1]]
            end = Evidence(KINDS[state], at, "w", None, "error" if state == "FAILURE" else None)
            messages.append(Seen(specs[-1].id, end, Outcome(result='{"repr":"%s"}' % ("x" * 9_000))))
        for message in messages:
            changes = reduce(run, message)
            apply(run, changes)
            staged.add(changes)
        run.seq = 1
        with store.write() as connection:
            save(connection, [staged])
        assert run.state == state
        return run

    return make


def left(store):
    return [run["id"] for run in reads.runs(store, limit=500)["runs"]]


def rows(store, model):
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()


def to_the_end(retention, now=NOW):
    steps = []
    while step := retention.step(now):
        steps.append(step)
        assert len(steps) < 500
    return steps


def test_what_ended_long_ago_goes_with_all_that_belongs_to_it(store, made):
    made(1, ago=15, nodes=3)
    made(2, ago=13)
    retention = Retention(store, rules(days=14))
    (step,) = to_the_end(retention)
    assert (step.runs, step.nodes) == ((1,), 3)
    assert left(store) == ["r2"]
    counts = [rows(store, model) for model in (models.Node, models.Edge, models.LargeValue)]
    assert counts == [1, 0, 1]
    assert reads.tasks(store) == ["app.t2"]
    assert reads.workers(store) == ["w"]


def test_what_failed_stays_for_longer(store, made):
    for number, (state, ago) in enumerate(
        [("FAILURE", 91), ("FAILURE", 89), ("REVOKED", 15), ("REVOKED", 13), ("SUCCESS", 15)], start=1
    ):
        made(number, state, ago)
    to_the_end(Retention(store, rules(days=14, failed_days=90)))
    assert left(store) == ["r4", "r2"]


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_what_has_not_ended_stays_whatever_its_age_and_however_much_there_is(store, made, state):
    made(1, state, ago=500, nodes=5)
    made(2, ago=500)
    to_the_end(Retention(store, rules(days=14, failed_days=90, nodes=1)))
    assert left(store) == ["r1"]


def test_the_oldest_go_when_there_are_too_many_and_those_that_failed_last(store, made):
    made(1, "FAILURE", ago=5, nodes=2)
    for number in range(2, 8):
        made(number, ago=5 - number / 10, nodes=2)
    to_the_end(Retention(store, rules(nodes=8)))
    assert left(store) == ["r7", "r6", "r5", "r1"]
    to_the_end(Retention(store, rules(nodes=1)))
    assert left(store) == []
    with store.read() as connection:
        assert kept_nodes(connection) == 0


def test_nothing_goes_where_no_rule_says_so(store, made):
    made(1, ago=5_000)
    assert not Retention(store, rules()).step(NOW)
    assert not Retention(store, rules(days=5_001, failed_days=1, nodes=1)).step(NOW)
    assert left(store) == ["r1"]


def test_a_step_deletes_no_more_than_its_share(store, made, monkeypatch):
    monkeypatch.setattr(module, "STEP", 10)
    for number in range(1, 9):
        made(number, ago=20, nodes=4)
    steps = to_the_end(Retention(store, rules(days=14)))
    assert [step.nodes for step in steps] == [8, 8, 8, 8]
    assert left(store) == []


def test_a_large_run_is_hidden_at_once_and_deleted_in_pieces_also_after_a_restart(store, made, monkeypatch):
    monkeypatch.setattr(module, "STEP", 10)
    made(1, ago=20, nodes=35)
    first = Retention(store, rules(days=14)).step(NOW)
    assert (first.runs, first.nodes) == ((1,), 10)
    assert rows(store, models.Node) == 25
    assert left(store) == []
    assert reads.find(store, "t1-3") == []
    assert reads.run(store, "r1") is None
    with store.read() as connection:
        assert runs_of(connection, ["t1-3"]) == numbers_of(connection, ["r1"]) == set()
    made(2, "RUNNING")
    with store.write() as connection:  # the same run is announced again
        connection.execute(text("UPDATE runs SET id = 'r1' WHERE number = 2"))
    rest = to_the_end(Retention(store, rules(days=14)))
    assert [step.nodes for step in rest] == [10, 10, 5]
    assert all(step.runs == () for step in rest)
    assert left(store) == ["r1"]
    assert rows(store, models.Run) == 1


def test_who_holds_no_lease_deletes_nothing(store, made):
    class Lost(Exception):
        pass

    def refuse(connection):
        raise Lost

    made(1, ago=20)
    with pytest.raises(Lost):
        Retention(store, rules(days=14), renew=refuse).step(NOW)
    assert left(store) == ["r1"]


def test_when_nothing_was_found_the_next_look_is_later(store, made):
    retention = Retention(store, rules(days=14))
    assert not retention.step(NOW)
    made(1, ago=20)
    assert not retention.step(NOW + PAUSE / 2)
    assert retention.step(NOW + PAUSE)


def test_a_clock_that_was_set_back_does_not_stop_it(store, made):
    retention = Retention(store, rules(days=14))
    assert not retention.step(NOW + 50 * DAY)
    made(1, ago=20)
    assert retention.step(NOW)
