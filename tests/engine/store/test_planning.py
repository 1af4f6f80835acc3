"""What planning reads is what the conductor would read of each signature and each result."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from umbel.engine.amendment import Change
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Amended, Announced, Completed, Outcome, Run, Seen, Sent
from umbel.engine.mended import may_be_amended
from umbel.engine.rules import RunOptions
from umbel.engine.run import UNKNOWN
from umbel.engine.store import Store, amending, models, originals, planning
from umbel.engine.values import dumps

LONG = "x" * 20_000
RESULTS = [
    "null",
    '"***"',
    json.dumps({"password": "hunter2"}),
    json.dumps(LONG),
    json.dumps([1, LONG]),
    "NaN",
]
SPECS: list[dict[str, Any]] = [
    {"args": [1]},
    {"args": ["***"]},
    {"args": [LONG]},
    {"kwargs": {"password": "hunter2"}},
    {"kwargs": {"password": "hunter2", "text": LONG}},
    {"kwargs": {"value": {"__repr__": "object()"}}},
    {"options": {"queue": "slow", "umbel": {"run_when": "all_done"}}},
    {"options": {"headers": {"token": "abc"}}},
    {"options": {"argsrepr": "(1,)", "kwargsrepr": "{}"}},
    {"options": {"headers": {"about": '"argsrepr":'}}},
    {"args": [{"argsrepr": 1}]},
    {"task": UNKNOWN},
    {"task": None},
]


def announced(*, conducted: bool) -> Announced:
    usual: dict[str, Any] = {"task": "app.t"}
    specs = [Spec(id=f"s{place}", **usual | spec) for place, spec in enumerate(SPECS)]
    specs += [Spec(id=f"r{place}", task="app.t") for place in range(len(RESULTS) + 2)]
    return Announced(1.0, specs, [], conducted=conducted)


def ends(*, conducted: bool) -> list[Any]:
    outcomes = [Outcome(f'{{"json":{each}}}', len(each)) for each in RESULTS]
    outcomes += [Outcome('{"repr":"object()"}', 8), Outcome()]
    messages: list[Any] = []
    for place, outcome in enumerate(outcomes):
        if conducted:
            messages += [Sent(f"r{place}", f"r{place}", 2.0), Completed(f"r{place}", True, 3.0, outcome)]
        else:
            messages.append(Seen(f"r{place}", Evidence("succeeded", 3.0, "w", seen=3.0), outcome))
    return messages


@pytest.mark.parametrize("kind", ["conducted", "native"])
def test_what_is_exactly_known_is_told_as_it_is_when_it_is_read(
    store: Store, keep: Callable[..., Run], kind: str
) -> None:
    is_conducted = kind == "conducted"
    run = keep(Run(id="r", number=1, created=1.0, kind=kind), announced(conducted=is_conducted))
    keep(run, *ends(conducted=is_conducted))
    past = planning.past(store, "r")
    assert past is not None
    done = [node.idx for node in run.nodes if node.state == "SUCCESS"]
    with store.read() as connection:
        known = originals.results(connection, 1, done)
        specs = originals.signatures(connection, 1, range(len(run.nodes)))
    assert past.unkept == set(done) - known.keys()
    texts = {idx: dumps([each.args, each.kwargs, each.options]) for idx, each in specs.items()}
    assert [idx for idx in sorted(past.inexact) if past.tasks[idx] != UNKNOWN] == [
        idx
        for idx, text in sorted(texts.items())
        if not is_conducted and past.tasks[idx] and any(mark in text for mark in originals.INEXACT)
    ]
    assert past.run_when == {6: "all_done"}
    assert past.states == [node.state for node in run.nodes]
    if not is_conducted:
        assert past.inexact[8] == {"args", "kwargs"}
        assert past.inexact[4] == {"kwargs"}
        assert past.inexact[7] == {"options"}
        assert past.inexact[11] == {"task"}
        assert 2 not in past.inexact, "what is cut beside its node, and whole elsewhere, is exact"


def test_rules_of_the_run_hold_where_a_task_has_none(store: Store, keep: Callable[..., Run]) -> None:
    options = RunOptions.from_json({"run_when": "all_done"})
    run = Run(id="r", number=1, created=1.0, kind="conducted", options=options)
    specs = [Spec(id="a", task="t"), Spec(id="b", task="t", options={"umbel": {"run_when": "all_success"}})]
    keep(run, Announced(1.0, specs, [("a", "b", "then", None)], conducted=True))
    past = planning.past(store, "r")
    assert past is not None
    assert past.run_when == {0: "all_done"}
    assert past.options == options
    assert past.edges == [(0, 1, "then", -1)]
    assert past.open


def test_what_was_taken_over_from_a_watched_run_is_no_more_exact_than_it_was(
    store: Store, keep: Callable[..., Run]
) -> None:
    run = Run(id="r", number=1, created=1.0, kind="conducted")
    specs = [Spec(id=name, task="t", args=["***"]) for name in "abc"]
    keep(run, Announced(1.0, specs, [], conducted=True))
    with store.write() as connection:
        connection.execute(update(models.Run).values(made_from="old"))
        marked = update(models.Node).where(models.Node.id == "b")
        connection.execute(marked.values(mark="reused", state="SUCCESS"))
        connection.execute(
            update(models.Node).where(models.Node.id == "c").values(state="SKIPPED", reason="left")
        )
    past = planning.past(store, "r")
    assert past is not None
    assert past.inexact == {1: {"args"}, 2: {"args"}}


def test_a_run_that_is_not_there_has_no_past(store: Store) -> None:
    assert planning.past(store, "nobody") is None
    assert planning.past(store, "\x00") is None


def test_what_may_be_amended_is_what_the_machine_says(store: Store, keep: Callable[..., Run]) -> None:
    specs = [
        Spec(id=name, task="t", args=["secret" * 2000], options={"umbel": {"retry": 1}}) for name in "abcd"
    ]
    specs += [Spec(id="j", task=None), Spec(id="e", task="t")]
    edges = [
        ("a", "c", "then", None),
        ("c", "d", "then", None),
        ("a", "j", "then", 0),
        ("b", "e", "error", None),
    ]
    run = Run(id="r", number=1, created=1.0, kind="conducted")
    keep(run, Announced(1.0, specs, edges, conducted=True))
    keep(run, Sent("a", "a", 2.0), Completed("a", False, 3.0), Sent("b", "b", 2.0))
    keep(run, Amended(4.0, "ann", hold=frozenset("d")))
    change = Change.from_json({"release": ["d"], "edits": [{"nodes": ["c"], "queue": "slow"}]})
    standing = amending.standing(store, "r", change)
    assert standing is not None
    assert run.nodes[0].state == "RETRY"
    assert standing.ahead == {node.idx for node in run.nodes if may_be_amended(run, node)} == {2, 3}
    assert standing.held == {3}
    assert standing.specs == {2: specs[2], 3: specs[3]}
    assert amending.standing(store, "nobody", change) is None
