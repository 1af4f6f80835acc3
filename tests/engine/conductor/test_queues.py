"""What waits in a queue is found there, and nothing is taken out."""

import pytest
from celery import Celery
from kombu import Connection, Exchange, Queue

from umbel.engine.conductor import queues


@pytest.fixture
def app(broker_url):
    """An app whose tasks nobody runs."""
    app = Celery("nobody", broker=broker_url, set_as_current=False)
    yield app
    app.close()


def look(url, names, ids):
    with Connection(url) as connection:
        return queues.waiting(connection, names, ids, lambda: False)


def test_a_message_is_found_in_its_queue_whatever_its_priority_and_stays_there(app, broker_url):
    ids = [app.send_task("t", ["x" * 5000], queue="slow", priority=step).id for step in (0, 3, 9)]
    other = app.send_task("t", [f'"id": "{"a" * 8}"'], queue="quick").id
    for _ in range(2):
        found = look(broker_url, ["slow", "none"], [*ids, other, "a" * 8, "gone"])
        assert (found.ids, found.opaque) == (frozenset(ids), frozenset())
    assert look(broker_url, ["slow", "quick"], [other]).ids == {other}


def test_who_is_only_named_by_another_message_is_not_found_but_related(app, broker_url):
    app.send_task("t", ["arg"], root_id="root", parent_id="parent", task_id="own", queue="slow")
    found = look(broker_url, ["slow"], ["root", "parent", "arg"])
    assert (found.ids, found.related) == (frozenset(), {"root": {"own"}, "parent": {"own"}})


def test_a_queue_is_read_piece_by_piece_and_one_that_is_too_long_not_at_all(app, broker_url, monkeypatch):
    monkeypatch.setattr(queues, "PIECE", 3)
    ids = [app.send_task("t", queue="slow").id for _ in range(10)]
    assert look(broker_url, ["slow"], ids[::3]).ids == frozenset(ids[::3])
    monkeypatch.setattr(queues, "LONGEST", 9)
    found = look(broker_url, ["slow", "none"], ids)
    assert (found.ids, found.opaque) == (frozenset(), {"slow"})


def test_the_queues_behind_an_exchange_are_known_by_their_binding(broker_url):
    with Connection(broker_url) as connection:
        Queue("mail", Exchange("post", "direct"), routing_key="letters")(connection).declare()
        assert queues.named(connection, "post", "letters") == ["mail"]
        assert queues.named(connection, "post", "parcels") == []
        assert queues.named(connection, "", "celery") == ["celery"]


def test_on_rabbitmq_a_queue_that_is_not_empty_may_hold_anything(rabbitmq_server):
    url = rabbitmq_server.empty()
    app = Celery("nobody", broker=url, set_as_current=False)
    task = app.send_task("t", queue="slow").id
    with Connection(url) as connection:
        Queue("empty", Exchange("empty"), routing_key="empty")(connection).declare()
    found = look(url, ["slow", "empty", "none"], [task])
    assert (found.ids, found.opaque, found.unattended) == (frozenset(), {"slow"}, {"slow", "empty"})
    app.close()


def test_a_connection_on_which_workers_were_asked_still_waits_for_their_answers(app, broker_url):
    task = app.send_task("t", queue="slow").id
    with Connection(broker_url) as connection:
        assert app.control.inspect(connection=connection, timeout=0.2).ping() is None
        for _ in range(3):
            assert queues.waiting(connection, ["slow"], [task], lambda: False).ids == {task}
            assert queues.named(connection, "post", "letters") == []
