"""Error callbacks: one node for each task and callback, beside the graph and given nothing."""

from typing import Any

import celery
import pytest
from celery.canvas import xstarmap

from umbel.engine.canvas import to_dag

chain: Any = celery.chain
chord: Any = celery.chord
group: Any = celery.group

pytestmark = pytest.mark.filterwarnings("ignore:task_allow_error_cb_on_chord_header")


def errors(canvas: Any) -> list[str]:
    """Return ``task>callback`` for each error callback."""
    dag = to_dag(canvas)
    found = []
    for parent, child, kind in dag.edges:
        if kind == "error":
            assert dag[child].inputs is None
            assert dag.graph.in_degree(child) == 1
            found.append(f"{dag[parent].kwargs['tag']}>{dag[child].kwargs['tag']}")
    return sorted(found)


def test_on_a_task(t):
    assert errors(t("A").on_error(t("e"))) == ["A>e"]


def test_on_a_chain_it_is_on_each_step(t):
    assert errors((t("A") | t("B")).on_error(t("e"))) == ["A>e", "B>e"]


def test_on_the_front_of_a_chain_it_is_not_on_what_follows(t):
    assert errors(chain(t("A"), t("B")).on_error(t("e")) | t("C")) == ["A>e", "B>e"]


def test_on_a_group_it_is_on_each_member(t):
    whole = group(t("A"), t("B"))
    whole.link_error(t("e"))
    assert errors(whole) == ["A>e", "B>e"]


def test_in_the_options_of_a_group_it_is_on_each_member(t):
    assert errors(group(t("A"), group(t("B"), t("C")), link_error=[t("e")])) == ["A>e", "B>e", "C>e"]


def test_on_a_chord_it_is_on_the_body_alone(t):
    whole = chord([t("A"), t("B")], t("C"))
    whole.link_error(t("e"))
    assert errors(whole) == ["C>e"]
    assert errors(chord([t("A"), t("B")], t("C"), link_error=t("e"))) == ["C>e"]


def test_on_a_chord_whose_body_is_a_chain_or_a_group_it_is_on_each_of_its_tasks(t):
    assert errors(chord([t("A")], t("B") | t("C"), link_error=[t("e")])) == ["B>e", "C>e"]
    assert errors(chord([t("A")], group(t("B"), t("C")), link_error=[t("e")])) == ["B>e", "C>e"]


def test_on_a_chord_it_is_on_the_bodies_of_chords_in_the_header(t):
    whole = chord([chord([t("A")], t("B")), t("C")], t("D"))
    whole.link_error(t("e"))
    assert errors(whole) == ["B>e", "D>e"]
    assert errors(chord([chord([t("A")], t("B")), t("C")], t("D"), link_error=[t("e")])) == ["B>e", "D>e"]


def test_on_a_chain_with_a_chord_it_is_on_the_steps_and_the_body(t):
    whole = chain(t("A"), chord([t("B"), t("C")], t("D")), t("E")).on_error(t("e"))
    assert errors(whole) == ["A>e", "D>e", "E>e"]


def test_one_that_is_there_already_is_not_added_again(t):
    assert errors((t("A").on_error(t("e")) | t("B")).on_error(t("e"))) == ["A>e", "B>e"]


def test_several_stand_side_by_side(t):
    assert errors(t("A").on_error(t("e")).on_error(t("f"))) == ["A>e", "A>f"]


def test_its_own_id_is_kept_once(t):
    callback = t("e").set(task_id="mine")
    dag = to_dag((t("A") | t("B")).on_error(callback))
    assert [node.id for node in dag if node.kwargs["tag"] == "e"].count("mine") == 1
    assert errors((t("A") | t("B")).on_error(callback)) == ["A>e", "B>e"]


def test_a_canvas_can_be_an_error_callback(t):
    dag = to_dag(t("A").on_error(t("e") | group(t("f"), t("g"))))
    kinds = {(dag[a].kwargs["tag"], dag[b].kwargs["tag"]): kind for a, b, kind in dag.edges}
    assert kinds == {("A", "e"): "error", ("e", "f"): "then", ("e", "g"): "then"}


def test_links_and_errors_of_callbacks_are_followed(t):
    dag = to_dag(t("A").set(link=[t("L").on_error(t("e"))]))
    kinds = {(dag[a].kwargs["tag"], dag[b].kwargs["tag"]): kind for a, b, kind in dag.edges}
    assert kinds == {("A", "L"): "link", ("L", "e"): "error"}


def test_a_starmap_linked_to_a_group_takes_nothing_but_its_own_items(t):
    whole = group(t("A"), t("B"))
    whole.link(xstarmap(t("L"), [(1, 2)]))
    dag = to_dag(whole)
    (starmap,) = (node for node in dag if node.task == "celery.starmap")
    assert (starmap.immutable, starmap.inputs) == (True, None)
    assert dag.graph.in_degree(starmap.id) > 0
