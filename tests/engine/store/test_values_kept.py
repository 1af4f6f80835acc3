"""What is kept of values: masked, cut beside the node, and whole on request up to a limit."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen, apply, reduce
from umbel.engine.store import models, reads
from umbel.engine.store.keeping import Keeping
from umbel.engine.store.writes import Staged, save
from umbel.engine.values import LIMIT

LONG = [f"item {number}" for number in range(20_000)]


def _ended(kind: str = "succeeded", at: float = 2.0, **outcome: Any):
    reason = "error" if kind == "failed" else None
    return Seen("a", Evidence(kind, at, "w", None, reason), Outcome(**outcome))


@pytest.fixture
def run(keep):
    """A run of one task with large arguments."""
    specs = [Spec(id="a", task="t", args=[LONG, 1], kwargs={"text": "x" * 300_000})]
    return keep(Run(id="r", number=1, created=1.0), Announced(1.0, specs, []))


def _rows(store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(models.LargeValue)).scalar_one()


def test_large_arguments_are_cut_beside_the_node_and_whole_on_request(store, run):
    detail = reads.node(store, "r", "a")
    assert len(json.dumps(detail["args"])) < 2 * LIMIT
    assert detail["values"]["args"] == {
        "size": len(json.dumps([LONG, 1], separators=(",", ":"))),
        "cut": True,
    }
    assert detail["values"]["options"] == {"size": 2, "cut": False}
    whole = reads.value(store, "r", "a", "args")
    assert (whole["value"], whole["cut"]) == ([LONG, 1], False)
    assert reads.value(store, "r", "a", "kwargs")["value"] == {"text": "x" * 300_000}
    assert reads.value(store, "r", "a", "options") == {"value": {}, "size": 2, "cut": False}


@pytest.mark.parametrize("result", [{"repr": "r" * 50_000}, {"json": LONG}])
def test_a_large_result_says_its_size_and_comes_whole(store, keep, run, result):
    size = len(result["repr"]) if "repr" in result else len(json.dumps(LONG, separators=(",", ":")))
    keep(run, _ended(result=json.dumps(result), result_size=size))
    shown = reads.node(store, "r", "a")["result"]
    assert (shown["size"], shown["cut"]) == (size, True)
    assert reads.value(store, "r", "a", "result") == {"value": result, "size": size, "cut": False}


def test_a_result_that_its_worker_cut_is_said_to_be_cut(store, keep, run):
    keep(run, _ended(result=json.dumps({"repr": "[1, 2, ..."}), result_size=5_000))
    assert reads.node(store, "r", "a")["result"] == {"repr": "[1, 2, ...", "size": 5_000, "cut": True}
    assert reads.value(store, "r", "a", "result")["cut"]


def test_exceptions_and_tracebacks_come_whole(store, keep, run):
    keep(run, _ended("failed", exception="E" * 9_000, traceback="T" * 200_000))
    detail = reads.node(store, "r", "a")
    assert len(detail["traceback"]) == LIMIT
    assert reads.value(store, "r", "a", "traceback") == {
        "value": "T" * 200_000,
        "size": 200_000,
        "cut": False,
    }
    assert reads.value(store, "r", "a", "exception")["value"] == "E" * 9_000
    assert reads.value(store, "r", "a", "result") is None


def test_another_end_replaces_the_large_values_of_the_one_before(store, keep, run):
    keep(run, _ended("failed", exception="E" * 9_000, traceback="T" * 200_000))
    keep(run, _ended("succeeded", at=9.0, result=json.dumps({"repr": "fine"}), result_size=4))
    assert reads.value(store, "r", "a", "traceback") is None
    assert reads.value(store, "r", "a", "result") == {"value": {"repr": "fine"}, "size": 4, "cut": False}
    assert _rows(store) == 2  # args and kwargs


def test_beyond_the_limit_the_beginning_is_kept(store):
    keeping = Keeping(value_limit=100_000)
    run = Run(id="r", number=1, created=1.0)
    changes = reduce(run, Announced(1.0, [Spec(id="a", task="t", args=["x" * 5_000_000])], []))
    apply(run, changes)
    staged = Staged(run=run, known=0, is_new=True)
    staged.add(changes)
    with store.write() as connection:
        save(connection, [staged], keeping)
    found = reads.value(store, "r", "a", "args")
    assert (len(found["value"]), found["size"], found["cut"]) == (100_000, 5_000_004, True)
    assert reads.node(store, "r", "a")["values"]["args"] == {"size": 5_000_004, "cut": True}


def test_what_is_not_there_has_no_value(store, run):
    assert reads.value(store, "r", "a", "password") is None
    assert reads.value(store, "r", "b", "args") is None
    assert reads.value(store, "s", "a", "args") is None
    assert reads.value(store, "r", "\x00", "args") is None


SECRET = "hunter2-correct-horse"
small = st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@given(small, st.booleans(), st.sampled_from(["password", "api_key", "Cookie", "x-secret-y"]))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_secret_is_nowhere_in_what_is_stored(store, keep, other, large, name):
    hidden = {"n": [other, {name: [SECRET, other] if large else SECRET}]}
    padding = "p" * (20_000 if large else 1)
    spec = Spec(id="a", task="t", args=[padding, hidden], kwargs={name: SECRET}, options={"headers": hidden})
    with store.write() as connection:
        for model in (models.LargeValue, models.RunWord, models.Node, models.Run, models.Word):
            connection.execute(delete(model))
    run = keep(Run(id="r", number=1, created=1.0), Announced(1.0, [spec], []))
    told: dict[str, Any] = {"exception": f"E({name}='{SECRET}')", "traceback": f"{padding}\n  {hidden!r}"}
    keep(run, Seen("a", Evidence("retried", 1.5, "w", None, None, told)))
    keep(run, _ended("failed", result=json.dumps({"json": [padding, hidden]}), **told))
    with store.read() as connection:
        for model in (models.Run, models.Node, models.LargeValue, models.Word):
            for row in connection.execute(select(model.__table__)):
                assert SECRET not in repr(tuple(row)), model
