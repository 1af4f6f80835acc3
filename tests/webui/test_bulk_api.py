"""``/api/v1/bulk``: what resubmitting many runs would do, doing it, and what came of it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Record = Callable[..., str]
PATH = "/api/v1/bulk"


@pytest.fixture
def failed(record: Record) -> list[str]:
    """Three runs whose only task failed, one of another name, and one that is all right."""
    bad = {"task": "shop.pay", "state": "FAILURE", "exception": "ValueError('no')"}
    made = [record([bad], state="FAILURE", finished=time.time(), counts='{"FAILURE": 1}') for _ in range(3)]
    record(
        [bad], state="FAILURE", finished=time.time(), counts='{"FAILURE": 1}', name="other", folded="other"
    )
    record(state="SUCCESS")
    return made


def test_a_plan_says_what_would_be_done(client: FlaskClient, failed: list[str]) -> None:
    told = client.post(f"{PATH}/plan", json={"filter": {"task": "", "state": ["FAILURE", "SUCCESS"]}}).json
    assert (told["runs"], told["failed"], told["blocked"], told["run"], told["looked_at"]) == (4, 4, 0, 4, 4)
    assert (told["later"], told["more"], told["refused"], told["problems"]) == (0, False, 0, [])
    assert [each["id"] for each in told["first"]] == [*failed, "run-4"]
    none = client.post(f"{PATH}/plan", json={"filter": {"state": ["SUCCESS"]}}).json
    assert (none["runs"], none["first"]) == (0, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/plan", {}),
        ("/plan", {"filter": {"nmae": "x"}}),
        ("/plan", {"filter": {"state": "DONE"}}),
        ("", {"filter": {}}),
        ("", {"filter": {}, "hash": "x" * 65}),
        ("", {"filter": {}, "hash": "h", "why": "x" * 2001}),
    ],
)
def test_what_does_not_fit_is_a_bad_request(client: FlaskClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(PATH + path, json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/none", "/none/items", "/none/stop"])
def test_a_bulk_that_is_not_there_is_not_found(client: FlaskClient, path: str) -> None:
    answer = client.post(PATH + path, json={}) if path.endswith("stop") else client.get(PATH + path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_many_runs_are_resubmitted_at_once(
    client_on_broker: FlaskClient, failed: list[str], conductor: None, eventually: Callable[..., Any]
) -> None:
    client = client_on_broker
    chosen = {"filter": {"kind": "native"}}
    stale = client.post(PATH, json=chosen | {"hash": "seen long ago"})
    assert (stale.status_code, stale.json["error"]["code"]) == (409, "stale")
    nothing = client.post(PATH, json={"filter": {"name": "nobody"}, "hash": "h"})
    assert (nothing.status_code, nothing.json["error"]["code"]) == (422, "nothing")
    seen = client.post(f"{PATH}/plan", json={"filter": {"name": "nothing like it"}}).json
    assert seen["runs"] == 0
    seen = client.post(f"{PATH}/plan", json=chosen).json
    begun = client.post(PATH, json=chosen | {"hash": seen["hash"], "why": "it works now"})
    assert begun.status_code == 201, begun.text
    bulk = begun.json["bulk"]
    eventually(lambda: client.get(f"{PATH}/{bulk}").json["state"] == "DONE", 20, "the end of the bulk")
    told = client.get(f"{PATH}/{bulk}").json
    assert (told["outcomes"], told["why"]) == ({"resubmitted": seen["runs"]}, "it works now")
    items = client.get(f"{PATH}/{bulk}/items?outcome=resubmitted").json["items"]
    assert all(
        client.get(f"/api/v1/runs/{each['new_run']}").json["made_from"] == each["run"] for each in items
    )
    assert [each["id"] for each in client.get(PATH).json["bulks"]] == [bulk]
    late = client.post(f"{PATH}/{bulk}/stop", json={})
    assert (late.status_code, late.json["error"]["code"]) == (409, "finished")


def test_bulks_have_pages(client: FlaskClient) -> None:
    browser = {"Accept": "text/html"}
    assert client.get("/board", headers=browser).status_code == 200
    assert client.get("/bulk", headers=browser).status_code == 200
    assert client.get("/bulk/none", headers=browser).status_code == 404
