"""The table of nodes: sorted and filtered by the database, page by page."""

import pytest

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen
from umbel.engine.store import reads
from umbel.engine.store.rows import SORTS


@pytest.fixture
def mixed(keep):
    """Twelve tasks and a join, some of them seen."""
    specs = [Spec(id=f"n{number:02}", task=f"app.{'abc'[number % 3]}") for number in range(12)]
    run = Run(id="r", number=1, created=1.0)
    keep(run, Announced(1.0, [*specs, Spec(id="join", task=None)], []))
    seen = []
    for number in range(8):
        seen.append(Seen(f"n{number:02}", Evidence("started", 100.0 - number // 2, f"w{number % 2}")))
    seen.append(Seen("n03", Evidence("failed", 200.0, "w1", None, "error"), Outcome(exception="Zero_Error")))
    seen.append(Seen("n04", Evidence("succeeded", 150.0, "w0", None, None, {"runtime": 0.5})))
    return keep(run, *seen)


def _pages(store, limit, **given):
    rows, after = [], -1
    while True:
        page = reads.nodes(store, "r", after=after, limit=limit, **given)
        rows += page["nodes"]
        if (after := page["next"]) is None:
            return rows


@pytest.mark.parametrize("sort", sorted(SORTS))
@pytest.mark.parametrize("descending", [False, True])
def test_every_column_sorts_with_what_has_none_last_and_pages_agree(store, mixed, sort, descending):
    rows = _pages(store, 100, sort=sort, descending=descending)
    assert sorted(row["index"] for row in rows) == list(range(12))
    values = [row[sort] for row in rows]
    given = [value for value in values if value is not None]
    assert given == sorted(given, reverse=descending)
    assert values == given + [None] * (len(values) - len(given))
    assert _pages(store, 5, sort=sort, descending=descending) == rows
    assert _pages(store, 1, sort=sort, descending=descending) == rows


def test_filters_hold_with_any_order(store, mixed):
    assert [row["id"] for row in _pages(store, 5, states=("FAILURE", "SUCCESS"))] == ["n03", "n04"]
    assert [row["id"] for row in _pages(store, 1, part="ZERO_")] == ["n03"]
    assert _pages(store, 5, part="%") == []
    found = _pages(store, 2, part="App.A", sort="started", states=("STARTED",))
    assert [row["id"] for row in found] == ["n06", "n00"]
    assert [row["index"] for row in _pages(store, 2, part="w1", descending=True)] == [7, 5, 3, 1]


def test_a_column_that_is_none_is_refused(store, mixed):
    with pytest.raises(KeyError):
        reads.nodes(store, "r", sort="password")
