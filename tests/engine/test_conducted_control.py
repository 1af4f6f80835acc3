"""Runs that are paused and cancelled, and that come back from what is stored of them."""

import time

from acting import ONE, Play, event, make, restored

from umbel.engine.dag import Node as Spec
from umbel.engine.machine import (
    Action,
    Announced,
    Cancelled,
    Completed,
    Missing,
    Noted,
    Paused,
    Resumed,
    Run,
    Sent,
    Vanished,
    Waiting,
    apply,
    reduce,
)


def test_a_cancelled_run_ends_but_for_what_is_running():
    play = Play(make("a b c d e f", "a>d", "b!e", "d>f"), retry=1).send("a", "b")
    play.tell(event("b", "started", 3.0))
    play.failed("c")
    play.tell(Cancelled(6.0, "ada"))
    assert play.states("a", "c", "d", "f") == [("REVOKED", "revoked")] * 4
    assert (play.states("b", "e"), play.revoked) == (["STARTED", "PENDING"], [("a", False)])
    assert play.actions == [Action(6.0, "ada", "cancel", {"terminate": False, "count": 4})]
    assert (play.run.cancelled_at, play.run.cancelled_by, play.ready) == (6.0, "ada", set())
    play.tell(Completed("b", False, 7.0))
    assert (play.states("b"), play.run.state) == ([("FAILURE", "error")], "RUNNING")
    assert play.ready == {"e"}


def test_a_cancelled_run_ends_at_once_where_what_runs_is_terminated():
    play = Play(make("a b e", "a>b", "a!e")).send("a")
    play.tell(event("a", "started", 3.0), Cancelled(6.0, "ada", terminate=True))
    assert play.states("a", "b", "e") == [("REVOKED", "revoked")] * 2 + [("SKIPPED", "unneeded")]
    assert (play.revoked, play.run.state) == ([("a", True)], "REVOKED")
    play.tell(event("a", "revoked", 6.5, reason="revoked"))
    assert play.states("e") == [("SKIPPED", "unneeded")]
    assert not play.tell(Cancelled(7.0, "ada"))


def test_some_tasks_of_a_run_are_cancelled_and_the_rest_goes_on():
    play = Play(make("a b c", "a>b"))
    play.tell(Cancelled(6.0, "ada", frozenset({"a", "nobody"})))
    assert play.states("a", "b") == [("REVOKED", "revoked"), "BLOCKED"]
    assert (play.ready, play.run.cancelled_at) == ({"c"}, None)
    assert play.actions[0].detail["nodes"] == ["a", "nobody"]


def test_what_a_task_of_a_cancelled_run_sent_is_revoked_and_seen_to_end():
    play = Play(make("a")).send("a")
    play.tell(
        make("x", "a>x")._replace(conducted=False), event("a", "started", 3.0), event("x", "received", 4.0)
    )
    play.tell(Cancelled(6.0, "ada"))
    assert (play.states("a", "x"), play.revoked) == (["STARTED", "RECEIVED"], [("x", False)])


def test_a_paused_run_is_marked_with_who_and_when():
    play = Play(make("a b"))
    assert play.tell(Paused(3.0, "ada")).control
    assert (play.run.paused_at, play.run.paused_by, play.ready) == (3.0, "ada", {"a", "b"})
    assert not play.tell(Paused(4.0, "bob"))
    play.tell(Resumed(5.0, "bob"))
    assert (play.run.paused_at, play.run.paused_by) == (None, None)
    assert not play.tell(Resumed(6.0, "bob"))
    assert [(action.what, action.by, action.at) for action in play.actions] == [
        ("pause", "ada", 3.0),
        ("resume", "bob", 5.0),
    ]
    play.done("a", "b")
    assert not play.tell(Paused(9.0, "ada"))


def test_cancelling_ends_a_pause():
    play = Play(make("a"))
    play.tell(Paused(3.0, "ada"), Cancelled(4.0, "ada"))
    assert (play.run.paused_at, play.run.state) == (None, "REVOKED")


def test_a_watched_run_is_not_paused():
    run = Run(id="run", number=1, created=0.0)
    apply(run, reduce(run, make("a")._replace(conducted=False)))
    assert not reduce(run, Paused(3.0, "ada"))


def test_why_tasks_wait_is_kept_with_the_run():
    play = Play(make("a"))
    waits = {"window": {"limit": 1, "of": "run"}}
    assert play.tell(Waiting(waits)).control
    assert play.run.waits == waits
    assert not play.tell(Waiting(dict(waits)))


def test_ten_thousand_tasks_are_cancelled_in_well_under_a_second():
    names = [f"n{number}" for number in range(10_000)]
    play = Play(Announced(1.0, [Spec(id=name, task="t") for name in names], [], conducted=True))
    began = time.process_time()
    play.tell(Cancelled(2.0, "ada"))
    assert time.process_time() - began < 1.0
    assert play.run.counts["REVOKED"] == 10_000


def test_a_restored_run_is_the_same_with_what_is_ready_what_is_out_and_the_ids_of_attempts():
    play = Play(
        make("a b c d +j x y e", "a>b", "c>d", "b>j", "d>j", "j>x", "j>y", "x!e"),
        retry={"max": 3, "backoff": 10},
        on_lost="resend",
    )
    play.failed("a").send("c")
    play.tell(Sent("a", "a-1", 9.0), Missing("c", 10.0, True, ""))
    for _ in range(4):
        run = restored(play)
        assert run.nodes == play.run.nodes
        assert (run.ready, run.out, run.index) == (play.run.ready, play.run.out, play.run.index)
        assert run.counts == play.run.counts
        play.tell(Completed("a-1", True, 11.0, ONE), Sent("c", "c-1", 12.0))
        play.tell(Missing("c-1", 13.0, True, ""), Sent("c", "c-2", 14.0))
        play.tell(Vanished("c-2", 15.0))


def test_rules_that_are_none_do_no_harm_and_a_note_may_be_made():
    play = Play(make("a", a={"run_when": "whenever"}))
    play.tell(Noted("a", "Why."))
    assert (play.ready, play.node("a").note) == ({"a"}, "Why.")


def test_a_conducted_run_keeps_its_name():
    run = Run(id="run", number=1, created=0.0, kind="conducted", name="Nightly")
    apply(run, reduce(run, make("a b", "a>b")))
    assert run.name == "Nightly"
