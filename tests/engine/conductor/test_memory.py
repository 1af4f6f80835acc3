"""What the conductor holds in memory is what the database says, and no more than fits."""

from playing import said, seen, states

from umbel.engine.conductor.batch import Batch
from umbel.engine.conductor.held import Held
from umbel.engine.conductor.memory import Memory
from umbel.engine.store import reads


def test_what_was_kept_is_gone_on_with_after_a_restart(play, store):
    play(said("run", "a", "b", "c", edges=[("a", "b"), ("b", "c")]), seen("a", "started", 2))
    play.memory = Memory(store)
    play.memory.fill()
    play(seen("a", "failed", 3, reason="error"))
    assert states(store, "run") == {"a": "FAILURE", "b": "BLOCKED", "c": "BLOCKED"}
    summary = reads.run(store, "run")
    assert (summary["state"], summary["started"], summary["finished"], summary["seq"]) == ("FAILURE", 2, 3, 2)


def test_a_run_that_was_forgotten_is_loaded_when_something_is_seen_of_it(play, store):
    play(said("old", "a"), seen("a", "succeeded", 2))
    play.memory.forget(play.memory.run("old"))
    assert play.memory.run("old") is None
    play(seen("a", "failed", 3, reason="error"))
    assert states(store, "old") == {"a": "FAILURE"}


def test_a_batch_that_was_undone_leaves_what_the_database_says(play, store):
    play(said("run", "a"))
    batch = Batch([seen("a", "failed", 3), said("new", "z"), said("run", "b", edges=[("a", "b")])])
    batch.reduce(play.memory, play.held, 0.0)
    assert batch.staged
    batch.undo(play.memory)
    assert play.memory.run("run") is None
    play(*batch.news)
    assert states(store, "run") == {"a": "FAILURE", "b": "BLOCKED"}
    assert states(store, "new") == {"z": "PENDING"}


def test_an_event_goes_to_the_newest_run_in_which_its_task_is_open(play, store):
    play(said("first", "a"), said("second", "a"))
    play(seen("a", "succeeded", 2))
    assert (states(store, "first"), states(store, "second")) == ({"a": "PENDING"}, {"a": "SUCCESS"})
    play(seen("a", "succeeded", 3))
    assert states(store, "first") == {"a": "SUCCESS"}


def test_an_event_goes_to_the_run_of_its_root_where_it_names_one(play, store):
    play(said("first", "r", "a"), said("second", "a"))
    play(seen("a", "received", 2, root="r"))
    assert (states(store, "first")["a"], states(store, "second")["a"]) == ("RECEIVED", "PENDING")
    play(seen("a", "received", 2, root="unknown"))
    assert states(store, "second")["a"] == "RECEIVED"


def test_an_event_that_overtakes_its_announcement_is_held(play, store):
    play(seen("b", "started", 2), seen("b", "succeeded", 3), seen("z", "started", 2))
    assert len(play.held) == 3
    play(said("run", "a", "b"))
    assert states(store, "run") == {"a": "PENDING", "b": "SUCCESS"}
    assert len(play.held) == 1


def test_events_that_nobody_announces_leave_in_time_and_never_pile_up():
    held = Held(patience=10, count=5)
    for number in range(8):
        held.keep(seen(f"t{number}", "started", 1), now=float(number))

    def left(now, **how):
        return [events[0].node for events in held.leave(now, **how)]

    assert left(8.0) == ["t0", "t1", "t2"]
    assert left(14.0) == ["t3", "t4"]
    assert left(99.0, is_behind=True) == []
    assert left(99.0) == ["t5", "t6", "t7"]
    assert len(held) == 0
    assert held.take("t7") == []


def test_memory_lets_go_of_runs_that_ended_first(play, store):
    play.memory.nodes = 4
    play(said("open", "a", "b"), said("done", "c", "d"), seen("c", "succeeded", 2), seen("d", "succeeded", 2))
    play(said("new", "e", "f"))
    play.memory.shrink(list(play.memory))
    assert play.memory.run("done") is None
    assert play.memory.run("open") is not None
    assert len(play.memory) == 4


def test_memory_keeps_few_runs_that_ended_though_all_would_fit(play, store):
    play.memory.ended = 20
    for number in range(30):
        batch = play(said(f"run-{number}", f"a{number}"), seen(f"a{number}", "succeeded", 2))
        play.memory.shrink(batch.involved.values())
    assert [run.id for run in play.memory] == [f"run-{number}" for number in range(10, 30)]
    play(said("run-10", "more"))
    play.memory.shrink([play.memory.run("run-10")])
    play.memory.ended = 0
    play.memory.shrink([])
    assert [run.id for run in play.memory] == [*(f"run-{number}" for number in range(22, 30)), "run-10"]
    play(seen("a3", "failed", 3, reason="error"))
    assert states(store, "run-3") == {"a3": "FAILURE"}


def test_a_restart_loads_what_has_not_ended(play, store):
    play(said("open", "a"), said("done", "b"), seen("b", "succeeded", 2))
    memory = Memory(store)
    memory.fill()
    assert [run.id for run in memory] == ["open"]
    assert memory.next_number == 3
