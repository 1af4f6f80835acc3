"""Runs that are made from others, and what is changed in one that goes on."""

from acting import ONE, Play, event, make, restored

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import attempts, history
from umbel.engine.machine import (
    Action,
    Amended,
    Cancelled,
    Completed,
    Missing,
    Noted,
    Outcome,
    Planned,
    Resolved,
    Sent,
)


def planned(graph, **marks: str) -> Play:
    """A new run: ``planned(graph, reused="a b", left="c")``."""
    play = Play(graph)
    given = {name: what for what, names in marks.items() for name in names.split()}
    results = {name: ONE for name, what in given.items() if what == "forced"}
    play.tell(Planned(4.0, given, results))
    return play


def test_what_is_reused_kept_and_forced_counts_as_done_and_what_waits_for_it_may_be_sent():
    play = planned(make("a b c d e", "a>d", "b>d", "c>e"), reused="a", kept="c", forced="b")
    assert play.states("a", "b", "c", "d", "e") == ["SUCCESS"] * 3 + ["PENDING"] * 2
    assert [play.node(name).mark for name in "abcd"] == ["reused", "forced", "kept", None]
    assert (play.ready, play.out, play.outcomes) == ({"d", "e"}, set(), {"b": ONE})
    assert (play.run.state, play.node("a").finished, play.node("a").started) == ("RUNNING", 4.0, None)
    assert (attempts(play.node("a").evidence), history(play.node("a").evidence)) == ([], [["SUCCESS", 4.0]])
    assert play.done("d", "e").run.state == "SUCCESS"


def test_what_is_skipped_or_left_is_skipped_with_all_that_waits_for_it_but_for_who_is_patient():
    graph = make("a b +j c d e", "a>j", "b>j", "j>c", "b>d", "a>e", e={"run_when": "all_done"})
    play = planned(graph, skipped="a", left="b")
    assert play.states("a", "b", "c", "d") == [
        ("SKIPPED", "skipped"),
        ("SKIPPED", "left"),
        ("SKIPPED", "ignored"),
        ("SKIPPED", "ignored"),
    ]
    assert play.ready == {"e"}
    assert play.done("e").run.state == "SUCCESS"


def test_the_parents_of_what_is_reused_and_left_change_nothing_in_it():
    play = planned(make("a b c e", "a>b", "a>c", "a!e"), reused="b", left="c")
    play.failed("a")
    assert play.states("a", "b", "c", "e") == [
        ("FAILURE", "error"),
        "SUCCESS",
        ("SKIPPED", "left"),
        "PENDING",
    ]
    assert play.run.state == "RUNNING"


def test_the_same_plan_twice_changes_nothing_and_nothing_later_changes_what_it_said():
    play = planned(make("a b c"), reused="a", skipped="b")
    assert not play.tell(Planned(4.0, {"a": "reused", "b": "skipped"}))
    play.tell(event("a", "failed", 5.0), event("b", "started", 5.0), Completed("a", False, 6.0))
    play.tell(Sent("b", "b", 7.0), Cancelled(8.0, "ada", terminate=True), Missing("a", 9.0, True, ""))
    assert play.states("a", "b", "c") == ["SUCCESS", ("SKIPPED", "skipped"), ("REVOKED", "revoked")]
    assert (play.outcomes, play.sent, play.revoked) == ({}, [], [])


def test_a_plan_changes_nothing_that_was_sent():
    play = Play(make("a b")).send("a")
    play.tell(Planned(4.0, {"a": "reused", "nobody": "left", "b": "left"}))
    assert play.states("a", "b") == ["SENT", ("SKIPPED", "left")]


def test_a_planned_run_comes_back_from_what_is_stored_of_it():
    graph = make("a b +j c d e", "a>j", "b>j", "j>c", "c>d", "b!e")
    play = planned(graph, reused="a", left="d").send("b")
    again = restored(play)
    assert again.nodes == play.run.nodes
    assert (again.ready, again.out) == (play.run.ready, play.run.out)


def test_a_held_node_is_not_sent_until_it_is_released():
    play = Play(make("a b", "a>b"))
    play.tell(Amended(2.0, "ada", hold=frozenset({"b"}), detail={"hold": 1}, why="wait for the data"))
    play.done("a")
    assert (play.states("b"), play.ready) == (["PENDING"], set())
    play.tell(Sent("b", "b", 6.0))
    assert (play.states("b"), restored(play).ready) == (["PENDING"], set())
    play.tell(Amended(7.0, "ada", release=frozenset({"b"})))
    assert play.ready == {"b"}
    assert play.actions[0] == Action(2.0, "ada", "amend", {"hold": 1}, "wait for the data")


def test_a_run_ends_when_its_time_is_over_though_somebody_holds_the_last_of_it():
    play = Play(make("a b", "a>b"), time_limit=5)
    play.tell(Amended(2.0, "ada", hold=frozenset({"a"})), Cancelled(9.0, None, reason="timeout"))
    assert play.states("a", "b") == [("FAILURE", "timeout"), "BLOCKED"]
    assert play.run.state == "FAILURE"


def test_what_is_amended_has_another_signature_and_other_rules():
    play = Play(make("a b", "a>b", b={"run_when": "all_done"}))
    spec = Spec(id="b", task="app.b", args=[7], options={"queue": "slow"})
    changes = play.tell(Amended(2.0, "ada", [spec]))
    assert changes.specs == {1: spec}
    play.failed("a")
    assert play.states("b") == ["BLOCKED"]  # its rule is gone


def test_what_is_skipped_while_the_run_goes_on_skips_what_waits_for_it():
    play = Play(make("a b c d", "a>b", "b>c"))
    play.tell(Amended(2.0, "ada", hold=frozenset({"b"})), Amended(3.0, "ada", skip=frozenset({"b"})))
    assert play.states("a", "b", "c") == ["PENDING", ("SKIPPED", "skipped"), ("SKIPPED", "ignored")]
    assert not play.node("b").held
    assert play.done("a", "d").run.state == "SUCCESS"


def test_an_amendment_of_something_that_was_sent_changes_nothing_at_all():
    play = Play(make("a b c e +j", "a>b", "b!e", "c>j")).send("a")
    for part in ("a", "j", "nobody", "e"):
        assert not play.tell(Amended(2.0, "ada", hold=frozenset({"b", part})))
    play.done("a").send("b")
    assert not play.tell(Amended(6.0, "ada", skip=frozenset({"e", "c"})))  # the worker has its signature
    assert play.states("b", "c", "e") == ["SENT", "PENDING", "PENDING"]
    assert play.actions == []


def test_a_run_that_failed_is_resolved_once_and_one_that_went_well_never():
    play = Play(make("a")).failed("a")
    play.tell(Resolved("second"), Resolved("third"))
    assert play.run.resolved_by == "second"
    assert not Play(make("a")).done("a").tell(Resolved("second"))
    left = planned(make("a b"), left="b")
    left.run.left_out = 1
    assert left.done("a").tell(Resolved("second")).marks == {"resolved_by": "second"}


def test_what_somebody_supplied_is_the_result():
    given = Outcome('{"json":[1]}', 3)
    play = Play(make("a b", "a>b"))
    play.tell(Planned(4.0, {"a": "forced"}, {"a": given}), Noted("a", "Why."))
    assert (play.outcomes, play.ready) == ({"a": given}, {"b"})
