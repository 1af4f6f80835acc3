"""Anyone can write to the queue and send events: nothing that comes stops the conductor, or is opened."""

import json
import os
import pickle
from typing import Any

import pytest
from celery.events.event import get_exchange
from kombu import Connection, Producer
from stage import announced, member

from umbel.engine import protocol
from umbel.engine.conductor.mailbox import Delivery
from umbel.engine.conductor.post import Malformed, opened
from umbel.engine.store import reads


class Bomb:
    """Leaves a mark wherever it is unpickled."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def seen_after(send, database, eventually) -> None:
    send(*announced(member("good"), run="good"))
    eventually(lambda: reads.run(database, "good"), 10, "the message behind the bad ones")


def test_what_is_malformed_neither_blocks_the_queue_nor_shows_up(
    conductor, send, database, eventually, broker_url, tmp_path, caplog
):
    headers, body = announced(member("x"), run="bad")
    bad_bodies: list[Any] = [
        [],
        {},
        "text",
        None,
        [[], {}, {}],
        [[1], {}, {}],
        [[{"run": "bad"}], {}, {}],
        [[{"run": "bad", "at": 1, "messages": [5]}], {}, {}],
        [[{"run": "bad", "at": 1, "messages": [{"headers": {}, "body": []}]}], {}, {}],
        [[{"run": "", "at": 1, "messages": [member("x")]}], {}, {}],
        [[{"run": "bad\x00", "at": 1, "messages": [member("x")]}], {}, {}],
        [[{"run": "b" * 300, "at": 1, "messages": [member("x")]}], {}, {}],
        [[{"run": "bad", "at": 1, "messages": [member("x" * 10_000)]}], {}, {}],
        [[{"run": "bad", "at": 1, "messages": []}], {}, {}],
    ]
    for bad in bad_bodies:
        send(headers, bad)
    send({**headers, "task": "umbel.unknown"}, body)
    send({}, body)
    send(headers, "[" * 100_000, serializer=None, content_type="application/json", content_encoding="utf-8")
    send(headers, b"\xff\xfe", serializer=None, content_type="application/json", content_encoding="utf-8")
    mark = str(tmp_path / "opened")
    for kind in ("application/x-python-serialize", "application/json", "application/x-yaml"):
        send(headers, pickle.dumps(Bomb(mark)), serializer=None, content_type=kind, content_encoding="binary")
    send({**headers, "compression": "application/x-gzip"}, body, compression=None)
    with Connection(broker_url) as connection:
        channel: Any = connection.default_channel
        for nonsense in (b"", b"no json", b"[]", b"{}", b'{"properties": {}}', b"\xff", b"[" * 100_000):
            channel.client.lpush(protocol.QUEUE, nonsense)
    seen_after(send, database, eventually)
    assert [run["id"] for run in reads.runs(database)["runs"]] == ["good"]
    assert not os.path.exists(mark)
    assert caplog.text.count("was dropped") >= len(bad_bodies)


def test_events_that_are_none_are_dropped(conductor, send, database, eventually, broker_url, tmp_path):
    send(*announced(member("a"), member("b"), run="run"))
    eventually(lambda: reads.run(database, "run"), 10, "the run")
    mark = str(tmp_path / "opened")
    events: list[Any] = [
        None,
        5,
        "text",
        [],
        [None, 5, {"type": 7}],
        {"type": "task-started"},
        {"type": "task-started", "uuid": "a"},
        {"type": "task-started", "uuid": ["a"], "timestamp": 1},
        {"type": "task-started", "uuid": "a", "timestamp": "soon"},
        {"type": "task-started", "uuid": "a", "timestamp": 1e300},
        {"type": "task-started", "uuid": "a" * 5_000, "timestamp": 1},
        {"type": "task-custom", "uuid": "a", "timestamp": 1},
        {"type": "worker-online", "hostname": ["x"]},
    ]
    good = {
        "type": "task-succeeded",
        "uuid": "a",
        "timestamp": 5.0,
        "hostname": "w\x00\ud800",
        "result": "<b>\x00\ud800" * 100_000,
        "runtime": "long",
        "retries": -1,
    }

    def tell() -> bool:
        with Connection(broker_url) as connection:
            producer = Producer(connection.default_channel)
            exchange = get_exchange(connection)
            options = {"exchange": exchange, "declare": [exchange], "routing_key": "task.multi"}
            json_options = {"content_type": "application/json", "content_encoding": "utf-8", **options}
            for event in events:
                producer.publish(event, serializer="json", headers={"hostname": "x"}, **options)
            kind = "application/x-python-serialize"
            bomb = pickle.dumps(Bomb(mark))
            producer.publish(bomb, content_type=kind, content_encoding="binary", **options)
            producer.publish("[" * 100_000, **json_options)
            producer.publish(json.dumps(good), **json_options)
        return reads.node(database, "run", "a")["state"] == "SUCCESS"

    eventually(tell, 10, "the good event's effect")
    assert not os.path.exists(mark)
    assert reads.node(database, "run", "b")["state"] == "PENDING"
    detail = reads.node(database, "run", "a")
    assert detail["worker"] == "w\ufffd?"
    assert detail["result_size"] == 500_000
    assert len(detail["result"]["repr"]) <= 64 * 1024
    assert detail["runtime"] is None


def test_large_and_strange_arguments_are_kept_in_part(conductor, send, database, eventually):
    message = member("a", 'x.<script>alert("\x00\ud800")</script>')
    message["body"] = [["x" * 1_000_000, {"k\x00": "\ud800"}], {"big": ["y" * 100_000]}, {}]
    send(*announced(message, run="run"))
    eventually(lambda: reads.run(database, "run"), 10, "the run")
    detail = reads.node(database, "run", "a")
    assert detail["args"][0]["size"] == 1_000_002
    assert detail["args"][1] == {"k\x00": "\ud800"}
    assert detail["kwargs"]["big"]["size"] == 100_004
    assert "\x00" not in detail["task"]
    assert json.dumps(reads.graph(database, "run"))


def test_a_circle_of_tasks_is_kept_and_shown(conductor, send, database, eventually):
    def step(task_id: str, after: str) -> dict[str, Any]:
        links = [{"task": "t", "args": [], "kwargs": {}, "options": {"task_id": after}, "subtask_type": None}]
        return member(task_id, callbacks=links)

    send(*announced(step("a", "b"), step("b", "c"), step("c", "a"), run="circle"))
    eventually(lambda: reads.run(database, "circle"), 10, "the run")
    shape = reads.graph(database, "circle")
    assert {node["id"] for node in shape["nodes"]} == {"a", "b", "c"}
    assert len(shape["edges"]) >= 2


@pytest.mark.parametrize("content", ["application/x-python-serialize", None, "text/plain"])
def test_only_json_is_opened(content):
    delivery = Delivery(None, 1, {"task": protocol.WATCH}, b"", content, None, 0, 0.0)  # type: ignore[arg-type]
    with pytest.raises(Malformed, match="not opened"):
        opened(delivery)
