"""Python source of a graph."""

import ast
from typing import Any

import canvases
import drawing
import pytest
import tasks
from hypothesis import HealthCheck, given, settings

from umbel.engine.canvas import to_dag, to_python
from umbel.engine.dag import Dag, Node
from umbel.engine.errors import CanvasError

pytestmark = pytest.mark.filterwarnings("ignore:task_allow_error_cb_on_chord_header")
thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(source: str) -> Dag:
    """Run the source, and return the graph of what it makes."""
    names: dict[str, Any] = {}
    exec(compile(source, "canvas.py", "exec"), names)
    return to_dag(names["canvas"])


@thorough
@given(canvases.recipes(callbacks=False, sizes=(2, 3)))
def test_the_source_of_a_canvas_makes_a_canvas_of_the_same_meaning(recipe):
    dag = to_dag(canvases.build(recipe, tasks.n))
    assert drawing.meaning(read(to_python(dag))) == drawing.meaning(dag)


@thorough
@given(canvases.recipes())
def test_with_one_or_none_of_anything_it_makes_the_same_or_is_refused(recipe):
    dag = to_dag(canvases.build(recipe, tasks.n))
    try:
        source = to_python(dag)
    except CanvasError:
        return
    assert drawing.meaning(read(source)) == drawing.meaning(dag)


def test_the_source_reads_as_one_would_write_it(t):
    import celery

    chord: Any = celery.chord
    canvas = t("fetch", "url") | chord([t("left"), t("right").set(queue="slow")], t("join", immutable=True))
    assert to_python(to_dag(canvas)) == (
        "from celery import chain, chord, group, signature\n"
        "\n"
        "canvas = chain(\n"
        '    signature("n", args=["url"], kwargs={"tag": "fetch"}),\n'
        "    chord(\n"
        "        [\n"
        '            signature("n", kwargs={"tag": "left"}),\n'
        '            signature("n", kwargs={"tag": "right"}, options={"queue": "slow"}),\n'
        "        ],\n"
        '        signature("n", kwargs={"tag": "join"}, immutable=True),\n'
        "    ),\n"
        ")\n"
    )


@pytest.mark.parametrize("text", ['"', "'", "\\", "\n", "'\"", '")\nimport os\n("', "\ud800", "{}", "é\0"])
def test_text_is_only_text(text):
    node = Node(
        id="a", task=text, args=[text, float("inf")], kwargs={text: [text]}, options={text: {text: None}}
    )
    source = to_python(Dag([node], outputs="a"))
    (read_,) = read(source)
    assert [read_.task, read_.args, read_.kwargs, read_.options] == [
        node.task,
        node.args,
        node.kwargs,
        node.options,
    ]
    calls = [part.func for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Call)]
    assert {call.id for call in calls if isinstance(call, ast.Name)} == {"signature", "float"}


def test_a_graph_that_is_no_canvas_is_refused():
    nodes = [Node(id=name, task=name) for name in "abcd"]
    nodes[2:] = [Node(id="c", task="c", inputs=["a", "b"]), Node(id="d", task="d", inputs="b")]
    crossed = Dag(nodes, [("a", "c", "then"), ("b", "c", "then"), ("b", "d", "then")], ["c", "d"])
    with pytest.raises(CanvasError, match="This graph is not a canvas"):
        to_python(crossed)


def test_an_immutable_callback_has_a_source_wherever_it_can_be_read_back(t):
    import celery

    group: Any = celery.group

    def calling(tag):
        return t(tag).set(link=[t("L" + tag, immutable=True)])

    for canvas in (
        calling("A"),
        t("A") | calling("B"),
        calling("A") | t("B"),
        group(t("A"), calling("B")),
        group(calling("A"), calling("B")),
        group(t("Z") | calling("A"), t("B")),
        group(t("A"), t("B")).set(link=[t("L", immutable=True)]),
        celery.chord([calling("A"), t("B")], t("C")),
    ):
        dag = to_dag(canvas)
        assert drawing.meaning(read(to_python(dag))) == drawing.meaning(dag), canvas


def test_on_the_first_member_of_a_group_an_immutable_callback_has_none():
    nodes = [Node(id=name, task=name) for name in "ab"]
    nodes.append(Node(id="l", task="l", immutable=True))
    with pytest.raises(CanvasError, match="read as the group's own"):
        to_python(Dag(nodes, [("a", "l", "link")], ["a", "b"]))


def test_nothing_is_an_empty_canvas():
    assert read(to_python(Dag([]))).outputs is None
    assert read(to_python(Dag([], outputs=[]))).outputs == []
