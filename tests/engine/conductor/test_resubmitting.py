"""Runs that are made from others: what is taken over, what runs, and what becomes of both."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import Play
from sqlalchemy import func, select

from umbel.engine.choice import Choice
from umbel.engine.conductor.arguments import Arguments
from umbel.engine.conductor.batch import Told
from umbel.engine.conductor.known import Known
from umbel.engine.conductor.post import Announcement
from umbel.engine.conductor.resubmitting import Objection, Wish, resubmitted
from umbel.engine.conductor.returned import returned
from umbel.engine.conductor.submission import Submission, announcement
from umbel.engine.dag import Dag
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Completed, Outcome, Run, Seen, Sent
from umbel.engine.plan import plan
from umbel.engine.rules import RunOptions
from umbel.engine.store import models, planning, reads
from umbel.engine.store.actions import trail
from umbel.engine.store.columns import columns
from umbel.engine.store.deletion import delete_some, doomed
from umbel.engine.store.lineage import lineage
from umbel.engine.values import dumps

Edge = tuple[str, str, str]
LONG = [f"item {number}" for number in range(2_000)]


def spelled(choice: dict[str, Any]) -> dict[str, Any]:
    """Return a choice with its name for ``begin``, which Python does not take."""
    return {"from" if name == "begin" else name: value for name, value in choice.items()}


class World:
    """Runs whose tasks are carried out here: each returns its name and its arguments, or what it is told."""

    def __init__(self, play: Play) -> None:
        self.play, self.store = play, play.store
        self.ran: list[tuple[str, str, str]] = []  # run, task and its arguments, as JSON
        self.asked = 0

    def submit(self, run_id: str, nodes: list[Spec], edges: Iterable[Edge], outputs: Any) -> Run:
        announced = announcement(Dag(nodes, edges, outputs), 1.0)
        self.play(Submission(run_id, run_id, RunOptions(), "ann", announced, outputs, None))
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        self.play.memory.need({run_id}, set())
        found = self.play.memory.run(run_id)
        assert found is not None
        return found

    def work(self, run_id: str, *, bad: str = "", returns: dict[str, Any] | None = None) -> Run:
        """Carry out all that may be sent until nothing is; what is named ``bad`` fails."""
        while (run := self.run(run_id)).ready:
            index = min(run.ready)
            node = run.nodes[index]
            arguments = Arguments(run, Known(self.store))
            arguments.prepare([index])
            given = arguments.of(index)
            self.ran.append((run.id, str(node.task), given))
            value = (returns or {}).get(str(node.task), f"{node.task}({given})")
            outcome = Outcome(dumps({"json": value}), len(dumps(value)))
            is_good = node.task not in bad.split()
            told = Completed(node.id, is_good, 3.0, outcome if is_good else Outcome(exception="Boom()"))
            self.play(Told(run.id, Sent(node.id, node.id, 2.0)), Told(run.id, told))
        return run

    def plan(self, run_id: str, **choice: Any) -> Any:
        found = planning.past(self.store, run_id)
        assert found is not None
        return plan(found, Choice.from_json(spelled(choice)))

    def resubmit(self, run_id: str, *, hash: str | None = None, why: str | None = None, **choice: Any) -> Run:
        self.asked += 1
        wish = Wish(
            f"request {self.asked}", spelled(choice), hash or self.plan(run_id, **choice).hash, "bob", why
        )
        made = resubmitted(self.store, self.run(run_id), wish, 9.0)
        assert isinstance(made, Submission), made
        self.play(made)
        return self.run(made.run)

    def refused(self, run_id: str, hash: str | None, **choice: Any) -> Objection:
        made = resubmitted(self.store, self.run(run_id), Wish("refused", spelled(choice), hash, "eve"), 9.0)
        assert isinstance(made, Objection)
        return made

    def tasks(self, run_id: str) -> list[str]:
        return [task for run, task, _ in self.ran if run == run_id]

    def states(self, run_id: str) -> dict[str, str]:
        rows = reads.nodes(self.store, run_id)["nodes"]  # type: ignore[index]
        return {row["task"]: f"{row['state']} {row['mark'] or row['reason'] or ''}".strip() for row in rows}

    def detail(self, run_id: str, task: str) -> dict[str, Any]:
        [row] = [row for row in reads.nodes(self.store, run_id)["nodes"] if row["task"] == task]  # type: ignore[index]
        found = reads.node(self.store, run_id, row["id"])
        assert found is not None
        return found


@pytest.fixture
def world(play: Play) -> World:
    """Runs to carry out."""
    return World(play)


NODES = [
    Spec(id="a", task="a"),
    Spec(id="b", task="b", inputs="a", kwargs={"password": "hunter2"}),
    Spec(id="c", task="c", inputs="a"),
    Spec(id="d", task="d", inputs=["b", "c"]),
    Spec(id="e", task="e", inputs="d"),
]
EDGES = [("a", "b", "then"), ("a", "c", "then"), ("b", "d", "then"), ("c", "d", "then"), ("d", "e", "then")]
END = 'e(["d([[\\"b([\\\\\\"a([])\\\\\\"])\\",\\"c([\\\\\\"a([])\\\\\\"])\\"]])"])'


@pytest.fixture
def failed(world: World) -> Run:
    """A diamond with a tail, one side of which failed."""
    world.submit("old", NODES, EDGES, "e")
    return world.work("old", bad="c")


def test_what_failed_and_was_blocked_runs_and_the_rest_is_taken_over(world: World, failed: Run):
    before = reads.nodes(world.store, "old")
    made = world.resubmit("old", why="the disk was full")
    assert world.states(made.id) == {
        "a": "SUCCESS reused",
        "b": "SUCCESS reused",
        **dict.fromkeys("cde", "PENDING"),
    }
    run = world.work(made.id)
    assert world.tasks(run.id) == ["c", "d", "e"]
    undisturbed = world.submit("other", NODES, EDGES, "e")
    assert world.work("other").state == run.state == undisturbed.state == "SUCCESS"
    assert world.detail(run.id, "e")["result"]["json"] == world.detail("other", "e")["result"]["json"]
    assert world.detail(run.id, "b")["result"] == world.detail("old", "b")["result"]
    assert reads.nodes(world.store, "old") == before
    assert set(run.index).isdisjoint(failed.index)


def test_the_new_run_knows_what_it_was_made_from_and_the_old_one_who_mended_it(world: World, failed: Run):
    made = world.resubmit("old", why="the disk was full")
    assert (made.made_from, made.lineage, made.left_out) == ("old", "old", 0)
    assert reads.run(world.store, "old")["resolved_by"] is None
    world.work(made.id, bad="e")
    last = world.resubmit(made.id)
    world.work(last.id)
    assert [reads.run(world.store, run)["resolved_by"] for run in ("old", made.id, last.id)] == [
        *(last.id, last.id, None)
    ]
    told = lineage(world.store, made.id)["runs"]
    assert [(run["id"], run["made_from"], run["why"]) for run in told] == [
        ("old", None, None),
        (made.id, "old", "the disk was full"),
        (last.id, made.id, None),
    ]
    assert lineage(world.store, last.id) == lineage(world.store, "old")
    assert lineage(world.store, "nowhere") is None


def test_it_is_kept_who_did_it_to_the_old_run_and_why(world: World, failed: Run):
    made = world.resubmit("old", why="the disk was full")
    [said] = trail(world.store, run_id="old")["actions"]
    assert (said["by"], said["what"], said["run"]) == ("bob", "resubmit", "old")
    assert said["why"] == "the disk was full"
    assert (said["detail"]["as"], said["detail"]["counts"]["run"]) == (made.id, 3)
    assert said["detail"]["plan"] == made.plan


def test_what_was_taken_over_before_says_where_it_really_ran(world: World, failed: Run):
    first = world.resubmit("old")
    assert world.detail(first.id, "a")["source"] == {"run": "old", "node": "a"}
    assert world.detail(first.id, "c")["source"] == {"run": "old", "node": "c"}
    world.work(first.id, bad="e")
    second = world.resubmit(first.id)
    assert world.detail(second.id, "a")["source"] == {"run": "old", "node": "a"}
    [d] = [node.id for node in first.nodes if node.task == "d"]
    assert world.detail(second.id, "d")["source"] == {"run": first.id, "node": d}
    told = columns(world.store, second.id, ["mark", "source_run"])["of"]
    assert [told["mark"]["values"][code] for code in told["mark"]["codes"]] == ["reused"] * 4 + [None]


def test_a_plan_that_was_confirmed_once_is_stale_and_says_who_was_first(world: World, failed: Run):
    hash = world.plan("old").hash
    made = world.resubmit("old", hash=hash)
    late = world.refused("old", hash)
    assert (late.code, late.message) == ("stale", f"bob has resubmitted it meanwhile, as {made.id}.")
    assert late.more["plan"]["hash"] == world.plan("old").hash != hash
    assert world.refused("old", "0" * 64).code == "stale"


def test_the_same_request_twice_is_one_run(world: World, failed: Run):
    wish = Wish("one", {}, world.plan("old").hash, "bob")
    made = [resubmitted(world.store, world.run("old"), wish, 9.0) for _ in range(2)]
    assert all(isinstance(each, Submission) for each in made)
    world.play(*made)
    world.play(made[0])
    assert len(trail(world.store)["actions"]) == 1
    assert [run["id"] for run in reads.runs(world.store)["runs"]] == [made[0].run, "old"]  # type: ignore[union-attr]


def test_a_problem_is_told_and_nothing_is_done(world: World, failed: Run):
    found = world.refused("old", None, begin=["nobody"])
    assert (found.code, found.more["problems"][0]["code"]) == ("problems", "unknown_node")
    assert world.refused("old", None, edits=[{"nodes": ["c"], "args": 7}]).code == "problems"
    world.work(world.resubmit("old").id)
    assert world.refused("old", None, skip=["c"]).code == "problems"


def test_edits_skips_and_results_are_what_the_plan_says(world: World, failed: Run):
    edit = {"nodes": ["e"], "kwargs": {"password": "changed"}, "queue": "slow"}
    made = world.resubmit("old", results=[{"nodes": ["c"], "value": {"given": True}}], edits=[edit])
    assert world.states(made.id)["c"] == "SUCCESS forced"
    world.work(made.id)
    assert world.tasks(made.id) == ["d", "e"]
    assert json.loads(world.ran[-2][2]) == [['b(["a([])"])', {"given": True}]]
    e = world.detail(made.id, "e")
    assert (e["kwargs"], e["options"]["queue"]) == ({"password": "***"}, "slow")


def test_what_is_left_out_keeps_the_old_run_open_until_it_is_made_up_for(world: World, failed: Run):
    made = world.resubmit("old", only=["c"])
    assert world.states(made.id)["d"] == "SKIPPED left"
    assert (world.work(made.id).state, made.left_out) == ("SUCCESS", 2)
    assert reads.run(world.store, "old")["resolved_by"] is None
    last = world.resubmit(made.id)
    world.work(last.id)
    assert world.tasks(last.id) == ["d", "e"]
    assert [reads.run(world.store, run)["resolved_by"] for run in ("old", made.id)] == [last.id] * 2


@pytest.mark.parametrize("value", [LONG, {"password": "x"}, "x" * 200_000, None, [1.5, {"a": "***"}]])
def test_results_are_taken_over_exactly_however_they_are_shown(world: World, value: Any):
    world.submit("old", NODES, EDGES, "e")
    world.work("old", bad="b c", returns={"a": value})
    made = world.resubmit("old")
    world.work(made.id, bad="d")
    again = world.resubmit(world.work(made.id).id, begin=[made.nodes[1].id])
    world.work(again.id)
    given = [json.loads(each) for run, task, each in world.ran if task in ("b", "c") and run != "old"]
    assert given == [[value]] * 3 or given == [[value]] * 4
    assert world.detail(again.id, "a")["result"] == world.detail("old", "a")["result"]


def test_the_new_run_does_not_need_the_old_one(world: World):
    world.submit("old", NODES, EDGES, "e")
    world.work("old", bad="c", returns={"b": LONG})
    made = world.resubmit("old")
    with world.store.write() as connection:
        delete_some(connection, doomed(connection, None, 1e12, 0, 100), 100)
    world.play.memory.fill()
    assert reads.run(world.store, "old") is None
    world.work(made.id, bad="e")
    last = world.resubmit(made.id)
    assert world.work(last.id).state == "SUCCESS"
    assert world.detail(last.id, "b")["source"] == {"run": "old", "node": "b"}
    assert [run["id"] for run in lineage(world.store, last.id)["runs"]] == [made.id, last.id]
    assert reads.run(world.store, made.id)["resolved_by"] == last.id


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Spec], list[Edge], set[str]]:
    """Tasks and joins, each called with what some before it returned, and which of them fail."""
    specs, edges = list[Spec](), list[Edge]()
    for place in range(draw(st.integers(2, 9))):
        names = [spec.id for spec in specs]
        parents = draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) if names else []
        is_join = len(parents) > 1 and draw(st.booleans())
        inputs: Any = parents if len(parents) > 1 else draw(st.sampled_from([None, *parents]))
        specs.append(Spec(id=f"n{place}", task=None if is_join else f"t{place}", inputs=inputs))
        edges += [(parent, f"n{place}", "then") for parent in parents]
    tasks = [spec.task for spec in specs if spec.task is not None]
    return specs, edges, draw(st.sets(st.sampled_from(tasks), min_size=1, max_size=3))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(graph=graphs(), again=st.booleans())
def test_whatever_failed_the_end_is_that_of_an_undisturbed_run_and_what_ran_is_what_was_planned(
    world: World, graph: tuple[list[Spec], list[Edge], set[str]], again: bool
):
    specs, edges, bad = graph
    world.asked += 1
    old, other = f"old {world.asked}", f"other {world.asked}"
    outputs = [spec.id for spec in specs]
    world.submit(old, specs, edges, outputs)
    run = world.work(old, bad=" ".join(bad))
    if again:  # what was taken over is taken over once more
        run = world.work(world.resubmit(old).id, bad=min(bad))
    if run.state != "SUCCESS":
        made = world.plan(run.id)
        run = world.work(world.resubmit(run.id).id)
        planned = [run.nodes[idx].task for idx, action in enumerate(made.actions) if action == "r"]
        assert sorted(world.tasks(run.id)) == sorted(map(str, planned))
    world.submit(other, specs, edges, outputs)
    undisturbed = world.work(other)
    told = [returned(world.store, each, "request") for each in (run, undisturbed)]
    assert told[0]["result"] == told[1]["result"]
    assert run.state == "SUCCESS"


# --- runs that were watched


def watched(world: World, *, results: bool) -> None:
    """Three tasks in a row, the last of which failed, as a watched run; the first has a long result."""
    specs = [
        Spec(id="x", task="x", args=[1], kwargs={"token": "secret"}),
        Spec(id="y", task="y", args=[LONG], inputs="x"),
        Spec(id="z", task="z", inputs="y", options={"queue": "q"}),
    ]
    edges = [("x", "y", "then", None), ("y", "z", "then", None)]
    world.play(Announcement("native", Announced(1.0, specs, edges)))
    for name, value in (("x", LONG), ("y", 7)):
        shown = {"json": value} if results else {"repr": repr(value)}
        outcome = Outcome(dumps(shown), len(dumps(value)))
        world.play(Seen(name, Evidence("succeeded", 2.0, "w"), outcome))
    world.play(Seen("z", Evidence("failed", 3.0, "w", reason="error"), Outcome(exception="Boom()")))


def test_a_watched_run_whose_results_are_kept_runs_from_its_failure(world: World):
    watched(world, results=True)
    made = world.resubmit("native")
    assert world.states(made.id) == {"x": "SUCCESS reused", "y": "SUCCESS reused", "z": "PENDING"}
    assert world.work(made.id).state == "SUCCESS"
    assert world.ran == [(made.id, "z", "[7]")]
    assert reads.run(world.store, "native")["resolved_by"] == made.id
    y = next(node.id for node in made.nodes if node.task == "y")
    again = world.resubmit(made.id, begin=[y])
    world.work(again.id)
    assert json.loads(world.ran[1][2]) == [LONG, LONG]


def test_a_watched_run_whose_results_are_not_kept_runs_what_is_needed_or_says_what_is_missing(world: World):
    watched(world, results=False)
    found = world.refused("native", None)
    assert [each["code"] for each in found.more["problems"]] == ["not_exact"]  # something of x is masked
    given = {"nodes": ["y"], "value": 8}
    made = world.resubmit("native", failed=True, results=[given])
    assert world.states(made.id) == {"x": "SUCCESS kept", "y": "SUCCESS forced", "z": "PENDING"}
    world.work(made.id)
    assert world.ran == [(made.id, "z", "[8]")]
    x = next(node.id for node in made.nodes if node.task == "x")
    found = world.refused(made.id, None, begin=[x])
    assert [each["code"] for each in found.more["problems"]] == ["not_exact"]  # and that is not forgotten
    edit = {"nodes": [x], "args": [2], "kwargs": {}}
    world.work(world.resubmit(made.id, edits=[edit]).id)
    assert [task for _, task, _ in world.ran[1:]] == ["x", "y", "z"]


def test_what_stood_by_in_one_run_with_masked_arguments_is_not_sent_the_mask_by_the_next(world: World):
    callback = Spec(id="e", task="e", kwargs={"token": "secret"})
    specs = [Spec(id="x", task="x"), callback, Spec(id="z", task="z")]
    world.play(Announcement("native", Announced(1.0, specs, [("x", "e", "error", None)])))
    world.play(Seen("x", Evidence("succeeded", 2.0, "w"), Outcome('{"json":1}', 1)))
    world.play(Seen("z", Evidence("failed", 3.0, "w", reason="error"), Outcome(exception="Boom()")))
    made = world.resubmit("native")
    assert world.states(made.id) == {"x": "SUCCESS reused", "e": "SKIPPED unneeded", "z": "PENDING"}
    world.work(made.id)
    x, e = (next(node.id for node in made.nodes if node.task == name) for name in "xe")
    found = world.refused(made.id, None, begin=[x])
    assert [(each["code"], each["nodes"]) for each in found.more["problems"]] == [("not_exact", [e])]


def test_what_is_taken_over_costs_no_statement_for_each_node(world: World):
    count = 60
    nodes = [Spec(id=f"n{number}", task="t") for number in range(count)] + [Spec(id="bad", task="bad")]
    world.submit("old", nodes, [], None)
    world.work("old", bad="bad", returns={"t": LONG})
    made = world.resubmit("old")
    with world.store.read() as connection:
        of_run = (models.Original.run == made.number, models.Original.field == "result")
        kept = select(func.count()).where(*of_run)
        assert connection.execute(kept).scalar() == count
