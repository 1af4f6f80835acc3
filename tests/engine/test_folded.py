"""Foldings for the pages: what is folded of a structure is the graph that is told of the run."""

import json
import random
from functools import lru_cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from umbel.engine import folded
from umbel.engine.canvas import Placed, assemble
from umbel.engine.dag import Node


def _listed(numbers: list[int]) -> str:
    return ",".join(map(str, numbers))


@st.composite
def _runs(draw: st.DrawFn) -> tuple[list[str | None], list[tuple[int, int, str]]]:
    """Tasks, None for a join, and edges of any kind, which may go round in circles."""
    tasks = draw(st.lists(st.sampled_from(["a", "b", None, None]), min_size=1, max_size=12))
    at = st.integers(0, len(tasks) - 1)
    edges = st.tuples(at, at, st.sampled_from(["then", "error"]))
    return tasks, draw(st.lists(edges, max_size=24, unique_by=lambda edge: edge[:2]))


@given(_runs())
def test_joins_and_circles_are_taken_away_as_in_the_graph(run: Any) -> None:
    tasks, edges = run
    nodes = [[task, False, "{}", str(index)] for index, task in enumerate(tasks)]
    kinds = {kind: [edge for edge in edges if edge[2] == kind] for kind in ("then", "error")}
    told = [
        [kind, _listed([edge[0] for edge in some]), _listed([edge[1] for edge in some])]
        for kind, some in kinds.items()
        if some
    ]
    dag = assemble(
        [Node(id=str(index), task=task) for index, task in enumerate(tasks)],
        [Placed(str(parent), str(child), kind) for kind in kinds for parent, child, _ in kinds[kind]],
    )
    found = folded.graph(json.dumps({"nodes": nodes, "edges": told}))
    assert set(found.ids) == {node.id for node in dag.nodes}
    pairs = {(found.ids[parent], found.ids[child]) for parent, child, _ in found.edges()}
    assert pairs == {(parent, child) for parent, child, _ in dag.edges}


def test_what_is_remembered_of_a_graph_changes_nothing_in_what_is_folded_next() -> None:
    chance = random.Random(3)
    edges = sorted({(chance.randrange(at), at) for at in range(1, 400) for _ in range(2)})
    nodes = [[f"t{kind}", False, "{}", _listed(list(range(kind, 400, 5)))] for kind in range(5)]
    listed = ["then", _listed([parent for parent, _ in edges]), _listed([child for _, child in edges])]
    structure = json.dumps({"nodes": nodes, "edges": [listed]})
    remembering = lru_cache(1)(folded.understood)
    cards = json.loads(folded.answer(f"[[], [], []]\n{structure}", remembering))["cards"]
    names = [card["id"] for card in cards if card["can_open"]]
    assert names
    for asked in ([], names[:1], names, [f"{names[0]}/1", *names[:1]], []):
        source = f"{json.dumps([asked, [], []])}\n{structure}"
        assert folded.answer(source, remembering) == folded.answer(source)
    assert remembering.cache_info().misses == 1
