"""``GET /api/v1/board``, ``GET /api/v1/errors`` and what is listed by resolution and error."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.engine.store import Store
from umbel.engine.store.words import save_words

Record = Callable[..., str]


@pytest.fixture
def runs(record: Record, open_database: Store) -> None:
    """Two runs that failed alike, the older of which was made good, and the one that did it."""
    record(id="old", state="FAILURE", resolved_by="mended")
    record(id="mended", state="SUCCESS", made_from="old", lineage="old")
    record(id="bad", state="FAILURE")
    with open_database.write() as connection:
        save_words(connection, {1: {("error", "KeyError('vat 1')")}, 3: {("error", "KeyError('vat 22')")}})


def test_the_board_counts_all_runs_that_fit(client: FlaskClient, runs: None) -> None:
    assert client.get("/api/v1/board").json == {"running": 0, "failed": 1, "resolved": 1, "succeeded": 1}
    assert client.get("/api/v1/board?id=bad").json["resolved"] == 0


def test_errors_are_headings_to_filter_by(client: FlaskClient, runs: None) -> None:
    told = client.get("/api/v1/errors?resolved=false").json
    assert told == {
        "errors": [{"error": "KeyError: vat #", "runs": 1, "example": "KeyError('vat 22')"}],
        "more": 0,
    }
    listed = client.get("/api/v1/runs", query_string={"error": "KeyError: vat #", "resolved": "false"}).json[
        "runs"
    ]
    assert [(run["id"], run["error"]) for run in listed] == [("bad", "KeyError('vat 22')")]


@pytest.mark.parametrize("path", ["board", "errors", "runs"])
def test_what_does_not_fit_is_a_bad_request(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}?resolved=perhaps")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(("flag", "found"), [("--resolved", ["old"]), ("--unresolved", ["bad"])])
def test_the_command_lists_by_resolution(
    command: Callable[..., Any], runs: None, flag: str, found: list[str]
) -> None:
    told = json.loads(command("runs", "--json", "--state", "FAILURE", flag).out)
    assert [run["id"] for run in told["runs"]] == found
