"""What is asked about, and that asking mends whatever was missed, in whatever order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from umbel.engine.conductor.doubts import LONGEST, Doubts
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import FINAL, Evidence
from umbel.engine.machine import Announced, Run, Seen, Settle, apply, reduce
from umbel.engine.results import seen_of


def play(run, *messages):
    for message in messages:
        apply(run, reduce(run, message))
    return run


def make(size, edges):
    specs = [Spec(id=str(number), task="app.t") for number in range(size)]
    run = Run(id="run", number=1, created=0.0)
    return play(run, Announced(0.0, specs, [(str(a), str(b), kind, None) for a, b, kind in edges]))


def seen(node, kind, at, **more):
    return Seen(node, Evidence(kind, float(at), "w", seen=float(at), **more))


def asked(doubts, run, now, **how):
    return [doubt.node.id for doubt in doubts.of(run, now, **how)]


def test_what_was_silent_for_long_is_asked_about_less_and_less_often():
    run, doubts = play(make(1, []), seen("0", "started", 100)), Doubts(silence=30)
    assert asked(doubts, run, 129) == []
    times = [now for now in range(130, 4000) if asked(doubts, run, now)]
    assert times[:4] == [130, 160, 220, 340]
    assert times[-1] - times[-2] == LONGEST
    play(run, seen("0", "succeeded", 4000))
    assert asked(doubts, run, 9999) == []


def test_what_waits_for_nothing_is_asked_about_too_but_not_what_waits():
    run, doubts = make(3, [(0, 1, "then"), (1, 2, "then")]), Doubts(silence=30)
    assert asked(doubts, run, 100) == []
    assert asked(doubts, run, 130) == ["0"]
    play(run, seen("0", "succeeded", 131))
    assert asked(doubts, run, 132) == []
    assert [doubt.is_unsent for doubt in doubts.of(run, 163)] == [False]
    assert [doubt.is_unsent for doubt in doubts.of(run, 195)] == [True]


def test_after_a_start_everything_open_is_asked_about_at_once_and_once():
    run, doubts = make(2, [(0, 1, "then")]), Doubts(silence=30)
    assert asked(doubts, run, 100, eager=True) == ["0"]
    assert asked(doubts, run, 101, eager=True) == []
    play(run, seen("0", "kept-succeeded", 101))
    assert asked(doubts, run, 102, eager=True) == ["1"]


@st.composite
def histories(draw):
    """A graph, what really happens to each of its tasks, and the events of that."""
    size = draw(st.integers(1, 7))
    edges = [
        (parent, child, draw(st.sampled_from(["then", "then", "link"])))
        for child in range(size)
        for parent in range(child)
        if draw(st.booleans())
    ]
    ends, events, dead = {}, [], set()
    for number in range(size):
        if any(parent in dead for parent, child, _ in edges if child == number):
            dead.add(number)
            continue
        at = 10 * number
        for attempt in range(draw(st.integers(0, 2))):
            events += [seen(str(number), "received", at + attempt, retries=attempt)]
            events += [
                seen(str(number), "started", at + attempt + 0.1),
                seen(str(number), "retried", at + attempt + 0.2),
            ]
        end = draw(st.sampled_from(["SUCCESS", "SUCCESS", "FAILURE", "REVOKED"]))
        if end != "REVOKED":
            events += [seen(str(number), "received", at + 5, retries=2), seen(str(number), "started", at + 6)]
        kind = {"SUCCESS": "succeeded", "FAILURE": "failed", "REVOKED": "revoked"}[end]
        events.append(
            seen(
                str(number),
                kind,
                at + 7,
                reason=None if end == "SUCCESS" else "revoked" if end == "REVOKED" else "error",
            )
        )
        ends[str(number)] = end
        if end != "SUCCESS":
            dead.add(number)
    return size, edges, ends, events


@settings(deadline=None, max_examples=200)
@given(histories(), st.randoms(use_true_random=False))
def test_whatever_is_dropped_repeated_or_out_of_order_the_end_is_the_same_once_the_backend_was_asked(
    story, dice
):
    size, edges, ends, events = story
    whole = play(make(size, edges), *events, Settle())
    arrived = [event for event in events if dice.random() < 0.6]
    arrived += dice.sample(arrived, dice.randint(0, len(arrived)))
    dice.shuffle(arrived)
    run, doubts, now = play(make(size, edges), *arrived), Doubts(silence=30), 1000.0
    lost = [node.id for node in run.nodes if node.state == "STARTED" and dice.random() < 0.3]
    play(run, *(seen(node, "lost", 900, reason="lost") for node in lost if node not in ends))
    while run.open:
        found = doubts.of(run, now, eager=dice.random() < 0.5)
        for node, _ in found:
            meta = {"status": ends.get(node.id, "PENDING"), "result": {"exc_type": "E", "exc_message": []}}
            if kept := seen_of(node.id, meta | {"date_done": None}, now):
                play(run, kept, *([kept] if dice.random() < 0.2 else []))
        now += 31
        assert now < 100_000, "the backend settles everything"
    assert [(node.state, node.reason) for node in run.nodes] == [
        (node.state, node.reason) for node in whole.nodes
    ]
    assert run.state == whole.state
    assert {node.state for node in run.nodes} <= FINAL
