"""The table of what is concluded, row by row."""

import pytest

from umbel.engine.conductor.concluding import PATIENCE, Witness, conclude, is_spawning
from umbel.engine.conductor.searching import Report, Suspect
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Completed, Missing, Run, Seen, Sent, Vanished, apply, reduce

NOW = 1000.0
HEARD = Witness(standing="there", steady=True, all_tell=True, present=frozenset({"w"}))
UNSEEN = Report(Suspect("run", "a", "a", "app.t", 0.0), NOW, answered=frozenset({"w"}))


def make(*kinds, conducted=True, kind="conducted"):
    """Return a run and its task, of which these kinds of evidence were seen, a second apart."""
    run = Run(id="run", number=1, created=0.0, kind=kind)
    apply(run, reduce(run, Announced(0.0, [Spec(id="a", task="app.t")], [], conducted=conducted)))
    if conducted:
        apply(run, reduce(run, Sent("a", "a", 900.0)))
    for number, each in enumerate(kinds):
        piece = Evidence(each, 901.0 + number, "w", seen=901.0 + number, reason="error")
        apply(run, reduce(run, Seen("a", piece)))
    return run, run.nodes[0]


def concluded(kinds, report=UNSEEN, witness=HEARD, now=NOW, **how):
    return conclude(*make(*kinds, **how), report, witness, now)


@pytest.mark.parametrize("kinds", [(), ("received",), ("received", "started")])
@pytest.mark.parametrize(
    "report",
    [
        UNSEEN._replace(holder="w"),
        UNSEEN._replace(queued="yes"),
        UNSEEN._replace(limited=True),
        UNSEEN._replace(answered=frozenset()),
        UNSEEN._replace(answered=frozenset({"another"})),
    ],
)
def test_nothing_is_concluded_while_it_may_be_somewhere(kinds, report):
    assert concluded(kinds, report) == ()


def test_what_is_kept_of_its_end_counts():
    kept = (Completed("a", True, 990.0),)
    assert concluded(("received", "started"), UNSEEN._replace(kept=kept, holder="w")) == kept


def test_what_nothing_was_seen_of_had_not_begun_if_every_worker_tells_of_what_it_takes():
    (found,) = concluded(())
    assert isinstance(found, Missing)
    assert not found.begun
    (unheard,) = concluded((), witness=HEARD._replace(all_tell=False))
    assert isinstance(unheard, Missing)
    assert unheard.begun
    assert concluded((), UNSEEN._replace(queued="maybe")) == ()


@pytest.mark.parametrize(
    ("kinds", "standing", "begun"),
    [
        (("received",), "gone", False),
        (("received",), "anew", False),
        (("received",), "there", False),
        (("received", "started"), "gone", True),
        (("received", "started"), "anew", True),
        (("received", "started", "cancelled"), "gone", True),
        (("received", "started", "retried"), "gone", False),
    ],
)
def test_what_a_worker_had_and_has_no_more_is_missing(kinds, standing, begun):
    (found,) = concluded(kinds, witness=HEARD._replace(standing=standing))
    assert isinstance(found, Missing)
    assert found.begun is begun


def test_what_ran_on_a_worker_that_is_gone_is_missing_though_nobody_answers_nor_can_a_queue_be_looked_into():
    report = UNSEEN._replace(answered=frozenset(), queued="maybe", opaque=True)
    (found,) = concluded(
        ("received", "started"), report, HEARD._replace(standing="gone", present=frozenset())
    )
    assert found == Missing("a", NOW, True, "Its worker w is gone.")


@pytest.mark.parametrize("standing", ["there", "anew", "gone"])
def test_what_was_only_received_had_not_begun(standing):
    (found,) = concluded(("received",), witness=HEARD._replace(standing=standing, steady=False))
    assert isinstance(found, Missing)
    assert not found.begun


def test_what_ends_without_a_word_under_our_ears_was_ignored_and_else_nobody_can_say():
    assert concluded(("received", "started")) == (Vanished("a", NOW),)
    (found,) = concluded(("received", "started"), witness=HEARD._replace(steady=False))
    assert isinstance(found, Missing)
    assert found.begun


def test_a_task_that_may_have_sent_itself_to_a_queue_that_cannot_be_looked_into_has_more_time():
    report = UNSEEN._replace(opaque=True)
    assert concluded(("received", "started"), report) == ()
    assert concluded(("received", "started"), report, now=903 + PATIENCE) == (Vanished("a", 903 + PATIENCE),)


def test_an_end_that_events_tell_of_stands_for_a_callback_that_is_lost():
    (found,) = concluded(("received", "started", "succeeded"))
    assert isinstance(found, Missing)
    assert "is kept nowhere" in found.note
    assert concluded(("received", "started", "failed")) == (Completed("a", False, NOW),)


def test_while_what_it_sent_is_on_its_way_nothing_is_concluded():
    run, node = make("received", "started")
    below = [Spec(id="b", task="app.t"), Spec(id="c", task="app.t")]
    apply(run, reduce(run, Announced(0.0, below, [("a", "b", "then", None), ("b", "c", "then", None)])))
    for kind, spawning in (("received", True), ("succeeded", False)):
        apply(run, reduce(run, Seen("b", Evidence(kind, 950.0, "w"))))
        assert is_spawning(run, node) is spawning
    apply(run, reduce(run, Seen("c", Evidence("started", 951.0, "w"))))
    assert is_spawning(run, node)
    for witness in (HEARD, HEARD._replace(standing="gone")):
        assert conclude(run, node, UNSEEN, witness, NOW) == ()


def test_a_task_that_may_have_replaced_itself_by_one_that_failed_was_not_ignored():
    run, node = make("received", "started")
    apply(run, reduce(run, Announced(0.0, [Spec(id="b", task="app.t")], [("a", "b", "then", None)])))
    apply(run, reduce(run, Seen("b", Evidence("succeeded", 950.0, "w"))))
    assert conclude(run, node, UNSEEN, HEARD, NOW) == (Vanished("a", NOW),)
    apply(run, reduce(run, Seen("b", Evidence("failed", 951.0, "w", reason="error"))))
    (found,) = conclude(run, node, UNSEEN, HEARD, NOW)
    assert isinstance(found, Missing)
    assert found.begun


def test_what_waits_in_a_queue_and_belongs_to_the_run_may_have_been_sent_by_it():
    kinds = ("received", "started")
    assert concluded(kinds, UNSEEN._replace(related=frozenset({"unknown"}))) == ()
    assert concluded(kinds, UNSEEN._replace(related=frozenset({"a"}))) == (Vanished("a", NOW),)


def test_of_what_celery_sent_only_what_was_ignored_is_concluded_in_a_native_run_and_all_in_a_conducted_one():
    how = {"conducted": False, "kind": "native"}
    assert concluded(("received", "started"), **how) == (Vanished("a", NOW),)
    assert concluded(("received",), **how) == ()
    assert concluded(("received", "started"), witness=HEARD._replace(standing="gone"), **how) == ()
    (found,) = concluded(("received",), conducted=False)
    assert isinstance(found, Seen)
    assert (found.evidence.kind, found.evidence.reason) == ("lost", "lost")
