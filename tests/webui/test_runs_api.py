"""``GET /api/v1/runs`` and ``/api/v1/runs/<id>``."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from umbel.engine.store import Store
from umbel.engine.store.models import Action

PATH = "/api/v1/runs"
EMPTY = {"runs": [], "next": None, "singles": 0, "singles_capped": False}
SUMMARY = {
    "id",
    "name",
    "kind",
    "state",
    "nodes",
    "counts",
    "created",
    "started",
    "finished",
    "seq",
    "structure",
    "single",
    "root",
    "parent",
    "by",
    "options",
    "paused",
    "cancelled",
    "waits",
}


def test_no_runs_are_an_empty_list(client: FlaskClient) -> None:
    assert client.get(PATH).json == EMPTY


def test_runs_come_newest_first_and_page_by_page(client: FlaskClient, record: Callable[..., str]) -> None:
    made = [record() for _ in range(5)]

    seen, before, pages = [], None, 0
    while pages == 0 or before:
        page = client.get(PATH, query_string={"limit": 2} | ({"before": before} if before else {})).json
        seen += [run["id"] for run in page["runs"]]
        before = page["next"]
        pages += 1

    assert seen == made[::-1]
    assert pages == 3


def test_a_run_is_summed_up(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record(["shop.pay", None], name="<b>pay</b>", counts='{"SUCCESS": 1}')
    answer = client.get(f"{PATH}/{run}")
    assert answer.json
    assert set(answer.json) >= SUMMARY
    assert answer.json["nodes"] == 1
    assert answer.json["counts"] == {"SUCCESS": 1}
    assert answer.json["name"] == "<b>pay</b>"
    assert answer.mimetype == "application/json"


def test_a_run_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    answer = client.get(f"{PATH}/nope")
    assert answer.status_code == 404
    assert answer.json["error"] == {"code": "not_found", "message": "There is no run nope."}


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "9" * 30, ""])
def test_a_limit_that_is_none_is_a_bad_request(client: FlaskClient, limit: str) -> None:
    answer = client.get(PATH, query_string={"limit": limit})
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "bad_request"


def test_a_limit_beyond_ours_is_cut(client: FlaskClient, record: Callable[..., str]) -> None:
    record()
    assert len(client.get(PATH, query_string={"limit": 100_000}).json["runs"]) == 1


def test_a_key_that_is_none_gives_an_empty_page(client: FlaskClient, record: Callable[..., str]) -> None:
    record()
    assert client.get(PATH, query_string={"before": "' OR 1=1 --"}).json == EMPTY


@pytest.mark.parametrize(
    ("path", "more"), [(PATH, ()), (f"{PATH}/x", ("POST",)), (f"{PATH}/x/actions", ("POST",))]
)
def test_they_cannot_be_changed(client: FlaskClient, path: str, more: tuple[str, ...]) -> None:
    for method in ("PUT", "PATCH", "DELETE", *more):
        answer = client.open(path, method=method, json={})
        assert answer.status_code == 405
        assert answer.json["error"]["code"] == "method_not_allowed"


def test_what_was_done_to_a_run_is_told_and_nothing_of_a_run_that_is_not_there(
    client: FlaskClient, open_database: Store, record: Callable[..., str]
) -> None:
    run = record()
    assert client.get(f"{PATH}/{run}/actions").json == {"actions": []}
    with open_database.write() as connection:
        said = {"number": 0, "at": 5.0, "by": "ada", "what": "pause", "detail": "{}"}
        connection.execute(insert(Action).values(run_id=run, **said))
    [told] = client.get(f"{PATH}/{run}/actions").json["actions"]
    assert told == {"at": 5.0, "by": "ada", "what": "pause", "detail": {}, "why": None}
    assert client.get(f"{PATH}/x/actions").status_code == 404
