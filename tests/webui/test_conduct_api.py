"""Having runs conducted and telling them what to do, by API and command line; nobody works on them here."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, chain, group
from flask.testing import FlaskClient

from umbel.engine.store import reads
from umbel.webui import asking

MODULE = """
from celery import Celery, chain

app = Celery("shop", set_as_current=False)

@app.task(name="shop.pay", shared=False)
def pay(*args):
    pass

def checkout():
    return chain(pay.s(1), pay.s())

nothing = chain()
"""
Command = Callable[..., Any]


@pytest.fixture
def client(client_on_broker: FlaskClient) -> FlaskClient:
    """A client of an application on the test's broker."""
    return client_on_broker


@pytest.fixture
def store(client: FlaskClient) -> Any:
    """The database that it reads."""
    return client.application.extensions["umbel"].store


@pytest.fixture
def canvas() -> Any:
    """A canvas of four tasks, as a program without Celery would write it."""
    app = Celery("shop", set_as_current=False)
    pay = app.signature("shop.pay", (1,))
    return json.loads(json.dumps(chain(pay, group(pay.clone(), pay.clone()), app.signature("shop.sum"))))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a conductor that does not run."""
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.3)


def post(client: FlaskClient, path: str, body: Any = None) -> tuple[int, Any]:
    """Post JSON; return status and answer."""
    answer = client.post(f"/api/v1{path}", json={} if body is None else body)
    return answer.status_code, answer.json


def test_a_canvas_is_conducted_paused_resumed_cancelled_and_run_again(
    conductor: None, client: FlaskClient, store: Any, canvas: Any
) -> None:
    status, made = post(client, "/runs", {"canvas": canvas, "name": "pay all", "options": {"window": 2}})
    assert status == 201, made
    run = made["run"]
    told = client.get(f"/api/v1/runs/{run}").json
    assert (told["name"], told["kind"], told["nodes"], told["options"]) == (
        "pay all",
        "conducted",
        4,
        {"window": 2},
    )
    assert told["by"].endswith("(127.0.0.1)")

    marks = {"state": "RUNNING", "paused": True, "cancelled": False}
    assert post(client, f"/runs/{run}/pause") == (200, marks)
    assert post(client, f"/runs/{run}/pause") == (200, marks)
    assert client.get(f"/api/v1/runs/{run}").json["paused"]["by"] == told["by"]
    assert post(client, f"/runs/{run}/resume") == (200, marks | {"paused": False})

    status, copy = post(client, f"/runs/{run}/again", {"name": "once more"})
    assert status == 201, copy
    again = client.get(f"/api/v1/runs/{copy['run']}").json
    assert (again["name"], again["nodes"], again["options"]) == ("once more", 4, {"window": 2})

    status, cancelled = post(client, f"/runs/{run}/cancel", {"terminate": True})
    assert (status, cancelled["cancelled"]) == (200, True)
    assert reads.run(store, run)["state"] == "REVOKED"
    status, refused = post(client, f"/runs/{run}/cancel")
    assert (status, refused["error"]["code"]) == (409, "finished")


def test_a_graph_is_conducted_under_ids_of_its_own(
    conductor: None, client: FlaskClient, store: Any, command: Command
) -> None:
    nodes = [{"id": "a", "task": "shop.pay"}, {"id": "b", "task": "shop.pay", "inputs": "a"}]
    status, made = post(client, "/runs", {"dag": {"nodes": nodes, "edges": [["a", "b", "then"]]}})
    assert status == 201, made
    ids = {node["id"] for node in reads.nodes(store, made["run"])["nodes"]}
    assert len(ids) == 2
    assert ids.isdisjoint("ab")


def test_what_is_no_canvas_makes_no_run(client: FlaskClient, store: Any, canvas: Any) -> None:
    circle = [["a", "b", "then"], ["b", "a", "then"]]
    nodes = [{"id": "a", "task": "t"}, {"id": "b", "task": "t"}]
    for body, words in (
        ({"canvas": {"task": 5}}, "task"),
        ({"dag": {"nodes": nodes, "edges": circle}}, "circle"),
        ({"dag": {"nodes": []}}, "no task"),
        ({"canvas": canvas, "options": {"windo": 1}}, "no windo"),
        ({"canvas": canvas, "options": {"retry": {"max": "x"}}}, "max"),
        ({"canvas": canvas | {"options": {"umbel": {"lock": 5}}, "subtask_type": None}}, "lock"),
    ):
        status, told = post(client, "/runs", body)
        assert (status, told["error"]["code"]) == (422, "no_canvas"), body
        assert words in told["error"]["message"]
    assert reads.runs(store)["runs"] == []


@pytest.mark.parametrize(
    "body", [{}, [], "x", {"canvas": {}}, {"canvas": "x"}, {"canvas": {"task": "t"}, "dag": {"nodes": [1]}}]
)
def test_what_does_not_say_what_to_run_is_a_bad_request(client: FlaskClient, body: Any) -> None:
    status, told = post(client, "/runs", body)
    assert (status, told["error"]["code"]) == (400, "bad_request")


def test_a_run_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    for action in ("pause", "resume", "cancel", "again"):
        assert post(client, f"/runs/nope/{action}")[0] == 404
        assert client.get(f"/api/v1/runs/nope/{action}").status_code == 405


def test_what_celery_runs_is_not_paused_and_runs_again_only_where_all_is_known(
    client: FlaskClient, store: Any, record: Callable[..., str], request: pytest.FixtureRequest
) -> None:
    known = {
        "task": "shop.pay",
        "state": "SUCCESS",
        "args": "[1]",
        "options": '{"expires": "2020-01-01T00:00:00"}',
    }
    lately: Any = dict.fromkeys(("created", "started", "finished"), time.time())
    masked = {"task": "shop.log", "id": "secret", "kwargs": '{"password": "********"}', "inputs": '"n1-0"'}
    run = record([known, masked], [(0, 1, "then", -1)], state="SUCCESS", **lately)
    other = record([known, known], [(0, 1, "then", -1)], state="SUCCESS", **lately)
    request.getfixturevalue("conductor")
    assert post(client, f"/runs/{run}/pause")[1]["error"]["code"] == "not_conducted"
    status, told = post(client, f"/runs/{run}/again")
    assert (status, told["error"]["code"]) == (422, "not_exact")
    assert told["error"]["nodes"] == [
        {"node": "secret", "task": "shop.log", "why": "its arguments are masked"}
    ]
    status, made = post(client, f"/runs/{other}/again")
    assert status == 201, made
    nodes = reads.nodes(store, made["run"])["nodes"]
    assert [node["state"] for node in nodes] == ["SENT", "PENDING"]
    # What had expired long ago does not expire once more.
    assert reads.node(store, made["run"], nodes[0]["id"])["options"] == {}


def test_without_a_conductor_it_says_so_and_nothing_runs_later(
    impatient: None, client: FlaskClient, store: Any, canvas: Any, record: Callable[..., str]
) -> None:
    status, told = post(client, "/runs", {"canvas": canvas})
    assert (status, told["error"]["code"]) == (503, "no_answer")
    assert post(client, f"/runs/{record()}/cancel")[1]["error"]["code"] == "no_answer"


def test_a_run_by_command_waits_for_a_conductor_and_says_so(
    command: Command, broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_canvases.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "shop_canvases", raising=False)
    monkeypatch.setattr("umbel.webui.commands.run.PATIENCE", 0.2)
    told = command("run", "shop_canvases:checkout", "--broker-url", broker_url, database=False)
    assert (told.code, len(told.out.split())) == (0, 1)
    assert "as soon as one is there" in told.err


def test_runs_are_made_and_controlled_by_command(
    conductor: None,
    command: Command,
    store: Any,
    broker_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "shop_canvases.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "shop_canvases", raising=False)
    flags = ("--broker-url", broker_url)

    def run(*arguments):
        return command("run", *arguments, *flags, database=False)

    told = run("shop_canvases:checkout", "--name", "buy", "--option", "window=1", "--option", "on_lost=fail")
    assert (told.code, told.err) == (0, "")
    made = reads.run(store, told.out.strip())
    assert (made["name"], made["options"]) == ("buy", {"window": 1, "on_lost": "fail"})

    assert command("pause", made["id"][:8], *flags).out == f"{made['id']} is RUNNING, paused.\n"
    assert json.loads(command("resume", made["id"], "--json", *flags).out)["paused"] is False
    copy = command("again", made["id"], *flags)
    assert reads.run(store, copy.out.strip())["name"] == "buy"
    assert command("cancel", made["id"], *flags).out == f"{made['id']} is REVOKED, cancelled.\n"
    late = command("cancel", made["id"], *flags)
    assert (late.code, late.out) == (os.EX_UNAVAILABLE, "")
    assert "has ended" in late.err

    waited = run("shop_canvases:checkout", "--wait", "--timeout", "0.2", "--json")
    assert (waited.code, json.loads(waited.out)["state"]) == (os.EX_TEMPFAIL, "RUNNING")
    for arguments, code, words in (
        (("shop_canvases:nothing",), os.EX_DATAERR, "no task to run"),
        (("shop_canvases:checkout", "--option", "windo=1"), os.EX_DATAERR, "no windo"),
        (("shop_canvases:checkout", "--option", "window"), os.EX_USAGE, "NAME=VALUE"),
        (("shop_canvases:nobody",), os.EX_NOINPUT, "nobody"),
    ):
        told = run(*arguments)
        assert (told.code, told.out) == (code, ""), told.err
        assert words in told.err
