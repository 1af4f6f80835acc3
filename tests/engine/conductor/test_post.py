"""What messages of conducted runs say, whoever wrote them, and in whatever form they come."""

import json
import pickle
from typing import Any

import pytest
from stage import announced, member, signature

from umbel.engine import protocol
from umbel.engine.conductor.completion import EXCEPTION, Completion
from umbel.engine.conductor.mailbox import Delivery
from umbel.engine.conductor.opening import Malformed
from umbel.engine.conductor.post import Announcement, Request, Submission, opened
from umbel.engine.messages import Completed
from umbel.engine.run import Outcome

PICKLE = "application/x-python-serialize"


def delivery(headers: Any, body: Any, *, content: str = "application/json", reply_to: Any = None) -> Delivery:
    """Return a message as it is read from the queue."""
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return Delivery(None, 1, headers, raw, content, None, 0, 5.0, reply_to)  # type: ignore[arg-type]


def said(kind: str, task: str = "task", run: str = "run") -> dict[str, Any]:
    """Return the headers of a worker's callback."""
    return {"task": kind, "id": f"{kind.removeprefix('umbel.')}:{task}", "root_id": run}


def test_a_worker_tells_what_a_task_returned():
    value = {"when": {"__type__": "datetime", "__value__": "2026-01-01T00:00:00"}, "n": [1, None]}
    found = opened(delivery(said(protocol.DONE), [[value, "run", "task"], {}, {}]))
    assert isinstance(found, Completion)
    assert (found.run, found.completed[:3]) == ("run", ("task", True, 5.0))
    assert json.loads(found.completed.outcome.result or "") == {"json": value}
    nothing = opened(delivery(said(protocol.DONE), [["run", "task"], {}, {}]))
    assert nothing == Completion("run", Completed("task", True, 5.0))


def test_the_task_is_the_bound_one_where_another_replaced_it():
    body = [["inner", "run", "task"], {"exception": "E()", "traceback": 5}, {}]
    found = opened(delivery(said(protocol.FAILED, "inner"), body))
    assert found == Completion("run", Completed("task", False, 5.0, Outcome(exception="E()")))
    long = opened(delivery(said(protocol.FAILED), [["t", "run", "t"], {"exception": "x" * 100_000}, {}]))
    assert isinstance(long, Completion)
    assert len(long.completed.outcome.exception or "") == EXCEPTION


def test_of_what_is_no_json_the_headers_alone_are_read():
    bomb = pickle.dumps(test_of_what_is_no_json_the_headers_alone_are_read)
    done = opened(delivery(said(protocol.DONE), bomb, content=PICKLE))
    failed = opened(delivery(said(protocol.FAILED), bomb, content=PICKLE))
    assert isinstance(done, Completion)
    assert (done.run, done.completed.task_id, done.completed.succeeded) == ("run", "task", True)
    assert "task_serializer" in json.loads(done.completed.outcome.result or "")["repr"]
    assert failed == Completion("run", Completed("task", False, 5.0))


def test_a_message_of_celerys_first_protocol_says_the_same():
    body = {"task": protocol.DONE, "id": "done:task", "args": [1, "run", "task"], "kwargs": {}, "retries": 0}
    assert opened(delivery({}, body)) == opened(delivery(said(protocol.DONE), [[1, "run", "task"], {}, {}]))


@pytest.mark.parametrize(
    ("headers", "body", "content"),
    [
        (said(protocol.DONE), [[], {}, {}], "application/json"),
        (said(protocol.DONE), [[1, "run", ""], {}, {}], "application/json"),
        (said(protocol.DONE), [[1, {"run": 1}, "task"], {}, {}], "application/json"),
        (said(protocol.DONE), [[1, "run", "t" * 300], {}, {}], "application/json"),
        (said(protocol.DONE) | {"id": "done:"}, b"", PICKLE),
        (said(protocol.DONE) | {"root_id": None}, b"", PICKLE),
        (said(protocol.RUN), b"", PICKLE),
        (said(protocol.CONTROL), [[{"run": "run", "action": ["pause"]}], {}, {}], "application/json"),
        (said(protocol.CONTROL), [[{"run": "run"}], {}, {}], "application/json"),
        (said(protocol.WAIT), [[[]], {}, {}], "application/json"),
        (said(protocol.WAIT), [[{"run": 5}], {}, {}], "application/json"),
        ({}, {"task": protocol.DONE, "args": "x"}, "application/json"),
        ({}, {"task": [protocol.DONE], "args": []}, "application/json"),
        ({}, b"", PICKLE),
        ({"task": ["umbel.done"]}, [[], {}, {}], "application/json"),
        ({"task": "umbel.nothing"}, [[], {}, {}], "application/json"),
    ],
)
def test_what_is_not_of_the_protocols_shape_is_refused(headers, body, content):
    with pytest.raises(Malformed):
        opened(delivery(headers, body, content=content))


def test_answers_go_to_queues_for_answers_alone():
    body = [[{"run": "run", "until": 9, "by": "x" * 1000}], {}, {}]
    headers = {"task": protocol.WAIT, "id": "question"}
    for named, kept in (("umbel.reply.1", True), ("celery", False), (5, False), ("umbel.reply." * 99, False)):
        found = opened(delivery(headers, body, reply_to=named))
        assert isinstance(found, Request)
        assert (found.reply_to is not None) == kept
        assert (found.kind, found.until, len(found.by)) == (protocol.WAIT, 9.0, 255)


def test_a_run_is_read_from_a_canvas_or_a_graph():
    chain = {"task": "celery.chain", "args": [], "kwargs": {"tasks": [signature("a"), signature("b")]}}
    chain |= {"options": {}, "subtask_type": "chain", "immutable": False}
    kwargs = {"name": " nightly ", "by": "me", "options": {"window": 3}}
    found = opened(delivery({"task": protocol.RUN, "id": "run"}, [[chain], kwargs, {}]))
    assert isinstance(found, Submission)
    assert (found.run, found.name, found.by, found.options.window) == ("run", "nightly", "me", 3)
    assert found.announced.conducted
    assert [(node.id, node.inputs) for node in found.announced.nodes] == [("a", None), ("b", "a")]
    nodes = [{"id": each, "task": "t"} for each in "ab"] + [{"id": "c", "task": "t", "inputs": ["b", "a"]}]
    dag = {"nodes": nodes, "edges": [["a", "c", "then"], ["b", "c", "then"]], "outputs": "c"}
    found = opened(delivery({"task": protocol.RUN, "id": "run"}, [[dag], {}, {}]))
    assert isinstance(found, Submission)
    assert sorted(found.announced.edges) == [("a", "c", "then", 1), ("b", "c", "then", 0)]
    assert (found.outputs, found.by, found.name) == ("c", None, None)


def test_our_own_callbacks_are_no_tasks_of_a_watched_run():
    ours = signature("done:a", protocol.DONE)
    headers, body = announced(member("a", callbacks=[ours, signature("b")]), run="watched")
    found = opened(delivery(headers, body))
    assert isinstance(found, Announcement)
    assert [node.id for node in found.announced.nodes] == ["a", "b"]
    assert [edge[:2] for edge in found.announced.edges] == [("a", "b")]
