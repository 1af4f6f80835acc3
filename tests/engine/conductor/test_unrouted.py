"""What RabbitMQ has no place for is kept until it has, and holds up nothing else; nothing is sent twice."""

import signal
import uuid
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue
from stage import conducting

from umbel.engine import Dag, protocol
from umbel.engine.store import reads

pytestmark = pytest.mark.usefixtures("conductor")


@pytest.fixture
def broker_url(rabbitmq_server):
    """A RabbitMQ on which no worker has been."""
    return rabbitmq_server.empty()


@pytest.fixture
def conductor(broker_url, database_url):
    """A conductor in a thread."""
    with conducting(broker_url, database_url) as ending:
        yield ending


@pytest.fixture
def submit(send, database, eventually):
    """``submit(queue="later")`` has a run of one task with these options conducted; returns the run's id."""

    def run(**options: Any) -> str:
        run_id = uuid.uuid4().hex
        task = {"id": f"task-{run_id}", "task": "app.work", "args": [1], "kwargs": {}, "options": options}
        dag = Dag.from_json({"nodes": [task | {"inputs": None, "immutable": False}], "edges": []})
        send(*protocol.message(protocol.RUN, run_id, dag.to_json(), name="one"))
        eventually(
            lambda: (found := reads.run(database, run_id)) and found["counts"].get("SENT"), 10, "a run"
        )
        return run_id

    return run


@pytest.fixture
def arrives(broker_url, eventually):
    """``arrives(queue)`` makes a queue, and returns the ids of the tasks in the messages that come."""

    def ids(wanted: Queue, count: int = 1) -> list[str]:
        found: list[str] = []
        with Connection(broker_url) as connection:
            queue = wanted(connection.default_channel)
            queue.declare()

            def have_come() -> bool:
                if (message := queue.get(no_ack=True)) is not None:
                    found.append(message.headers["id"])
                return len(found) == count

            eventually(have_come, 10, "what was sent")
            assert queue.get(no_ack=True) is None
        return found

    return ids


def test_a_task_whose_queue_is_not_there_yet_waits_for_it_and_says_so(submit, arrives, database, eventually):
    runs = first, second = submit(queue="later"), submit(queue="later", priority=3)
    why = {"queues": {"later": "No queue has this name; a worker makes it."}}
    eventually(lambda: [reads.run(database, run)["waits"] for run in runs] == [why, why], 10)
    priorities = Queue("later", Exchange("later"), "later", queue_arguments={"x-max-priority": 5})
    assert set(arrives(priorities, 2)) == {f"task-{first}", f"task-{second}"}
    eventually(lambda: not any(reads.run(database, run)["waits"] for run in runs), 10)


def test_an_exchange_that_is_not_there_holds_up_nothing_else(submit, arrives, database, eventually):
    lost = submit(exchange="nowhere", routing_key="x")
    known = submit(queue="known")
    assert arrives(Queue("known")) == [f"task-{known}"]
    why = "No exchange has this name; a worker makes it."
    eventually(lambda: reads.run(database, lost)["waits"] == {"queues": {"nowhere (x)": why}}, 10)
    assert arrives(Queue("x", Exchange("nowhere"), "x")) == [f"task-{lost}"]


def test_a_message_that_cannot_be_encoded_fails_its_task_alone(submit, arrives, database, eventually):
    odd, known = submit(queue="known", priority=1000), submit(queue="known")
    assert arrives(Queue("known")) == [f"task-{known}"]
    eventually(lambda: reads.run(database, odd)["state"] == "FAILURE", 10, "its failure")
    assert "message of this broker" in reads.node(database, odd, f"task-{odd}")["exception"]


def test_what_a_broker_that_stands_still_may_have_is_not_sent_twice(
    submit, send, arrives, database, rabbitmq_server, eventually, caplog
):
    assert arrives(Queue("known"), 0) == []
    run = submit(queue="known", umbel={"retry": {"max": 1, "backoff": 1}})
    failed = protocol.message(protocol.FAILED, f"failed:task-{run}", f"task-{run}", run, f"task-{run}")
    send(*failed)
    eventually(lambda: "RETRY" in reads.run(database, run)["counts"], 10, "the first attempt's end")
    rabbitmq_server.signal(signal.SIGSTOP)
    try:
        eventually(lambda: "does not say whether it has" in caplog.text, 20, "an attempt to send the second")
    finally:
        rabbitmq_server.signal(signal.SIGCONT)
    assert len(set(arrives(Queue("known"), 2))) == 2
