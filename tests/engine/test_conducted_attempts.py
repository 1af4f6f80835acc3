"""Tasks that are sent again, take too long or are nowhere."""

import pytest
from acting import ONE, Play, event, make

from umbel.engine.attempts import RESENT
from umbel.engine.machine import (
    Cancelled,
    Completed,
    Missing,
    Outcome,
    Overdue,
    Sent,
    Vanished,
)


def test_a_task_that_fails_is_sent_again_under_fresh_ids_and_later_each_time():
    play = Play(make("a b", "a>b"), retry={"max": 2, "backoff": 10}).failed("a", at=5.0)
    assert (play.states("a", "b"), play.node("a").due, play.ready) == (["RETRY", "PENDING"], 15.0, {"a"})
    play.tell(Sent("a", "a-1", 15.0), event("a-1", "started", 16.0), Completed("a-1", False, 17.0))
    assert (play.node("a").due, play.node("a").sent) == (37.0, None)
    play.tell(Sent("a", "a-2", 37.0))
    assert (play.states("a"), play.out, play.node("a").attempt) == (["SENT"], {"a"}, 2)
    play.tell(Completed("a-2", True, 40.0, ONE))
    assert (play.states("a"), play.ready, play.sent) == (["SUCCESS"], {"b"}, ["a", "a-1", "a-2"])
    assert (play.node("a").repeated, play.run.index["a-2"]) == (0, play.run.index["a"])
    found = [(each.id, each.state, each.reason) for _, each in sorted(play.rows.items())]
    assert found == [
        ("a", "FAILURE", "error"),
        ("a-1", "FAILURE", "error"),
        ("a-2", "SUCCESS", None),
    ]


def test_after_its_last_attempt_a_task_has_failed():
    play = Play(make("a b", "a>b"), retry={"max": 1}).failed("a")
    play.tell(Sent("a", "a-1", 9.0), Completed("a-1", False, 10.0, Outcome(exception="ValueError()")))
    assert play.states("a", "b") == [("FAILURE", "error"), "BLOCKED"]
    assert play.outcomes["a"].exception == "ValueError()"


@pytest.mark.parametrize(
    "said",
    [
        event("a", "failed", 4.0, reason="lost"),
        event("a", "failed", 4.0, reason="refused"),
        event("a", "failed", 4.0, reason="unregistered"),
    ],
)
def test_only_an_error_or_a_timeout_is_tried_again(said):
    play = Play(make("a"), retry={"max": 3}).send("a")
    play.tell(said, Completed("a", False, 5.0))
    assert play.states("a") == [("FAILURE", said.evidence.reason)]


def test_the_jitter_is_the_same_for_the_same_attempt_and_differs_between_tasks():
    names = [f"n{number}" for number in range(20)]

    def dues() -> list[float | None]:
        play = Play(make(" ".join(names)), retry={"max": 1, "backoff": 10, "jitter": 0.5})
        return [play.failed(name, at=5.0).node(name).due for name in names]

    found = dues()
    assert found == dues()
    assert len(set(found)) == 20
    assert all(due is not None and 10.0 < due <= 15.0 for due in found)


def test_an_attempt_that_is_tried_again_keeps_its_exception():
    play = Play(make("a"), retry=1).send("a")
    play.tell(event("a", "failed", 4.0, Outcome(exception="ValueError(1)"), reason="error"))
    play.tell(Completed("a", False, 5.0))
    assert play.node("a").past[0].exception == "ValueError(1)"
    late = Play(make("a"), retry=1).failed("a")
    late.tell(event("a", "failed", 4.0, Outcome(exception="ValueError(1)"), reason="error"))
    assert late.node("a").past[0].exception == late.rows["a", 0].exception == "ValueError(1)"


def test_the_success_of_an_earlier_attempt_ends_a_task_and_takes_the_current_one_back():
    play = Play(make("a b", "a>b"), retry=2).failed("a")
    play.tell(Sent("a", "a-1", 9.0), event("a-1", "started", 9.5), Completed("a", True, 10.0, ONE))
    assert (play.states("a"), play.revoked, play.ready) == (["SUCCESS"], [("a-1", False)], {"b"})
    assert play.outcomes["a"] == ONE
    assert (play.rows["a", 0].state, play.rows["a", 1].state) == ("SUCCESS", "REVOKED")
    assert not play.tell(Completed("a-1", False, 11.0))
    waiting = Play(make("a"), retry=2).failed("a")
    waiting.tell(Completed("a", True, 6.0, ONE))
    assert (waiting.states("a"), waiting.revoked, waiting.ready) == (["SUCCESS"], [], set())


def test_the_failure_of_an_earlier_attempt_told_again_changes_nothing():
    play = Play(make("a"), retry=2).failed("a")
    assert not play.tell(Completed("a", False, 5.1))
    play.tell(Sent("a", "a-1", 9.0))
    assert not play.tell(Completed("a", False, 5.2))


def test_an_attempt_that_takes_too_long_is_terminated_and_fails():
    play = Play(make("a b", "a>b"), timeout=3).send("a")
    play.tell(Overdue("a", 5.0))
    assert play.states("a", "b") == [("FAILURE", "timeout"), "BLOCKED"]
    assert play.revoked == [("a", True)]
    assert not play.tell(Overdue("a", 6.0))


