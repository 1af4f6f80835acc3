"""Many failed runs that are resubmitted: which, how many at a time, and each once whatever happens."""

import json
from typing import Any

import pytest
from playing import Play, said
from sqlalchemy import update

from umbel.engine.conductor import bulk as bulk_module
from umbel.engine.conductor.batch import Told
from umbel.engine.conductor.bulk import Bulks
from umbel.engine.conductor.bulkasked import BulkRequest, BulkStop, bulk_request
from umbel.engine.conductor.opening import Letter, Malformed
from umbel.engine.conductor.submission import Submission, announcement
from umbel.engine.dag import Dag
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Completed, Outcome, Seen, Sent
from umbel.engine.protocol import BULK, BULK_STOP
from umbel.engine.redact import MASK
from umbel.engine.rules import RunOptions
from umbel.engine.store import bulkplan, bulkreads, bulks, models, reads
from umbel.engine.store.actions import trail
from umbel.engine.store.filters import RunFilters
from umbel.engine.values import dumps

MENDED = Outcome('{"json":1}', 8)


class Desk:
    """What asks for bulks and carries them out, as the conductor's loop does."""

    def __init__(self, play: Play) -> None:
        self.play, self.store = play, play.store
        self.answers: list[Any] = []
        self.take_over()

    def take_over(self) -> None:
        """Forget everything but the database, as whoever conducts next."""
        self.play.memory = type(self.play.memory)(self.store)
        self.play.memory.fill()
        self.bulks = Bulks(self.store, self.play.memory, self, renew=lambda connection: None)  # type: ignore[arg-type]
        self.bulks.fill()

    def put(self, order: Any) -> None:
        """Take an answer, as the thread does that sends it."""
        self.answers.append(order.answer)

    def ask(self, request: BulkRequest | BulkStop) -> Any:
        self.bulks.serve([request], 100.0)
        return self.answers[-1]

    def begin(self, bulk: str = "bulk", hash: str | None = None, **filters: Any) -> Any:
        chosen = RunFilters(**filters)
        seen = hash or bulkplan.preview(self.store, chosen)["hash"]
        return self.ask(BulkRequest(bulk, chosen, seen, "ann", "it is back", None, "umbel.reply.x"))

    def step(self, *, noted: bool = True) -> list[str]:
        """Take one step; return the runs that it makes. Who is killed does not note what it did."""
        news = self.bulks.step(100.0)
        if news:
            self.play(*news)
        if noted:
            self.bulks.record(100.0)
        return [each.run for each in news if isinstance(each, Submission)]

    def outcomes(self, bulk: str = "bulk") -> list[str | None]:
        return [each["outcome"] for each in bulkreads.items(self.store, bulk)["items"]]


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A step ends after so many runs, however slow the machine is."""
    monkeypatch.setattr(bulk_module, "LONG", 60.0)


@pytest.fixture
def desk(play):
    return Desk(play)


@pytest.fixture
def fail(play):
    """``fail("run", options)`` has a run of two tasks conducted, the first of which fails."""

    def one(run_id, **options):
        specs = [
            Spec(id=f"{run_id}-a", task="shop.price", options=options),
            Spec(id=f"{run_id}-b", task="shop.pay"),
        ]
        dag = Dag(specs, [(f"{run_id}-a", f"{run_id}-b", "then")], f"{run_id}-b")
        play(Submission(run_id, "shop", RunOptions(), "ann", announcement(dag, 1.0), dag.outputs, None))
        first = f"{run_id}-a"
        bad = Completed(first, False, 3.0, Outcome(exception="ValueError('no price')"))
        play(Told(run_id, Sent(first, first, 2.0)), Told(run_id, bad))

    return one


def succeed(play, run_id):
    play.memory.need({run_id}, set())
    while (run := play.memory.run(run_id)).ready:
        node = run.nodes[min(run.ready)]
        play(Told(run_id, Sent(node.id, node.id, 4.0)), Told(run_id, Completed(node.id, True, 5.0, MENDED)))


def test_each_failed_run_is_resubmitted_a_few_at_a_time(desk, fail):
    for number in range(7):
        fail(f"run-{number}")
    assert desk.begin()["ok"]
    made = [desk.step(), desk.step(), desk.step()]
    assert [len(each) for each in made] == [5, 2, 0]
    assert desk.outcomes() == ["resubmitted"] * 7
    told = bulkreads.bulk(desk.store, "bulk")
    assert (told["state"], told["total"], told["runs"]) == ("DONE", 7, {"PENDING": 7})
    items = bulkreads.items(desk.store, "bulk")["items"]
    for item in items:
        new = reads.run(desk.store, item["new_run"])
        assert (new["made_from"], new["by"]) == (item["run"], "ann")
    assert desk.bulks.due > 0


def test_no_more_than_so_many_go_on_at_the_same_time(desk, fail, play, monkeypatch):
    monkeypatch.setattr(bulk_module, "AT_ONCE", 3)
    for number in range(5):
        fail(f"run-{number}")
    desk.begin()
    made = desk.step() + desk.step()
    assert len(made) == 3
    assert desk.step() == []
    succeed(play, made[0])
    assert len(desk.step()) == 1
    assert desk.outcomes()[-1] is None


def test_who_takes_over_resubmits_none_twice(desk, fail):
    for number in range(8):
        fail(f"run-{number}")
    desk.begin()
    killed = desk.step(noted=False)
    assert killed
    assert desk.outcomes() == [None] * 8
    desk.take_over()
    assert desk.step() == []
    assert desk.outcomes()[: len(killed)] == ["resubmitted"] * len(killed)
    while desk.bulks.due == 0:
        desk.step()
    items = bulkreads.items(desk.store, "bulk")["items"]
    assert [each["new_run"] for each in items[: len(killed)]] == killed
    assert len({each["new_run"] for each in items}) == 8
    assert len(reads.runs(desk.store, limit=100)["runs"]) == 16


def test_what_changed_since_is_left_alone_and_what_is_gone_is_said(desk, fail):
    for run in ("changed", "mended", "gone"):
        fail(run)
    desk.begin()
    with desk.store.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET seq = seq + 1 WHERE id = 'changed'")
        connection.exec_driver_sql("UPDATE runs SET resolved_by = 'else' WHERE id = 'mended'")
        connection.exec_driver_sql(
            "UPDATE runs SET id = 'discarded:1', state = 'DISCARDED' WHERE id = 'gone'"
        )
    desk.take_over()
    desk.step()
    items = bulkreads.items(desk.store, "bulk")["items"]
    assert [each["outcome"] for each in items] == ["changed", "changed", "refused"]
    assert "else has resolved it" in items[1]["message"]
    assert "not kept" in items[2]["message"]


def test_a_run_that_was_resubmitted_meanwhile_is_changed(desk, fail):
    fail("run")
    desk.begin("first")
    desk.begin("second")
    desk.step()
    desk.step()
    assert (desk.outcomes("first"), desk.outcomes("second")) == (["resubmitted"], ["changed"])


def test_what_cannot_be_planned_is_refused_with_its_problem_and_the_preview_says_so(desk, play):
    play(said("watched", "a", "b"))
    play(Seen("a", Evidence("failed", 3.0, "w", None, "error"), Outcome(exception="KeyError('x')")))
    play(Seen("b", Evidence("succeeded", 3.0, "w"), Outcome(result='{"repr":"1"}')))
    with desk.store.write() as connection:
        connection.execute(update(models.Node).values(args=dumps([MASK])))
    desk.take_over()
    plan = bulkplan.preview(desk.store, RunFilters())
    assert [(each["code"], each["runs"]) for each in plan["problems"]] == [("not_exact", 1)]
    assert (plan["refused"], plan["run"]) == (1, 0)
    desk.begin()
    desk.step()
    [item] = bulkreads.items(desk.store, "bulk")["items"]
    assert (item["outcome"], item["message"]) == ("refused", plan["problems"][0]["message"])


def test_stopping_leaves_what_has_not_begun_and_says_who(desk, fail, monkeypatch):
    monkeypatch.setattr(bulk_module, "FEW", 2)
    for number in range(5):
        fail(f"run-{number}")
    desk.begin()
    desk.step()
    answer = desk.ask(BulkStop("ask", "bulk", "ben", "enough", None, "umbel.reply.x"))
    assert answer["stopped"] == 3
    assert desk.step() == []
    assert desk.outcomes() == ["resubmitted"] * 2 + ["stopped"] * 3
    told = bulkreads.bulk(desk.store, "bulk")
    assert (told["state"], told["stopped"]["by"]) == ("STOPPED", "ben")
    assert (
        desk.ask(BulkStop("ask", "bulk", "ben", None, None, "umbel.reply.x"))["error"]["code"] == "finished"
    )
    assert (
        desk.ask(BulkStop("ask", "none", "ben", None, None, "umbel.reply.x"))["error"]["code"]
        == "unknown_bulk"
    )
    done = [
        (each["what"], each["by"], each["why"])
        for each in trail(desk.store)["actions"]
        if each["run"] is None
    ]
    assert done == [("stop", "ben", "enough"), ("bulk", "ann", "it is back")]


def test_other_runs_than_those_that_were_seen_are_not_resubmitted(desk, fail):
    assert desk.begin()["error"]["code"] == "nothing"
    fail("one")
    seen = bulkplan.preview(desk.store, RunFilters())["hash"]
    fail("two")
    assert desk.begin(hash=seen)["error"]["code"] == "stale"
    assert desk.begin()["ok"]
    assert desk.begin(hash="whatever")["bulk"] == "bulk"  # the same message, once more
    assert bulkreads.bulks(desk.store)["bulks"][0]["total"] == 2
    late = BulkRequest("late", RunFilters(), seen, "ann", None, 99.0, "umbel.reply.x")
    assert desk.ask(late)["error"]["code"] == "too_late"


def test_of_a_line_of_attempts_the_last_counts(desk, fail, play):
    fail("first")
    desk.begin()
    [second] = desk.step()
    node = play.memory.run(second).nodes[0].id
    bad = Completed(node, False, 6.0, Outcome(exception="ValueError('no price')"))
    play(Told(second, Sent(node, node, 5.0)), Told(second, bad))
    plan = bulkplan.preview(desk.store, RunFilters())
    assert (plan["runs"], plan["later"], [each["id"] for each in plan["first"]]) == (1, 1, [second])
    assert (plan["failed"], plan["blocked"], plan["run"], plan["looked_at"]) == (1, 1, 2, 1)


def test_items_are_listed_by_outcome_and_page_by_page(desk, fail):
    for number in range(4):
        fail(f"run-{number}")
    desk.begin()
    first = bulkreads.items(desk.store, "bulk", outcome="waiting", limit=3)
    assert [each["position"] for each in first["items"]] == [0, 1, 2]
    rest = bulkreads.items(desk.store, "bulk", outcome="waiting", after=first["next"], limit=3)
    assert ([each["position"] for each in rest["items"]], rest["next"]) == ([3], None)
    assert bulkreads.items(desk.store, "bulk", outcome="refused")["items"] == []


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {"filter": [], "hash": "h"},
        {"filter": {}, "hash": None},
        {"filter": {"unknown": 1}, "hash": "h"},
        {"filter": {"states": ["DONE"]}, "hash": "h"},
        {"filter": {"since": "yesterday"}, "hash": "h"},
        {"filter": {"singles": 1}, "hash": "h"},
        {"filter": {"name": 1}, "hash": "h"},
    ],
)
def test_what_is_no_request_is_refused(asked):
    with pytest.raises(Malformed):
        bulk_request(Letter(BULK, "id", None, [asked], {}, None, 1.0, None))


def test_a_request_is_read_as_it_is_spelled():
    given = {
        "filter": {"states": ["FAILURE"], "name": "shop", "task": None},
        "hash": "h",
        "by": "ann",
        "why": " ",
    }
    asked = bulk_request(Letter(BULK, "id", None, json.loads(json.dumps([given])), {}, None, 1.0, None))
    assert asked == BulkRequest(
        "id", RunFilters(states=("FAILURE",), name="shop"), "h", "ann", None, None, None
    )
    stop = bulk_request(Letter(BULK_STOP, "id", None, [{"bulk": "b"}], {}, None, 1.0, None))
    assert stop == BulkStop("id", "b", "somebody", None, None, None)


def test_bulks_that_are_long_over_are_forgotten(desk, fail):
    fail("run")
    with desk.store.write() as connection:
        old = bulks.Begun("old", 1.0, None, None, RunFilters())
        bulks.begin(connection, old, [bulks.Chosen("run", 1)])
        bulks.stop(connection, "old", 2.0, None, None)
        new = bulks.Begun("new", 3.0 + bulks.KEPT, None, None, RunFilters())
        bulks.begin(connection, new, [bulks.Chosen("run", 1)])
    assert [each["id"] for each in bulkreads.bulks(desk.store)["bulks"]] == ["new"]
    assert bulkreads.items(desk.store, "old")["items"] == []
