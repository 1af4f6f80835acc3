"""Search in a run, by both databases."""

import pytest

from umbel.engine.dag import Node
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen
from umbel.engine.store import search as searching
from umbel.engine.store.search import search

FOUND = {
    "RESIZE": {"name": [[0, 6]]},
    "task-4": {"id": [[4, 1]]},
    "größe": {"argument": [[0, 6]]},
    "100%_3": {"argument": [[3, 1]]},
    "%": {"argument": [[0, 6]]},
    "_": {"argument": [[0, 6]]},
    "/": {"name": [[6, 1]]},
    "such picture": {"exception": [[1, 2]]},
    "celery@b1": {"worker": [[1, 1], [3, 1]]},
    "failed": {"state": [[1, 2]]},
    "START": {"state": [[3, 1]]},
    "fa": {},
    "<b>": {"name": [[6, 1]]},
    'a "quoted" \\': {"argument": [[6, 1]]},
    '{"size": [1, 2]}': {"argument": [[7, 1]]},
    "\ud800": {},
    "join": {},
    "pack": {"name": [[7, 1]]},
    "c": {"name": [[7, 1]], "exception": [[1, 2]], "worker": [[3, 1]]},
}


@pytest.fixture
def shop(keep):
    """Eight tasks and a join; two have failed."""
    specs = [
        Node(id=f"task-{number}", task="shop.tasks.resize", args=[f"Größe 100%_{number}"])
        for number in range(6)
    ]
    specs += [
        Node(id="hostile", task="<b>shop</b>", kwargs={"name": 'a "quoted" \\ text', "lone": "\ud800"}),
        Node(id="deep", task="shop.pack", args=[{"size": [1, 2]}, None]),
        Node(id="join", task=None),
    ]
    run = Run(id="r", number=1, created=1.0)
    keep(run, Announced(1.0, specs, []))
    failed = Outcome(exception="ValueError('no such picture')")
    return keep(
        run,
        Seen("task-1", Evidence("failed", 5.0, "celery@b1", None, "error"), failed),
        Seen("task-2", Evidence("failed", 6.0, "celery@b2", None, "error"), failed),
        Seen("task-3", Evidence("started", 7.0, "celery@b1")),
    )


def test_text_is_found_wherever_it_is_shown(store, shop):
    for wanted, hits in FOUND.items():
        found = search(store, "r", wanted)
        assert (wanted, found["hits"]) == (wanted, hits)
        assert found["total"] == sum(count for pairs in hits.values() for _, count in pairs)
        assert (found["cut"], found["searched"]) == (None, 8)


def test_a_hit_is_told_with_the_text_around_it(store, shop):
    assert search(store, "r", "SUCH")["quotes"][0] == [1, "ValueError('no ", "such", " picture')"]
    assert search(store, "r", "größe")["quotes"][0] == [0, '["', "Größe", ' 100%_0"]']
    assert search(store, "r", "failed")["quotes"][0] == [1, "FAILURE", "", ""]


def test_a_search_that_finds_too_much_says_where_it_stopped(store, shop):
    found = search(store, "r", "shop", most=3)
    assert (found["total"], found["cut"], found["searched"]) == (3, "hits", 2)


def test_a_search_that_takes_too_long_says_where_it_stopped(store, shop, monkeypatch):
    monkeypatch.setattr(searching, "CHUNK", 4)
    found = search(store, "r", "shop", seconds=-1.0)
    assert (found["hits"], found["cut"], found["searched"]) == ({"name": [[0, 4]]}, "time", 3)


def test_there_is_nothing_in_a_run_that_is_not_there(store):
    assert search(store, "r", "shop") is None
