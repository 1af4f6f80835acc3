"""The messages of conducted tasks, as workers would read them: no worker is there."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery, chain, group
from kombu import Connection
from redis import Redis
from stage import conducting

from umbel.engine import conduct, protocol
from umbel.engine.requests import queue
from umbel.engine.store import open_store, reads, upgrade


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory):
    """A broker's database and a conductor; the URL and the conductor's database."""
    url = f"{broker.url.removesuffix('/0')}/1021"
    database_url = f"sqlite:///{tmp_path_factory.mktemp('dispatch')}/umbel.db"
    upgrade(database_url)
    with conducting(url, database_url):
        yield url, database_url


@pytest.fixture
def database(world):
    """The conductor's database."""
    opened = open_store(world[1], read_only=True)
    yield opened
    opened.close()


class Sender:
    """Sends canvases to queues that nobody reads, and reads them."""

    def __init__(self, url):
        self.app = Celery("sender", broker=url, set_as_current=False)
        self.redis = Redis.from_url(url)
        self.connection = Connection(url)
        self.queue = f"q-{uuid.uuid4().hex}"

    def sig(self, *args, task="some.task", **options):
        """Return a signature that goes to a queue of this test."""
        kwargs = options.pop("kwargs", {})
        return self.app.signature(task, args, kwargs, options={"queue": self.queue, **options})

    def conduct(self, canvas, **options):
        """Have a canvas conducted."""
        return conduct(canvas, app=self.app, **options)

    def message(self, within=10, queue=None):
        """Return headers, properties, and args, kwargs and embed of the next message."""
        found = self.redis.brpop([queue or self.queue], timeout=within)
        assert found, "no message"
        message = self.opened(found[1])
        return message.headers, message.properties, json.loads(message.body)

    def opened(self, raw):
        """Return what lies in a queue as kombu's message."""
        channel: Any = self.connection.default_channel
        return channel.Message(json.loads(raw), channel)

    def call_back(self, run, task_id, result=None, *, failed=False):
        """Say what a worker would say at the end of a task."""
        kind = protocol.FAILED if failed else protocol.DONE
        name = f"{'failed' if failed else 'done'}:{task_id}"
        headers, body = protocol.message(kind, name, task_id if failed else result, run.id, task_id)
        with self.connection.channel() as channel:
            self.connection.Producer(channel).publish(
                body, exchange="", routing_key="umbel", headers=headers, serializer="json", declare=[queue()]
            )


@pytest.fixture
def sender(world):
    """An app without tasks, and a queue."""
    sender = Sender(world[0])
    yield sender
    sender.redis.close()
    sender.connection.release()
    sender.app.close()


def test_a_task_carries_ours_as_its_only_callback_and_the_run_as_its_root(sender):
    run = sender.conduct(sender.sig(1, "two", kwargs={"three": 3}))
    headers, properties, (args, kwargs, embed) = sender.message()
    assert (args, kwargs) == ([1, "two"], {"three": 3})
    assert (headers["task"], headers["root_id"], headers["parent_id"]) == ("some.task", run.id, None)
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("(1, 'two')", "{'three': 3}")
    assert headers["ignore_result"] is None
    assert properties["correlation_id"] == headers["id"]
    assert (embed["chain"], embed["chord"]) == (None, None)
    done, failed = *embed["callbacks"], *embed["errbacks"]
    assert (done["task"], done["args"]) == ("umbel.done", [run.id, headers["id"]])
    assert (failed["task"], failed["args"]) == ("umbel.failed", [run.id, headers["id"]])
    assert (done["options"]["task_id"], done["options"]["queue"]) == (f"done:{headers['id']}", "umbel")


def test_what_a_signature_says_of_its_message_is_heeded(sender):
    moment = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
    options = {"headers": {"tenant": 7}, "shadow": "alias", "time_limit": 30, "soft_time_limit": 20}
    options |= {"eta": moment, "expires": moment + timedelta(hours=1), "ignore_result": True}
    sender.conduct(sender.sig(delivery_mode=1, **options))
    headers, properties, _ = sender.message()
    assert (headers["tenant"], headers["shadow"], headers["timelimit"]) == (7, "alias", [30, 20])
    assert datetime.fromisoformat(headers["eta"]) == moment
    assert datetime.fromisoformat(headers["expires"]) == moment + timedelta(hours=1)
    assert headers["ignore_result"] is True
    assert properties["delivery_mode"] == 1


def test_a_countdown_and_seconds_to_expiry_count_from_when_the_task_is_sent(sender):
    run = sender.conduct(chain(sender.sig(), sender.sig(countdown=60, expires=90)))
    first, _, _ = sender.message()
    before = time.time()
    sender.call_back(run, first["id"], 1)
    headers, _, _ = sender.message()
    eta = datetime.fromisoformat(headers["eta"]).timestamp()
    assert before <= eta - 60 <= time.time() + 0.1
    assert datetime.fromisoformat(headers["expires"]).timestamp() == pytest.approx(eta + 30)


