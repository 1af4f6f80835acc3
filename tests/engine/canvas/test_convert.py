"""What holds for every canvas that becomes a graph."""

import json
from typing import Any

import canvases
import celery
import drawing
import pytest
import tasks
from hypothesis import HealthCheck, given, settings

from umbel.engine.canvas import to_dag
from umbel.engine.dag import Dag, leaves
from umbel.engine.errors import CanvasError

pytestmark = pytest.mark.filterwarnings("ignore:task_allow_error_cb_on_chord_header")
thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

chain: Any = celery.chain
chord: Any = celery.chord
group: Any = celery.group


@thorough
@given(canvases.recipes())
def test_a_canvas_is_not_changed(recipe):
    canvas, untouched = canvases.build(recipe, tasks.n), canvases.build(recipe, tasks.n)
    to_dag(canvas)
    assert json.dumps(canvas) == json.dumps(untouched)


@thorough
@given(canvases.recipes())
def test_json_of_a_canvas_means_what_the_canvas_means(recipe):
    canvas = canvases.build(recipe, tasks.n)
    assert drawing.meaning(to_dag(json.loads(json.dumps(canvas)))) == drawing.meaning(to_dag(canvas))


@thorough
@given(canvases.recipes())
def test_a_graph_survives_json_and_its_edges_are_those_of_its_inputs(recipe):
    dag = to_dag(canvases.build(recipe, tasks.n))
    again = Dag.from_json(json.loads(json.dumps(dag.to_json())))
    assert again == dag
    for node in dag:
        parents = set(dag.graph.predecessors(node.id))
        if node.inputs is not None or not parents:
            assert set(leaves(node.inputs)) == parents
        else:
            kinds = {kind for _, _, kind in dag.graph.in_edges(node.id, data="kind")}
            assert node.immutable or kinds == {"error"}


@thorough
@given(canvases.recipes())
def test_a_join_stands_only_where_several_results_meet_and_several_tasks_wait(recipe):
    dag = to_dag(canvases.build(recipe, tasks.n))
    for node in dag:
        if node.is_join:
            assert dag.graph.in_degree(node.id) > 1
            assert dag.graph.out_degree(node.id) > 1


def test_a_group_after_a_group_shares_one_join(t):
    dag = to_dag(group(t("A"), t("B"), t("C")) | group(t("D"), t("E"), t("F", immutable=True)))
    (join,) = (node for node in dag if node.is_join)
    assert [dag[name].kwargs["tag"] for name in leaves(join.inputs)] == ["A", "B", "C"]
    assert {dag[name].kwargs["tag"]: dag[name].inputs for name in dag.graph.successors(join.id)} == {
        "D": join.id,
        "E": join.id,
        "F": None,
    }
    assert dag.graph.number_of_edges() == 6


def test_a_join_can_stand_in_a_list(t):
    inner = t("A") | group(t("B"), t("C"))
    inner.link(t("L"))
    dag = to_dag(chord([inner, t("D")], t("E")))
    (join,) = (node for node in dag if node.is_join)
    (body,) = (node for node in dag if node.kwargs.get("tag") == "E")
    assert isinstance(body.inputs, list)
    assert body.inputs[0] == join.id
    assert drawing.returned(dag) == "E([[B(A()),C(A())],D()])"


# Generators


def test_a_generator_is_read_and_can_still_be_sent(n, t):
    made = []

    def tasks():
        for tag in "ABC":
            made.append(tag)
            yield t(tag)

    whole = group(tasks())
    assert made == []
    assert len(to_dag(whole)) == len(to_dag(whole)) == 3
    assert made == ["A", "B", "C"]
    assert len(whole.apply_async().results) == 3


def test_a_chord_and_a_map_over_generators_can_still_be_sent(n, t):
    whole = chord((t(tag) for tag in "ABC"), t("Z"))
    items = n.map(item for item in (1, 2))
    assert drawing.returned(to_dag(whole)) == "Z([A(),B(),C()])"
    assert to_dag(items).nodes[0].kwargs["it"] == [1, 2]
    assert whole.apply_async().id
    assert [list(items.kwargs["it"]), list(items.kwargs["it"])] == [[1, 2], [1, 2]]


def test_a_bare_iterator_in_json_is_refused_and_not_used_up(t):
    tasks = iter([t("A")])
    with pytest.raises(CanvasError, match="make it a list"):
        to_dag({"task": "celery.group", "subtask_type": "group", "kwargs": {"tasks": tasks}})
    assert len(list(tasks)) == 1


# Ids


def test_ids_are_new_each_time(t):
    canvas = chain(t("A"), t("B"))
    assert not {node.id for node in to_dag(canvas)} & {node.id for node in to_dag(canvas)}


def test_an_id_that_the_user_set_is_kept(t):
    dag = to_dag(t("A").set(task_id="mine") | t("B"))
    assert dag["mine"].kwargs["tag"] == "A"
    assert "task_id" not in dag["mine"].options


def test_the_id_of_a_chain_or_a_chord_is_that_of_its_last_task(t):
    assert to_dag(chain(t("A"), t("B"), task_id="mine"))["mine"].kwargs["tag"] == "B"
    assert to_dag(chord([t("A")], t("B") | t("C"), task_id="mine"))["mine"].kwargs["tag"] == "C"


