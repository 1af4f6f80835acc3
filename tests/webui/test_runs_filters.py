"""What ``GET /api/v1/runs`` lists, by what is asked for; and the names to choose from."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

PATH = "/api/v1/runs"
Record = Callable[..., str]


@pytest.fixture
def runs(record: Record) -> dict[str, str]:
    """Four runs that differ in everything."""
    alike = {"kind": "native"}
    single = {"kind": "inferred", "single": True, "name": "mail.send", "folded": "mail.send"}
    return {
        "paid": record(state="SUCCESS", created=1000.0, id="aaaaaaaa-1", **alike),
        "failed": record(state="FAILURE", created=2000.0, id="bbbbbbbb-2", **alike),
        "inferred": record(state="RUNNING", created=3000.0, id="cccccccc-3", kind="inferred"),
        "single": record(state="SUCCESS", created=4000.0, id="dddddddd-4", **single),
    }


def _list(client: FlaskClient, **query: Any) -> list[str]:
    answer = client.get(PATH, query_string=query)
    assert answer.status_code == 200, answer.text
    return [run["id"] for run in answer.json["runs"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["inferred", "failed", "paid"]),
        ({"singles": "1"}, ["single", "inferred", "failed", "paid"]),
        ({"state": "FAILURE"}, ["failed"]),
        ({"state": ["FAILURE", "RUNNING"]}, ["inferred", "failed"]),
        ({"state": "FAILURE,RUNNING"}, ["inferred", "failed"]),
        ({"state": "SUCCESS", "singles": "true"}, ["single", "paid"]),
        ({"kind": "inferred"}, ["inferred"]),
        ({"since": "2000"}, ["inferred", "failed"]),
        ({"until": 2000.0}, ["paid"]),
        ({"since": 1500, "until": 2500}, ["failed"]),
        ({"id": "bbbbbbbb-2"}, ["failed"]),
        ({"id": "bbbbbbbb"}, ["failed"]),
        ({"id": "bbbb"}, []),
        ({"name": "", "task": "", "q": "", "id": "", "worker": ""}, ["inferred", "failed", "paid"]),
        ({"name": "no such name"}, []),
        ({"whatever": "is not known"}, ["inferred", "failed", "paid"]),
    ],
)
def test_runs_are_listed_by_what_is_asked_for(
    client: FlaskClient, runs: dict[str, str], query: dict[str, Any], expected: list[str]
) -> None:
    assert _list(client, **query) == [runs[name] for name in expected]


def test_runs_of_one_task_are_counted_when_they_are_left_out(
    client: FlaskClient, runs: dict[str, str]
) -> None:
    answer = client.get(PATH).json
    assert (answer["singles"], answer["singles_capped"]) == (1, False)
    assert client.get(f"{PATH}?state=FAILURE").json["singles"] == 0


def test_pages_keep_to_the_filter(client: FlaskClient, record: Record) -> None:
    wanted = [record(state="FAILURE" if number % 2 else "SUCCESS") for number in range(8)][1::2]
    first = client.get(f"{PATH}?state=FAILURE&limit=3").json
    rest = client.get(f"{PATH}?state=FAILURE&limit=3&before={first['next']}").json
    assert [run["id"] for run in first["runs"] + rest["runs"]] == wanted[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "state=DONE",
        "state=success",
        "kind=other",
        "since=yesterday",
        "until=nan",
        "until=inf",
        "since=1e300",
        "singles=perhaps",
        "q=%00",
        "name=" + "x" * 501,
    ],
)
def test_what_does_not_fit_is_a_bad_request(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")
    assert answer.json["error"]["message"].startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "' OR 1=1 --", "<b>", "\ud7ff", "é", "\u202e", "*", "[a-z]"]
)
def test_what_is_searched_for_is_text(client: FlaskClient, runs: dict[str, str], text: str) -> None:
    for name in ("name", "task", "worker", "q", "id"):
        assert _list(client, **{name: text}) == []


def test_names_to_choose_from(client: FlaskClient) -> None:
    assert client.get("/api/v1/names").json == {"tasks": [], "workers": []}


def test_nodes_are_sorted_and_filtered(client: FlaskClient, record: Record) -> None:
    rows = [
        {"task": "shop.pay", "state": "SUCCESS", "runtime": 2.0, "worker": "Alpha"},
        {"task": "shop.ship", "state": "FAILURE", "runtime": None, "worker": "beta"},
        {"task": "mail.send", "state": "SUCCESS", "runtime": 1.0, "worker": "alpha"},
    ]
    path = f"{PATH}/{record(rows)}/nodes"

    def indices(**query: Any) -> list[int]:
        return [node["index"] for node in client.get(path, query_string=query).json["nodes"]]

    assert indices(sort="runtime") == [2, 0, 1]
    assert indices(sort="runtime", order="desc") == [0, 2, 1]
    assert indices(state="SUCCESS") == [0, 2]
    assert indices(state="FAILURE,PENDING") == [1]
    assert indices(q="ALPHA") == [0, 2]
    assert indices(q="shop", state="SUCCESS") == [0]
    first = client.get(path, query_string={"sort": "runtime", "limit": 1}).json
    assert indices(sort="runtime", after=first["next"]) == [0, 1]
    assert client.get(f"{path}?sort=args").status_code == 400
    assert client.get(f"{path}?order=up").status_code == 400
    sheet = client.get(f"{path}.csv", query_string={"sort": "runtime", "state": "SUCCESS"}).text
    assert [line.partition(",")[0] for line in sheet.splitlines()] == ["index", "2", "0"]
