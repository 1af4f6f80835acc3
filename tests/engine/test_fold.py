"""Folding: shapes with their cards, and what holds of any graph."""

import doctest
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umbel.engine import Dag, Folding, Node, fold

ODD = "odd"


class Sketch:
    """A graph in the making."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[tuple[str, str, str]] = []

    def add(self, task: str, *parents: str, kind: str = "then") -> str:
        made = Node(id=f"n{len(self.nodes)}", task=task)
        self.nodes.append(made)
        self.edges += [(parent, made.id, kind) for parent in parents]
        return made.id

    def dag(self) -> Dag:
        return Dag(self.nodes, self.edges)


def chords(sketch: Sketch, count: int, width: int) -> None:
    last: list[str] = []
    for _ in range(count):
        last = [sketch.add("body", *[sketch.add("work", *last) for _ in range(width)])]


def chains(sketch: Sketch, count: int, length: int) -> None:
    for _ in range(count):
        last: list[str] = []
        for step in range(length):
            last = [sketch.add(f"step{step}", *last)]


def chain(sketch: Sketch, length: int, *, alarm: bool = False) -> None:
    last: list[str] = []
    for _ in range(length):
        last = [sketch.add("step", *last)]
        if alarm:
            sketch.add("alarm", *last, kind="error")


def tree(sketch: Sketch, leaves: int) -> None:
    level = [sketch.add("leaf") for _ in range(leaves)]
    while len(level) > 1:
        level = [sketch.add("add", *level[at : at + 2]) for at in range(0, len(level), 2)]


def fans(sketch: Sketch, width: int, levels: int) -> None:
    def fan(parent: str, level: int) -> str:
        if level == levels:
            return sketch.add("leaf", parent)
        head = sketch.add(f"split{level}", parent)
        return sketch.add(f"gather{level}", *[fan(head, level + 1) for _ in range(width)])

    fan(sketch.add("start"), 0)


def layers(sketch: Sketch, nodes: int, edges: int, depth: int = 40) -> None:
    chance = random.Random(7)
    rows = [[sketch.add(f"task{chance.randrange(3)}") for _ in range(nodes // depth)] for _ in range(depth)]
    found: dict[tuple[str, str], None] = {}
    while len(found) < edges:
        above, below = chance.choice(list(pairwise(rows)))
        found[chance.choice(above), chance.choice(below)] = None
    sketch.edges = [(*edge, "then") for edge in found]


Cards = list[tuple[str, int]]


class Shape(NamedTuple):
    """How a shape is drawn, its cards, and those when the node numbered ``odd`` has a task of its own."""

    draw: Callable[[Sketch], None]
    cards: Cards
    with_odd: Cards
    odd: int = 4_711
    method: str = "series-parallel"


SHAPES: dict[str, Shape] = {
    "ten chords of 1,000": Shape(
        lambda s: chords(s, 10, 1_000),
        [("work", 1_000), ("body", 1)] * 10,
        [*[("work", 1_000), ("body", 1)] * 9, ("work", 999), (ODD, 1), ("body", 1)],
    ),
    "one chord of 100,000": Shape(
        lambda s: chords(s, 1, 100_000),
        [("work", 100_000), ("body", 1)],
        [("work", 99_999), (ODD, 1), ("body", 1)],
    ),
    "a chain of 10,000": Shape(
        lambda s: chain(s, 10_000),
        [("step", 10_000)],
        [("step", 4_711), (ODD, 1), ("step", 5_288)],
    ),
    "a chain of 10,000 with callbacks": Shape(
        lambda s: chain(s, 10_000, alarm=True),
        [("step", 10_000), ("alarm", 10_000)],
        [("step", 2_355), ("alarm", 2_355), ("step", 1), (ODD, 1), ("step", 7_644), ("alarm", 7_644)],
    ),
    "1,000 chords of 100": Shape(
        lambda s: chords(s, 1_000, 100),
        [("work", 100_000), ("body", 1_000)],
        [("work", 50000), ("body", 500), ("work", 99), (ODD, 1), ("body", 499), ("work", 49900), ("body", 1)],
        odd=50_510,
    ),
    "500 chains of 20": Shape(
        lambda s: chains(s, 500, 20),
        [(f"step{step}", 500) for step in range(20)],
        [(f"step{step}", 499) for step in range(20)]
        + [(ODD if step == 11 else f"step{step}", 1) for step in range(20)],
    ),
    "a tree of 8,192 leaves": Shape(
        lambda s: tree(s, 8_192),
        [("leaf", 8_192), *(("add", 2**level) for level in range(13))],
        [],
    ),
    "three levels of fan-out": Shape(
        lambda s: fans(s, 20, 3),
        [
            ("start", 1),
            ("split0", 1),
            ("split1", 20),
            ("split2", 400),
            ("leaf", 8000),
            ("gather2", 400),
            ("gather1", 20),
            ("gather0", 1),
        ],
        [
            ("start", 1),
            ("split0", 1),
            ("split1", 19),
            ("split2", 380),
            ("leaf", 7600),
            ("gather2", 380),
            ("gather1", 19),
            ("split1", 1),
            ("split2", 19),
            ("leaf", 380),
            ("gather2", 19),
            ("split2", 1),
            ("leaf", 19),
            (ODD, 1),
            ("gather2", 1),
            ("gather1", 1),
            ("gather0", 1),
        ],
    ),
    "a layered graph of 10,000": Shape(lambda s: layers(s, 10_000, 30_000), [], [], method="depth"),
}


class Drawn(NamedTuple):
    shape: Shape
    dag: Dag


@pytest.fixture(scope="module", params=SHAPES)
def drawn(request: pytest.FixtureRequest) -> Drawn:
    shape = SHAPES[request.param]
    shape.draw(sketch := Sketch())
    return Drawn(shape, sketch.dag())


def read(folding: Folding) -> Cards:
    return [(card.label, card.count) for card in folding.cards]


def test_a_shape_is_read_on_a_few_cards(drawn: Drawn) -> None:
    folding = fold(drawn.dag)

    if drawn.shape.cards:
        assert sorted(read(folding)) == sorted(drawn.shape.cards)
    assert folding.method == drawn.shape.method
    _check(folding, drawn.dag, 60)


def test_one_odd_node_among_thousands_is_a_card_of_its_own(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = f"n{drawn.shape.odd}"
    monkeypatch.setitem(drawn.dag.graph.nodes[odd], "node", replace(drawn.dag[odd], task=ODD))

    folding = fold(drawn.dag)

    assert [card.members for card in folding.cards if card.label == ODD] == [[odd]]
    if drawn.shape.with_odd:
        assert sorted(read(folding)) == sorted(drawn.shape.with_odd)
    _check(folding, drawn.dag, 60)


def test_a_thousand_chords_in_a_row_say_how_often_they_repeat() -> None:
    chords(sketch := Sketch(), 1_000, 10)

    folding = fold(sketch.dag())

    assert [(frame.how, frame.times, len(frame.cards)) for frame in folding.frames] == [
        ("series", 1_000, 2),
        ("parallel", 10, 1),
    ]
    assert len({frame.id for frame in folding.frames}) == 2


def test_a_small_graph_is_shown_node_by_node() -> None:
    chords(sketch := Sketch(), 3, 6)

    assert all(card.count == 1 for card in fold(sketch.dag()).cards)


def test_error_callbacks_of_members_do_not_hide_the_chord() -> None:
    sketch = Sketch()
    members = [sketch.add("work") for _ in range(1_000)]
    for member in members:
        sketch.add("alarm", member, kind="error")
    sketch.add("body", *members)

    folding = fold(sketch.dag())

    assert sorted(read(folding)) == [("alarm", 1_000), ("body", 1), ("work", 1_000)]
    assert folding.method == "series-parallel"


def test_a_callback_is_not_like_a_step() -> None:
    sketch = Sketch()
    for kind in ("then", "error") * 20:
        sketch.add("same", sketch.add("work"), kind=kind)

    assert sorted(read(fold(sketch.dag()))) == [("same", 20), ("same", 20), ("work", 20), ("work", 20)]


def test_options_tell_nodes_apart_and_arguments_and_ids_do_not() -> None:
    nodes = [
        Node(id=f"n{at}", task="work", args=[at], options={"queue": "ab"[at % 2], "group_id": f"g{at}"})
        for at in range(100)
    ]

    assert read(fold(Dag(nodes))) == [("work", 50), ("work", 50)]


def test_marked_nodes_stand_beside_their_like() -> None:
    chains(sketch := Sketch(), 200, 5)

    folding = fold(sketch.dag(), marks={"n7": "failed"})

    assert sorted(read(folding)) == sorted(
        [(f"step{step}", count) for step in range(5) for count in (199, 1)]
    )
    assert next(card for card in folding.cards if "n7" in card.members).count == 1


def test_what_is_opened_has_room_of_its_own_and_the_rest_stays() -> None:
    sketch = Sketch()
    last: list[str] = []
    for stage in range(200):
        last = [sketch.add(f"stage{stage}", *last)]
    closed = fold(sketch.dag(), budget=10)
    wide = next(card for card in closed.cards if card.can_open)

    folding = fold(sketch.dag(), budget=10, opened_cards=[wide.id])

    kept = {card.id for card in closed.cards} - {wide.id}
    assert kept <= {card.id for card in folding.cards}
    assert wide.id not in {card.id for card in folding.cards}
    assert len(closed.cards) < len(folding.cards) <= 20


def test_everything_opens_down_to_its_nodes() -> None:
    tree(sketch := Sketch(), 256)
    folding, opened = fold(dag := sketch.dag(), budget=6), set[str]()

    while due := {card.id for card in folding.cards if card.can_open}:
        assert not due & opened
        opened |= due
        folding = fold(dag, budget=6, opened_cards=opened)

    assert all(len(card.counts) == 1 for card in folding.cards)


@pytest.mark.parametrize("parents", [["n1009"], ["n0"], []], ids=["behind", "in the middle", "beside"])
def test_a_node_that_is_added_elsewhere_renames_no_card(parents: list[str]) -> None:
    chords(sketch := Sketch(), 10, 100)
    before = fold(sketch.dag())
    late = sketch.add("late", *parents)

    after = fold(sketch.dag())

    assert {card.id for card in after.cards} - {late} >= {card.id for card in before.cards}


def test_a_long_row_of_different_steps_stays_as_it_is_when_a_step_is_added() -> None:
    sketch = Sketch()
    last = "n0"
    for step in range(1_001):
        last = sketch.add(f"step{step}", *([last] if step else []))
    before = fold(sketch.dag(), budget=10)
    sketch.add("late", last)

    after = fold(sketch.dag(), budget=10)

    assert [card.id for card in before.cards] == [card.id for card in after.cards]


def test_a_graph_that_is_as_deep_as_long_folds() -> None:
    sketch = Sketch()
    last: list[str] = []
    for _ in range(5_000):
        last = [sketch.add("step", *last, sketch.add("side"))]

    _check(fold(dag := sketch.dag()), dag, 60)


def test_the_example_works() -> None:
    module = sys.modules["umbel.engine.folding.fold"]

    assert doctest.testmod(module) == (0, 6)


def test_an_empty_graph_has_no_cards() -> None:
    assert not fold(Dag([])).cards


def test_a_budget_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="two cards at least"):
        fold(Dag([]), budget=1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda s, size: chords(s, size // 100, 99),
        lambda s, size: chains(s, size // 20, 20),
        lambda s, size: chain(s, size // 2, alarm=True),
        lambda s, size: tree(s, size // 2),
        lambda s, size: layers(s, size, 3 * size),
    ],
    ids=["chords", "chains", "a chain with callbacks", "a tree", "layers"],
)
def test_ten_times_the_nodes_take_about_ten_times_the_calls(draw: Callable[[Sketch, int], None]) -> None:
    def calls(size: int) -> int:
        draw(sketch := Sketch(), size)
        dag = sketch.dag()
        with counted() as count:
            fold(dag)
        return count[0]

    assert calls(4_000) < 15 * calls(400)


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count calls: work that no other process slows down."""
    count, before = [0], sys.getprofile()

    def count_one(frame: Any, event: str, argument: Any) -> None:
        count[0] += event in ("call", "c_call")

    sys.setprofile(count_one)
    try:
        yield count
    finally:
        sys.setprofile(before)


