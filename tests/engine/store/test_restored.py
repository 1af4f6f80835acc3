"""Whatever happened to a conducted run: saved, and loaded again, it is the same."""

import itertools
import json
from dataclasses import fields
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umbel.engine import machine
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import PLANNED, Evidence
from umbel.engine.machine import Announced, Message, Outcome, Run, apply, reduce
from umbel.engine.rules import RunOptions
from umbel.engine.run import LIVE
from umbel.engine.store import Store, originals
from umbel.engine.store.writes import Staged, load_run, save

NUMBERS = itertools.count(1)
LONG = "x" * 9_000

names = st.sampled_from(["a", "password", "Straße", "__type__"])
texts = st.sampled_from(["", "***", '{"cut":', "token=abc", "\x00\ud800", LONG])
numbers = st.sampled_from([0, -1, 0.1, 10**30, float("inf"), True, None])
values = st.recursive(
    numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "run_when": st.sampled_from(["all_success", "all_done", "any_failed"]),
        "retry": st.fixed_dictionaries({"max": st.integers(0, 2)}),
        "on_lost": st.sampled_from(["fail", "resend"]),
        "timeout": st.just(5.0),
        "lock": st.just("disk"),
    },
)


@st.composite
def graphs(draw: st.DrawFn) -> Announced:
    """Up to six tasks and joins, each waiting for some before it."""
    size = draw(st.integers(1, 6))
    specs, edges = [], []
    for idx in range(size):
        parents = draw(st.lists(st.integers(0, idx - 1), unique=True, max_size=2)) if idx else []
        is_join = len(parents) == 2 and draw(st.booleans())
        kind = "error" if len(parents) == 1 and draw(st.integers(0, 3)) == 0 else "then"
        places = enumerate(parents) if is_join else ((None, parent) for parent in parents)
        edges += [(f"n{parent}", f"n{idx}", kind, place) for place, parent in places]
        options = {"umbel": draw(rules), "headers": draw(values)}
        signature: dict[str, Any] = {
            "args": [draw(values)],
            "kwargs": {"k": draw(values)},
            "options": options,
        }
        specs.append(Spec(id=f"n{idx}", task=None if is_join else "t", **({} if is_join else signature)))
    return Announced(1.0, specs, edges, conducted=True)


@st.composite
def mendings(draw: st.DrawFn, run: Run, at: float) -> Message:
    """What a plan says of nodes, or somebody changes in them."""
    names = draw(st.lists(st.sampled_from([node.id for node in run.nodes]), unique=True, max_size=3))
    if draw(st.booleans()):
        given = Outcome(f'{{"json":{json.dumps(draw(values))}}}', 1)
        marks = {name: draw(st.sampled_from(sorted(PLANNED))) for name in names}
        return machine.Planned(at, marks, {name: given for name in names if marks[name] == "forced"})
    how = draw(st.sampled_from(["skip", "hold", "release", "specs"]))
    if how != "specs":
        named: dict[str, Any] = {how: frozenset(names)}
        return machine.Amended(at, "ann", **named)
    options = {"umbel": draw(rules)}
    return machine.Amended(
        at, "ann", [Spec(id=name, task="t", args=[draw(values)], options=options) for name in names]
    )


@st.composite
def messages(draw: st.DrawFn, run: Run, at: float) -> Message | None:
    """Something that may happen to ``run`` as it stands; None where what was drawn cannot happen."""
    kind = draw(
        st.sampled_from(["send", "send", "end", "end", "see", "overdue", "missing", "control", "mend"])
    )
    ready, out = sorted(run.ready), sorted(run.out)
    if kind == "send" and ready:
        node = run.nodes[draw(st.sampled_from(ready))]
        return machine.Sent(node.id, node.id if node.state not in LIVE else f"{node.id}-{at}", at)
    if kind == "mend":
        return draw(mendings(run, at))
    if kind == "control":
        said = [machine.Paused(at, "ann"), machine.Resumed(at, None), machine.Cancelled(at, "bob")]
        said += [machine.Cancelled(at, None, terminate=True, reason="timeout")]
        return draw(st.sampled_from([*said, machine.Waiting({"window": {"limit": 1, "of": "all"}})]))
    if not out:
        return None
    node = run.nodes[draw(st.sampled_from(out))]
    task_id = node.attempt_id or node.id
    if kind == "end":
        ended = Outcome(f'{{"json":{json.dumps(draw(values))}}}', 1)
        failed = Outcome(None, None, draw(st.sampled_from([None, "Boom('x')"])), "T")
        succeeded = draw(st.booleans())
        return machine.Completed(task_id, succeeded, at, ended if succeeded else failed)
    if kind == "see":
        seen = draw(st.sampled_from(["received", "started", "retried", "lost", "revoked"]))
        return machine.Seen(task_id, Evidence(seen, at, "w@here", None, None, {"runtime": 1.0}))
    return machine.Overdue(task_id, at) if kind == "overdue" else machine.Missing(task_id, at, True, "gone")


def _same(loaded: Run, run: Run) -> None:
    for field in fields(Run):
        if field.name == "words":  # what need not be looked for; nothing depends on it
            continue
        mine, kept = getattr(run, field.name), getattr(loaded, field.name)
        if field.name == "counts":
            mine, kept = +mine, +kept
        if field.name == "children":
            mine, kept = list(map(sorted, mine)), list(map(sorted, kept))
        assert kept == mine, field.name


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), announced=graphs(), options=rules)
def test_a_conducted_run_that_is_loaded_is_the_run_that_was_saved(store: Store, data, announced, options):
    number = next(NUMBERS)
    run = Run(id=f"r{number}", number=number, created=1.0, kind="conducted", by="ann", outputs=["n0"])
    run.options = RunOptions.from_json(options)
    sent, results, specs = 0, dict[int, str](), dict[int, Spec]()

    def keep(*said: Message) -> None:
        nonlocal sent
        staged = Staged(run=run, known=len(run.nodes), is_new=run.seq == 0)
        for message in said:
            changes = reduce(run, message)
            apply(run, changes)
            staged.add(changes, number * 10_000 + sent)
            sent += len(changes.sent)
            specs.update(changes.specs)
            results.update((idx, outcome.result or "") for idx, outcome in changes.outcomes.items())
        run.seq += 1
        run.structure += staged.structural
        with store.write() as connection:
            save(connection, [staged])

    keep(announced)
    for turn in range(data.draw(st.integers(0, 12))):
        if (message := data.draw(messages(run, 2.0 + turn))) is not None:
            keep(message)
    with store.read() as connection:
        _same(load_run(connection, number), run)
        kept = originals.signatures(connection, number, range(len(run.nodes)))
        assert repr(sorted(kept.items())) == repr(sorted(specs.items()))
        known = {idx: result[len('{"json":') : -1] for idx, result in results.items() if result}
        assert originals.results(connection, number, range(len(run.nodes))) == known
