"""Who calls the error callbacks of conducted tasks: a worker, the conductor or nobody."""

import pytest
from acting import ONE, Play, event, make

from umbel.engine.machine import (
    Completed,
    Missing,
    Overdue,
    Refused,
    Sent,
    Settle,
    Vanished,
)


def test_a_worker_calls_the_error_callbacks_of_what_failed_there():
    play = Play(make("a e", "a!e")).failed("a")
    assert (play.ready, play.states("e"), play.run.waiting) == (set(), ["PENDING"], {1})
    play.tell(event("e", "received", 6.0), event("e", "started", 7.0))
    assert (play.states("e"), play.out) == (["STARTED"], {"e"})
    play.tell(Completed("e", True, 8.0, ONE))
    assert (play.states("e"), play.sent, play.run.state) == (["SUCCESS"], ["a"], "FAILURE")


def test_an_error_callback_that_ran_inside_the_worker_ends_unseen():
    play = Play(make("a e", "a!e")).send("a")
    assert play.tell(Completed("a", False, 5.0)).settles
    play.tell(Settle())
    assert (play.states("e"), play.run.state) == ([("SKIPPED", "unseen")], "FAILURE")
    play.tell(Completed("e", True, 8.0, ONE))
    assert play.states("e") == ["SUCCESS"]


def test_a_run_does_not_wait_for_an_error_callback_that_is_known_to_run_inside_the_worker():
    play = Play(make("a e", "a!e", e={"in_worker": True})).failed("a")
    assert (play.states("e"), play.run.state) == ([("SKIPPED", "unseen")], "FAILURE")


@pytest.mark.parametrize(
    "said",
    [
        event("a", "failed", 4.0, reason="unregistered"),
        event("a", "revoked", 4.0, reason="revoked"),
        event("a", "revoked", 4.0, reason="expired"),
        Missing("a", 70.0, True, ""),
        Overdue("a", 70.0),
        Refused("a", 3.0, "Its queue is 7; it must be a name."),
    ],
)
def test_the_conductor_sends_error_callbacks_that_no_worker_calls(said):
    play = Play(make("a e f", "a!e", "a!f", f={"in_worker": True})).send("a")
    play.tell(said)
    assert (play.ready, play.states("f")) == ({"e"}, [("SKIPPED", "uncallable")])
    play.done("e")
    assert play.run.state == play.node("a").state


def test_error_callbacks_are_not_needed_after_a_success_or_what_was_ignored():
    assert Play(make("a e", "a!e")).done("a").states("e") == [("SKIPPED", "unneeded")]
    play = Play(make("a e", "a!e")).send("a")
    play.tell(Vanished("a", 4.0))
    assert play.states("e") == [("SKIPPED", "unneeded")]


def test_error_callbacks_of_what_is_tried_again_are_sent_after_the_last_attempt():
    play = Play(make("a e", "a!e", a={"retry": 1})).failed("a")
    assert (play.ready, play.states("e")) == ({"a"}, ["PENDING"])
    play.tell(Sent("a", "a-1", 9.0), Completed("a-1", False, 10.0))
    assert play.ready == {"e"}


BLOCKED = {
    "a step of a chain": (make("a b e", "a>b", "b!e"), "a", False),
    "the body of a chord": (make("a x b e", "a]b", "x]b", "b!e"), "a", True),
    "the body of a chord that gets no list": (make("a x b e", "a>b", "x>b", "b!e"), "a", True),
    "one of several bodies": (make("a x +j b c e", "a>j", "x>j", "j>b", "j>c", "b!e"), "a", True),
    "a step after the body": (make("a x b c e", "a]b", "x]b", "b>c", "c!e"), "a", False),
    "the body of a chord around a chord": (
        make("a x b y c e", "a]b", "x]b", "b]c", "y]c", "c!e"),
        "a",
        True,
    ),
    "the body of a chord whose member is a chain": (make("a b x c e", "a>b", "b]c", "x]c", "c!e"), "a", True),
    "the body of a chord of chains": (make("a b x y c e", "a>b", "x>y", "b]c", "y]c", "c!e"), "a", True),
    "the body of a chord of one chain": (make("a b c e", "a>b", "b]c", "c!e"), "a", True),
    "the body of a chord after a task": (make("a b x c e", "a>b", "a>x", "b]c", "x]c", "c!e"), "a", False),
    "the body of a chord of one after a task": (
        make("a b c d e", "a>b", "b]c", "c!e", "a!d"),
        "a",
        False,
    ),
    "a body after groups after a task": (
        make("a b x +j c d f e", "a>b", "a>x", "b>j", "x>j", "j>c", "j>d", "c]f", "d]f", "f!e"),
        "a",
        False,
    ),
    "a body after a group after a group": (
        make("a x +j c d f e", "a>j", "x>j", "j>c", "j>d", "c]f", "d]f", "f!e"),
        "a",
        True,
    ),
}


@pytest.mark.parametrize("what", BLOCKED)
def test_of_what_is_blocked_only_the_body_of_a_chord_that_had_begun_calls_its_error_callbacks(what):
    announced, failing, called = BLOCKED[what]
    play = Play(announced).failed(failing)
    assert ("e" in play.ready) == called
    assert play.states("e") == ["PENDING" if called else ("SKIPPED", "unneeded")]
