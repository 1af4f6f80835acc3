"""Which attempts of a conducted run are asked about, and when."""

from umbel.engine.conductor import doubts
from umbel.engine.conductor.doubts import OFTEN, Silences
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Completed, Run, Seen, Sent, apply, reduce


def make(*sent):
    run = Run(id="run", number=1, created=0.0, kind="conducted")
    specs = [Spec(id=task, task="app.t") for task in ("a", "b")]
    apply(run, reduce(run, Announced(0.0, specs, [], conducted=True)))
    for task in sent:
        apply(run, reduce(run, Sent(task, task, 100.0)))
    return run


def asked(silences, run, now, concerned=()):
    return [node.id for node in silences.of(run, now, lambda node: node.id in concerned)]


def test_only_what_is_out_is_asked_about_less_and_less_often():
    run, silences = make("a"), Silences(silence=30)
    times = [now for now in range(100, 2000) if asked(silences, run, now)]
    assert times[:4] == [130, 160, 220, 340]
    assert times[-1] - times[-2] == OFTEN
    apply(run, reduce(run, Completed("a", True, 2000.0)))
    assert asked(silences, run, 5000) == []


def test_what_is_heard_of_has_time_again():
    run, silences = make("a"), Silences(silence=30)
    assert asked(silences, run, 130) == ["a"]
    apply(run, reduce(run, Seen("a", Evidence("started", 1.0, "w", seen=150.0))))
    assert asked(silences, run, 179) == []
    assert asked(silences, run, 180) == ["a"]


def test_what_is_concerned_is_asked_about_at_once_and_once():
    run, silences = make("a", "b"), Silences(silence=30)
    assert asked(silences, run, 101, "a") == ["a"]
    assert asked(silences, run, 102, "a") == []
    silences.again("a", 105.0)
    assert asked(silences, run, 104, "a") == []
    assert asked(silences, run, 105, "a") == ["a"]


def test_all_that_is_silent_is_asked_about_anew_where_much_may_be_lost():
    run, silences = make("a", "b"), Silences(silence=30)
    assert asked(silences, run, 200) == ["a", "b"]
    assert asked(silences, run, 201) == []
    silences.hurry()
    assert asked(silences, run, 202) == ["a", "b"]


def test_of_very_many_some_are_asked_about_at_a_time(monkeypatch):
    monkeypatch.setattr(doubts, "TOGETHER", 1)
    run, silences = make("a", "b"), Silences(silence=30)
    assert [asked(silences, run, 200 + step) for step in range(3)] == [["a"], ["b"], []]
