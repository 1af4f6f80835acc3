"""What Umbel passes on is read back exactly as it came; what is sent, and by whom, is kept in order."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from umbel.engine.dag import Node as Spec
from umbel.engine.machine import Announced, Changes, Node, Outcome, Run, apply, reduce
from umbel.engine.rules import Retry, Rules, RunOptions
from umbel.engine.run import Action, Attempt
from umbel.engine.store import models, originals, outbox, planning, reads
from umbel.engine.store.columns import columns
from umbel.engine.store.deletion import delete_some, doomed
from umbel.engine.store.writes import Staged, load_run, runs_of, save, unfinished

TYPED = {"__type__": "datetime", "__value__": "2026-11-20T12:00:00+00:00"}
LONG = [f"item {number}" for number in range(2_000)]
EXACT: list[Any] = [TYPED, float("inf"), 10**400, 0.1, "Straße \ud800 \x00", {"password": "hunter2"}, LONG]
OPTIONS = RunOptions(rules=Rules(retry=Retry(max=2)), window=5, rates={"t": "90/m"}, locks={"t": "disk"})
SPECS = [
    Spec(id="a", task="t", args=EXACT, kwargs={"token": TYPED}, options={"umbel": {"lock": "k"}}),
    Spec(id="b", task="u", inputs="a", immutable=True, options={"headers": {"authorization": "me"}}),
    Spec(id="c", task="v", args=[1]),
]


@pytest.fixture
def kept(store) -> Callable[..., Run]:
    """``kept(run, changes, number)`` commits what changed; what is sent is numbered from ``number`` on."""

    def keep(run: Run, changes: Changes, number: int = 0) -> Run:
        staged = Staged(run=run, known=len(run.nodes), is_new=run.seq == 0)
        apply(run, changes)
        staged.add(changes, number)
        run.seq += 1
        with store.write() as connection:
            save(connection, [staged])
        return run

    return keep


@pytest.fixture
def run(kept) -> Run:
    """A conducted run of three tasks that was submitted."""
    fresh = Run(id="r", number=1, created=1.0, kind="conducted", by="ann", outputs=["a", ["b"]])
    fresh.options = OPTIONS
    nodes = {
        idx: Node(idx, spec.id, spec.task, conducted=True, rules=Rules(lock="disk"))
        for idx, spec in enumerate(SPECS)
    }
    return kept(fresh, Changes(nodes=nodes, specs=dict(enumerate(SPECS)), touched=set(nodes)))


def _changed(run: Run, idx: int, outcome: Outcome | None = None, **values: Any) -> Changes:
    node = run.nodes[idx]._replace(**values)
    outcomes = {} if outcome is None else {idx: outcome}
    return Changes(nodes={idx: node}, touched={idx}, outcomes=outcomes)


def _count(store, model) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(model)).scalar_one()


def test_a_signature_is_read_back_exactly_however_it_is_shown(store, run):
    with store.read() as connection:
        found = originals.signatures(connection, 1, [0, 1, 2])
        assert json.dumps([each.to_json() for each in found.values()]) == json.dumps(
            [each.to_json() for each in SPECS]
        )
        assert originals.signatures(connection, 1, [1]) == {1: SPECS[1]}
    shown = reads.node(store, "r", "a")
    assert shown["kwargs"] == {"token": "***"}
    assert shown["args"][1] == {"__repr__": "inf"}
    assert "hunter2" not in json.dumps(shown)


@pytest.mark.parametrize(
    "value", [None, 7, TYPED, {"secret": [1, 2]}, LONG, [float("nan")], "x" * 2_000_000, ["\ud800", "\x00"]]
)
def test_a_result_is_read_back_exactly_however_it_is_shown(store, kept, run, value):
    whole = json.dumps(value)
    kept(run, _changed(run, 0, Outcome(f'{{"json":{whole}}}', len(whole)), state="SUCCESS"))
    kept(run, _changed(run, 1, Outcome('{"repr":"(not JSON)"}', 10), state="SUCCESS"))
    with store.read() as connection:
        assert originals.results(connection, 1, [0, 1, 2]) == {0: whole}
    shown = json.dumps(reads.node(store, "r", "a")["result"], allow_nan=False)
    assert len(shown) < 20_000


def test_a_result_that_replaces_another_leaves_nothing_of_it(store, kept, run):
    kept(run, _changed(run, 0, Outcome('{"json":{"secret":1}}', 12), state="SUCCESS"))
    kept(run, _changed(run, 0, Outcome('{"json":2}', 1), state="SUCCESS"))
    with store.read() as connection:
        assert originals.results(connection, 1, [0]) == {0: "2"}


def test_a_run_is_loaded_with_its_options_and_what_was_done_to_it(store, kept, run):
    waits = {"window": {"limit": 5, "of": "run"}}
    marks = {"paused_at": 5.0, "paused_by": "bob", "waits": waits}
    kept(run, Changes(marks=marks, actions=[Action(5.0, "bob", "pause", {"n": 1}, "lunch")]))
    with store.read() as connection:
        loaded = load_run(connection, 1)
    for name in ("options", "by", "outputs", "paused_at", "paused_by", "cancelled_at", "waits"):
        assert getattr(loaded, name) == getattr(run, name), name
    assert loaded.nodes == run.nodes
    assert reads.actions(store, "r") == [
        {"at": 5.0, "by": "bob", "what": "pause", "detail": {"n": 1}, "why": "lunch"}
    ]


def test_attempts_that_are_over_are_loaded_and_every_attempt_is_found_by_its_id(store, kept, run):
    first = Attempt("a", 0, "FAILURE", "error", 1.0, 2.0, 3.0, "w@here", "Boom('x')")
    changes = _changed(run, 0, state="RETRY", due=9.0, past=(first,))
    changes.attempts.append((0, first))
    kept(run, changes)
    again = _changed(run, 0, state="SENT", due=None, attempt=1, attempt_id="a-2", sent=9.0)
    again.sent.append((0, "a-2"))
    kept(run, again, 1)
    with store.read() as connection:
        assert load_run(connection, 1).nodes == run.nodes
        assert runs_of(connection, ["a-2"]) == {1}
    assert reads.find(store, "a-2") == [{"run": "r", "index": 0}]
    second = Attempt("a-2", 1, "FAILURE", "timeout", 9.0, None, 12.0, None, None)
    over = _changed(run, 0, state="RETRY", due=20.0, past=(first, second))
    over.attempts.append((0, second))
    kept(run, over)
    with store.read() as connection:
        assert load_run(connection, 1).nodes == run.nodes


def test_the_detail_of_a_node_tells_each_attempt_once_the_last_one_too(store, kept, run):
    first = Attempt("a", 0, "FAILURE", "error", 1.0, 2.0, 3.0, "w@here", "Boom('x')")
    changes = _changed(run, 0, state="SENT", attempt=1, attempt_id="a-2", sent=9.0, past=(first,))
    changes.attempts.append((0, first))
    changes.sent.append((0, "a-2"))
    kept(run, changes, 1)
    last = Attempt("a-2", 1, "SUCCESS", None, 9.0, 9.5, 10.0, "w@here", None)
    over = _changed(run, 0, state="SUCCESS", started=9.5, finished=10.0)
    over.attempts.append((0, last))
    kept(run, over)
    told = reads.node(store, "r", "a")["attempts"]
    assert [(each["id"], each["number"], each["state"]) for each in told] == [
        ("a", 0, "FAILURE"),
        ("a-2", 1, "SUCCESS"),
    ]


def test_the_outbox_keeps_the_order_until_what_is_in_it_was_published(store, kept, run):
    changes = Changes(nodes={idx: run.nodes[idx]._replace(state="SENT") for idx in (0, 2)}, touched={0, 2})
    changes.sent += [(2, "c"), (0, "a")]
    kept(run, changes, 4)
    with store.write() as connection:
        assert outbox.entries(connection) == [outbox.Entry(4, 1, 2, "c"), outbox.Entry(5, 1, 0, "a")]
        assert outbox.entries(connection, after=4) == [outbox.Entry(5, 1, 0, "a")]
        assert outbox.next_number(connection) == 6
        outbox.published(connection, 4)
        assert [entry.number for entry in outbox.entries(connection)] == [5]
        outbox.published(connection, 5)
        assert outbox.next_number(connection) == 1


def test_every_open_conducted_run_is_loaded_however_many_there_are(store, kept, run):
    other = Run(id="native", number=2, created=1.0)
    kept(other, reduce(other, Announced(1.0, [Spec(id=f"n{n}", task="t") for n in range(9)], [])))
    with store.read() as connection:
        assert list(unfinished(connection, 5)) == [1]
        assert list(unfinished(connection, 9)) == [1, 2]


def test_a_run_that_is_deleted_takes_all_that_belongs_to_it_along_but_what_people_did(store, kept, run):
    first = Attempt("a", 0, "FAILURE", "error", 1.0, 2.0, 3.0, "w@here", "Boom('x')")
    changes = Changes(attempts=[(0, first)], actions=[Action(5.0, "bob", "cancel", {})], sent=[(0, "a")])
    for idx in range(3):
        changes.nodes[idx] = run.nodes[idx]._replace(state="REVOKED", finished=2.0)
    changes.touched = {0, 1, 2}
    kept(run, changes, 1)
    for limit in (2, 5, 5):  # a piece first
        with store.write() as connection:
            delete_some(connection, doomed(connection, 10.0, 10.0, 0, limit), limit)
    models_left = [model for model in models.Base.__subclasses__() if _count(store, model)]
    assert models_left == [models.Action]  # by its id


def test_what_a_run_was_made_from_and_the_marks_of_its_nodes_are_loaded_and_read(store, kept):
    run = Run(id="second", number=1, created=1.0, kind="conducted", made_from="first", lineage="first")
    run.plan, run.left_out = "a" * 64, 3
    kept(run, reduce(run, Announced(1.0, SPECS, [], conducted=True)))
    changes = _changed(run, 0, held=True)
    changes.marked.add(0)
    changes.marks["resolved_by"] = "third"
    kept(run, changes)
    with store.read() as connection:
        loaded = load_run(connection, 1)
    assert loaded.nodes == run.nodes
    assert (loaded.made_from, loaded.lineage, loaded.plan, loaded.left_out) == ("first", "first", "a" * 64, 3)
    told = reads.run(store, "second")
    assert (told["made_from"], told["lineage"], told["left"], told["resolved_by"]) == (
        *("first", "first", 3, "third"),
    )
    assert columns(store, "second", ["held", "mark"])["of"]["held"] == {
        "values": [True, False],
        "codes": [0, *[1] * (len(run.nodes) - 1)],
    }
    assert reads.node(store, "second", run.nodes[0].id)["source"] is None


def test_what_is_masked_represented_or_cut_off_is_not_known_exactly(store, kept):
    specs = [
        Spec(id="plain", task="t", args=[1], options={"queue": "q"}),
        Spec(id="masked", task="t", kwargs={"password": "x"}),
        Spec(id="odd", task="t", args=[{"__repr__": "<object>"}]),
        Spec(id="long", task="t", args=[LONG]),
        Spec(id="longer", task="t", args=["x" * 2_000_000]),
        Spec(id="seen", task="t", options={"argsrepr": "(1,)"}),
        Spec(id="?", task="?"),
        Spec(id="join", task=None),
    ]
    native = Run(id="n", number=1, created=1.0)
    kept(native, reduce(native, Announced(1.0, specs, [])))
    past = planning.past(store, "n")
    assert [past.ids[idx] for idx in sorted(past.inexact)] == ["masked", "odd", "longer", "seen", "?"]
    with store.read() as connection:
        assert originals.signatures(connection, 1, [0, 3]) == {0: specs[0], 3: specs[3]}


def test_signatures_and_results_of_any_number_of_nodes_are_read_at_once(store, run):
    with store.read() as connection:
        assert originals.signatures(connection, 1, range(2, 70_000)) == {2: SPECS[2]}
        assert originals.results(connection, 1, range(70_000)) == {}
