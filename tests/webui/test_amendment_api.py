"""What the API says that a change of a run which goes on would do."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.webui import asking


@pytest.fixture
def run(record: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that has begun: one task is done, one runs and calls an error callback, two wait."""
    monkeypatch.setattr(asking, "CHECK_SECONDS", 0.1)
    usual = {"task": "shop.pay", "conducted": True}
    nodes = [
        usual | {"state": "SUCCESS", "evidence": "[[]]"},
        usual | {"state": "STARTED", "evidence": "[[]]"},
    ]
    nodes += [usual, usual | {"held": True, "args": '["secret"]'}, usual, {"task": None}]
    nodes += [usual | {"state": "RETRY", "due": 9e9, "evidence": "[[]]"}, usual]
    edges = [
        (0, 1, "then", -1),
        (1, 2, "then", -1),
        (2, 3, "then", -1),
        (1, 4, "error", -1),
        (6, 7, "error", -1),
    ]
    return record(nodes, edges, kind="conducted")


def ask(client: FlaskClient, run: str, change: Any) -> tuple[int, Any]:
    answer = client.post(f"/api/v1/runs/{run}/amendment", json=change)
    return answer.status_code, answer.json


def test_the_frontier_is_told_and_what_has_begun_is_refused(client: FlaskClient, run: str) -> None:
    status, made = ask(client, run, {})
    assert (status, made["ok"], made["touched"]) == (200, False, 0)
    assert made["frontier"] == {"past": 4, "ahead": 3, "nodes": "ppahpjpa"}
    edit = {"nodes": ["n1-3"], "set": {"kwargs": {"a": 1}}}
    _, made = ask(client, run, {"hold": ["n1-2"], "release": ["n1-3"], "edits": [edit]})
    assert (made["ok"], made["touched"], made["problems"]) == (True, 2, [])
    assert [each["code"] for each in made["warnings"]] == ["not_checked"]
    _, again = ask(client, run, {"edits": [edit], "release": ["n1-3", "n1-3"], "hold": ["n1-2"]})
    assert made == again
    _, late = ask(client, run, {"skip": ["n1-4", "n1-1"]})
    assert [(each["code"], each["nodes"]) for each in late["problems"]] == [("begun", ["n1-1", "n1-4"])]


def test_what_makes_no_sense_is_told(client: FlaskClient, run: str, record: Callable[..., str]) -> None:
    status, said = ask(client, run, {"hold": "n1-2", "edits": [{"nodes": ["n1-2"], "kwargs": [1]}]})
    assert (status, said["error"]["code"]) == (422, "problems")
    assert [each["field"] for each in said["error"]["problems"]] == ["hold", "edits/0/kwargs"]
    assert ask(client, "nobody", {})[0] == 404
    watched = record(["shop.pay"])
    assert [each["code"] for each in ask(client, watched, {})[1]["problems"]] == ["not_conducted"]
