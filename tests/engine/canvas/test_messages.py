"""What messages reveal: each alone, and merged in any order."""

import itertools
from typing import Any

import celery
import drawing
import pytest
from celery.signals import before_task_publish
from kombu.utils import json as kombu_json

from umbel.engine.canvas import Placed, assemble, fragment
from umbel.engine.dag import Dag, Node
from umbel.engine.errors import CanvasError, UmbelError

chain: Any = celery.chain
chord: Any = celery.chord
group: Any = celery.group


@pytest.fixture
def messages(n):
    """Send a canvas, and return its messages as they are announced."""

    def send(canvas: Any) -> list[dict[str, Any]]:
        found, bodies = [], set()

        def capture(headers: dict[str, Any], body: Any, **_: Any) -> None:
            args, kwargs, embed = kombu_json.loads(kombu_json.dumps(body))
            said = {name: value for name, value in embed.items() if value}
            if "chord" in said and headers["group"] in bodies:
                said["chord"] = True
            bodies.add(headers["group"])
            found.append({"headers": {**headers}, "body": [args, kwargs, said]})

        before_task_publish.connect(capture)
        try:
            canvas.apply_async()
        finally:
            before_task_publish.disconnect(capture)
        return found

    return send


def merged(messages: Any) -> Dag:
    pieces = [fragment(message) for message in messages]
    return assemble(itertools.chain(*(p.nodes for p in pieces)), itertools.chain(*(p.edges for p in pieces)))


def message(name: str, embed: Any = None, **headers: Any) -> dict[str, Any]:
    return {"headers": {"id": name, "task": "n", **headers}, "body": [[], {"tag": name}, embed or {}]}


def sig(name: str, **options: Any) -> dict[str, Any]:
    inner = {"args": [], "kwargs": {"tag": name}, "options": {"task_id": name, **options}}
    return {"task": "n", "subtask_type": None, "immutable": False, **inner}


def test_a_header_is_a_join_that_each_member_adds_one_edge_to(messages, t):
    first, second, third = messages(chord([t("A"), t("B"), t("C")], t("Z")))
    gid = first["headers"]["group"]
    piece = fragment(first)
    join, body = (node for node in piece.nodes if node.kwargs.get("tag") != "A")
    assert (join.id, join.task) == (gid, None)
    assert (body.kwargs, body.inputs) == ({"tag": "Z"}, gid)
    assert piece.edges == [
        Placed(first["headers"]["id"], gid, "then", 0),
        Placed(gid, body.id, "then", None),
    ]
    assert third["body"][2]["chord"] is True
    late = fragment(third)
    assert [node.id for node in late.nodes] == [third["headers"]["id"], gid]
    assert late.edges == [Placed(third["headers"]["id"], gid, "then", 2)]
    for order in itertools.permutations([first, second, third]):
        assert drawing.last(merged(order)) == {"Z([A(),B(),C()])"}


@pytest.mark.parametrize(
    ("canvas", "last"),
    [
        (lambda t: chord([t("A") | group(t("B"), t("C")), t("D")], t("E")), "E([[B(A()),C(A())],D()])"),
        (
            lambda t: chord([t("A") | group(t("B"), t("C") | group(t("D"), t("E"))), t("F")], t("G")),
            "G([[B(A()),[D(C(A())),E(C(A()))]],F()])",
        ),
        (
            lambda t: chord([chord([t("A"), t("B")], group(t("C"), t("D"))), t("E")], t("F")),
            "F([[C([A(),B()]),D([A(),B()])],E()])",
        ),
        (
            lambda t: chord([chord([t("A"), t("B")], t("C") | group(t("D"), t("E"))), t("F")], t("G")),
            "G([[D(C([A(),B()])),E(C([A(),B()]))],F()])",
        ),
        (
            lambda t: chord([chord([chord([t("A")], t("B")), t("C")], t("D")), t("E")], t("F")),
            "F([D([B([A()]),C()]),E()])",
        ),
        (lambda t: chain(t("A"), chord([], t("B")), t("C")), "C(B([]))"),
    ],
)
def test_lists_in_lists_are_told_by_the_groups_that_carry_them(messages, t, canvas, last):
    drawn = merged(messages(canvas(t)))
    assert drawing.last(drawn) == {last}


def test_a_plain_group_is_only_its_members(messages, t):
    drawn = merged(messages(group(t("A"), group(t("B"), t("C")))))
    assert drawing.last(drawn) == {"A()", "B()", "C()"}
    assert not drawn.edges


def test_repeated_tasks_are_drawn_once_with_all_that_leads_to_them(messages, t):
    drawn = merged(messages(group(t("A"), t("B")) | group(t("C"), t("D")) | group(t("E"), t("F"))))
    assert len([node for node in drawn if not node.is_join]) == 6
    assert {(a, b) for a, b in drawing.edges(drawn) if b == "E"} == {("C", "E"), ("D", "E")}