def test_a_priority_is_that_of_the_message(sender):
    sender.conduct(sender.sig(priority=9))
    _, properties, _ = sender.message(queue=f"{sender.queue}\x06\x169")
    assert properties["priority"] == 9


def test_a_body_can_be_compressed(sender):
    sender.conduct(sender.sig("x" * 1000, compression="zlib"))
    found = sender.redis.brpop([sender.queue], timeout=10)
    message = sender.opened(found[1])
    assert message.headers["compression"] == "application/x-gzip"
    assert message.decode()[0] == ["x" * 1000]


def test_stamps_travel_in_the_headers(sender):
    signature = sender.sig()
    signature.stamp(tenant="seven")
    sender.conduct(signature)
    headers, _, _ = sender.message()
    assert headers["stamped_headers"] == ["tenant"]
    assert headers["stamps"] == {"tenant": ["seven"]}


def test_results_arrive_as_they_came_in_the_order_of_the_canvas(sender):
    header = group(sender.sig(task=f"some.{name}") for name in "abc")
    run = sender.conduct(chain(header, sender.sig("own")))
    ids = {}
    for _ in range(3):
        headers, _, _ = sender.message()
        ids[headers["task"]] = headers["id"]
    values = {"some.a": 2**70, "some.b": {"__type__": "decimal", "__value__": "1.10"}, "some.c": ["é\x00"]}
    for name in ("some.c", "some.a", "some.b"):
        sender.call_back(run, ids[name], values[name])
    headers, _, (args, _, _) = sender.message()
    assert args == [[2**70, {"__type__": "decimal", "__value__": "1.10"}, ["é\x00"]], "own"]
    assert headers["parent_id"] == ids["some.a"]


def test_error_callbacks_stand_behind_ours_under_the_ids_of_their_nodes(sender):
    signature = sender.sig()
    signature.link_error(sender.sig("why", task="some.tell"))
    run = sender.conduct(signature)
    _, _, (_, _, embed) = sender.message()
    ours, theirs = embed["errbacks"]
    assert ours["task"] == "umbel.failed"
    assert (theirs["task"], theirs["args"]) == ("some.tell", ["why"])
    told = theirs["options"]["task_id"]
    assert theirs["options"]["link"][0]["args"] == [run.id, told]


def test_an_error_callback_of_a_task_that_is_tried_again_is_sent_after_the_last_attempt(sender):
    signature = sender.sig()
    signature.link_error(sender.sig("why", task="some.tell"))
    run = sender.conduct(signature, retry={"max": 1, "backoff": 0.01})
    first, _, (_, _, embed) = sender.message()
    assert len(embed["errbacks"]) == 1
    sender.call_back(run, first["id"], failed=True)
    second, _, _ = sender.message()
    assert (second["task"], second["root_id"]) == ("some.task", run.id)
    assert second["id"] != first["id"]
    sender.call_back(run, second["id"], failed=True)
    told, _, (args, _, _) = sender.message()
    assert told["task"] == "some.tell"
    assert args == [first["id"], "why"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compression": "stone"}, "compression is 'stone'"),
        ({"delivery_mode": 7}, "delivery_mode is 7"),
        ({"priority": "high"}, "priority is 'high'"),
        ({"countdown": 1e300}, "seconds are too long"),
    ],
)
def test_a_task_of_which_no_message_can_be_made_fails_and_holds_up_nothing(sender, database, options, words):
    canvas = {"task": "some.task", "args": [], "kwargs": {}, "options": {"queue": sender.queue} | options}
    other = {"task": "some.other", "args": [], "kwargs": {}, "options": {"queue": sender.queue}}
    tasks = [each | {"subtask_type": None, "immutable": False} for each in (canvas, other)]
    both = {"task": "celery.group", "args": [], "kwargs": {"tasks": tasks}, "options": {}}
    run_id = str(uuid.uuid4())
    sender.app.send_task(
        "umbel.run", [both | {"subtask_type": "group", "immutable": False}], task_id=run_id, queue="umbel"
    )
    headers, _, _ = sender.message()
    assert headers["task"] == "some.other"
    deadline = time.monotonic() + 10
    while not (failed := _failed(database, run_id)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert words in failed[0]["exception"]


def _failed(database, run_id):
    page = reads.nodes(database, run_id, states=("FAILURE",))
    return [reads.node(database, run_id, row["id"]) for row in page["nodes"]] if page else []


def test_a_task_that_needs_a_result_that_is_no_json_fails_saying_what_to_change(sender, database, eventually):
    run = sender.conduct(chain(sender.sig(), sender.sig(task="some.next")))
    headers, _, _ = sender.message()
    done, _ = protocol.message(protocol.DONE, f"done:{headers['id']}", root=run.id)
    with sender.connection.channel() as channel:
        sender.connection.Producer(channel).publish(
            b"\x80\x04pickle",
            exchange="",
            routing_key="umbel",
            headers=done,
            content_type="application/x-python-serialize",
            content_encoding="binary",
        )
    failed = eventually(lambda: _failed(database, run.id), 10, "a failure")
    assert failed[0]["task"] == "some.next"
    assert 'task_serializer = "json"' in failed[0]["exception"]
