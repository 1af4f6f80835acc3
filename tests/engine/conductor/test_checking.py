"""Edits that the conductor looks at: what tasks can be called with, and what workers read and know."""

import time
from typing import Any

import pytest
from celery import Celery

from umbel.engine.conductor.amending import amended
from umbel.engine.conductor.asked import Request
from umbel.engine.conductor.batch import Told
from umbel.engine.conductor.checking import Checking
from umbel.engine.conductor.fleet import NOBODY, Fleet, Roll
from umbel.engine.conductor.resubmitting import Objection, Wish, resubmitted
from umbel.engine.conductor.submission import Submission
from umbel.engine.dag import Node as Spec
from umbel.engine.machine import Amended, Announced, Cancelled
from umbel.engine.protocol import AMEND, CHECK
from umbel.engine.rules import RunOptions

SAID: dict[str, Any] = {
    "w1@host": [
        {"name": "celery", "exchange": {"name": "celery", "type": "direct"}, "routing_key": "celery"},
        {"name": "big", "exchange": {"name": "loads", "type": "topic"}, "routing_key": "big.#"},
    ],
    "w2@host": "nonsense",
}


class Workers(Roll):
    """A roll that nobody is called for."""

    def __init__(self, fleet: Fleet) -> None:
        self._known = fleet

    def fleet(self) -> Fleet:
        return self._known


FLEET = Fleet(frozenset({"w1"}), frozenset({"celery"}), frozenset(), frozenset(), frozenset({"shop.pay"}))


@pytest.fixture
def app():
    """The user's app."""
    made = Celery("shop", set_as_current=False)

    @made.task(name="shop.pay", shared=False)
    def pay(order, amount, *, tip=0):
        pass

    @made.task(name="shop.ship", shared=False, bind=True)
    def ship(self, parcel):
        pass

    @made.task(name="shop.loose", shared=False, typing=False)
    def loose(one):
        pass

    yield made
    made.close()


@pytest.fixture
def check(play, eventually):
    """``check(choice, app, fleet)`` has the edits of a choice looked at."""
    specs = [Spec(id="a", task="shop.pay", args=[1, 2]), Spec(id="b", task="shop.ship", inputs="a")]
    specs += [Spec(id="c", task="shop.loose"), Spec(id="e", task="shop.pay")]
    edges = [("a", "b", "then", None), ("a", "e", "error", None)]
    announced = Announced(1.0, specs, edges, conducted=True)
    play(Submission("run", None, RunOptions(), "ann", announced, None, None))

    def look(choice: Any, app: Celery | None = None, fleet: Fleet = FLEET, run: str = "run") -> Any:
        answers = []
        checking = Checking(play.store, Workers(fleet), answers.append, app)
        checking.start()
        request = Request("q", run, None, False, "ann", time.time() + 20, "reply", CHECK, choice=choice)
        checking.put(request)
        eventually(lambda: answers, 10, "an answer")
        checking.stop()
        return answers[0].answer

    return look


def of(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(each["code"], each["field"], each["nodes"]) for each in found]


def test_what_a_task_cannot_be_called_with_is_said_beside_what_gives_it(check, app):
    edits = [
        {"nodes": ["a"], "args": [1]},
        {"nodes": ["a"], "set": {"kwargs": {"tap": 1}}},
        {"nodes": ["b"], "args": [1]},
        {"nodes": ["c", "e"], "args": [1, 2, 3]},
    ]
    answer = check({"edits": edits[1:]}, app)
    assert of(answer["problems"]) == [
        ("arity", "edits/0/set/kwargs", ["a"]),
        ("arity", "edits/1/args", ["b"]),
    ]
    assert "shop.pay: pay() got an unexpected keyword argument 'tap'" in answer["problems"][0]["message"]
    assert "ship() takes 2 positional arguments but 3 were given" in answer["problems"][1]["message"]
    answer = check({"edits": edits[:1]}, app)
    assert of(answer["problems"]) == [("arity", "edits/0/args", ["a"])]
    assert (
        check({"edits": [{"nodes": ["a"], "args": [1], "kwargs": {"amount": 2, "tip": 1}}]}, app)["problems"]
        == []
    )
    assert check({"edits": edits})["problems"] == [], "who does not know the tasks says nothing of them"


def test_queues_that_nobody_reads_and_tasks_that_nobody_knows_are_warned_of(check):
    edits = [
        {"nodes": ["a", "c"], "queue": "slow"},
        {"nodes": ["a"], "set": {"options": {"queue": "celery"}}},
        {"nodes": ["b"], "set": {"options": {"exchange": "x", "routing_key": "y"}}},
    ]
    assert of(check({"edits": edits})["warnings"]) == [
        ("no_consumer", "edits/2/set/options", ["b"]),
        ("no_consumer", "edits/0/queue", ["c"]),
        ("unregistered", "edits/2", ["b"]),
        ("unregistered", "edits/0", ["c"]),
    ]
    assert of(check({"edits": edits}, fleet=NOBODY)["warnings"]) == [("no_worker", None, [])]
    assert check({"failed": True}) == {"id": "q", "ok": True, "problems": [], "warnings": []}


def test_what_cannot_be_looked_at_is_refused(check):
    assert check({"edits": [{}]})["error"]["code"] == "problems"
    assert check({}, run="another")["error"]["code"] == "unknown_run"


def test_what_cannot_be_called_is_not_confirmed_either(check, play, app):
    run = play.memory.run("run")
    said = {"edits": [{"nodes": ["a"], "args": []}]}
    ask = Request("q", "run", None, False, "ann", None, None, AMEND, choice=said)
    refused = amended(play.store, run, ask, 5.0, app)
    assert isinstance(refused, Objection)
    assert refused.code == "problems"
    assert of(refused.more["problems"]) == [("arity", "edits/0/args", ["a"])]
    assert isinstance(amended(play.store, run, ask, 5.0), Amended)
    play(Told("run", Cancelled(6.0, "ann")))
    wish = Wish("w", said, None, "ann")
    refused = resubmitted(play.store, run, wish, 7.0, app)
    assert isinstance(refused, Objection)
    assert of(refused.more["problems"]) == [("arity", "edits/0/args", ["a"])]
    assert not refused.more["plan"]["ok"]
    assert isinstance(resubmitted(play.store, run, wish, 7.0), Submission)


def test_what_workers_say_is_believed_for_a_while(monkeypatch):
    calls = []

    class Inspect:
        def active_queues(self):
            calls.append("queues")
            return SAID

        def registered(self):
            return {"w1@host": ["shop.pay [rate_limit=3/s]", "shop.ship"]}

    app = Celery("umbel", broker="memory://", set_as_current=False)
    monkeypatch.setattr(app.control, "inspect", lambda **_: Inspect())
    roll = Roll(app, app.connection_for_read)
    fleet = roll.fleet()
    assert roll.fleet() is fleet
    assert calls == ["queues"]
    assert fleet.workers == {"w1@host", "w2@host"}
    assert fleet.tasks == {"shop.pay", "shop.ship"}
    assert fleet.reads("", "celery")
    assert not fleet.reads("", "slow")
    assert fleet.reads("celery", "celery")
    assert not fleet.reads("celery", "slow")
    assert fleet.reads("loads", "anything"), "who gets what of a topic is not for us to say"
    app.close()
