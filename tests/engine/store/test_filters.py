"""Which runs are listed, whatever the filter, and page by page while others arrive."""

import random

import pytest

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen
from umbel.engine.store import filters, reads
from umbel.engine.store.filters import RunFilters


@pytest.fixture(params=["few", "walked"])
def found(request, store, monkeypatch):
    """``found(**filters)`` lists ids, both ways in which runs are looked for."""
    if request.param == "walked":
        monkeypatch.setattr(filters, "FEW", 0)
    return lambda **given: [run["id"] for run in reads.runs(store, filters=RunFilters(**given))["runs"]]


@pytest.fixture
def some(keep):
    """Four runs, and one of one task that nobody announced."""
    made = [
        Run(id=f"run-0000{number}", number=number, created=100.0 * number, kind=kind)
        for number, kind in enumerate(["native", "native", "inferred", "inferred", "native"], start=1)
    ]
    keep(made[0], Announced(1.0, [Spec(id="task-a", task="app.extract")], []))
    keep(made[1], Announced(1.0, [Spec(id="task-b", task="app.Straße"), Spec(id="task-c", task="t")], []))
    keep(made[2], Announced(1.0, [Spec(id="task-d", task="app.alone")], []))
    keep(made[3], Announced(1.0, [Spec(id="task-e", task="t"), Spec(id="task-f", task="app.extract")], []))
    keep(made[4], Announced(1.0, [Spec(id="task-g", task="app.extract%")], []))
    keep(made[0], Seen("task-a", Evidence("succeeded", 2.0, "w@one")))
    trouble = Outcome(exception="KeyError('Order 17')", traceback="T")
    keep(made[3], Seen("task-f", Evidence("failed", 2.0, "w@two", None, "error"), trouble))
    return made


ALL = ["run-00005", "run-00004", "run-00002", "run-00001"]


def test_runs_of_one_task_are_left_out_unless_they_are_asked_for(store, found, some):
    assert found() == ALL
    assert found(singles=True) == ["run-00005", "run-00004", "run-00003", "run-00002", "run-00001"]
    assert reads.runs(store)["singles"] == 1


def test_a_run_is_single_no_longer_when_it_grows(store, found, some, keep):
    keep(some[2], Announced(1.0, [Spec(id="task-h", task="t")], []))
    assert found()[2] == "run-00003"
    assert reads.runs(store)["singles"] == 0


LISTED = [
    ({"states": ("SUCCESS",)}, [1]),
    ({"states": ("SUCCESS", "RUNNING")}, [4, 1]),
    ({"states": ("SUCCESS", "PENDING"), "kind": "native"}, [5, 2, 1]),
    ({"kind": "inferred"}, [4]),
    ({"kind": "nonsense"}, []),
    ({"name": "STRASSE"}, [2]),
    ({"name": "extract"}, [5, 4, 1]),
    ({"name": "%"}, [5]),
    ({"name": "_"}, []),
    ({"name": "\x00"}, []),
    ({"task": "app.extract"}, [4, 1]),
    ({"task": "app.extrac"}, []),
    ({"worker": "w@two"}, [4]),
    ({"worker": "w@two", "task": "app.extract", "states": ("SUCCESS",)}, []),
    ({"since": 200.0}, [5, 4, 2]),
    ({"until": 200.0}, [1]),
    ({"since": 200.0, "until": 500.0}, [4, 2]),
    ({"text": "order 17"}, [4]),
    ({"text": "EXTRACT"}, [5, 4, 1]),
    ({"text": "nowhere"}, []),
    ({"text": "\x00"}, []),
    ({"id": "run-00004"}, [4]),
    ({"id": "task-c"}, [2]),
    ({"id": "task"}, []),
    ({"id": "run-0000"}, [5, 4, 2, 1]),
    ({"id": "\ud800"}, []),
    ({"id": "x" * 1000}, []),
]


def test_a_filter_lists_what_meets_all_of_it(found, some):
    for given, numbers in LISTED:
        assert found(**given) == [f"run-0000{number}" for number in numbers], given


def test_a_run_is_found_by_its_root_and_by_how_that_begins(found, keep):
    keep(Run(id="r", number=1, created=1.0, root="root-12345"), Announced(1.0, [Spec(id="a", task="t")], []))
    assert found(id="root-12345") == found(id="root-123") == ["r"]
    assert found(id="root-12") == []


def test_singles_are_counted_with_the_rest_of_the_filter_and_not_beyond_a_bound(store, some, monkeypatch):
    assert reads.runs(store, filters=RunFilters(task="app.alone"))["singles"] == 1
    assert reads.runs(store, filters=RunFilters(task="app.extract"))["singles"] == 0
    monkeypatch.setattr(reads, "COUNTED", 0)
    page = reads.runs(store)
    assert (page["singles"], page["singles_capped"]) == (0, True)


def test_pages_stay_as_they_are_while_runs_arrive(store, keep):
    chance = random.Random(7)
    arrived = 0

    def arrive() -> None:
        nonlocal arrived
        arrived += 1
        kind = chance.choice(["native", "inferred"])
        run = Run(id=f"r{arrived}", number=arrived, created=float(arrived), kind=kind)
        keep(run, Announced(1.0, [Spec(id="a", task="t")], []))

    for _ in range(40):
        arrive()
    for singles in (False, True):
        given = RunFilters(singles=singles, task="t")
        whole = [run["id"] for run in reads.runs(store, limit=500, filters=given)["runs"]]
        seen, key = [], None
        while True:
            page = reads.runs(store, limit=7, before=key, filters=given)
            seen += [run["id"] for run in page["runs"]]
            arrive()
            if (key := page["next"]) is None:
                break
        assert seen == whole


def test_names_to_choose_from_are_those_that_occur(store, some):
    assert reads.tasks(store) == ["app.Straße", "app.alone", "app.extract", "app.extract%", "t"]
    assert reads.workers(store) == ["w@one", "w@two"]


def test_a_name_of_any_length_and_kind_is_kept_as_a_word(store, keep, found):
    names = ["n" * 100_000, "İ" * 400, "\x00x", "\ud800y", ""]
    specs = [Spec(id=f"i{number}", task=name) for number, name in enumerate(names)]
    keep(Run(id="r", number=1, created=1.0), Announced(1.0, specs, []))
    assert found(task="n" * 100_000) == found(task="İ" * 400) == found(task="\x00x") == ["r"]
    assert found(text="N" * 99) == ["r"]


def test_a_task_is_found_by_how_its_id_begins(store, some):
    assert reads.find(store, "task-") == []
    assert reads.find(store, "task-a") == [{"run": "run-00001", "index": 0}]


def test_what_is_as_long_as_eight_characters_is_looked_for_as_a_beginning(store, keep):
    specs = [Spec(id=f"0123456789-{number}", task="t") for number in range(3)]
    keep(Run(id="r", number=1, created=1.0), Announced(1.0, specs, []))
    assert [row["index"] for row in reads.find(store, "01234567")] == [0, 1, 2]
    assert [row["index"] for row in reads.find(store, "0123456789-1")] == [1]
    assert reads.find(store, "0123456") == []
