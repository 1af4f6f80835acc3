"""Changing a run that goes on, by the API. Nobody works here: what was sent stays so, the rest is ahead."""

from typing import Any

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def client(client_on_broker: FlaskClient) -> FlaskClient:
    """A client of an application on the test's broker."""
    return client_on_broker


@pytest.fixture
def run(conductor: None, client: FlaskClient) -> str:
    """Three tasks in a row, of which the first is out."""
    nodes = [{"id": "a", "task": "t"}, {"id": "b", "task": "t"}, {"id": "c", "task": "t"}]
    edges = [["a", "b", "then"], ["b", "c", "then"]]
    return client.post("/api/v1/runs", json={"dag": {"nodes": nodes, "edges": edges}}).json["run"]


def tasks(client: FlaskClient, run: str) -> list[Any]:
    rows = client.get(f"/api/v1/runs/{run}/nodes").json["nodes"]
    return [client.get(f"/api/v1/runs/{run}/nodes/{row['id']}").json for row in rows]


def amend(client: FlaskClient, run: str, change: dict[str, Any], **more: Any) -> tuple[int, Any]:
    seen = client.post(f"/api/v1/runs/{run}/amendment", json=change).json
    said = {"change": change, "hash": seen["hash"], **more}
    answer = client.post(f"/api/v1/runs/{run}/amend", json=said)
    return answer.status_code, answer.json


def test_what_was_never_sent_is_changed_as_it_was_looked_at(client: FlaskClient, run: str) -> None:
    _, b, c = (task["id"] for task in tasks(client, run))
    structure = client.get(f"/api/v1/runs/{run}").json["structure"]
    change = {"edits": [{"nodes": [b], "args": [3], "queue": "slow"}], "hold": [c]}
    assert amend(client, run, change, why="too fast") == (200, {"touched": 2})
    _, edited, held = tasks(client, run)
    assert (edited["args"], edited["options"]["queue"], edited["held"]) == ([3], "slow", False)
    assert (held["held"], [wait["kind"] for wait in held["waits"]]) == (True, ["parents", "held"])
    assert client.get(f"/api/v1/runs/{run}").json["structure"] > structure
    assert client.get(f"/api/v1/runs/{run}/columns?of=held").json["of"]["held"] == {
        "values": [False, True],
        "codes": [0, 0, 1],
    }
    [done] = client.get(f"/api/v1/actions?run={run}").json["actions"]
    assert (done["what"], done["why"], done["detail"]["hold"]) == ("amend", "too fast", [c])
    assert amend(client, run, {"release": [c], "skip": [b]}) == (200, {"touched": 2})
    assert [task["state"] for task in tasks(client, run)] == ["SENT", "SKIPPED", "SKIPPED"]


def test_a_change_of_what_has_begun_or_was_changed_meanwhile_is_refused_as_a_whole(
    client: FlaskClient, run: str
) -> None:
    a, b, c = (task["id"] for task in tasks(client, run))
    status, told = amend(client, run, {"hold": [a, b]})
    assert (status, told["error"]["code"]) == (422, "problems")
    assert told["error"]["problems"][0]["nodes"] == [a]
    seen = client.post(f"/api/v1/runs/{run}/amendment", json={"skip": [c]}).json
    assert amend(client, run, {"hold": [c]})[0] == 200
    said = {"change": {"skip": [c]}, "hash": seen["hash"]}
    answer = client.post(f"/api/v1/runs/{run}/amend", json=said)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "stale")
    assert answer.json["error"]["amendment"]["hash"] != seen["hash"]
    assert [task["held"] for task in tasks(client, run)] == [False, False, True]
    assert client.post("/api/v1/runs/nowhere/amend", json=said).status_code == 404
    client.post(f"/api/v1/runs/{run}/cancel", json={"terminate": True})
    assert amend(client, run, {"skip": [c]})[0] == 422
