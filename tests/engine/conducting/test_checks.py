"""What is wrong with a canvas is said before anything leaves; what only its process knows goes along."""

from datetime import UTC, datetime

import pytest
from celery import Celery, chain, group
from kombu import Queue

import umbel.engine
from umbel.engine import UmbelError, conduct
from umbel.engine.conducting.resolving import resolved
from umbel.engine.conducting.sending import message
from umbel.engine.conducting.settling import dag_of, settled
from umbel.engine.dag import Dag
from umbel.engine.errors import CanvasError, DagError
from umbel.engine.rules import RunOptions


@pytest.fixture
def app(unused_port):
    """An app with tasks, on a broker that nobody must reach."""
    made = Celery("shop", broker=f"redis://127.0.0.1:{unused_port}/0", set_as_current=False)
    made.conf.task_default_queue = "shop"
    made.conf.task_routes = {"mail.*": {"queue": "mail", "routing_key": "mail.now"}}

    @made.task(name="pay", shared=False, time_limit=30, soft_time_limit=20, expires=60, serializer="json")
    def pay(*args):
        pass

    @made.task(name="mail.send", shared=False)
    def send(*args):
        pass

    @made.task(name="told", shared=False)
    def told(request, exc, traceback):
        pass

    @made.task(name="bound", shared=False, bind=True)
    def bound(self, request, exc, traceback):
        pass

    return made


def options(canvas, app):
    """Return the options with which each task of a canvas is sent, by name."""
    dag, _ = resolved(dag_of(canvas), app)
    return {node.task: node.options for node in settled(dag)}


def circle():
    pay = {"id": "a", "task": "pay"}
    return {"nodes": [pay, pay | {"id": "b"}], "edges": [["a", "b", "then"], ["b", "a", "then"]]}


def twice(app):
    pay = app.tasks["pay"].s()
    pay.freeze()
    return group(pay, pay)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda app: app.tasks["pay"], CanvasError, r"call its \.s\(\) first"),
        (lambda app: "pay", CanvasError, "signatures"),
        (lambda app: group(), DagError, "no task to run"),
        (lambda app: app.tasks["pay"].s(object()), CanvasError, "args of pay cannot be sent as JSON"),
        (lambda app: app.tasks["pay"].s().set(shadow=object()), CanvasError, "options of pay"),
        (lambda app: app.tasks["pay"].s().set(umbel={"timout": 3}), DagError, r"task pay.*no timout"),
        (lambda app: app.tasks["pay"].s().set(umbel={"retry": -1}), DagError, "max"),
        (twice, CanvasError, "stands in the canvas twice"),
    ],
)
def test_what_cannot_be_conducted_is_refused_here(app, make, error, words):
    with pytest.raises(error, match=words):
        conduct(make(app), app=app)


def test_a_circle_is_refused_here(app):
    with pytest.raises(DagError, match="circle"):
        conduct(Dag.from_json(circle()), app=app)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"run_when": "never"}, "run_when"),
        ({"retry": {"max": 1, "backof": 2}}, "no backof"),
        ({"timeout": 0}, "timeout"),
        ({"window": "many"}, "window"),
        ({"rates": {"pay": "often"}}, "no rate"),
        ({"priority": 10}, "priority"),
    ],
)
def test_options_of_a_run_that_make_no_sense_are_refused_here(app, said, words):
    with pytest.raises(DagError, match=words):
        conduct(app.tasks["pay"].s(), app=app, **said)


def test_a_broker_that_is_not_there_is_said(app):
    app.conf.broker_transport_options = {"socket_connect_timeout": 0.2}
    with pytest.raises(umbel.engine.RequestError, match="cannot be reached") as refused:
        conduct(app.tasks["pay"].s(), app=app)
    assert refused.value.code == "broker"
    with pytest.raises(umbel.engine.RequestError, match="No such transport"):
        conduct(app.tasks["pay"].s(), app=app, connection="carrier-pigeon://somewhere")


def test_workers_that_refuse_json_are_said(app):
    app.conf.accept_content = ["pickle"]
    with pytest.raises(UmbelError, match="accept_content"):
        conduct(app.tasks["pay"].s(), app=app)


def test_class_options_and_routes_go_along_and_a_signature_says_more(app):
    pay, send = app.tasks["pay"], app.tasks["mail.send"]
    found = options(chain(pay.s(), send.s()), app)
    assert found["pay"] == {"queue": "shop", "time_limit": 30, "soft_time_limit": 20, "expires": 60}
    assert found["mail.send"] == {"queue": "mail"}
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    found = options(pay.s().set(queue="fast", priority=9, expires=moment, umbel={"retry": 2}), app)
    assert found["pay"] == {
        "queue": "fast",
        "time_limit": 30,
        "soft_time_limit": 20,
        "priority": 9,
        "expires": "2030-01-01T00:00:00+00:00",
        "umbel": {"retry": {"max": 2, "backoff": 1.0, "jitter": 0.0}},
    }
    exact = options(send.s().set(exchange="mails", routing_key="now"), app)
    assert exact["mail.send"] == {"exchange": "mails", "routing_key": "now"}


def test_a_task_that_is_not_registered_here_goes_where_the_app_sends_it(app):
    assert options(app.signature("mail.other"), app)["mail.other"] == {"queue": "mail"}
    assert options(app.signature("elsewhere"), app)["elsewhere"] == {"queue": "shop"}


def test_a_queue_that_the_app_does_not_know_is_refused_where_it_makes_none(app):
    app.conf.task_queues = [Queue("shop"), Queue("mail")]
    app.conf.task_create_missing_queues = False
    with pytest.raises(DagError, match=r"pay cannot be routed.*nowhere"):
        conduct(app.tasks["pay"].s().set(queue="nowhere"), app=app)


def test_error_callbacks_of_three_arguments_are_marked_unless_they_are_bound(app):
    pay = app.tasks["pay"].s()
    pay.link_error(app.tasks["told"].s())
    pay.link_error(app.tasks["bound"].s())
    found = options(pay, app)
    assert found["told"]["umbel"] == {"in_worker": True}
    assert "umbel" not in found["bound"]
    assert "umbel" not in options(app.tasks["told"].s(), app)["told"]


def test_nothing_of_the_canvas_is_changed(app):
    canvas = chain(app.tasks["pay"].s(1), group(app.tasks["pay"].s(), app.tasks["mail.send"].s()))
    before = repr(dict(canvas))
    resolved(dag_of(canvas), app)
    assert repr(dict(canvas)) == before


def test_the_message_says_no_more_than_it_must(app):
    dag, queues = resolved(dag_of(group(app.tasks["mail.send"].s() for _ in range(1000))), app)
    headers, body = message("run", dag, RunOptions())
    (graph,), kwargs, _ = body
    assert (headers["id"], headers["task"], set(kwargs)) == ("run", "umbel.run", {"options", "at"})
    assert graph["nodes"][0].keys() == {"id", "task", "inputs", "options"}
    assert [queue.name for queue in queues] == ["mail"]
