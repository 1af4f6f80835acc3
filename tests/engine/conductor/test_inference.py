"""Tasks that nobody announced make runs too, from what events say; what is announced late takes them over."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import Play, came, ended, said, seen, shape, states

from umbel.engine.conductor.inference import Unannounced, inferred, lineage
from umbel.engine.conductor.post import Announcement
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen
from umbel.engine.store import reads
from umbel.engine.values import dumps


def chain_of_three(base=10.0):
    yield came("a", base, args="(2,)")
    yield seen("a", "started", base + 1)
    yield ended("a", base + 2)
    yield came("b", base + 3, root="a", parent="a")
    yield ended("b", base + 4)
    yield came("c", base + 5, root="a", parent="b")
    yield ended("c", base + 6)


def within_task(parent, root, *tasks, at=1.0, edges=()):
    announced = Announced(at, [Spec(id=task, task=f"app.{task}") for task in tasks], list(edges))
    return Announcement("token", announced, heads=tasks[:1], parent=parent, root=root)


def test_a_lone_task_is_a_run_of_one(play, store):
    play(came("a", 10, args="(1, 'two')"), seen("a", "started", 11), ended("a", 12))
    assert reads.runs(store)["runs"] == []
    play.leave()
    run = reads.run(store, "a")
    assert (run["kind"], run["name"], run["state"]) == ("inferred", "a", "SUCCESS")
    assert (run["created"], run["started"], run["finished"]) == (10, 11, 12)
    assert play.memory.run("a").single
    assert reads.node(store, "a", "a")["options"] == {"argsrepr": "(1, 'two')", "kwargsrepr": "{}"}


def test_a_chain_is_a_run_named_by_its_root(play, store):
    play(*chain_of_three())
    play.leave()
    assert states(store, "a") == dict.fromkeys("abc", "SUCCESS")
    assert shape(store, "a") == {("a", "b"), ("b", "c")}
    assert reads.run(store, "a")["name"] == "a → c"
    assert not play.memory.run("a").single


def test_a_child_that_is_seen_before_its_parent_still_makes_one_run(play, store):
    events = list(chain_of_three())
    play(*events[3:])
    play.leave()
    assert (states(store, "a"), shape(store, "a")) == ({"b": "SUCCESS", "c": "SUCCESS"}, {("b", "c")})
    play(*events[:3])
    play.leave()
    assert states(store, "a") == dict.fromkeys("abc", "SUCCESS")
    assert shape(store, "a") == {("a", "b"), ("b", "c")}
    assert len(reads.runs(store)["runs"]) == 1


def test_a_task_whose_end_alone_is_seen_is_there_and_gets_its_name_later(play, store):
    play(ended("a", 12))
    play.leave()
    assert (reads.run(store, "a")["name"], states(store, "a")) == ("?", {"a": "SUCCESS"})


def test_a_body_that_is_given_the_list_of_its_headers_results_waits_for_all_of_them(play, store):
    play(came("p", 1), ended("p", 2))
    for place, member in enumerate(("m1", "m2", "m3")):
        play(came(member, 3 + place / 10, root="p", parent="p"), ended(member, 5 - place / 10, f"'{member}'"))
    play(came("d", 6, root="p", parent="m1", args="(['m1', 'm2', 'm3'],)"))
    play.leave()
    assert shape(store, "p") == {("p", "m1"), ("p", "m2"), ("p", "m3"), ("m1", "d"), ("m2", "d"), ("m3", "d")}
    node = next(node for node in reads.graph(store, "p")["nodes"] if node["id"] == "d")
    assert node["inputs"] in (None, ["m1", "m2", "m3"])


@pytest.mark.parametrize(
    "args", ["('m1',)", "(['m1', 'x'],)", "(['m1'],)", "()", "([", "(['m1', 'm2', 'm2'],)"]
)
def test_a_step_after_a_member_waits_for_that_member_alone(play, store, args):
    play(came("p", 1), ended("p", 2))
    for member in ("m1", "m2"):
        play(came(member, 3, root="p", parent="p"), ended(member, 5, f"'{member}'"))
    play(came("d", 6, root="p", parent="m1", args=args))
    play.leave()
    assert shape(store, "p") == {("p", "m1"), ("p", "m2"), ("m1", "d")}


def test_a_long_list_that_celery_cut_is_known_by_its_beginning():
    run = Run(id="p", number=1, created=0.0)
    from umbel.engine.machine import apply, reduce

    names = [f"m{number:03}" for number in range(200)]
    for event in [came("p", 1), *(came(each, 2 + n, root="p", parent="p") for n, each in enumerate(names))]:
        apply(run, reduce(run, inferred(lineage([event]), run, lambda *_: {})))
        apply(run, reduce(run, event))
    for each in names:
        apply(run, reduce(run, ended(each, 500)))
    results = {run.index[each]: '{"repr": "100"}' for each in names}
    body = came("d", 600, root="p", parent="m007", args="([" + ", ".join(["100"] * 50) + ", ...],)")
    added = inferred(lineage([body]), run, lambda *_: results)
    assert [edge[0] for edge in added.edges] == [*names, "m007.join"]


def test_what_a_task_of_a_known_run_sends_extends_that_run(play, store):
    play(said("run", "a", "b", edges=[("a", "b")]), seen("a", "started", 2))
    play(came("x", 3, root="a", parent="a"), came("y", 4, root="a", parent="x"))
    play.leave()
    assert shape(store, "run") == {("a", "b"), ("a", "x"), ("x", "y")}
    assert reads.run(store, "run")["kind"] == "native"
    assert len(reads.runs(store)["runs"]) == 1


def test_a_canvas_announced_from_inside_a_task_extends_the_run_of_that_task(play, store):
    play(said("run", "a"), seen("a", "started", 2))
    play(within_task("a", "a", "x", "y", edges=[("x", "y", "then", None)]))
    assert shape(store, "run") == {("a", "x"), ("x", "y")}
    assert states(store, "run") == {"a": "STARTED", "x": "SENT", "y": "PENDING"}
    play(within_task("a", "a", "z"))
    assert len(reads.runs(store)["runs"]) == 1


def test_a_task_that_fails_after_it_sent_others_does_not_block_them(play, store):
    play(said("run", "a"), within_task("a", "a", "x"), seen("a", "failed", 4, reason="error"))
    assert states(store, "run") == {"a": "FAILURE", "x": "SENT"}


def test_a_canvas_announced_from_inside_a_task_that_nobody_announced_makes_one_run_with_it(play, store):
    play(came("a", 1), seen("a", "started", 2))
    play(within_task("a", "a", "x", "y", edges=[("x", "y", "then", None)]))
    assert shape(store, "a") == {("a", "x"), ("x", "y")}
    assert states(store, "a") == {"a": "STARTED", "x": "SENT", "y": "PENDING"}
    assert reads.run(store, "a")["kind"] == "inferred"


def test_a_canvas_announced_from_inside_a_task_that_was_never_seen_waits_for_it(play, store):
    play(within_task("b", "a", "x"))
    assert states(store, "a") == {"x": "SENT"}
    play(came("a", 1), ended("a", 2), came("b", 2, root="a", parent="a"))
    play.leave()
    assert states(store, "a") == {"a": "SUCCESS", "b": "RECEIVED", "x": "SENT"}
    assert shape(store, "a") == {("a", "b"), ("b", "x")}
    assert len(reads.runs(store)["runs"]) == 1


def test_an_announcement_that_comes_late_takes_over_what_was_inferred(play, store):
    play(*chain_of_three(), came("m", 10), ended("m", 12, "'kept'"), came("x", 13, root="m", parent="m"))
    play.leave()
    assert {run["id"] for run in reads.runs(store)["runs"]} == {"a", "m"}
    batch = play(said("late", "a", "b", "c", "m", "n", edges=[("a", "b"), ("b", "c"), ("m", "n")], at=9.0))
    assert dict(batch.gone.values()) == {"a": "late", "m": "late"}
    assert [run["id"] for run in reads.runs(store)["runs"]] == ["late"]
    assert reads.run(store, "late")["kind"] == "native"
    expected = dict.fromkeys("abcm", "SUCCESS") | {"x": "RECEIVED", "n": "PENDING"}
    assert states(store, "late") == expected
    assert reads.node(store, "late", "m")["result"]["repr"] == "'kept'"
    assert shape(store, "late") == {("a", "b"), ("b", "c"), ("m", "n"), ("m", "x")}
    play(ended("x", 20))
    assert states(store, "late")["x"] == "SUCCESS"


def test_what_is_large_in_a_run_that_is_taken_over_stays_whole(play, store):
    long = "line\n" * 10_000
    failed = Outcome(dumps({"repr": long}), len(long), "E()", long)
    play(came("a", 10), came("b", 11, root="a", parent="a"), came("c", 11, root="a", parent="a"))
    play.leave()
    play(Seen("a", Evidence("failed", 12.0, "w", None, "error"), failed))
    play(Seen("b", Evidence("kept-succeeded", 13.0), Outcome(dumps({"json": [long]}), len(long) + 4)))
    play(said("late", "a", "b", "c", at=9.0))
    for name, whole in (("traceback", long), ("result", {"repr": long})):
        found = reads.value(store, "late", "a", name)
        assert (found["value"], found["cut"]) == (whole, False)
    assert reads.value(store, "late", "b", "result")["value"] == {"json": [long]}


def test_what_was_inferred_and_taken_over_in_one_batch_never_was_a_run(play, store):
    play(Unannounced([came("a", 10), ended("a", 12)]), said("late", "a", "b", edges=[("a", "b")], at=9.0))
    assert states(store, "late") == {"a": "SUCCESS", "b": "PENDING"}
    assert len(reads.runs(store)["runs"]) == 1


def test_the_same_ids_announced_much_later_are_another_application(play, store):
    play(*chain_of_three())
    play.leave()
    play(said("again", "a", "b", at=5000.0))
    assert states(store, "again") == {"a": "PENDING", "b": "PENDING"}
    assert states(store, "a")["b"] == "SUCCESS"


def test_ids_that_come_again_under_another_root_make_another_run(play, store):
    play(came("a1", 1), ended("a1", 2), came("b", 3, root="a1", parent="a1"), ended("b", 4))
    play.leave()
    play(came("a2", 5), came("b", 6, root="a2", parent="a2"), seen("b", "started", 7))
    play.leave()
    assert states(store, "a1") == {"a1": "SUCCESS", "b": "SUCCESS"}
    assert states(store, "a2") == {"a2": "RECEIVED", "b": "STARTED"}


STORY = [
    *chain_of_three(),
    came("p", 1, root="p"),
    ended("p", 2),
    *(came(each, 3, root="p", parent="p") for each in ("m1", "m2")),
    *(ended(each, 4, f"'{each}'") for each in ("m1", "m2")),
    came("d", 6, root="p", parent="m2"),
    seen("d", "failed", 7, reason="error"),
]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.randoms(use_true_random=False))
def test_order_batches_and_repetition_never_change_the_runs_that_are_inferred(store, dice):
    with store.write() as connection:
        for table in ("edges", "nodes", "runs"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    play = Play(store)
    events = STORY + dice.sample(STORY, dice.randint(0, len(STORY)))
    dice.shuffle(events)
    while events:
        count = dice.randint(1, 6)
        play(*events[:count])
        del events[:count]
        if dice.random() < 0.3:
            play.leave()
        if dice.random() < 0.2:
            play.memory.fill()
    play.leave()
    runs = {run["id"]: run["state"] for run in reads.runs(store)["runs"]}
    assert {run: state for run, state in runs.items() if run in "ap"} == {"a": "SUCCESS", "p": "FAILURE"}
    assert set(runs) == {"a", "p"}
    assert states(store, "p") == {"p": "SUCCESS", "m1": "SUCCESS", "m2": "SUCCESS", "d": "FAILURE"}
    assert shape(store, "a") == {("a", "b"), ("b", "c")}
    assert shape(store, "p") == {("p", "m1"), ("p", "m2"), ("m2", "d")}
