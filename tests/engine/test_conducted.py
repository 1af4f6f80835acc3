"""What becomes of the tasks that the conductor sends itself: what goes out, and how it ends."""

import pytest
from acting import ONE, Play, event, make

from umbel.engine.evidence import attempts, history
from umbel.engine.machine import (
    Completed,
    Outcome,
    Overdue,
    Refused,
    Sent,
    Vanished,
)


def test_a_chain_goes_out_task_by_task():
    play = Play(make("a b", "a>b"))
    assert (play.ready, play.run.state) == ({"a"}, "PENDING")
    play.send("a")
    assert (play.ready, play.out, play.run.state) == (set(), {"a"}, "RUNNING")
    play.tell(Completed("a", True, 5.0, ONE))
    assert (play.ready, play.out, play.outcomes["a"]) == ({"b"}, set(), ONE)
    play.done("b", at=9.0)
    assert (play.run.state, play.run.finished, play.sent) == ("SUCCESS", 9.0, ["a", "b"])


def test_what_may_not_be_sent_is_not():
    play = Play(make("a b", "a>b"))
    assert not play.tell(Sent("b", "b", 2.0))
    play.done("a")
    assert not play.tell(Sent("a", "a", 2.0))
    assert not play.tell(Sent("nobody", "nobody", 2.0))
    assert play.sent == ["a"]


def test_a_chord_waits_for_all_of_its_header_through_a_join_or_without():
    for announced in (make("a b c", "a]c", "b]c"), make("a b +j c d", "a>j", "b>j", "j>c", "j>d")):
        play = Play(announced).done("a")
        assert play.ready == {"b"}
        play.done("b")
        assert play.ready == {"c", "d"} & play.run.index.keys()


def test_a_completion_of_what_nobody_sent_changes_nothing():
    play = Play(make("a b", "a>b"))
    assert not play.tell(Completed("b", True, 2.0), Completed("nobody", True, 2.0))
    assert not play.tell(event("a", "started", 3.0))


def test_events_colour_a_task_and_its_callback_ends_it():
    play = Play(make("a b", "a>b")).send("a")
    seen = []
    for message in (
        event("a", "received", 3.0, retries=0),
        event("a", "started", 4.0),
        event("a", "succeeded", 5.0, Outcome('{"repr":"1"}', 1), detail={"runtime": 0.5}),
        Completed("a", True, 5.1, ONE),
    ):
        play.tell(message)
        seen.append(play.node("a").state)
    assert seen == ["RECEIVED", "STARTED", "STARTED", "SUCCESS"]
    node = play.node("a")
    assert (node.sent, node.received, node.started, node.finished) == (2.0, 3.0, 4.0, 5.0)
    assert (node.worker, node.runtime, node.repeated) == ("w", 0.5, 0)
    assert play.outcomes["a"] == ONE


@pytest.mark.parametrize("early", [True, False])
def test_a_failure_has_the_reason_and_the_traceback_of_its_event_whichever_comes_first(early):
    play = Play(make("a")).send("a")
    told = event("a", "failed", 5.0, Outcome(exception="TimeLimitExceeded(3)"), reason="timeout")
    for message in (told, Completed("a", False, 5.2))[:: 1 if early else -1]:
        play.tell(message)
    assert play.states("a") == [("FAILURE", "timeout")]
    assert play.outcomes["a"].exception == "TimeLimitExceeded(3)"
    assert play.node("a").finished == 5.0


def test_a_callback_that_brings_the_exception_needs_no_event():
    play = Play(make("a")).send("a")
    play.tell(Completed("a", False, 5.0, Outcome(exception="WorkerLostError('x')", traceback="...")))
    assert play.states("a") == [("FAILURE", "lost")]
    assert play.outcomes["a"].traceback == "..."


@pytest.mark.parametrize("kind", ["succeeded", "failed", "kept-succeeded", "kept-failed", "refused"])
def test_an_end_of_which_only_events_tell_is_not_final(kind):
    play = Play(make("a b", "a>b")).send("a")
    play.tell(event("a", kind, 4.0, reason="error" if "failed" in kind else None))
    assert (play.states("a", "b"), play.out) == (["STARTED", "PENDING"], {"a"})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (event("a", "failed", 4.0, reason="unregistered"), ("FAILURE", "unregistered")),
        (event("a", "kept-failed", 4.0, reason="unregistered"), ("FAILURE", "unregistered")),
        (event("a", "revoked", 4.0, reason="revoked"), ("REVOKED", "revoked")),
        (event("a", "revoked", 4.0, reason="expired"), ("REVOKED", "expired")),
        (event("a", "kept-revoked", 4.0, reason="revoked"), ("REVOKED", "revoked")),
        (Vanished("a", 4.0), ("SKIPPED", "ignored")),
    ],
)
def test_what_never_calls_back_is_final_at_once(message, expected):
    play = Play(make("a b c", "a>b", "b>c"), retry=3).send("a")
    play.tell(message)
    assert play.states("a") == [expected]
    blocked = ("SKIPPED", "ignored") if expected[0] == "SKIPPED" else "BLOCKED"
    assert play.states("b", "c") == [blocked] * 2
    assert play.run.state == {"SKIPPED": "SUCCESS"}.get(expected[0], expected[0])


def test_celerys_own_retries_are_shown_and_end_with_one_callback():
    play = Play(make("a")).send("a")
    play.tell(event("a", "received", 3.0), event("a", "started", 4.0), event("a", "retried", 5.0))
    assert (play.states("a"), play.out, play.node("a").retries) == (["RETRY"], {"a"}, 1)
    play.tell(event("a", "received", 5.1, retries=1), event("a", "started", 6.0))
    assert play.states("a") == ["STARTED"]
    play.tell(Completed("a", True, 7.0, ONE))
    assert (play.states("a"), play.node("a").repeated, play.node("a").started) == (["SUCCESS"], 0, 6.0)


