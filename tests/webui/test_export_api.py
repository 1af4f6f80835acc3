"""``GET /api/v1/runs/<id>/export`` and ``/nodes.csv``: a run as a file."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.engine import dot
from umbel.engine.errors import DagError, LayoutError
from umbel.webui.export import dag_of

Record = Callable[..., str]


@pytest.fixture
def run(record: Record) -> str:
    """A run that has failed half way."""
    done = {"task": "shop.pay", "state": "SUCCESS", "started": 1.5, "finished": 2.0, "worker": "w1"}
    failed = {"task": "shop.ship", "state": "FAILURE", "reason": "error", "inputs": '"n1-0"'}
    never = {"task": "shop.tell", "state": "BLOCKED", "inputs": '"n1-1"'}
    return record([done, failed, never], [(0, 1, "then", -1), (1, 2, "then", -1)])


def _export(client: FlaskClient, run: str, form: str | None = None) -> Any:
    return client.get(f"/api/v1/runs/{run}/export", query_string={"format": form} if form else {})


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("dot", "text/vnd.graphviz", b"digraph"),
        ("svg", "image/svg+xml", b"<?xml"),
        ("png", "image/png", b"\x89PNG"),
        ("pdf", "application/pdf", b"%PDF"),
        ("py", "text/x-python", b""),
        ("json", "application/json", b"{"),
    ],
)
def test_every_format(client: FlaskClient, run: str, form: str, kind: str, begins: bytes) -> None:
    answer = _export(client, run, form)
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.data.startswith(begins)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{run}.{form}"'


def test_json_holds_the_graph_and_what_became_of_it(client: FlaskClient, run: str) -> None:
    whole = _export(client, run).json
    assert whole["run"]["id"] == run
    assert [node["state"] for node in whole["nodes"]] == ["SUCCESS", "FAILURE", "BLOCKED"]
    first, second, third = whole["nodes"]
    assert (first["started"], first["finished"], first["worker"]) == (1.5, 2.0, "w1")
    assert (second["reason"], second["task"]) == ("error", "shop.ship")
    assert whole["edges"] == [[first["id"], second["id"], "then"], [second["id"], third["id"], "then"]]
    assert {"args", "kwargs", "attempts", "result", "history"} <= set(first)


def test_a_picture_shows_states(client: FlaskClient, run: str) -> None:
    drawn = _export(client, run, "dot").text
    assert "#2FBF8F" in drawn
    assert "#A8071A" in drawn
    assert "dashed" in drawn


def test_python_source_compiles(client: FlaskClient, run: str) -> None:
    source = _export(client, run, "py").text
    compile(source, "canvas", "exec")
    assert "shop.ship" in source


def test_what_is_no_canvas_has_no_source(client: FlaskClient, record: Record) -> None:
    arrows = [(0, 2), (0, 3), (1, 3)]
    run = record(list("abcd"), [(parent, child, "then", -1) for parent, child in arrows])
    answer = _export(client, run, "py")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "no_canvas")
    assert _export(client, run, "svg").status_code == 200


def test_arguments_that_were_cut_make_no_source(client: FlaskClient, record: Record) -> None:
    run = record([{"task": "a", "args": json.dumps([{"cut": "[1, 2", "size": 99999}])}])
    answer = _export(client, run, "py")
    assert answer.status_code == 422
    assert "too large" in answer.json["error"]["message"]


def test_what_is_no_graph_is_told() -> None:
    node = {"task": "a", "args": [], "kwargs": {}, "immutable": False, "options": {}, "inputs": None}
    nodes = [{"index": index, "id": str(index), **node} for index in range(2)]
    with pytest.raises(DagError):
        dag_of({"nodes": nodes, "edges": [[0, 1, "then"], [1, 0, "then"]]})


def test_graphviz_that_fails_is_told(client: FlaskClient, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise LayoutError("Graphviz is gone.")

    monkeypatch.setattr(dot, "turn", fail)
    answer = _export(client, run, "svg")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "no_picture")
    assert _export(client, run, "dot").status_code == 200


def test_hostile_names_stay_text(client: FlaskClient, record: Record) -> None:
    record(["<script>alert(1)</script>.</svg>"], id='a"b\r\nX: y')
    answer = client.get("/api/v1/runs/a%22b%0D%0AX:%20y/export?format=svg")
    assert answer.status_code == 200
    assert b"<script" not in answer.data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="a_b__X__y.svg"'
    assert "X" not in answer.headers


@pytest.mark.parametrize("path", ["export", "export?format=svg", "nodes.csv"])
def test_no_run_has_no_file(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/runs/nope/{path}").status_code == 404


@pytest.mark.parametrize("form", ["gif", "", "SVG", "../x"])
def test_a_format_that_is_none_is_a_bad_request(client: FlaskClient, run: str, form: str) -> None:
    answer = client.get(f"/api/v1/runs/{run}/export?format={form}")
    assert answer.status_code == 400
    assert "'json', 'dot', 'svg', 'png', 'pdf' or 'py'" in answer.json["error"]["message"]


def test_csv_has_a_line_for_each_task(client: FlaskClient, record: Record) -> None:
    row = {"task": '=cmd|"/C calc"', "state": "SUCCESS", "started": 1000.25, "worker": 'a,b\n"c"'}
    run = record([row, None, {"task": "b", "finished": 1e300}])
    answer = client.get(f"/api/v1/runs/{run}/nodes.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [each["index"] for each in rows] == ["0", "2"]
    assert rows[0]["task"] == "'" + row["task"]
    assert rows[0]["started"] == "1970-01-01T00:16:40.250+00:00"
    assert rows[0]["worker"] == row["worker"]
    assert rows[1]["finished"] == "1e+300"
    assert rows[1]["started"] == ""


def test_csv_of_many_tasks_comes_in_pages(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umbel.webui.api.exports.MAX_LIMIT", 2)
    run = record(list("abcde"))
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/runs/{run}/nodes.csv").text)))
    assert [row["task"] for row in rows] == list("abcde")
