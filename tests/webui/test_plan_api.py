"""What the API says that a resubmission would do."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.webui import asking

KEPT = {"state": "SUCCESS", "result": '{"json":1}', "result_size": 1}


@pytest.fixture
def failed(record: Callable[..., str]) -> str:
    """Two tasks, one of which failed, and one that waits for both; it was watched."""
    pay = {"task": "shop.pay", "args": "[1]"}
    nodes = [pay | KEPT, pay | {"state": "FAILURE"}, {"task": None, "state": "BLOCKED"}]
    nodes.append({"task": "shop.sum", "state": "BLOCKED", "inputs": '"n1-2"'})
    edges = [(0, 2, "then", 0), (1, 2, "then", 1), (2, 3, "then", -1)]
    return record(nodes, edges, state="FAILURE")


@pytest.fixture
def client(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of an application without a conductor, for whom nobody waits long."""
    monkeypatch.setattr(asking, "CHECK_SECONDS", 0.1)
    return client


def ask(client: FlaskClient, run: str, choice: Any) -> tuple[int, Any]:
    answer = client.post(f"/api/v1/runs/{run}/plan", json=choice)
    return answer.status_code, answer.json


def test_what_failed_and_what_was_blocked_runs_and_the_rest_is_reused(
    client: FlaskClient, failed: str
) -> None:
    status, made = ask(client, failed, {})
    assert status == 200
    assert (made["label"], made["actions"], made["ok"]) == (
        "Resubmit 1 failed + 1 blocked, reuse 1",
        "urjr",
        True,
    )
    assert made["of"] == {"BLOCKED": 1, "FAILURE": 1}
    assert made["counts"] == {"run": 2, "reuse": 1, "keep": 0, "force": 0, "skip": 0, "left": 0, "standby": 0}
    assert made["choice"] == {"failed": True}
    assert client.get(f"/api/v1/runs/{failed}/plan").json == made


def test_what_was_chosen_otherwise_is_planned_otherwise(client: FlaskClient, failed: str) -> None:
    edit = {"nodes": ["n1-1"], "set": {"kwargs": {"tip": 2}}, "queue": "slow"}
    _, made = ask(client, failed, {"from": ["n1-0"], "only": ["n1-1"], "edits": [edit]})
    assert made["label"] == "Resubmit 1 failed + 1 blocked + 1 succeeded"
    assert made["changed"] == [{"index": 1, "id": "n1-1", "fields": ["kwargs", "options"]}]
    _, made = ask(client, failed, {"results": [{"nodes": ["n1-1"], "value": None}]})
    assert (made["label"], made["actions"]) == ("Resubmit 1 blocked, reuse 1, mark 1 done", "ufjr")
    _, made = ask(client, failed, {"failed": True, "skip": ["n1-1"]})
    assert (made["label"], made["actions"], made["ok"]) == ("Nothing to resubmit", "usjs", False)


def test_what_makes_no_sense_is_said_beside_its_field_and_the_rest_is_planned(
    client: FlaskClient, failed: str
) -> None:
    _, made = ask(client, failed, {"failed": True, "skip": ["nobody", "n1-2"]})
    assert [(each["code"], each["field"], each["nodes"]) for each in made["problems"]] == [
        ("unknown_node", "skip", ["nobody"]),
        ("not_a_task", "skip", ["n1-2"]),
    ]
    assert (made["ok"], made["counts"]["run"]) == (False, 2)


def test_what_is_no_choice_is_told_part_by_part(client: FlaskClient, failed: str) -> None:
    edit = {"nodes": ["n1-1"], "args": {"a": 1}, "queue": 3, "colour": "red"}
    status, said = ask(client, failed, {"from": "n1-1", "edits": [edit]})
    assert (status, said["error"]["code"]) == (422, "problems")
    fields = [each["field"] for each in said["error"]["problems"]]
    assert fields == ["from", "edits/0", "edits/0/args", "edits/0/queue"]
    assert "Write a JSON list" in said["error"]["problems"][2]["message"]
    assert client.post(f"/api/v1/runs/{failed}/plan", data="x").status_code == 415
    assert ask(client, failed, [1])[0] == 400
    deep = '{"results": [{"nodes": ["n1-1"], "value": %s}]}' % ("[" * 100_000 + "]" * 100_000)
    answer = client.post(f"/api/v1/runs/{failed}/plan", data=deep, content_type="application/json")
    assert (answer.status_code, answer.json["error"]["message"]) == (
        400,
        "What was sent is nested too deeply.",
    )