def test_events_after_the_end_only_add_to_it():
    play = Play(make("a b", "a>b")).done("a")
    play.tell(
        event("a", "started", 4.0), event("a", "revoked", 6.0), event("a", "failed", 7.0, reason="error")
    )
    assert (play.states("a"), play.node("a").started, play.ready) == (["SUCCESS"], 4.0, {"b"})


def test_history_and_attempts_tell_an_end_once():
    play = Play(make("a")).send("a")
    play.tell(event("a", "started", 4.0), Completed("a", True, 5.1, ONE), event("a", "succeeded", 5.0))
    evidence = play.node("a").evidence
    assert [state for state, _ in history(evidence)] == ["SENT", "STARTED", "SUCCESS"]
    assert [(each["state"], each["finished"]) for each in attempts(evidence)] == [("SUCCESS", 5.0)]


def test_the_first_end_wins_and_a_second_is_counted():
    play = Play(make("a b", "a>b")).done("a")
    assert play.tell(Completed("a", False, 6.0))
    assert (play.states("a"), play.node("a").repeated, play.outcomes["a"]) == (["SUCCESS"], 1, ONE)
    other = Play(make("a b", "a>b")).failed("a")
    other.tell(Completed("a", True, 6.0, ONE))
    assert (other.states("a", "b"), other.node("a").repeated) == ([("FAILURE", "error"), "BLOCKED"], 1)


def test_an_end_that_is_told_twice_happened_once_unless_the_task_began_twice():
    play = Play(make("a")).send("a")
    play.tell(event("a", "started", 3.0), Completed("a", False, 5.0), Completed("a", False, 5.1))
    assert play.node("a").repeated == 0
    assert not play.tell(Completed("a", False, 5.1))
    play.tell(event("a", "started", 6.0), Completed("a", False, 7.0))
    assert play.node("a").repeated == 1


def test_a_success_that_comes_after_it_was_given_up_is_noted():
    play = Play(make("a"), timeout=3).send("a")
    play.tell(Overdue("a", 5.0), Completed("a", True, 6.0, ONE))
    assert play.states("a") == [("FAILURE", "timeout")]
    assert play.node("a").note == "It returned all the same, after it had been given up."
    assert play.node("a").repeated == 0


@pytest.mark.parametrize(
    ("rule", "ends", "expected"),
    [
        ("all_success", "ok ok", "ready"),
        ("all_success", "ok bad", "BLOCKED"),
        ("all_success", "bad -", "BLOCKED"),
        ("all_success", "ok gone", ("SKIPPED", "ignored")),
        ("all_done", "ok ok", "ready"),
        ("all_done", "ok bad", "ready"),
        ("all_done", "bad bad", "ready"),
        ("all_done", "ok gone", "ready"),
        ("all_done", "bad -", "PENDING"),
        ("any_failed", "ok ok", ("SKIPPED", "unneeded")),
        ("any_failed", "ok gone", ("SKIPPED", "unneeded")),
        ("any_failed", "ok bad", "ready"),
        ("any_failed", "bad bad", "ready"),
        ("any_failed", "bad -", "PENDING"),
        ("any_failed", "ok -", "PENDING"),
    ],
)
def test_a_task_runs_when_its_rule_says_so(rule, ends, expected):
    play = Play(make("a b c d", "a]c", "b]c", "c>d", c={"run_when": rule}))
    told = {
        "ok": lambda name: Completed(name, True, 5.0, ONE),
        "bad": lambda name: Completed(name, False, 5.0),
        "gone": lambda name: Vanished(name, 5.0),
    }
    for name, end in zip("ab", ends.split(), strict=True):
        if end != "-":
            play.send(name).tell(told[end](name))
    assert ("c" in play.ready) == (expected == "ready")
    assert play.states("c") == ["PENDING" if expected == "ready" else expected]
    if expected == "ready":
        play.done("c")
        assert play.ready == {"d"}


def test_a_join_is_blocked_by_its_first_failure_and_ends_with_its_last_member():
    play = Play(make("a b +j c f g", "a>j", "b>j", "j>c", "j>f", "f>g", f={"run_when": "all_done"})).failed(
        "a"
    )
    assert play.states("j", "c", "f", "g") == ["BLOCKED", "BLOCKED", "PENDING", "PENDING"]
    assert play.ready == {"b"}
    play.done("b")
    assert play.ready == {"f"}
    play.done("f", "g")
    assert play.run.state == "FAILURE"


def test_lists_in_lists_end_when_all_of_them_have():
    play = Play(
        make("a b c +i +o f", "a>i", "b>i", "i>o", "c>o", "o>f", f={"run_when": "any_failed"})
    ).failed("a")
    play.done("c")
    assert (play.states("i", "o"), play.ready) == (["BLOCKED", "BLOCKED"], {"b"})
    play.done("b")
    assert play.ready == {"f"}


def test_a_rule_of_the_run_holds_for_tasks_that_say_nothing_and_never_keeps_a_first_task():
    play = Play(make("a b c", "a>b", "a>c", c={"run_when": "all_success"}), run_when="any_failed")
    assert play.ready == {"a"}
    play.failed("a")
    assert (play.ready, play.states("c")) == ({"b"}, ["BLOCKED"])


def test_what_no_message_can_be_made_of_fails_with_the_reason_and_is_not_tried_again():
    play = Play(make("a b", "a>b"), retry=3).send("a")
    play.tell(Refused("a", 3.0, "Its queue is 7; it must be a name."))
    assert play.states("a", "b") == [("FAILURE", "refused"), "BLOCKED"]
    assert play.outcomes["a"].exception == "Its queue is 7; it must be a name."
