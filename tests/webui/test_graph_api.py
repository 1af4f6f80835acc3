"""``GET /api/v1/runs/<id>/graph``: nodes, edges and where to draw them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.engine import layout
from umbel.engine.errors import LayoutError


def _graph(client: FlaskClient, run: str) -> Any:
    return client.get(f"/api/v1/runs/{run}/graph")


def test_a_chain_is_laid_out_from_left_to_right(client: FlaskClient, record: Callable[..., str]) -> None:
    run = record(["shop.pay", "shop.ship"], [(0, 1, "then", -1)])
    graph = _graph(client, run).json

    assert [node["index"] for node in graph["nodes"]] == [0, 1]
    assert graph["nodes"][0]["kind"] == "task"
    assert graph["edges"] == [[0, 1, "then"]]
    assert graph["layout_error"] is None
    places = graph["layout"]["nodes"]
    assert places["0"][0] < places["1"][0] <= graph["layout"]["width"]
    [[parent, child, kind, path]] = graph["layout"]["edges"]
    assert (parent, child, kind) == (0, 1, "then")
    assert path.startswith("M")


def test_a_join_is_a_node_without_a_task(client: FlaskClient, record: Callable[..., str]) -> None:
    tasks: list[str | None] = ["a", "b", None, "c", "d"]
    edges = [(0, 2, "then", 0), (1, 2, "then", 1), (2, 3, "then", -1), (2, 4, "then", -1)]
    graph = _graph(client, record(tasks, edges)).json
    assert [node["kind"] for node in graph["nodes"]] == ["task", "task", "join", "task", "task"]
    assert set(graph["layout"]["nodes"]) == {"0", "1", "2", "3", "4"}
    assert len(graph["layout"]["edges"]) == 4


def test_a_run_without_edges_is_drawn_too(client: FlaskClient, record: Callable[..., str]) -> None:
    assert _graph(client, record()).json["layout"]["edges"] == []


def test_above_five_hundred_tasks_nothing_is_drawn(client: FlaskClient, record: Callable[..., str]) -> None:
    graph = _graph(client, record(["shop.pay"] * 501)).json
    assert len(graph["nodes"]) == 501
    assert graph["layout"] is None
    assert graph["layout_error"]["code"] == "too_many"
    assert "501" in graph["layout_error"]["message"]


@pytest.mark.parametrize(
    ("error", "code"), [(LayoutError("It broke."), "failed"), (layout.DeadlineError("Too late."), "deadline")]
)
def test_a_graph_without_a_layout_is_still_a_graph(
    client: FlaskClient,
    record: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(layout, "place", fail)
    answer = _graph(client, record())
    assert answer.status_code == 200
    assert answer.json["layout"] is None
    assert answer.json["layout_error"] == {"code": code, "message": str(error)}


def test_the_graph_of_no_run_is_not_found(client: FlaskClient) -> None:
    assert _graph(client, "nope").status_code == 404


def test_it_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/api/v1/runs/x/graph", json={}).status_code == 405
