"""``/api/v1/runs/<id>/nodes``, ``/api/v1/runs/<id>/nodes/<node_id>`` and ``/api/v1/nodes/<task_id>``."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient


def test_nodes_come_page_by_page_and_without_joins(client: FlaskClient, record: Callable[..., str]) -> None:
    path = f"/api/v1/runs/{record(['a', None, 'b', 'c'])}/nodes"
    first = client.get(path, query_string={"limit": 2}).json
    assert [node["index"] for node in first["nodes"]] == [0, 2]
    rest = client.get(path, query_string={"limit": 2, "after": first["next"]}).json
    assert [node["index"] for node in rest["nodes"]] == [3]
    assert rest["next"] is None


@pytest.mark.parametrize("query", ["after=x", "after=-2", "limit=0"])
def test_a_page_that_is_none_is_a_bad_request(
    client: FlaskClient, record: Callable[..., str], query: str
) -> None:
    assert client.get(f"/api/v1/runs/{record()}/nodes?{query}").status_code == 400


def test_nodes_of_no_run_are_not_found(client: FlaskClient) -> None:
    assert client.get("/api/v1/runs/nope/nodes").status_code == 404


def test_everything_about_a_node(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record(["shop.pay", {"task": "shop.ship", "id": "s1", "args": '["<i>"]'}], [(0, 1, "then", -1)])
    node = client.get(f"/api/v1/runs/{run}/nodes/s1").json
    assert (node["run"], node["task"], node["args"]) == (run, "shop.ship", ["<i>"])
    assert [parent["task"] for parent in node["parents"]] == ["shop.pay"]
    assert node["children"] == []


def test_a_node_that_is_not_there_is_not_found(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record()
    assert client.get(f"/api/v1/runs/{run}/nodes/nope").json["error"]["message"].endswith("has no node nope.")
    assert client.get("/api/v1/runs/nope/nodes/nope").json["error"]["message"] == "There is no run nope."


def test_a_value_comes_by_itself(client: FlaskClient, record: Callable[..., str]) -> None:
    row = {"task": "a", "id": "n", "args": "[1, 2]", "result": '{"json": {"a": 1}}', "exception": "E()"}
    path = f"/api/v1/runs/{record([row])}/nodes/n/value"
    assert client.get(f"{path}/args").json == {"value": [1, 2], "size": 6, "cut": False}
    assert client.get(f"{path}/result").json["value"] == {"json": {"a": 1}}
    assert client.get(f"{path}/exception").json["value"] == "E()"


def test_a_value_that_is_not_there_is_not_found(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record([{"task": "a", "id": "n"}])
    for path in (f"{run}/nodes/n/value/result", f"{run}/nodes/n/value/state", f"{run}/nodes/x/value/args"):
        assert client.get(f"/api/v1/runs/{path}").status_code == 404
    assert (
        client.get("/api/v1/runs/nope/nodes/n/value/args").json["error"]["message"] == "There is no run nope."
    )


def test_a_task_id_is_found_in_every_run_that_holds_it(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    older = record(["a", {"task": "b", "id": "same"}])
    newer = record([{"task": "b", "id": "same"}])
    found = client.get("/api/v1/nodes/same").json
    assert found == {"nodes": [{"run": newer, "index": 0}, {"run": older, "index": 1}]}


def test_a_task_id_that_nobody_saw_is_in_no_run(client: FlaskClient) -> None:
    assert client.get("/api/v1/nodes/nope").json == {"nodes": []}


@pytest.mark.parametrize("path", ["/api/v1/runs/x/nodes", "/api/v1/runs/x/nodes/y", "/api/v1/nodes/y"])
def test_they_cannot_be_changed(client: FlaskClient, path: str) -> None:
    assert client.post(path, json={}).status_code == 405
    assert client.delete(path, json={}).status_code == 405
