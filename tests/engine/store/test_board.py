"""How many runs stand in each column of the board, which errors they have, and whence they come."""

import json

import pytest
from sqlalchemy import insert

from umbel.engine.store import board, errors, filters, models, reads
from umbel.engine.store.filters import RunFilters
from umbel.engine.store.words import save_words


@pytest.fixture
def write(store):
    """``write("id", "FAILURE", error="...")`` writes a run of one task, younger than those before."""
    numbers = iter(range(1, 100))

    def one(run_id, state, *, errors=(), **columns):
        number = next(numbers)
        run = {"number": number, "id": run_id, "kind": "native", "name": "shop.pay", "folded": "shop.pay"}
        run |= {"state": state, "created": 1000.0 + number, "seq": 1, "structure": 1, "size": 1}
        with store.write() as connection:
            connection.execute(insert(models.Run), run | {"counts": json.dumps({state: 1})} | columns)
            save_words(connection, {number: {("error", each) for each in errors}})

    return one


@pytest.fixture
def runs(write):
    write("good", "SUCCESS")
    write("bad-1", "FAILURE", errors=["ValueError('no price for article 17')"])
    write("bad-2", "FAILURE", errors=["ValueError('no price for article 18')", "KeyError('vat')"])
    write("bad-3", "FAILURE", errors=["ValueError('no price for article 19')"], resolved_by="mended")
    write("stopped", "REVOKED")
    write("mended", "SUCCESS", made_from="bad-3", lineage="bad-3")
    write("going", "RUNNING", made_from="bad-1", lineage="bad-1")
    write("third", "PENDING", made_from="going", lineage="bad-1", name="else", folded="else")
    write("alone", "FAILURE", single=True, kind="inferred", errors=["OSError()"])


def ids(store, **given):
    return [run["id"] for run in reads.runs(store, filters=RunFilters(**given))["runs"]]


def test_each_run_is_counted_in_one_column(store, runs):
    assert board.columns(store, RunFilters()) == {"running": 2, "failed": 2, "resolved": 1, "succeeded": 2}
    assert board.columns(store, RunFilters(states=("SUCCESS",), resolved=True))["running"] == 2
    assert board.columns(store, RunFilters(singles=True))["failed"] == 3
    assert board.columns(store, RunFilters(text="else")) == {
        "running": 1,
        "failed": 0,
        "resolved": 0,
        "succeeded": 0,
    }


def test_runs_are_listed_by_whether_a_later_one_resolved_them(store, runs):
    assert ids(store, states=("FAILURE",), resolved=False) == ["bad-2", "bad-1"]
    assert ids(store, resolved=True) == ["bad-3"]


def test_a_failure_of_which_another_attempt_was_made_is_superseded_by_it(store, runs, write):
    assert ids(store, states=("FAILURE",), superseded=True) == ["bad-3", "bad-1"]
    assert ids(store, states=("FAILURE",), resolved=False, superseded=False) == ["bad-2"]
    write("part", "SUCCESS", made_from="bad-2", lineage="bad-2", left_out=1)
    assert ids(store, states=("FAILURE",), resolved=False, superseded=False) == ["bad-2"]
    later = {run["id"]: run["later"] for run in reads.runs(store)["runs"]}
    assert (later["bad-1"], later["bad-2"], later["good"]) == ("going", "part", None)


def test_a_run_with_several_errors_that_are_alike_counts_once(store, write):
    write("bad", "FAILURE", errors=[f"ValueError('no price for article {n}')" for n in range(9)])
    write("worse", "FAILURE", errors=["ValueError('no price for article 3')"])
    [found] = errors.errors(store, RunFilters())["errors"]
    assert (found["error"], found["runs"]) == ("ValueError: no price for article #", 2)


def test_a_list_says_an_error_of_what_failed_and_which_attempt_each_is(store, runs):
    told = {run["id"]: (run["attempt"], run["error"]) for run in reads.runs(store)["runs"]}
    assert told["bad-1"] == (1, "ValueError('no price for article 17')")
    assert told["going"] == (2, None)
    assert told["third"] == (3, None)
    assert told["mended"] == (2, None)
    assert told["bad-2"][1] in ("ValueError('no price for article 18')", "KeyError('vat')")


def test_an_attempt_whose_ancestor_is_deleted_counts_what_is_left(store, write):
    write("b", "FAILURE", made_from="a", lineage="a")
    assert [run["attempt"] for run in reads.runs(store)["runs"]] == [2]


def test_errors_that_differ_by_a_number_alone_are_one(store, runs):
    found = errors.errors(store, RunFilters(states=("FAILURE",), resolved=False))
    assert [(each["error"], each["runs"]) for each in found["errors"]] == [
        ("ValueError: no price for article #", 2),
        ("KeyError: vat", 1),
    ]
    assert found["errors"][0]["example"].startswith("ValueError('no price for article 1")
    assert found["more"] == 0


def test_rare_headings_are_counted_and_not_told(store, runs, monkeypatch):
    monkeypatch.setattr(errors, "HEADINGS", 1)
    assert errors.errors(store, RunFilters())["more"] == 1


@pytest.mark.parametrize("few", [filters.FEW, 0])
def test_a_heading_lists_the_runs_that_it_counts(store, runs, monkeypatch, few):
    monkeypatch.setattr(filters, "FEW", few)
    assert ids(store, error="ValueError: no price for article #") == ["bad-3", "bad-2", "bad-1"]
    assert ids(store, error="KeyError: vat") == ["bad-2"]
    assert ids(store, error="ValueError") == []
    assert ids(store, error="ValueError: no price for article #", resolved=True) == ["bad-3"]


@pytest.mark.parametrize(
    "raised",
    ["ValueError()", "shop.Gone: 12 left", "it broke (again), 3 times", "'quoted'", "(1, 2)", "E('a: b #3')"],
)
def test_whatever_is_raised_is_found_by_its_heading(store, write, raised):
    write("bad", "FAILURE", errors=[raised])
    heading = errors.errors(store, RunFilters())["errors"][0]["error"]
    assert ids(store, error=heading) == ["bad"]