def test_edits_that_no_conductor_looks_at_are_said_to_be_unchecked(
    client_on_broker: FlaskClient, failed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "CHECK_SECONDS", 0.1)
    edit = {"nodes": ["n1-1"], "queue": "slow"}
    _, made = ask(client_on_broker, failed, {"failed": True, "edits": [edit]})
    assert [(each["code"], each["field"]) for each in made["warnings"]] == [("not_checked", "edits")]
    assert made["ok"]
    assert ask(client_on_broker, failed, {})[1]["warnings"] == []


def test_a_conductor_looks_at_edits(
    conductor: None, client_on_broker: FlaskClient, record: Callable[..., str], eventually: Callable[..., Any]
) -> None:
    run = record([{"task": "shop.pay", "state": "FAILURE"}], state="FAILURE", created=time.time())
    edit = {"nodes": ["n1-0"], "queue": "slow"}

    def warned() -> bool:
        _, made = ask(client_on_broker, run, {"failed": True, "edits": [edit]})
        return [each["code"] for each in made["warnings"]] == ["no_worker"]

    eventually(warned, 20, "the word of the conductor")


def test_a_run_that_is_not_there_and_one_that_has_nothing_to_run(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    assert ask(client, "nobody", {})[0] == 404
    done = record([{"task": "shop.pay"} | KEPT], state="SUCCESS")
    _, made = ask(client, done, {})
    assert (made["ok"], made["label"]) == (False, "Nothing to resubmit")
    empty = record([], state="PENDING")
    assert ask(client, empty, {})[1]["actions"] == ""


def test_a_watched_run_says_what_it_does_not_know(client: FlaskClient, record: Callable[..., str]) -> None:
    first = {"task": "shop.pay", "state": "SUCCESS", "result": '{"repr": "1"}'}
    masked = {"task": "shop.pay", "state": "FAILURE", "inputs": '"n1-0"', "kwargs": '{"password":"***"}'}
    seen = {"task": "shop.pay", "state": "FAILURE", "options": '{"argsrepr":"(1,)","kwargsrepr":"{}"}'}
    run = record([first, masked, seen], [(0, 1, "then", -1), (1, 2, "then", 0)], state="FAILURE")
    _, made = ask(client, run, {})
    assert made["actions"] == "rr-"
    assert made["needed"] == [{"index": 0, "id": "n1-0", "why": "its result is not kept"}]
    assert [(each["code"], each["nodes"]) for each in made["problems"]] == [("not_exact", ["n1-1"])]
    assert [each["code"] for each in made["warnings"]] == ["sent_by_tasks"]
    edit = {"nodes": ["n1-1"], "args": [], "kwargs": {"password": "new"}}
    _, made = ask(
        client, run, {"failed": True, "edits": [edit], "results": [{"nodes": ["n1-0"], "value": 1}]}
    )
    assert (made["actions"], made["problems"], made["ok"]) == ("fr-", [], True)


def test_a_run_that_goes_on_is_not_resubmitted(client: FlaskClient, record: Callable[..., str]) -> None:
    nodes = [{"task": "a", "state": "STARTED"}, {"task": "b", "state": "PENDING"}]
    watched = record(nodes, [(0, 1, "then", -1)])
    _, made = ask(client, watched, {})
    assert [each["code"] for each in made["problems"]] == ["still_out"]
    assert [each["code"] for each in made["warnings"]] == ["not_ended"]
    conducted = record([each | {"conducted": True} for each in nodes], kind="conducted")
    assert [each["code"] for each in ask(client, conducted, {})[1]["problems"]] == ["goes_on"]


def test_the_hash_tells_of_another_state_of_the_run(client: FlaskClient, record: Callable[..., str]) -> None:
    nodes = [{"task": "a", "state": "FAILURE"}]
    run = record(nodes, state="FAILURE")
    first = ask(client, run, {})[1]
    assert first["resubmissions"] == []
    record(nodes, made_from=run, by="ada", state="SUCCESS")
    second = ask(client, run, {})[1]
    assert [(each["by"], each["state"]) for each in second["resubmissions"]] == [("ada", "SUCCESS")]
    assert first["hash"] != second["hash"]
    assert json.dumps(first["actions"]) == json.dumps(second["actions"])