@pytest.mark.parametrize("nested", [False, True])
def test_a_frozen_canvas_means_the_same_under_its_ids(t, nested):
    def make():
        inner = t("B") | group(t("C"), t("D")) if nested else t("B")
        return chain(t("A"), chord([inner, chord([t("E")], t("F"))], t("G") | t("H")))

    frozen = make()
    frozen.freeze()
    dag = to_dag(frozen)
    assert drawing.meaning(dag) == drawing.meaning(to_dag(make()))
    assert frozen.options["task_id"] in dag


def test_the_same_frozen_signature_twice_is_refused(t):
    frozen = t("A")
    frozen.freeze()
    with pytest.raises(CanvasError, match=r"frozen signature n .*stands in the canvas twice.*clone"):
        to_dag(chord([frozen, frozen], t("Z")))


def test_the_same_signature_twice_is_two_tasks(t):
    same = t("A")
    assert len(to_dag(chord([same, same], t("Z")))) == 3


# Arguments and options


def test_arguments_are_copies_and_pure_json(n):
    from datetime import UTC, datetime
    from uuid import UUID

    inner = {"list": [1]}
    canvas = n.s(inner, datetime(2026, 1, 2, tzinfo=UTC), UUID(int=7), (1, 2), at={3: b"x"}, tag="A")
    (node,) = to_dag(canvas)
    inner["list"].append(2)
    assert node.args[0] == {"list": [1]}
    assert node.args[1]["__value__"].startswith("2026-01-02")
    assert node.args[3] == [1, 2]
    assert json.loads(json.dumps(node.to_json())) == node.to_json()


def test_what_a_user_sets_is_kept_and_what_celery_wires_is_not(t):
    task = t("A").set(queue="slow", expires=60, headers={"a": 1}, task_id="x", group_id="g", reply_to="r")
    task.options |= {"root_id": "r", "parent_id": "p", "group_index": 3, "chord": None, "chain": None}
    (node,) = to_dag(task)
    assert node.options == {"queue": "slow", "expires": 60, "headers": {"a": 1}}


def test_options_of_a_composition_go_where_celery_takes_them(t):
    def options(canvas):
        return {node.kwargs["tag"]: node.options for node in to_dag(canvas)}

    assert options(chain(t("A"), t("B"), queue="q")) == {"A": {"queue": "q"}, "B": {}}
    both = options(group(t("A").set(queue="own"), t("B"), queue="q"))
    assert both == {"A": {"queue": "q"}, "B": {"queue": "q"}}
    late = options(chord([t("A")], t("B"), queue="q", countdown=3, max_retries=9))
    assert late == {"A": {"queue": "q", "countdown": 3}, "B": {"queue": "q"}}


def test_partial_arguments_of_compositions_go_to_what_runs_first(t):
    first = chain(t("A", 2), t("B"))
    first.args = (1,)
    assert drawing.returned(to_dag(first)) == "B(A(1,2))"
    whole = chord([t("A", 2), t("B", immutable=True)], t("C"))
    whole.args = (1,)
    assert drawing.returned(to_dag(t("Z") | whole)) == "C([A(Z(),1,2),B()])"


def test_what_a_message_carries_in_options_is_a_part_of_the_canvas(t):
    first = t("A")
    first.options["chain"] = [t("C"), t("B")]  # Celery keeps the rest of a chain last step first
    assert drawing.returned(to_dag(first)) == "C(B(A()))"
    first = t("A")
    first.options["chord"] = t("B")
    assert drawing.last(to_dag(first)) == {"B([A()])"}


# What is no canvas


@pytest.mark.parametrize(
    ("canvas", "says"),
    [
        (None, "not None"),
        ("proj.add", "not proj.add"),
        ([], "not a list"),
        ({}, "does not name its task"),
        ({"task": ""}, "does not name its task"),
        ({"task": "a", "args": "xy"}, "args of a must be a list"),
        ({"task": "a", "kwargs": [1]}, "kwargs of a must be a dict"),
        ({"task": "a", "options": {"task_id": 7}}, "task_id of a must be text"),
        ({"task": "a", "args": [object()]}, "args of a cannot be sent as JSON"),
        ({"task": "g", "subtask_type": "group", "kwargs": {}}, "holds a list of signatures, not None"),
        ({"task": "g", "subtask_type": "group", "kwargs": {"tasks": ["a"]}}, "A group is made of signatures"),
        ({"task": "c", "subtask_type": "chord", "kwargs": {"header": [], "body": None}}, "has no body"),
        ({"task": "celery.chunks", "kwargs": {"task": {}, "it": [1], "n": 0}}, "size from 1 on"),
        ({"task": "x" * 500, "args": 7}, "..."),
    ],
)
def test_what_is_no_canvas_is_refused_in_few_words(canvas, says):
    with pytest.raises(CanvasError) as caught:
        to_dag(canvas)
    assert says in str(caught.value)
    assert len(str(caught.value)) <= 200


def test_a_task_that_is_no_signature_is_told_how_to_become_one(n):
    with pytest.raises(CanvasError, match=r"call its \.s\(\) first"):
        to_dag(n)
