"""Why a task is not running: every reason that there is, as its page gets it."""

import time
from typing import Any

import pytest

from umbel.engine.dag import Node as Spec
from umbel.engine.machine import Announced, Completed, Paused, Run, Sent, Waiting
from umbel.engine.rules import RunOptions
from umbel.engine.store import reads
from umbel.engine.store.filters import RunFilters

HOLDER = {"run": "other", "node": "x"}


def _spec(name: str, **more: Any) -> Spec:
    return Spec(id=name, task=f"app.{name}", **more)


@pytest.fixture
def run(keep) -> Run:
    """A chord of two, one of which holds a lock, and what follows; everything may be sent once a while."""
    fresh = Run(id="r", number=1, created=1.0, kind="conducted", by="ann")
    fresh.options = RunOptions.from_json({"retry": {"max": 1, "backoff": 3000}, "rates": {"app.a": "1/h"}})
    specs = [
        _spec("a", options={"queue": "fast"}),
        _spec("b", options={"umbel": {"lock": "disk"}}),
        Spec(id="+", task=None),
        _spec("body", inputs="+"),
        _spec("later", options={"countdown": 1e6}),
        _spec("someday", options={"eta": "2999-01-01T00:00:00+00:00"}),
    ]
    edges = [("a", "+", "then", 0), ("b", "+", "then", 1), ("+", "body", "then", None)]
    return keep(fresh, Announced(1.0, specs, edges, conducted=True))


def _waits(store, node: str) -> list[dict[str, Any]]:
    return reads.node(store, "r", node)["waits"]


def test_a_task_waits_for_what_is_before_it_also_behind_a_join(store, keep, run):
    (wait,) = _waits(store, "body")
    assert (wait["kind"], wait["total"]) == ("parents", 2)
    assert [(each["id"], each["state"]) for each in wait["nodes"]] == [("a", "PENDING"), ("b", "PENDING")]
    keep(run, Sent("a", "a", 2.0), Completed("a", True, 3.0))
    assert [each["id"] for each in _waits(store, "body")[0]["nodes"]] == ["b"]
    assert _waits(store, "a") == []
    assert _waits(store, "b") == []  # it is about to be sent


def test_what_holds_a_task_that_could_be_sent_is_told(store, keep, run):
    waits = {
        "window": {"limit": 2, "of": "all"},
        "rates": {"app.a": {"rate": "1/h", "next": 9.0}},
        "locks": {"disk": HOLDER},
    }
    keep(run, Waiting(waits), Paused(5.0, "ann"))
    paused, window = {"kind": "paused", "at": 5.0, "by": "ann"}, {"kind": "window", "limit": 2, "of": "all"}
    assert _waits(store, "a") == [paused, window, {"kind": "rate", "rate": "1/h", "next": 9.0}]
    assert _waits(store, "b") == [paused, window, {"kind": "lock", "key": "disk", **HOLDER}]
    summary = reads.run(store, "r")
    assert (summary["waits"], summary["paused"], summary["by"]) == (waits, {"at": 5.0, "by": "ann"}, "ann")


def test_what_was_sent_waits_for_its_time_or_for_a_worker(store, keep, run):
    now = time.time()
    keep(run, *(Sent(name, name, now) for name in ("a", "later", "someday")))
    keep(run, Waiting({"queues": {"fast": "no worker reads it"}}))
    assert _waits(store, "a") == [{"kind": "queue", "queue": "fast", "why": "no worker reads it"}]
    assert _waits(store, "later") == [{"kind": "eta", "at": pytest.approx(now + 1e6)}]
    assert _waits(store, "someday") == [{"kind": "eta", "at": 32472144000.0}]


def test_what_failed_waits_for_its_next_attempt(store, keep, run):
    now = time.time()
    keep(run, Sent("a", "a", now), Completed("a", False, now))
    row = reads.nodes(store, "r")["nodes"][0]
    assert (row["state"], row["conducted"], row["attempt"]) == ("RETRY", True, 0)
    assert _waits(store, "a") == [{"kind": "retry", "at": row["due"]}]
    assert row["due"] == pytest.approx(now + 3000)
    (change, *_) = reads.snapshot(store, "r", since=1)["changes"]
    assert (change[0], change[-2:]) == (0, [0, row["due"]])


def test_a_run_is_listed_by_its_kind_and_found_by_the_id_of_any_attempt(store, keep, run):
    keep(run, Sent("a", "a", 1.0), Completed("a", False, 2.0), Sent("a", "another-attempt", 3.0))
    assert [each["id"] for each in reads.runs(store, filters=RunFilters(kind="conducted"))["runs"]] == ["r"]
    assert reads.runs(store, filters=RunFilters(kind="native"))["runs"] == []
    for given in ("another-attempt", "another-"):
        assert [each["id"] for each in reads.runs(store, filters=RunFilters(id=given))["runs"]] == ["r"]
        assert reads.find(store, given) == [{"run": "r", "index": 0}]
