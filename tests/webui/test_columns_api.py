"""``GET /api/v1/runs/<id>/columns`` and ``edges``: what is known of all nodes, column by column."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Record = Callable[..., str]


def _columns(client: FlaskClient, run: str, of: str, since: int = 0) -> Any:
    return client.get(f"/api/v1/runs/{run}/columns?of={of}&since={since}").json


def test_a_value_that_many_have_is_told_once(client: FlaskClient, record: Record) -> None:
    run = record(["shop.pay", "shop.ship", "shop.pay"])
    found = _columns(client, run, "id,task")
    assert found["index"] is None
    assert found["of"]["id"] == {"values": ["n1-0", "n1-1", "n1-2"]}
    assert found["of"]["task"] == {"values": ["shop.pay", "shop.ship"], "codes": [0, 1, 0]}


def test_a_join_has_neither_task_nor_state(client: FlaskClient, record: Record) -> None:
    found = _columns(client, record(["a", None]), "task,state")["of"]
    assert found["task"] == {"values": ["a", None], "codes": [0, 1]}
    assert found["state"] == {"values": ["PENDING", None], "codes": [0, 1]}


def test_only_what_has_changed_since_is_told_to_who_knows_the_rest(
    client: FlaskClient, record: Record
) -> None:
    nodes = [{"task": "a"}, {"task": "a", "seq": 7, "worker": "w1", "started": 12.34567}, {"task": "a"}]
    run = record(nodes, seq=7)
    assert _columns(client, run, "worker,started", since=6) == {
        "seq": 7,
        "index": [1],
        "of": {"worker": {"values": ["w1"], "codes": [0]}, "started": {"values": [12.346]}},
    }
    assert _columns(client, run, "worker,id", since=7) == {
        "seq": 7,
        "index": [],
        "of": {"worker": {"values": [], "codes": []}, "id": {"values": []}},
    }


@pytest.mark.parametrize(
    ("args", "kwargs", "shown"),
    [
        ([], {}, ""),
        ([1, "two"], {}, '1, "two"'),
        ([], {"size": 3}, '"size": 3'),
        ([1], {"size": 3}, '1 "size": 3'),
        (["x" * 300], {"size": 3}, '"' + "x" * 159),
        (["a\nb"], {}, '"a\\nb"'),
    ],
)
def test_arguments_are_told_by_their_beginning(
    client: FlaskClient, record: Record, args: list[Any], kwargs: dict[str, Any], shown: str
) -> None:
    run = record([{"task": "a", "args": json.dumps(args), "kwargs": json.dumps(kwargs)}])
    assert _columns(client, run, "arguments")["of"]["arguments"] == {"values": [shown]}


def test_of_options_only_those_that_say_when_it_runs_are_told(client: FlaskClient, record: Record) -> None:
    options = {"queue": "slow", "priority": 3, "umbel": {"lock": "k"}}
    run = record([{"task": "a"}, {"task": "a", "options": json.dumps(options)}, {"task": "b"}])
    assert _columns(client, run, "options")["of"]["options"] == {
        "values": [None, {"queue": "slow", "umbel": {"lock": "k"}}],
        "codes": [0, 1, 0],
    }


@pytest.mark.parametrize("query", ["", "of=", "of=result", "of=id&since=-1"])
def test_what_is_no_column_is_refused(client: FlaskClient, record: Record, query: str) -> None:
    assert client.get(f"/api/v1/runs/{record()}/columns?{query}").status_code == 400


def test_edges_are_those_of_the_graph(client: FlaskClient, record: Record) -> None:
    edges = [(0, 2, "then", 0), (1, 2, "then", 1), (2, 3, "then", -1), (0, 4, "error", -1)]
    run = record(["a", "b", None, "c", "d"], edges)
    graph = client.get(f"/api/v1/runs/{run}/graph").json
    found = client.get(f"/api/v1/runs/{run}/edges").json
    kinds = [found["kind"]["values"][code] for code in found["kind"]["codes"]]
    edges = [list(edge) for edge in zip(found["parent"], found["child"], kinds, strict=True)]
    assert edges == sorted(graph["edges"])
    assert found["structure"] == 1


@pytest.mark.parametrize("path", ["columns?of=id", "edges"])
def test_of_no_run_there_are_none(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/runs/nope/{path}").status_code == 404
