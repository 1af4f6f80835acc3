"""Revoking by API and command line: the conductor is asked, and tells what came of it for each task."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.webui import revoking

Record = Callable[..., str]


@pytest.fixture
def client(client_on_broker: FlaskClient) -> FlaskClient:
    """A client of an application on the test's broker."""
    return client_on_broker


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a conductor that does not run."""
    monkeypatch.setattr(revoking, "ANSWER_SECONDS", 0.3)


@pytest.fixture
def run(record: Record) -> str:
    """A run with a task in each of some states."""
    states = ("SUCCESS", "STARTED", "RECEIVED", "PENDING")
    rows = [{"task": "shop.pay", "id": state.lower(), "state": state} for state in states]
    return record(rows, id="aaaabbbb-cccc")


def _ask(client: FlaskClient, run: str, nodes: list[str] | None, **more: Any) -> dict[str, str]:
    answer = client.post(f"/api/v1/runs/{run}/revoke", json={"nodes": nodes, **more})
    assert answer.status_code == 200, answer.text
    return {each["node"]: each["outcome"] for each in answer.json["results"]}


def test_what_was_asked_for_is_answered_for_each(
    conductor: None, client: FlaskClient, run: str, command: Callable[..., Any], broker_url: str
) -> None:
    told = _ask(client, run, ["success", "nobody"])
    assert told == {"success": "finished", "nobody": "unknown"}
    assert set(_ask(client, run, None)) == {"started", "received", "pending"}
    assert set(_ask(client, run, ["started"], terminate=True)) == {"started"}

    # The command line asks the same.
    flags = ("--broker-url", broker_url)
    listed = command("revoke", "aaaabbbb", "success", *flags)
    assert listed.code == 0, listed.err
    assert listed.out.splitlines()[1].split()[:3] == ["success", "finished", "SUCCESS"]
    whole = command("revoke", run, "--terminate", "--json", *flags)
    assert {each["node"] for each in json.loads(whole.out)["results"]} == {"started", "received", "pending"}
    assert command("revoke", "nope", *flags).code == os.EX_NOINPUT


def test_without_a_conductor_it_says_so(
    impatient: None, client: FlaskClient, run: str, command: Callable[..., Any], broker_url: str
) -> None:
    answer = client.post(f"/api/v1/runs/{run}/revoke", json={"nodes": None})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "no_answer")
    assert "umbel conductor" in answer.json["error"]["message"]
    told = command("revoke", run, "--broker-url", broker_url)
    assert (told.code, told.out) == (os.EX_UNAVAILABLE, "")
    assert "umbel conductor" in told.err


def test_without_a_broker_it_says_so(record: Record, command: Callable[..., Any], unused_port: int) -> None:
    told = command("revoke", record(), "--broker-url", f"redis://:s3cret@127.0.0.1:{unused_port}/0")
    assert told.code == os.EX_UNAVAILABLE
    assert len(told.err.splitlines()) == 1
    assert "s3cret" not in told.err


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        {"terminate": True},
        {"nodes": []},
        {"nodes": "success"},
        {"nodes": [1]},
        {"nodes": [""]},
        {"nodes": ["a\x00"]},
        {"nodes": ["x" * 256]},
        {"nodes": None, "terminate": "yes"},
    ],
)
def test_what_does_not_say_which_tasks_revokes_none(client: FlaskClient, run: str, body: Any) -> None:
    answer = client.post(f"/api/v1/runs/{run}/revoke", json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("broken", [b"", b"{", b"null"])
def test_a_body_that_is_broken_revokes_nothing(client: FlaskClient, run: str, broken: bytes) -> None:
    path = f"/api/v1/runs/{run}/revoke"
    assert client.post(path, data=broken, content_type="application/json").status_code == 400


def test_a_run_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.post("/api/v1/runs/nope/revoke", json={"nodes": None}).status_code == 404


def test_it_is_no_question(client: FlaskClient, run: str) -> None:
    assert client.get(f"/api/v1/runs/{run}/revoke").status_code == 405
