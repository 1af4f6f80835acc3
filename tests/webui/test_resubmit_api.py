"""Resubmitting a run by API and command line, what comes of its line, and who did what. Nobody works here."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from umbel.engine.store import reads

Command = Callable[..., Any]


@pytest.fixture
def client(client_on_broker: FlaskClient) -> FlaskClient:
    """A client of an application on the test's broker."""
    return client_on_broker


@pytest.fixture
def failed(record: Callable[..., str]) -> str:
    """A watched run: the second of three tasks failed."""
    done = {"task": "shop.pay", "result": '{"json":[1]}', "result_size": 3, "state": "SUCCESS"}
    bad = {"task": "shop.ship", "exception": "ValueError()", "state": "FAILURE", "inputs": '"n1-0"'}
    last = {"task": "shop.mail", "state": "BLOCKED"}
    return record([done, bad, last], [(0, 1, "then", -1), (1, 2, "then", -1)])


def planned(client: FlaskClient, run: str, **choice: Any) -> dict[str, Any]:
    return client.post(f"/api/v1/runs/{run}/plan", json=choice).json  # type: ignore[return-value]


def confirm(client: FlaskClient, run: str, plan: dict[str, Any], **more: Any) -> tuple[int, Any]:
    said = {"choice": plan["choice"], "hash": plan["hash"], **more}
    answer = client.post(f"/api/v1/runs/{run}/resubmit", json=said)
    return answer.status_code, answer.json


def test_a_plan_that_is_confirmed_makes_a_run_and_the_old_one_stays(
    failed: str, conductor: None, client: FlaskClient
) -> None:
    before = client.get(f"/api/v1/runs/{failed}/nodes").json
    plan = planned(client, failed)
    assert (plan["label"], plan["ok"]) == ("Resubmit 1 failed + 1 blocked, reuse 1", True)
    status, made = confirm(client, failed, plan, why="the shop was closed", name="pay again")
    assert (status, made["nodes"]) == (201, 3)
    told = client.get(f"/api/v1/runs/{made['run']}").json
    assert (told["name"], told["kind"], told["made_from"], told["lineage"], told["left"]) == (
        *("pay again", "conducted", failed, failed, 0),
    )
    nodes = client.get(f"/api/v1/runs/{made['run']}/nodes").json["nodes"]
    assert [(node["task"], node["mark"]) for node in nodes] == [
        ("shop.pay", "reused"),
        ("shop.ship", None),
        ("shop.mail", None),
    ]
    detail = client.get(f"/api/v1/runs/{made['run']}/nodes/{nodes[0]['id']}").json
    assert (detail["source"], detail["result"]["json"]) == ({"run": failed, "node": "n1-0"}, [1])
    assert client.get(f"/api/v1/runs/{failed}/nodes").json == before

    line = client.get(f"/api/v1/runs/{made['run']}/lineage").json["runs"]
    assert [(run["id"], run["why"]) for run in line] == [(failed, None), (made["run"], "the shop was closed")]
    [done] = client.get(f"/api/v1/actions?run={failed}").json["actions"]
    assert (done["what"], done["why"], done["run"]) == ("resubmit", "the shop was closed", failed)
    assert done["detail"]["as"] == made["run"]
    assert done["by"].endswith("(127.0.0.1)")


def test_of_two_who_confirm_the_same_plan_at_once_one_wins_and_the_other_is_told(
    failed: str, conductor: None, client: FlaskClient
) -> None:
    plan = planned(client, failed)
    app: Flask = client.application
    answers: list[tuple[int, Any]] = []
    start = threading.Barrier(2)

    def ask() -> None:
        with app.test_client() as own:
            start.wait()
            answers.append(confirm(own, failed, plan))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    (_, won), (status, lost) = sorted(answers, key=lambda answer: answer[0])
    assert (status, lost["error"]["code"]) == (409, "stale")
    assert lost["error"]["message"].endswith(f"has resubmitted it meanwhile, as {won['run']}.")
    assert lost["error"]["plan"]["hash"] == planned(client, failed)["hash"] != plan["hash"]
    runs = client.get("/api/v1/runs").json["runs"]
    assert [run["id"] for run in runs] == [won["run"], failed]
    assert confirm(client, failed, lost["error"]["plan"])[0] == 201


