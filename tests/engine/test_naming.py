"""Names of runs."""

import pytest

from umbel.engine.naming import LENGTH, name_of


@pytest.mark.parametrize(
    ("nodes", "edges", "name"),
    [
        ("a", "", "a"),
        ("a b c", "ab bc", "a → c"),
        ("a b c j z", "aJ bJ cJ Jz", "a, b +1 → z"),
        ("a j", "aJ", "a"),
        ("a b J", "aJ bJ", "a, b"),
        ("a b c", "ab ac", "a → b, c"),
        ("a b J", "ab bJ", "a → b"),
    ],
)
def test_a_name_goes_from_the_first_tasks_to_the_last(nodes, edges, name):
    ids = dict.fromkeys(nodes.split())
    ids |= dict.fromkeys("".join(edges.split()))
    made = [(each, None if each in "jJ" else f"some.where.{each}") for each in ids if each != "j"]
    assert name_of(made, [(edge[0], edge[1], "then") for edge in edges.split()]) == name


def test_callbacks_are_no_end():
    nodes = [("a", "a"), ("b", "b"), ("l", "l"), ("e", "e")]
    assert name_of(nodes, [("a", "b", "then"), ("a", "l", "link"), ("b", "e", "error")]) == "a → b"


def test_a_group_of_one_task_names_it_once_and_a_long_name_is_cut():
    assert name_of([(n, "app.resize") for n in range(100)], []) == "resize"
    assert len(name_of([(1, "x" * 500)], [])) == LENGTH


def test_a_circle_has_a_name_too():
    assert name_of([("a", "a"), ("b", "b")], [("a", "b", "then"), ("b", "a", "then")]) == "a"