def test_an_attempt_that_takes_too_long_is_tried_again_where_the_rule_says_so():
    play = Play(make("a"), timeout=3, retry={"max": 1, "backoff": 1}).send("a")
    play.tell(Overdue("a", 5.0))
    assert (play.states("a"), play.node("a").due, play.revoked) == (["RETRY"], 6.0, [("a", True)])
    play.tell(Overdue("a", 5.5), Sent("a", "a-1", 6.0), Overdue("a", 9.0), Overdue("a-1", 9.0))
    assert play.states("a") == [("FAILURE", "timeout")]


def test_a_run_that_takes_too_long_ends_what_is_out_or_could_be_and_its_finalizer_still_runs():
    play = Play(
        make("a b c d f", "a>c", "c>d", "a]f", "b]f", "d]f", f={"run_when": "all_done"}), time_limit=9
    )
    play.send("a").tell(event("a", "started", 3.0))
    assert not play.tell(Cancelled(8.0, None, None, True, "timeout"))
    play.tell(Cancelled(9.5, None, None, True, "timeout"))
    assert play.states("a", "b", "c", "d") == [("FAILURE", "timeout")] * 2 + ["BLOCKED"] * 2
    assert (play.revoked, play.ready, play.run.cancelled_at) == ([("a", True)], {"f"}, 9.5)
    assert [action.what for action in play.actions] == ["timeout"]
    assert not play.tell(Cancelled(10.0, None, None, True, "timeout"))
    play.done("f")
    assert play.run.state == "FAILURE"


@pytest.mark.parametrize(
    ("rule", "begun", "expected"),
    [
        (None, True, "fail"),
        (None, False, "resend"),
        ("fail", False, "fail"),
        ("fail", True, "fail"),
        ("resend", True, "resend"),
        ("resend", False, "resend"),
    ],
)
def test_what_is_lost_fails_or_goes_out_again(rule, begun, expected):
    play = Play(make("a"), **({"on_lost": rule} if rule else {})).send("a")
    play.tell(Missing("a", 70.0, begun, "Its worker is gone."))
    if expected == "fail":
        assert play.states("a") == [("FAILURE", "lost")]
        assert (play.node("a").note, play.node("a").lost_at) == ("Its worker is gone.", 70.0)
    else:
        assert (play.states("a"), play.node("a").due, play.revoked) == (["RETRY"], 70.0, [("a", False)])
        play.tell(Sent("a", "a-1", 70.0), Completed("a-1", True, 71.0, ONE))
        assert (play.states("a"), play.node("a").repeated) == (["SUCCESS"], 0)


def test_what_is_lost_again_and_again_fails_in_the_end():
    play = Play(make("a")).send("a")
    for number in range(1, RESENT + 1):
        play.tell(
            Missing(play.sent[-1], 70.0 * number, False, "Gone."), Sent("a", f"a-{number}", 71.0 * number)
        )
    play.tell(Missing(play.sent[-1], 999.0, False, "Gone."))
    assert (play.states("a"), len(play.sent)) == ([("FAILURE", "lost")], 1 + RESENT)


@pytest.mark.parametrize(
    "told",
    [
        [Completed("a", False, 5.0, Outcome(exception="WorkerLostError('signal 9')"))],
        [event("a", "failed", 4.0, reason="lost"), Completed("a", False, 5.0)],
        [Completed("a", False, 5.0), event("a", "failed", 4.0, reason="lost")],
    ],
)
def test_a_task_whose_process_was_killed_goes_out_again_if_it_is_to(told):
    play = Play(make("a b", "a>b"), on_lost="resend").send("a")
    play.tell(*told)
    assert (play.states("a", "b"), play.ready, play.revoked) == (["RETRY", "PENDING"], {"a"}, [])
    play.tell(Sent("a", "a-1", 9.0), Completed("a-1", True, 10.0, ONE))
    assert (play.states("a"), play.node("a").repeated, play.ready) == (["SUCCESS"], 0, {"b"})
    other = Play(make("a b", "a>b")).send("a")
    other.tell(*told)
    assert other.states("a", "b") == [("FAILURE", "lost"), "BLOCKED"]


def test_an_attempt_that_was_given_up_and_starts_all_the_same_is_counted_and_noted():
    play = Play(make("a")).send("a")
    play.tell(Missing("a", 70.0, False, ""), Sent("a", "a-1", 70.0), event("a", "started", 80.0))
    assert (play.states("a"), play.node("a").repeated) == (["SENT"], 1)
    assert play.node("a").note == "An attempt that was given up as lost ran all the same: a."
    assert not play.tell(event("a", "started", 80.0))
    play.tell(Completed("a-1", True, 81.0, ONE), Completed("a", True, 82.0, ONE))
    assert (play.states("a"), play.node("a").repeated) == (["SUCCESS"], 1)


def test_a_native_task_that_vanished_is_skipped_and_all_that_waits_for_it():
    announced = make("a b +j c", "a>b", "b>j", "a>j", "j>c")._replace(conducted=False)
    play = Play(announced)
    play.tell(event("a", "started", 3.0), Vanished("a", 9.0), Vanished("nobody", 9.0))
    assert play.states("a", "b", "j", "c") == [("SKIPPED", "ignored")] * 4
    assert play.run.state == "SUCCESS"
    play.tell(event("a", "received", 10.0), event("a", "started", 11.0))
    assert play.states("a", "b", "j", "c") == ["STARTED", "PENDING", "PENDING", "PENDING"]
    play.tell(Vanished("a", 12.0), event("a", "succeeded", 11.5))
    assert play.states("a", "b") == ["SUCCESS", "PENDING"]
