"""What a plan says is what happens: previewed with the plan, and done with the machine."""

import json
from dataclasses import replace

import pytest
from acting import Play, make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replanning import NewRun, choices, endings, past_of, pasts
from world import Script, World

from umbel.engine.choice import Choice
from umbel.engine.dag import Node as Spec
from umbel.engine.machine import Cancelled, Settle
from umbel.engine.plan import plan

STATES = {"r": "SUCCESS", "u": "SUCCESS", "k": "SUCCESS", "f": "SUCCESS"}
STATES |= {"b": "SKIPPED", "s": "SKIPPED", "l": "SKIPPED"}

thorough = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@thorough
@given(pasts(), st.data())
def test_what_is_previewed_is_what_happens(known, data):
    script, past = known
    check(script, past, plan(past, data.draw(choices(past))))


@quick
@given(pasts(), st.data())
def test_it_holds_of_a_run_that_was_itself_made_by_a_plan_and_failed_again(known, data):
    script, past = known
    made = plan(past, data.draw(choices(past)))
    world = NewRun(script, past, made, data.draw(endings(script)))
    world.finish()
    actions = dict(zip(past.ids, made.actions, strict=True))
    assert {actions[node] for node in world.executed} <= {"r", "b"}
    again = past_of(world.run, world.script)
    check(world.script, again, plan(again, data.draw(choices(again))))
    default = plan(again, Choice(failed=True))
    left = {again.ids[idx] for idx, action in enumerate(default.actions) if action == "l"}
    assert not left, "whatever an earlier plan left out, the usual choice runs"


def check(script, past, made) -> None:
    world = NewRun(script, past, made)
    world.finish()
    actions = dict(zip(past.ids, made.actions, strict=True))
    assert world.executed == {node for node, action in actions.items() if action == "r"}
    for node in world.run.nodes:
        if node.task is not None:
            assert node.state == STATES[actions[node.id]], (node.id, actions, node)
    check_what_is_taken_over(past, made)
    lacking = "no_result" in {each.code for each in made.problems}
    for node in world.executed:
        assert lacking or "k" not in {actions[parent] for parent in world.given(node)}


def check_what_is_taken_over(past, made) -> None:
    """It was a success, and nothing new could have changed it."""
    for idx, action in enumerate(made.actions):
        if action in "uk":
            assert past.states[idx] == "SUCCESS"
            assert (idx in past.unkept) == (action == "k")
    pending = [idx for idx, action in enumerate(made.actions) if action == "r"]
    below = set[int]()
    while pending:
        for child in past.wiring.children[pending.pop()]:
            if child not in below:
                below.add(child)
                pending.append(child)
    assert not [past.ids[idx] for idx in below if made.actions[idx] in "uk"]


@quick
@given(pasts(), st.data())
def test_planning_twice_gives_the_same_and_any_change_something_else(known, data):
    _, past = known
    choice = data.draw(choices(past))
    made = plan(past, choice)
    again = plan(replace(past), Choice.from_json(json.loads(json.dumps(choice.to_json()))))
    assert made == again
    assert len(made.hash) == 64
    assert json.loads(json.dumps(made.to_json())) == made.to_json()
    states = list(past.states)
    idx = data.draw(st.integers(0, len(states) - 1))
    states[idx] = "REVOKED" if states[idx] != "REVOKED" else "FAILURE"
    others = [plan(replace(past, states=states), choice), plan(replace(past, id="another"), choice)]
    others.append(
        plan(replace(past, resubmissions=[{"run": "x", "at": 1.0, "by": None, "state": "PENDING"}]), choice)
    )
    others.append(plan(past, replace(choice, failed=not choice.failed)))
    assert made.hash not in {each.hash for each in others}


def test_a_list_that_one_task_alone_takes_is_no_join_in_what_is_made_of_a_watched_run():
    specs = [
        Spec(id="a", task="app.a"),
        Spec(id="h", task="app.h", options={"umbel": {"run_when": "any_failed"}}),
        Spec(id="j", task=None, inputs=["a", "h"]),
        Spec(id="c", task="app.c", inputs="j"),
    ]
    edges = [("a", "h", "then", None), ("a", "j", "then", 0), ("h", "j", "then", 1), ("j", "c", "then", None)]
    script = Script(specs, edges, {spec.id: ["ok"] for spec in specs})
    world = World(script)
    world.finish()
    past = past_of(world.run, script)
    choice = Choice.from_json({"from": ["a"]})
    for kind, actions in (("conducted", "rbjr"), ("native", "rbjb")):
        made = plan(replace(past, kind=kind), choice)
        assert made.actions == actions
        check(script, replace(past, kind=kind), made)


CHORD = make("a b +j c d", "a]j", "b]j", "j>c", "c>d")
CHAIN = make("a b c", "a>b", "b>c")
CALLED = make("a e f b", "a!e", "e>f", "a>b")
FINAL = make("a b t", "a>t", "b>t", t={"run_when": "all_done"})


@pytest.mark.parametrize(
    ("graph", "done", "failed", "choice", "actions"),
    [
        (CHORD, "a", "b", {}, "urjrr"),
        (CHORD, "abcd", "", {"from": ["b"]}, "urjrr"),
        (CHORD, "a", "b", {"from": ["a"]}, "rrjrr"),
        (CHORD, "a", "b", {"only": ["b"]}, "urjll"),
        (CHORD, "a", "b", {"only": ["c"]}, "urjrl"),
        (CHORD, "a", "b", {"failed": True, "skip": ["b"]}, "usjss"),
        (CHORD, "a", "b", {"results": [{"nodes": ["b"], "value": 1}]}, "ufjrr"),
        (CHORD, "a", "b", {"results": [{"nodes": ["b"], "value": 1}], "only": ["c"]}, "ufjrl"),
        (CHORD, "abc", "d", {"edits": [{"nodes": ["c"], "args": [1]}]}, "uujrr"),
        (CHORD, "abc", "d", {"edits": [{"nodes": ["c"], "args": [1]}], "only": ["c"]}, "uujrl"),
        (CHAIN, "abc", "", {"only": ["a", "c"]}, "rrr"),
        (CHAIN, "abc", "", {"only": ["a"], "from": ["c"]}, "rrr"),
        (CHAIN, "abc", "", {"from": ["a"], "skip": ["b"]}, "rss"),
        (CHAIN, "a", "b", {"from": ["c"]}, "urr"),
        (CALLED, "", "a", {}, "rbbr"),
        (CALLED, "a", "b", {"from": ["e"]}, "ubbl"),
        (CALLED, "", "a", {"only": ["a"]}, "rbbl"),
        (FINAL, "b", "a", {}, "rur"),
        (FINAL, "b", "a", {"failed": True, "skip": ["a"]}, "sur"),
        (FINAL, "b", "a", {"only": ["b"]}, "lrl"),
        (FINAL, "b", "a", {"from": ["t"]}, "lur"),
    ],
)
def test_what_a_choice_comes_to(graph, done, failed, choice, actions):
    script = Script([*graph.nodes], [*graph.edges], {spec.id: ["ok"] for spec in graph.nodes})
    play = Play(graph).done(*done).failed(*failed)
    if "t" in play.ready:
        play.done("t")
    play.tell(Cancelled(9.0, "ann"), Settle())
    past = past_of(play.run, script)
    made = plan(past, Choice.from_json(choice))
    assert made.actions == actions
    check(script, past, made)
