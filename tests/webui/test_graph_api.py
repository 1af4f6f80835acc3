"""``GET /api/v1/runs/<id>/graph``: nodes, edges and where to draw them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.engine import dot, folded, layout
from umbel.engine.errors import LayoutError
from umbel.webui.api import graph as graph_api


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


def _chord(count: int) -> tuple[list[str | None], list[tuple[int, int, str, int]]]:
    """A task, ``count`` after it, and one after all of these."""
    edges = [(0, each, "then", -1) for each in range(1, count + 1)]
    edges += [(each, count + 1, "then", -1) for each in range(1, count + 1)]
    return ["shop.list", *["shop.resize"] * count, "shop.pack"], edges


def test_above_five_hundred_tasks_the_graph_is_folded(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    tasks, edges = _chord(600)
    graph = _graph(client, record(tasks, edges)).json

    assert (graph["nodes"], graph["edges"]) == (None, None)
    assert graph["layout_error"] is None
    folding = graph["folding"]
    assert folding["method"] == "series-parallel"
    assert folding["opened"] == []
    cards = {card["label"]: card for card in folding["cards"]}
    resize = cards["shop.resize"]
    assert (resize["kind"], resize["count"], resize["task"]) == ("many", 600, "shop.resize")
    assert resize["members"] == [[1, 600]]
    assert cards["shop.list"]["kind"] == "task"
    assert sum(card["count"] for card in folding["cards"]) == 602
    assert set(graph["layout"]["nodes"]) == {str(place) for place in range(len(folding["cards"]))}
    assert len(graph["layout"]["edges"]) == len(folding["edges"])


def test_the_nodes_of_a_folded_graph_are_listed_to_who_asks(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    run = record(*_chord(600))
    graph = client.get(f"/api/v1/runs/{run}/graph?nodes=true").json
    assert len(graph["nodes"]) == 602
    assert len(graph["edges"]) == 1200
    assert graph["folding"]["cards"][0]["id"] == graph["nodes"][0]["id"]


def test_who_wants_no_nodes_gets_none(client: FlaskClient, record: Callable[..., str]) -> None:
    graph = client.get(f"/api/v1/runs/{record()}/graph?nodes=false").json
    assert (graph["nodes"], graph["edges"]) == (None, None)
    assert set(graph["layout"]["nodes"]) == {"0"}


def test_up_to_five_hundred_tasks_it_is_not(client: FlaskClient, record: Callable[..., str]) -> None:
    graph = _graph(client, record(["shop.pay"] * 500)).json
    assert graph["folding"] is None
    assert len(graph["layout"]["nodes"]) == 500


def test_a_card_opens_into_what_it_is_made_of(client: FlaskClient, record: Callable[..., str]) -> None:
    tasks = [f"shop.step{each}" for each in range(600)]
    run = record(tasks, [(each, each + 1, "then", -1) for each in range(599)])
    folded = _graph(client, run).json["folding"]
    closed = next(card for card in folded["cards"] if card["can_open"])

    answer = client.get(f"/api/v1/runs/{run}/graph", query_string={"open": [closed["id"], "nobody/3"]})
    opened = answer.json["folding"]
    assert opened["opened"] == [closed["id"]]
    assert len(opened["cards"]) > len(folded["cards"])
    first = closed["members"][0][0]
    assert any(card["members"][0][0] == first for card in opened["cards"])
    assert sum(card["count"] for card in opened["cards"]) == 600


def _chains(count: int) -> tuple[list[str | None], list[tuple[int, int, str, int]]]:
    """A task, ``count`` chains of three after it, and one after all of these."""
    tasks: list[str | None] = ["in.start", *["in.fetch", "in.parse", "in.store"] * count, "in.report"]
    edges = []
    for first in range(1, 3 * count, 3):
        last = 3 * count + 1
        edges += [(0, first), (first, first + 1), (first + 1, first + 2), (first + 2, last)]
    return tasks, [(parent, child, "then", -1) for parent, child in edges]


def test_what_failed_or_was_retried_is_told_from_its_like_on_request(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    tasks, edges = _chains(200)
    odd: dict[int, dict[str, Any]] = {5: {"state": "FAILURE"}, 8: {"state": "FAILURE"}, 12: {"retries": 1}}
    run = record([{"task": task, **odd.get(index, {})} for index, task in enumerate(tasks)], edges)

    def cards(**query: Any) -> list[tuple[str, int]]:
        folding = client.get(f"/api/v1/runs/{run}/graph", query_string=query).json["folding"]
        return [(card["label"].removeprefix("in."), card["count"]) for card in folding["cards"]]

    rest = [("fetch", 198), ("parse", 198), ("store", 198)]
    failed = [("fetch", 2), ("parse", 2), ("store", 2)]
    assert cards() == [("start", 1), ("fetch", 200), ("parse", 200), ("store", 200), ("report", 1)]
    assert cards(apart="failed") == [("start", 1), *rest, *failed, ("report", 1)]
    both = cards(apart="failed,retried")
    assert ("fetch", 197) in both
    assert both.count(("store", 1)) == 1
    folding = client.get(f"/api/v1/runs/{run}/graph?apart=failed&apart=retried").json["folding"]
    assert folding["apart"] == {"failed": 2, "retried": 1}


def test_some_are_shown_with_their_chains_and_the_rest_stays_folded(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    run = record(*_chains(200))
    graph = client.get(f"/api/v1/runs/{run}/graph", query_string={"show": [4, 8, 12, 90_000]}).json
    folding = graph["folding"]
    assert folding["shown"] == [4, 8, 12, 90_000]
    counts = [card["count"] for card in folding["cards"]]
    assert sorted(counts) == [*[1] * 11, 197, 197, 197]
    alone = [card["members"][0][0] for card in folding["cards"] if card["count"] == 1]
    assert sorted(alone) == [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 601]
    assert len(graph["layout"]["nodes"]) == 14


@pytest.mark.parametrize("query", ["apart=odd", "show=-1", "show=x", "&".join(["show=1"] * 21)])
def test_what_cannot_be_shown_by_itself_is_refused(
    client: FlaskClient, record: Callable[..., str], query: str
) -> None:
    assert client.get(f"/api/v1/runs/{record()}/graph?{query}").status_code == 400


def test_a_folded_graph_goes_down_for_a_narrow_window(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    run = record(*_chains(200))
    across = client.get(f"/api/v1/runs/{run}/graph").json
    graph = client.get(f"/api/v1/runs/{run}/graph?down=true").json
    layout = graph["layout"]
    assert layout["down"]
    assert layout["height"] > layout["width"]
    assert graph["folding"] == across["folding"]
    heights = {"task": 52, "many": 76}
    for parent, child, _, path in layout["edges"]:
        assert layout["nodes"][str(parent)][1] < layout["nodes"][str(child)][1]
        x, y = map(float, path.split()[-1].split(","))
        assert x == pytest.approx(layout["nodes"][str(child)][0], abs=2)
        high = heights[graph["folding"]["cards"][child]["kind"]]
        assert y == pytest.approx(layout["nodes"][str(child)][1] - high / 2, abs=2)


def test_more_than_a_hundred_open_cards_are_refused(client: FlaskClient, record: Callable[..., str]) -> None:
    assert (
        client.get(f"/api/v1/runs/{record()}/graph", query_string={"open": ["a/1"] * 101}).status_code == 400
    )


def test_a_large_graph_is_folded_in_a_child_process(
    client: FlaskClient, record: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "ALOUD", 500)
    asked: list[str] = []
    turn = dot.turn

    @contextmanager
    def listening(deadline: float) -> Iterator[Any]:
        with turn(deadline) as draw:
            yield lambda source, form: asked.append(form) or draw(source, form)

    monkeypatch.setattr(dot, "turn", listening)
    run = record(*_chord(701))
    first = _graph(client, run).json
    again = _graph(client, run).json
    assert first["folding"] == again["folding"]
    assert first["folding"]["cards"][1]["count"] == 701
    assert asked.count("folding") == 1  # the same structure is remembered


def test_what_was_not_folded_in_time_is_a_graph_without_a_layout(
    client: FlaskClient, record: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folded, "ALOUD", 500)
    dot.stop()
    monkeypatch.setattr(graph_api, "FOLD_SECONDS", 0.001)
    graph = _graph(client, record(*_chord(2_003))).json
    assert (graph["folding"], graph["layout"]) == (None, None)
    assert graph["layout_error"]["code"] == "deadline"
    assert "0.001 s" in graph["layout_error"]["message"]


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
