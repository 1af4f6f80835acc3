"""The state of runs and nodes: right in the end, whatever order things were seen in."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import FINAL, KEPT, Evidence, attempts, history
from umbel.engine.machine import Announced, Noted, Outcome, Run, Seen, Settle, apply, reduce, restore
from umbel.engine.run import UNKNOWN


def task(name: str) -> Spec:
    return Spec(id=name, task=f"app.{name}")


def join(name: str) -> Spec:
    return Spec(id=name, task=None)


def make(nodes: str, *edges: str) -> Announced:
    """``make("a b +j", "a>b", "a!e", "a~l")``: + is a join, > then, ! error, ~ link."""
    specs = [join(name[1:]) if name[0] == "+" else task(name) for name in nodes.split()]
    kinds = {">": "then", "!": "error", "~": "link"}
    placed = []
    for edge in edges:
        sign = next(sign for sign in kinds if sign in edge)
        parent, child = edge.split(sign)
        placed.append((parent, child, kinds[sign], None))
    return Announced(1.0, specs, placed)


def seen(node: str, kind: str, at: float, worker: str | None = "w", **more) -> Seen:
    return Seen(node, Evidence(kind, at, worker, **more), Outcome(result=f"{kind}@{at}") if at else Outcome())


def play(*messages, run: Run | None = None) -> Run:
    run = run or Run(id="run", number=1, created=0.0)
    for message in messages:
        apply(run, reduce(run, message))
    return run


def states(run: Run) -> dict[str, str]:
    return {node.id: node.state for node in run.nodes if node.task is not None}


def picture(run: Run) -> tuple:
    """Everything about a run that must not depend on the order in which it became known."""
    # Of several that failed, any may be the one that is named as the cause.
    nodes = {node.id: (node[2:-3], frozenset(e.identity for e in node.evidence)) for node in run.nodes}
    return run.state, run.started, run.finished, +run.counts, nodes


def one(run: Run, name: str):
    return run.nodes[run.index[name]]


def test_a_chain_fills_as_it_is_seen():
    run = play(make("a b", "a>b"))
    assert (run.state, run.size, run.name) == ("PENDING", 2, "a → b")
    play(seen("a", "received", 2), seen("a", "started", 3), run=run)
    assert (run.state, states(run), run.started) == ("RUNNING", {"a": "STARTED", "b": "PENDING"}, 3)
    play(seen("a", "succeeded", 4), seen("b", "started", 5), seen("b", "succeeded", 6), run=run)
    assert (run.state, run.finished, run.counts["SUCCESS"]) == ("SUCCESS", 6, 2)


def test_a_failure_blocks_what_waits_for_it_through_joins_and_callbacks_but_not_other_branches():
    run = play(
        make("a b c +j d l x", "a>j", "b>j", "j>c", "c>d", "a~l"),
        seen("a", "failed", 2, reason="error"),
        seen("b", "started", 2),
    )
    expected = {
        "a": "FAILURE",
        "b": "STARTED",
        "c": "BLOCKED",
        "d": "BLOCKED",
        "l": "BLOCKED",
        "x": "PENDING",
    }
    assert states(run) == expected
    assert run.state == "RUNNING"
    play(seen("b", "succeeded", 3), seen("x", "succeeded", 9), run=run)
    assert (run.state, run.finished) == ("FAILURE", 9)
    assert one(run, "d").finished is None


def test_what_will_never_run_says_why_and_no_more_once_it_can():
    run = play(make("a b +j c", "a>b", "b>j", "j>c"), seen("a", "failed", 2))
    why = "It will never run: app.a (a) ended as FAILURE."
    assert [one(run, name).note for name in "abc"] == [None, why, why]
    play(make("x", "a>x"), run=run)
    assert one(run, "x").note == why
    play(seen("a", "succeeded", 3), run=run)
    assert [one(run, name).note for name in "abcx"] == [None] * 4
    play(seen("a", "failed", 4), seen("b", "started", 5), run=run)
    assert [one(run, name).note for name in "bc"] == [None, None]


def test_a_blocked_node_that_runs_all_the_same_shows_that_and_frees_its_children():
    run = play(make("a b c", "a>b", "b>c"), seen("a", "failed", 2), seen("b", "started", 3))
    assert states(run) == {"a": "FAILURE", "b": "STARTED", "c": "PENDING"}


def test_a_redelivered_task_that_succeeds_after_it_failed_unblocks_its_children():
    run = play(make("a b", "a>b"), seen("a", "failed", 2), seen("a", "succeeded", 3))
    assert states(run) == {"a": "SUCCESS", "b": "PENDING"}
    late = play(make("a b", "a>b"), seen("a", "succeeded", 3), seen("a", "failed", 2))
    assert picture(late) == picture(run)


def test_an_error_callback_of_what_succeeded_is_not_needed():
    run = play(make("a b e", "a>b", "a!e", "b!e"), seen("a", "succeeded", 2))
    assert states(run)["e"] == "PENDING"
    play(seen("b", "succeeded", 3), run=run)
    assert (one(run, "e").state, one(run, "e").reason) == ("SKIPPED", "unneeded")
    assert run.state == "SUCCESS"


def test_an_error_callback_that_nobody_saw_ends_as_unseen_once_all_else_has_ended():
    messages = [make("a b e f", "a>b", "a!e", "e>f"), seen("a", "failed", 2)]
    run = play(*messages)
    assert run.state == "RUNNING"
    assert reduce(run, Settle()).touched
    play(Settle(), run=run)
    assert (one(run, "e").reason, one(run, "f").reason, run.state) == ("unseen", "unseen", "FAILURE")
    play(seen("e", "started", 4), run=run)
    assert (states(run)["e"], states(run)["f"], run.state) == ("STARTED", "PENDING", "RUNNING")


def test_settling_waits_for_everything_else():
    run = play(make("a b e x", "a>b", "a!e"), seen("a", "failed", 2))
    assert not reduce(run, Settle())
    play(seen("x", "started", 2), run=run)
    assert not reduce(run, Settle())
    assert reduce(run, seen("x", "succeeded", 3)).settles


def test_the_body_of_a_chord_whose_header_failed_may_call_its_error_callbacks_but_a_blocked_step_does_not():
    chord = play(
        make("a b c e +j", "a>j", "b>j", "j>c", "c!e"), seen("a", "succeeded", 1), seen("b", "failed", 2)
    )
    assert states(chord)["e"] == "PENDING"
    play(Settle(), run=chord)
    assert one(chord, "e").reason == "unseen"
    chain = play(make("a c e", "a>c", "c!e"), seen("a", "failed", 2))
    assert one(chain, "e").reason == "unneeded"


def test_a_revoked_node_blocks_and_names_the_run_unless_one_failed():
    run = play(make("a b", "a>b"), seen("a", "revoked", 2, reason="expired"))
    assert (states(run), run.state) == ({"a": "REVOKED", "b": "BLOCKED"}, "REVOKED")
    assert one(run, "a").reason == "expired"
    both = play(make("a b"), seen("a", "revoked", 2), seen("b", "failed", 2))
    assert both.state == "FAILURE"


def test_a_retry_stays_one_until_it_starts_again_though_workers_clocks_differ():
    run = play(
        make("a"),
        seen("a", "received", 100, "fast", retries=0),
        seen("a", "started", 101, "fast"),
        seen("a", "retried", 105, "fast", detail={"exception": "Oops()"}),
    )
    assert one(run, "a").state == "RETRY"
    play(seen("a", "received", 95, "slow", retries=1), run=run)
    assert (one(run, "a").state, one(run, "a").retries) == ("RETRY", 1)
    play(seen("a", "started", 96, "slow"), run=run)
    assert (one(run, "a").state, one(run, "a").started, one(run, "a").worker) == ("STARTED", 96, "slow")
    play(seen("a", "succeeded", 97, "slow"), run=run)
    tries = attempts(one(run, "a").evidence)
    assert [(each["state"], each["worker"], each["exception"]) for each in tries] == [
        ("RETRY", "fast", "Oops()"),
        ("SUCCESS", "slow", None),
    ]
    assert history(one(run, "a").evidence)[-1] == ["SUCCESS", 97]


def test_a_worker_that_has_the_next_attempt_before_it_tells_of_the_retry_does_not_confuse_the_two():
    run = play(
        make("a"),
        seen("a", "received", 1, retries=0),
        seen("a", "started", 2),
        seen("a", "received", 3, retries=1),
        seen("a", "started", 4),
        seen("a", "retried", 5, detail={"exception": "Oops()"}),
    )
    assert one(run, "a").state == "STARTED"
    play(seen("a", "succeeded", 6), run=run)
    tries = attempts(one(run, "a").evidence)
    assert [(each["state"], each["exception"]) for each in tries] == [("RETRY", "Oops()"), ("SUCCESS", None)]


def test_a_sender_whose_clock_is_ahead_does_not_undo_what_a_worker_did():
    run = play(make("a"), seen("a", "started", 10), seen("a", "sent", 99, None, detail={"queue": "q"}))
    assert (one(run, "a").state, one(run, "a").sent, one(run, "a").queue) == ("STARTED", 99, "q")


def test_a_task_that_succeeded_and_is_delivered_again_stays_a_success():
    run = play(make("a"), seen("a", "succeeded", 2), seen("a", "received", 9), seen("a", "revoked", 10))
    assert (one(run, "a").state, one(run, "a").finished, run.state) == ("SUCCESS", 2, "SUCCESS")


def test_a_task_whose_worker_is_gone_is_lost_until_it_or_another_worker_is_heard_of():
    run = play(
        make("a b", "a>b"),
        seen("a", "received", 1),
        seen("a", "started", 2),
        seen("a", "lost", 5, reason="lost"),
    )
    assert (states(run), run.state, run.finished) == ({"a": "FAILURE", "b": "BLOCKED"}, "FAILURE", 5)
    assert (one(run, "a").reason, one(run, "a").lost_at) == ("lost", 5)
    back = play(make("a b", "a>b"), seen("a", "found", 6), seen("a", "lost", 5), seen("a", "started", 2))
    assert (states(back), one(back, "a").finished) == ({"a": "STARTED", "b": "PENDING"}, None)
    play(seen("a", "started", 9, "v"), seen("a", "succeeded", 10, "v"), run=run)
    assert (states(run)["a"], one(run, "a").reason, one(run, "a").lost_at) == ("SUCCESS", None, 5)


def test_a_task_that_ran_more_than_once_says_so_but_not_one_that_was_tried_again_or_ended_twice():
    twice = [seen("a", kind, at) for at, kind in enumerate(("started", "succeeded", "started", "succeeded"))]
    assert one(play(make("a"), *twice), "a").repeated == 1
    killed = [seen("a", "started", 1), seen("a", "failed", 5), seen("a", "failed", 5.1)]
    assert one(play(make("a"), *killed), "a").repeated == 0
    again = [
        seen("a", "started", 1),
        seen("a", "retried", 2),
        seen("a", "started", 3),
        seen("a", "succeeded", 4),
    ]
    assert one(play(make("a"), *again), "a").repeated == 0
    assert one(play(make("a"), seen("a", "succeeded", 4), seen("a", "kept-succeeded", 5)), "a").repeated == 0


def test_a_note_stays():
    run = play(make("a"), Noted("a", "why"), Noted("nobody", "why"), seen("a", "started", 1))
    assert one(run, "a").note == "why"
    assert not reduce(run, Noted("a", "why"))


def test_a_task_of_unknown_name_gets_its_name_when_it_is_known():
    run = play(make("a"), Announced(1, [Spec(id="b", task=UNKNOWN)], []), seen("b", "succeeded", 2))
    assert run.size == 2
    play(make("b"), Announced(1, [Spec(id="b", task=UNKNOWN)], []), run=run)
    assert (one(run, "b").task, one(run, "b").state, run.size) == ("app.b", "SUCCESS", 2)


def test_the_outcome_kept_is_that_of_the_evidence_that_decides():
    run = play(make("a"))
    first = reduce(run, seen("a", "failed", 5))
    assert first.outcomes == {0: Outcome("failed@5")}
    apply(run, first)
    assert reduce(run, seen("a", "succeeded", 4)).outcomes == {}
    assert reduce(run, seen("a", "succeeded", 6)).outcomes == {0: Outcome("succeeded@6")}


def test_the_same_again_changes_nothing():
    announced, event = make("a b +j", "a>j", "j>b"), seen("a", "started", 3)
    run = play(announced, event)
    assert not reduce(run, announced)
    assert not reduce(run, event)


def test_evidence_of_an_unknown_node_or_of_a_join_changes_nothing():
    run = play(make("a +j", "a>j"))
    assert not reduce(run, seen("nobody", "started", 1))
    assert not reduce(run, seen("j", "failed", 1))


def test_reducing_leaves_the_run_as_it_is():
    run = play(make("a b", "a>b"))
    before = picture(run)
    assert reduce(run, seen("a", "failed", 2)).touched == {0, 1}
    assert reduce(run, make("c", "b>c")).structural
    assert picture(run) == before


def test_a_member_that_comes_later_touches_no_earlier_node():
    run = play(make("+j body", "j>body"), *(make(f"m{n}", f"m{n}>j") for n in range(50)))
    later = reduce(run, make("m99", "m99>j"))
    assert later.touched == {len(run.nodes)}
    assert len(later.edges) == 1


def test_many_deliveries_keep_a_bounded_record_and_the_right_state():
    events = [
        seen("a", kind, 10 * n + k)
        for n in range(40)
        for k, kind in enumerate(("received", "started", "retried"))
    ]
    events.append(seen("a", "succeeded", 9_999))
    run = play(make("a"), *events)
    shuffled = random.Random(1).sample(events, len(events))
    assert len(one(run, "a").evidence) == KEPT
    assert one(run, "a").state == one(play(make("a"), *shuffled), "a").state == "SUCCESS"
    assert picture(play(make("a"), *shuffled, *shuffled)) == picture(run)


def test_a_circle_ends():
    run = play(make("a b c", "a>b", "b>c", "c>b", "b>a", "c!c"), seen("a", "failed", 2))
    assert states(run)["b"] == "BLOCKED"
    play(seen("a", "succeeded", 3), Settle(), run=run)


def test_a_node_named_by_an_edge_before_it_was_announced_becomes_what_it_is():
    run = play(make("b", "a>b"), seen("b", "sent", 1), make("a"))
    assert (run.size, states(run)) == (2, {"b": "SENT", "a": "PENDING"})


KINDS = (
    "sent",
    "requeued",
    "received",
    "started",
    "cancelled",
    "retried",
    "lost",
    "found",
    "revoked",
    "kept-revoked",
    "succeeded",
    "kept-succeeded",
    "refused",
    "failed",
    "kept-failed",
)


@st.composite
def stories(draw):
    """A random graph in pieces, and random evidence of its nodes."""
    size = draw(st.integers(1, 8))
    names = [f"n{number}" for number in range(size)]
    joins = {name for name in names if draw(st.integers(0, 4)) == 0}
    pieces = [Announced(1.0, [join(name) if name in joins else task(name)], []) for name in names]
    for child in range(1, size):
        for parent in range(child):
            if draw(st.booleans()):
                kind = draw(st.sampled_from(["then", "then", "link", "error"]))
                pieces.append(Announced(1.0, [], [(names[parent], names[child], kind, None)]))
    evidence = st.builds(
        lambda node, kind, at, worker, retries: seen(
            node, kind, float(at), worker, retries=retries if kind in ("received", "sent") else None
        ),
        st.sampled_from(names),
        st.sampled_from(KINDS),
        st.integers(1, 6),
        st.sampled_from(["v", "w"]),
        st.integers(0, 2),
    )
    return pieces + draw(st.lists(evidence, max_size=14))


@settings(deadline=None, max_examples=300)
@given(stories(), st.randoms(use_true_random=False))
def test_order_and_repetition_never_change_the_end(story, dice):
    # The same thing seen twice says the same: two pieces with one identity differ in nothing.
    unique = {(m.node, *m.evidence.identity) if isinstance(m, Seen) else repr(m): m for m in story}
    story = list(unique.values())
    shuffled = story + dice.sample(story, dice.randint(0, len(story)))
    dice.shuffle(shuffled)
    once, again = play(*story, Settle()), Run(id="run", number=1, created=0.0)
    early: list[Seen] = []
    for message in shuffled:
        if isinstance(message, Seen) and (
            message.node not in again.index or one(again, message.node).task is None
        ):
            early.append(message)  # as the conductor holds what it cannot place yet
            continue
        play(message, run=again)
        # Who settled early knew less; where the run never ends nobody settles for good.
        if not once.open and dice.random() < 0.2:
            play(Settle(), run=again)
    play(*early, Settle(), run=again)
    assert picture(again) == picture(once)


@settings(deadline=None, max_examples=150)
@given(stories())
def test_a_run_that_was_kept_and_restored_is_the_same_and_goes_on_the_same(story):
    half = len(story) // 2
    run = play(*story[:half])
    kept = Run(id="run", number=1, created=0.0, started=run.started)
    restore(kept, [node._replace(tally=type(node.tally)()) for node in run.nodes], list(run.edges))
    assert picture(kept) == picture(run)
    assert [node.tally for node in kept.nodes] == [node.tally for node in run.nodes]
    assert picture(play(*story[half:], Settle(), run=kept)) == picture(play(*story[half:], Settle(), run=run))


@settings(deadline=None, max_examples=150)
@given(stories())
def test_the_state_of_a_run_follows_from_its_nodes(story):
    run = play(*story, Settle())
    found = list(states(run).values())
    assert +run.counts == {state: found.count(state) for state in set(found)}
    if run.state in ("SUCCESS", "FAILURE", "REVOKED"):
        assert set(found) <= FINAL
        assert ("FAILURE" in found) == (run.state == "FAILURE")
    for parent, child, kind, _ in run.edges:
        dead = run.nodes[parent].state in ("FAILURE", "REVOKED", "BLOCKED")
        if dead and kind != "error" and not run.nodes[child].evidence:
            assert run.nodes[child].state == "BLOCKED"


@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE"])
def test_a_graph_that_grows_after_its_end_runs_again(state):
    kind = "succeeded" if state == "SUCCESS" else "failed"
    run = play(make("a"), seen("a", kind, 2))
    assert run.state == state
    play(make("b"), run=run)
    assert run.state == "RUNNING"
    assert run.finished is None


def test_a_task_that_a_worker_has_before_its_sender_says_so_was_sent_first():
    seen = (Evidence("received", 1.0, "w"), Evidence("sent", 1.2), Evidence("started", 1.1, "w"))
    assert [state for state, _ in history(seen)] == ["SENT", "RECEIVED", "STARTED"]


def test_a_start_that_is_told_after_the_next_attempt_was_received_is_of_its_own_attempt():
    told = (
        Evidence("received", 1.0, "w", 0),
        Evidence("received", 2.0, "w", 1),  # the worker read it before it looked at what its pool says
        Evidence("started", 2.1, "w"),
        Evidence("retried", 2.2, "w"),
        Evidence("started", 2.3, "w"),
        Evidence("succeeded", 2.4, "w"),
    )

    assert [each["state"] for each in attempts(told)] == ["RETRY", "SUCCESS"]
