"""Revoking tasks of a run by asking the conductor, and what it answers."""

import json
from base64 import b64decode
from typing import Any

import pytest
from celery import chain, group
from kombu import Connection
from stage import announced, conducting, member

from umbel.engine import protocol
from umbel.engine.conductor.asked import Request
from umbel.engine.conductor.revocation import REMEMBERED, plan
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Acted, Action, Announced, Noted, Run, Seen, apply, reduce
from umbel.engine.requests import RequestError, ask
from umbel.engine.store import reads


@pytest.fixture
def revoke(broker_url):
    """``revoke(run, nodes, terminate=False)`` asks the conductor, and returns its answer."""

    def go(run, nodes=None, *, terminate=False, timeout=10.0):
        said = {"run": run, "nodes": nodes, "terminate": terminate, "by": "test"}
        with Connection(broker_url) as connection:
            return ask(connection, protocol.REVOKE, said, timeout=timeout)

    return go


def outcomes(answer):
    return {result["node"]: (result["outcome"], result["state"]) for result in answer["results"]}


def test_each_node_gets_the_outcome_that_fits_its_state():
    run = Run(id="run", number=1, created=0.0)
    apply(run, reduce(run, Announced(1, [Spec(id=each, task="app.t") for each in "abcde"], [])))
    apply(run, reduce(run, Announced(1, [Spec(id="j", task=None)], [])))
    for node, kind in (("b", "sent"), ("c", "started"), ("d", "succeeded"), ("e", "retried")):
        apply(run, reduce(run, Seen(node, Evidence(kind, 2.0, "w"))))
    request = Request("r", "run", None, False, "me", None, None)
    whole = plan(run, request, 5.0)
    assert {each["node"]: each["outcome"] for each in whole.results} == {
        "a": "remembered",
        "b": "revoked",
        "c": "running",
        "e": "revoked",
    }
    assert whole.revoked == ["a", "b", "e"]
    note, done = [note.message for note in whole.notes]
    assert note == Noted("a", REMEMBERED)
    detail = {"terminate": False, "count": 3, "nodes": ["a", "b", "e"]}
    assert done == Acted(Action(5.0, "me", "revoke", detail))
    some = plan(run, request._replace(nodes=["c", "d", "j", "x", "c"], terminate=True), 5.0)
    found = [each["outcome"] for each in some.results]
    assert (found, some.revoked) == (["terminated", "finished", "unknown", "unknown"], ["c"])


def test_a_run_is_revoked_with_what_runs_what_waits_and_what_is_not_sent_yet(
    conductor, flow, database, revoke, listening, eventually
):
    listening(flow)
    result: Any = chain(
        flow.nap.s(seconds=600), group(flow.add.s(1), flow.add.s(2)), flow.total.s()
    ).apply_async()
    run = eventually(lambda: reads.find(database, result.id), 20, "the run")[0]["run"]

    def napping():
        return [row["id"] for row in reads.nodes(database, run)["nodes"] if row["state"] == "STARTED"]

    [nap] = eventually(napping, 20, "the nap")
    gentle = outcomes(revoke(run, [nap]))
    assert gentle == {nap: ("running", "STARTED")}
    answer = outcomes(revoke(run, terminate=True))
    assert answer.pop(nap) == ("terminated", "STARTED")
    assert set(answer.values()) == {("remembered", "PENDING")}
    eventually(lambda: reads.run(database, run)["state"] == "REVOKED", 20, "the end of the run")
    assert reads.node(database, run, nap)["reason"] == "revoked"
    assert "before it was sent" in reads.node(database, run, result.id)["note"]
    assert outcomes(revoke(run, [nap])) == {nap: ("finished", "REVOKED")}


def test_an_unknown_run_is_refused(conductor, revoke):
    with pytest.raises(RequestError, match="There is no run nowhere") as caught:
        revoke("nowhere")
    assert caught.value.code == "unknown_run"


def test_without_a_conductor_that_is_said_and_nothing_is_done_later(
    broker_url, database_url, database, revoke, send, eventually
):
    with pytest.raises(RequestError, match=r"No conductor answered within 0\.2 s") as caught:
        revoke("run", timeout=0.2)
    assert caught.value.code == "no_answer"
    send(*announced(member("a"), run="run"))
    with conducting(broker_url, database_url):
        eventually(lambda: reads.run(database, "run"), 10, "the run")
        assert outcomes(revoke("run")) == {"a": ("remembered", "PENDING")}


def test_without_a_broker_that_is_said(unused_port):
    url = f"redis://127.0.0.1:{unused_port}/0"
    with Connection(url, connect_timeout=1) as connection, pytest.raises(RequestError) as caught:
        ask(connection, protocol.REVOKE, {"run": "r"}, timeout=1)
    assert caught.value.code == "broker"


def test_answers_go_to_queues_for_answers_alone(conductor, send, broker_url, database, eventually):
    headers, body = protocol.message(protocol.REVOKE, "r1", {"run": "x", "nodes": None})
    send(headers, body, reply_to="celery")
    send(headers, [[{"run": "x", "nodes": "all"}], {}, {}], reply_to="umbel.reply.1")
    send(*announced(member("a"), run="later"))
    eventually(lambda: reads.run(database, "later"), 10, "what came after")
    with Connection(broker_url) as connection:
        client: Any = getattr(connection.default_channel, "client")  # noqa: B009
        eventually(lambda: client.llen("umbel.reply.1"), 10, "an answer")
        assert client.llen("celery") == 0
        answers = [json.loads(each) for each in client.lrange("umbel.reply.1", 0, -1)]
        assert [json.loads(b64decode(each["body"]))["error"]["code"] for each in answers] == ["malformed"]
