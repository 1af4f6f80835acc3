"""What is changed in a run that goes on: who may be changed, and what the hash is of."""

import pytest
from acting import Play, make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replanning import scripts
from world import World

from umbel.engine.amendment import Change, Standing, amendment
from umbel.engine.errors import ChoiceError
from umbel.engine.machine import Amended, Run
from umbel.engine.mended import may_be_amended


def standing(run: Run, specs=()) -> Standing:
    """Return a run as its amendments see it."""
    index = {spec.id: spec for spec in specs}
    return Standing(
        id=run.id,
        kind=run.kind,
        ended=not run.open,
        ids=[node.id for node in run.nodes],
        tasks=[node.task for node in run.nodes],
        states=[node.state for node in run.nodes],
        held={node.idx for node in run.nodes if node.held},
        untouched={
            node.idx
            for node in run.nodes
            if node.conducted and not node.evidence and not node.attempt and node.due is None
        },
        due={node.idx for node in run.nodes if node.due is not None},
        edges=sorted(run.edges),
        run_when={node.idx: node.rules.run_when for node in run.nodes if node.rules and node.rules.run_when},
        specs={node.idx: index[node.id] for node in run.nodes if node.id in index},
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scripts(), st.data())
def test_what_a_preview_says_can_be_changed_the_machine_changes(script, data):
    world = World(script)
    for _ in range(data.draw(st.integers(0, 15))):
        acts = [
            name
            for name, some in (("end", world.running), ("begin", world.queue), ("deliver", world.coming))
            if some
        ]
        acts += ["send"] if world.run.ready else []
        if acts:
            act = data.draw(st.sampled_from(acts))
            world.send(min(world.run.ready)) if act == "send" else getattr(world, act)(0)
    run = world.run
    here = standing(run, script.specs)
    assert here.ahead == {node.idx for node in run.nodes if may_be_amended(run, node)}
    names = data.draw(st.lists(st.sampled_from(here.ids), unique=True, min_size=1, max_size=3))
    change = Change.from_json({"hold": names})
    made = amendment(here, change)
    before = run.nodes[:]
    world.tell(Amended(50.0, "ann", hold=frozenset(names)))
    assert (run.nodes != before) == made.ok
    if made.ok:
        assert {node.id for node in run.nodes if node.held} == set(names)
        again = amendment(standing(run, script.specs), Change.from_json({"release": names}))
        assert again.ok
        assert again.hash != made.hash


def test_the_hash_is_of_what_is_changed_and_of_nothing_else():
    announced = make("a b c d", "a>b", "b>c")
    play = Play(announced)
    change = Change.from_json({"edits": [{"nodes": ["c"], "args": [1]}], "hold": ["b"]})
    first = amendment(standing(play.run, announced.nodes), change)
    assert (first.ok, first.ahead, first.past) == (True, "aaaa", 0)
    play.done("d").send("a")
    later = amendment(standing(play.run, announced.nodes), change)
    assert (later.hash, later.ahead, later.past) == (first.hash, "paap", 2)
    other = amendment(standing(play.run, announced.nodes), Change.from_json({"hold": ["b", "c"]}))
    assert other.hash != first.hash
    edited = change.edited({2: announced.nodes[2]})[2]
    renewed = [*announced.nodes[:2], edited]
    assert amendment(standing(play.run, renewed), change).hash != first.hash
    play.tell(Amended(3.0, "ann", hold=frozenset("b")))
    held = amendment(standing(play.run, announced.nodes), change)
    assert (held.ahead, [each.code for each in held.warnings]) == ("phap", ["no_change"])
    assert held.hash != first.hash


def test_what_stands_against_a_change_is_said_where_it_is():
    graph = make("a +j b c e", "a>j", "j>b", "b>c", "b!e", c={"run_when": "all_done"})
    play = Play(graph).send("a")
    said = {
        "skip": ["b", "a", "j"],
        "hold": ["nobody", "c", "e"],
        "release": ["c"],
        "edits": [{"nodes": ["b"], "options": {"priority": "no", "umbel": {"retry": "x"}}}],
    }
    made = amendment(standing(play.run), Change.from_json(said))
    assert [(each.code, each.field, list(each.nodes)) for each in made.problems] == [
        ("not_a_task", "skip", ["j"]),
        ("begun", "skip", ["a"]),
        ("unknown_node", "hold", ["nobody"]),
        ("not_held", "hold", ["e"]),
        ("contradiction", "release", ["c"]),
        ("bad_option", "edits/0/options/umbel", ["b"]),
        ("bad_option", "edits/0/options/priority", ["b"]),
    ]
    assert not made.ok
    assert [each.code for each in made.warnings] == ["no_change", "passed_over"]


def test_who_waits_for_what_is_skipped_is_told_of():
    play = Play(make("a b +j c d e", "a>b", "b>j", "j>c", "c>d", "a!e", d={"run_when": "all_done"}))
    made = amendment(standing(play.run), Change.from_json({"skip": ["b"]}))
    assert [(each.code, list(each.nodes)) for each in made.warnings] == [("follows_skip", ["c"])]
    play.tell(Amended(3.0, "ann", skip=frozenset("b")))
    play.done("a")
    assert play.states("c", "d") == [("SKIPPED", "ignored"), "PENDING"]


def test_runs_that_cannot_be_changed_say_so():
    play = Play(make("a")).done("a")
    codes = [each.code for each in amendment(standing(play.run), Change.from_json({"hold": ["a"]})).problems]
    assert codes == ["finished", "begun"]
    play.run.kind = "native"
    nothing = amendment(standing(play.run), Change.from_json({}))
    assert (nothing.ok, [each.code for each in nothing.problems]) == (False, ["not_conducted"])
    with pytest.raises(ChoiceError, match=r"A change has no only; it can have edits, skip"):
        Change.from_json({"only": ["a"]})