def test_chunks_in_a_chain_are_the_task_that_they_are_sent_as(messages, n, t):
    drawn = merged(messages(t("A") | n.chunks([(1, 2)], 1)))
    assert [node.task for node in drawn] == ["n", "celery.chunks"]


def test_callbacks_have_the_ids_that_the_watcher_gave_them():
    embed = {
        "callbacks": [sig("L", link=sig("M"))],
        "errbacks": [sig("e")],
        "chain": [sig("C", link_error=[sig("e")]), sig("B", link_error=[sig("e")])],
    }
    drawn = merged([message("A", embed)])
    assert {(a, b, kind) for a, b, kind in drawn.edges} == {
        ("A", "B", "then"),
        ("B", "C", "then"),
        ("A", "L", "link"),
        ("L", "M", "link"),
        ("A", "e", "error"),
        ("B", "e", "error"),
        ("C", "e", "error"),
    }
    assert drawn["e"].inputs is None


def test_a_task_without_an_id_is_left_out_and_what_follows_hangs_on_what_precedes():
    nameless = sig("B")
    del nameless["options"]["task_id"]
    drawn = merged([message("A", {"chain": [sig("C"), nameless], "callbacks": [nameless]})])
    assert [(a, b) for a, b, _ in drawn.edges] == [("A", "C")]


def test_a_body_with_the_id_of_its_own_header_is_no_member_of_it():
    embed = {"chord": sig("Z", group_id="g")}
    drawn = merged([message(name, embed, group="g", group_index=i) for i, name in enumerate("AB")])
    assert drawing.last(drawn) == {"Z([A(),B()])"}


def test_a_member_that_joins_late_takes_its_place():
    first = message("A", {"chord": sig("Z")}, group="g", group_index=0)
    late = message("S", {"chord": True}, group="g", group_index=0)
    assert drawing.last(merged([first])) == {"Z([A()])"}
    assert drawing.last(merged([first, late])) == {"Z([A(),S()])"}


def test_options_of_a_message_that_mean_something_to_a_reader_are_kept():
    (node,) = fragment(message("A", eta="2026-01-01T00:00:00", timelimit=[9, None], shadow=None)).nodes
    assert node.options == {"eta": "2026-01-01T00:00:00", "time_limit": 9}


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"headers": {}, "body": []},
        {"headers": {"id": "A"}, "body": [[], {}, {}]},
        {"headers": {"id": "A", "task": 7}, "body": [[], {}, {}]},
        {"headers": {"id": 3, "task": "n"}, "body": [[], {}, {}]},
        message("A", {"chain": ["x"]}),
        message("A", {"chord": [1]}, group="g"),
        message("A", {"chord": {"task": "z", "options": 5}}, group="g"),
        message("A", {"callbacks": [{"task": "g", "subtask_type": "group", "kwargs": {"tasks": 3}}]}),
        message("A", 7),
        message(
            "A", {"chain": [{"task": "c", "subtask_type": "chord", "kwargs": {"header": 1, "body": {}}}]}
        ),
    ],
)
def test_a_message_of_another_kind_is_refused(bad):
    with pytest.raises(CanvasError):
        fragment(bad)


@pytest.mark.parametrize(
    "odd",
    [
        message("A", {"chain": [sig("A"), sig("B")]}),
        message("A", {"chain": [sig("B"), sig("A")]}),
        message("A", {"chord": sig("A")}, group="A", group_index=0),
        message("A", {"chord": sig("Z", group_id="g", chord=sig("Z"))}, group="g", group_index="first"),
        message("A", {"chord": sig("B", group_id="h", chord=sig("A", group_id="g"))}, group="g"),
    ],
)
def test_what_goes_round_in_circles_is_drawn_as_far_as_it_goes(odd):
    drawn = merged([odd])
    assert "A" in drawn
    assert isinstance(drawn, Dag)


# Assembling


def test_edges_of_nodes_that_are_not_there_are_left_out():
    drawn = assemble([Node(id="a", task="a", inputs="x")], [Placed("x", "a"), Placed("a", "y")])
    assert drawn["a"].inputs is None
    assert not drawn.edges


def test_a_circle_loses_the_edge_that_closes_it():
    nodes = [Node(id=name, task="n", inputs=before) for name, before in (("a", "c"), ("b", "a"), ("c", "b"))]
    drawn = assemble(nodes, [Placed("a", "b"), Placed("b", "c"), Placed("c", "a")])
    assert [tuple(edge)[:2] for edge in drawn.edges] == [("a", "b"), ("b", "c")]
    assert drawn["a"].inputs is None


def test_a_node_that_comes_again_adds_the_inputs_that_were_missing():
    nodes = [Node(id="a", task="n"), Node(id="b", task="n"), Node(id="b", task="n", inputs="a")]
    assert assemble(nodes, [Placed("a", "b")])["b"].inputs == "a"


def test_an_error_of_canvases_is_an_error_of_umbel():
    assert issubclass(CanvasError, UmbelError)