FOLDED = """
import json, sys
from umbel.engine import Dag, fold
print(json.dumps(fold(Dag.from_json(json.load(sys.stdin))).to_json()))
"""


def test_the_folding_is_the_same_in_every_process() -> None:
    layers(sketch := Sketch(), 400, 1_000)
    chords(sketch, 10, 20)
    given = json.dumps(sketch.dag().to_json())

    told = {
        subprocess.run(
            [sys.executable, "-c", FOLDED],
            input=given,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert len(told) == 1


@st.composite
def any_graph(draw: st.DrawFn) -> Dag:
    sketch = Sketch()
    kinds = st.sampled_from(["then", "then", "then", "link", "error"])
    for number in range(draw(st.integers(1, 40))):
        parents = draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        made = sketch.add(draw(st.sampled_from("abc")))
        sketch.edges += [(f"n{parent}", made, draw(kinds)) for parent in sorted(parents)]
    return sketch.dag()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_graph(), st.integers(2, 20), st.data())
def test_any_graph_is_parted_within_the_budget_without_a_circle(
    dag: Dag, budget: int, data: st.DataObject
) -> None:
    folding = fold(dag, budget=budget)

    _check(folding, dag, budget)
    assert folding == fold(dag, budget=budget)

    chosen = data.draw(st.sampled_from([card.id for card in folding.cards]))
    _check(fold(dag, budget=budget, opened_cards=[chosen]), dag, 2 * budget)


def _check(folding: Folding, dag: Dag, budget: int) -> None:
    members = [member for card in folding.cards for member in card.members]
    assert sorted(members) == sorted(dag.graph)
    assert len({card.id for card in folding.cards}) == len(folding.cards) <= budget
    assert all(folding.homes[member] == card.id for card in folding.cards for member in card.members)
    assert all(sum(card.counts.values()) == card.count for card in folding.cards)
    quotient = nx.DiGraph([(edge.parent, edge.child) for edge in folding.edges])
    assert nx.is_directed_acyclic_graph(quotient)
    known = {
        (folding.homes[parent], folding.homes[child]) for parent, child, _ in dag.graph.edges(data="kind")
    }
    assert {(edge.parent, edge.child) for edge in folding.edges} <= known
    in_series = {card for frame in folding.frames if frame.how == "series" for card in frame.cards}
    drawn = {(edge.parent, edge.child) for edge in folding.edges}
    for parent, child in known - drawn:
        assert parent == child or {parent, child} <= in_series  # the way from one copy to the next
