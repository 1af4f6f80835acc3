"""Reading the queue so that nothing is lost: on Redis by lists, elsewhere by acknowledgements."""

import json

import pytest
from kombu import Connection, Producer
from redis import Redis
from stage import announced, member

from umbel.engine import protocol
from umbel.engine.conductor.inbox import TAKEN, ConsumerInbox, ListInbox, inbox, queue
from umbel.engine.conductor.mailbox import Mailbox

TO_QUEUE = {"exchange": "", "routing_key": protocol.QUEUE, "declare": [queue()], "serializer": "json"}


@pytest.fixture
def client(broker_url):
    with Redis.from_url(broker_url, decode_responses=True) as made:
        yield made


@pytest.fixture
def reading(broker_url):
    """``reading(epoch)`` starts a reader and gives it and its mailbox."""
    started = []

    def start(epoch=1, **options):
        mailbox = Mailbox()
        made = inbox(lambda: Connection(broker_url, transport_options=options), mailbox, epoch)
        made.start()
        started.append(made)
        return made, mailbox

    yield start
    for each in started:
        each.stop()


def taken(mailbox, count, eventually):
    found = []
    eventually(lambda: found.extend(mailbox.take(100, 10**9)) or len(found) >= count, 10, f"{count} messages")
    return found


def run_of(item):
    return json.loads(item.body)[0][0]["run"]


def test_what_is_taken_stays_in_a_list_until_it_is_dealt_with(reading, send, client, eventually):
    reader, mailbox = reading()
    assert isinstance(reader, ListInbox)
    for number in range(5):
        send(*announced(member("a"), run=f"run-{number}"))
    items = taken(mailbox, 5, eventually)
    assert [run_of(item) for item in items] == [f"run-{n}" for n in range(5)]
    assert client.llen(f"{TAKEN}1") == 5
    reader.acknowledge(items[0].generation, 3)
    eventually(lambda: client.llen(f"{TAKEN}1") == 2, 5, "three gone")
    reader.acknowledge(items[0].generation, 2)
    eventually(lambda: client.llen(f"{TAKEN}1") == 0, 5, "all gone")


def test_a_successor_gets_what_its_predecessors_had_in_the_old_order(reading, send, client, eventually):
    for number in range(6):
        send(*announced(member("a"), run=f"run-{number}"))
    for number in range(4):  # as two that died had them
        client.lmove(protocol.QUEUE, f"{TAKEN}{1 + number // 2}", "RIGHT", "LEFT")
    client.sadd("umbel.takers", f"{TAKEN}1", f"{TAKEN}2")
    _, mailbox = reading(3)
    items = taken(mailbox, 6, eventually)
    assert sorted(run_of(item) for item in items) == [f"run-{n}" for n in range(6)]
    assert [run_of(item) for item in items][-2:] == ["run-4", "run-5"]
    assert client.llen(f"{TAKEN}1") == client.llen(f"{TAKEN}2") == 0


def test_an_orderly_end_gives_back_what_was_not_dealt_with(reading, send, client, eventually):
    reader, mailbox = reading()
    for number in range(3):
        send(*announced(member("a"), run=f"run-{number}"))
    items = taken(mailbox, 3, eventually)
    reader.acknowledge(items[0].generation, 1)
    reader.stop()
    assert client.llen(f"{TAKEN}1") == 0
    waiting = client.lrange(protocol.QUEUE, 0, -1)
    assert len(waiting) == 2
    assert client.smembers("umbel.takers") == set()


def test_a_broken_connection_delivers_again_and_old_acknowledgements_count_for_nothing(
    reading, send, client, eventually
):
    reader, mailbox = reading()
    send(*announced(member("a"), run="run"))
    (first,) = taken(mailbox, 1, eventually)
    client.client_kill_filter(_type="normal", skipme=True)
    (again,) = taken(mailbox, 1, eventually)
    assert run_of(again) == run_of(first) == "run"
    assert again.generation > first.generation
    reader.acknowledge(first.generation, 1)
    reader.acknowledge(again.generation, 1)
    eventually(lambda: client.llen(f"{TAKEN}1") == 0, 5, "it gone")
    assert client.llen(protocol.QUEUE) == 0


@pytest.mark.parametrize("priority", [0, 3, 6, 9])
def test_every_priority_is_read(reading, send, eventually, priority):
    _, mailbox = reading()
    send(*announced(member("a"), run="run"), priority=priority)
    assert run_of(taken(mailbox, 1, eventually)[0]) == "run"


def test_a_key_prefix_is_honoured(reading, broker_url, client, eventually):
    options = {"global_keyprefix": "theirs:"}
    reader, mailbox = reading(1, **options)
    with Connection(broker_url, transport_options=options) as connection:
        headers, body = announced(member("a"), run="run")
        Producer(connection.default_channel).publish(
            body,
            exchange="",
            routing_key=protocol.QUEUE,
            headers=headers,
            declare=[queue()],
            serializer="json",
        )
    (item,) = taken(mailbox, 1, eventually)
    assert run_of(item) == "run"
    assert client.llen(f"theirs:{TAKEN}1") == 1
    reader.acknowledge(item.generation, 1)
    eventually(lambda: client.llen(f"theirs:{TAKEN}1") == 0, 5, "it gone")
    assert all(key.startswith(("theirs:", "/")) for key in client.keys("*umbel*"))


def test_a_full_mailbox_leaves_the_rest_in_the_queue(broker_url, send, client, eventually):
    mailbox = Mailbox(count=10)
    reader = ListInbox(lambda: Connection(broker_url), mailbox, 1)
    for number in range(500):
        send(*announced(member("a"), run=f"run-{number}"))
    reader.start()
    eventually(lambda: len(mailbox) == 10, 10, "a full mailbox")
    assert client.llen(protocol.QUEUE) >= 300
    reader.stop()
    assert client.llen(protocol.QUEUE) == 500


def test_any_other_transport_is_read_with_acknowledgements(eventually):
    url = "memory://"

    def connect():
        return Connection(url, transport_options={"polling_interval": 0.01})

    mailbox = Mailbox()
    reader = inbox(connect, mailbox, 1)
    assert isinstance(reader, ConsumerInbox)
    with connect() as connection:
        producer = Producer(connection.default_channel)
        for number in range(3):
            headers, body = announced(member("a"), run=f"run-{number}")
            producer.publish(body, headers=headers, **TO_QUEUE)
        reader.start()
        items = taken(mailbox, 3, eventually)
        assert [run_of(item) for item in items] == [f"run-{n}" for n in range(3)]
        reader.acknowledge(items[0].generation, 3)
        reader.stop()
        assert queue()(connection.default_channel).get() is None