def test_what_stands_against_a_plan_is_told_and_nothing_is_done(
    failed: str, conductor: None, client: FlaskClient
) -> None:
    plan = planned(client, failed, **{"from": ["nobody"]})
    status, told = confirm(client, failed, plan)
    assert (status, told["error"]["code"]) == (422, "problems")
    assert told["error"]["problems"][0]["nodes"] == ["nobody"]
    status, told = confirm(client, failed, plan | {"choice": {"edits": [{"nodes": ["n1-1"], "args": 1}]}})
    assert (status, told["error"]["problems"][0]["field"]) == (422, "edits/0/args")
    assert confirm(client, failed, plan | {"hash": "x"})[0] == 400
    assert confirm(client, "nowhere", plan)[0] == 404
    assert len(client.get("/api/v1/runs").json["runs"]) == 1


@pytest.mark.parametrize("levels", [300, 925])
def test_what_is_nested_so_deeply_that_no_message_carries_it_is_refused(
    levels: int, failed: str, conductor: None, client: FlaskClient
) -> None:
    choice = '{"edits": [{"nodes": ["n1-1"], "args": %s}]}' % ("[" * levels + "]" * levels)
    said = [("plan", choice), ("resubmit", f'{{"choice": {choice}, "hash": "{"0" * 64}"}}')]
    for what, body in said:
        answer = client.post(f"/api/v1/runs/{failed}/{what}", data=body, content_type="application/json")
        assert (answer.status_code, "Nest it less deeply" in answer.text) in ((422, True), (400, False))


def test_the_command_line_does_what_the_plan_prints(
    failed: str, conductor: None, client: FlaskClient, command: Command, broker_url: str
) -> None:
    flags = ("--broker-url", broker_url)
    hash = planned(client, failed, skip=["n1-2"])["hash"]
    said = command("resubmit", failed, "--failed", "--plan", hash, "--why", "once more", *flags)
    assert (said.code, said.out) == (69, "")
    assert "meanwhile" in said.err
    hash = planned(client, failed, failed=True, skip=["n1-2"])["hash"]
    chosen = ("--failed", "--skip", "n1-2")
    made = command("resubmit", failed, *chosen, "--plan", hash, "--why", "once more", "--json", *flags)
    assert made.code == 0, made
    run = json.loads(made.out)
    assert run["nodes"] == 3
    store = client.application.extensions["umbel"].store
    assert reads.run(store, run["run"])["made_from"] == failed
    told = command("actions", failed)
    assert "resubmit" in told.out
    assert "once more" in told.out
    assert json.loads(command("actions", "--json").out)["actions"][0]["detail"]["as"] == run["run"]
    assert command("actions", "nowhere").code == 66
    shown = command("show", run["run"]).out
    assert f"made from {failed}" in shown
    assert "reused" in shown
    waiting = command("resubmit", failed, "--plan", planned(client, failed)["hash"], "--wait",
                      "--timeout", "0.2", *flags)  # fmt: skip
    assert waiting.code == 75


def test_what_is_done_to_runs_is_listed_page_by_page_and_with_the_reason(
    failed: str, conductor: None, client: FlaskClient
) -> None:
    run = client.post("/api/v1/runs", json={"dag": {"nodes": [{"id": "a", "task": "t"}]}}).json["run"]
    for action in ("pause", "resume", "cancel"):
        client.post(f"/api/v1/runs/{run}/{action}", json={"why": f"to {action}"})
    again = client.post(f"/api/v1/runs/{run}/again", json={"why": "for luck"}).json["run"]
    client.post(f"/api/v1/runs/{again}/revoke", json={"nodes": None, "why": "enough"})
    first = client.get("/api/v1/actions?limit=3").json
    rest = client.get(f"/api/v1/actions?after={first['next']}").json
    told = [(each["what"], each["why"]) for each in first["actions"] + rest["actions"]]
    assert told == [
        ("cancel", "enough"),
        ("again", "for luck"),
        ("cancel", "to cancel"),
        ("resume", "to resume"),
        ("pause", "to pause"),
    ]
    assert rest["next"] is None
    assert client.get(f"/api/v1/actions?run={again}").json["actions"] == first["actions"][:1]
    assert client.get("/api/v1/actions?after=x").json == {"actions": [], "next": None}
    of_run = client.get(f"/api/v1/runs/{run}/actions").json["actions"]
    assert [each["why"] for each in of_run] == ["to pause", "to resume", "to cancel", "for luck"]
