"""Handles of runs while conductors come and go."""

import threading
import time

import pytest
from celery import Celery
from stage import conducting

from umbel.engine import RequestError, RunHandle, conduct, protocol
from umbel.engine.requests import ask
from umbel.engine.store import open_store, reads


@pytest.fixture
def app(broker_url):
    """An app that nobody works for."""
    made = Celery("shop", broker=broker_url, set_as_current=False)
    yield made
    made.close()


@pytest.fixture
def database_url(tmp_path, sqlite_template):
    path = tmp_path / "umbel.db"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def succeed(broker_url):
    """``succeed(run, task_id, result)`` says that a task returned, as its worker would."""
    from kombu import Connection

    from umbel.engine.conducting.sending import publish

    def go(run, task_id, result):
        said = protocol.message(protocol.DONE, f"done:{task_id}", result, run, task_id, root=run)
        with Connection(broker_url) as connection:
            publish(connection.default_channel, *said)

    return go


def test_a_run_is_submitted_whether_or_not_a_conductor_is_there(app, broker_url, database_url):
    run = conduct(app.signature("work"))
    with pytest.raises(RequestError, match="umbel conductor") as refused:
        run.wait(0.1, patience=0.2)
    assert refused.value.code == "no_answer"
    with conducting(broker_url, database_url):
        assert run.wait(0.1) in ("PENDING", "RUNNING")


def test_who_waits_is_told_after_a_conductor_that_was_replaced(
    app, broker_url, database_url, succeed, eventually, monkeypatch
):
    monkeypatch.setattr("umbel.engine.conducting.handle.HOLD", 0.5)
    monkeypatch.setattr("umbel.engine.conducting.handle.GRACE", 0.5)
    states = []
    run = conduct(app.signature("work").set(task_id="the-task"))
    waiting = threading.Thread(target=lambda: states.append(run.wait(60)))
    with conducting(broker_url, database_url):
        waiting.start()
        assert run.state in ("PENDING", "RUNNING")
    succeed(run.id, "the-task", {"sum": 3})
    assert not states
    with conducting(broker_url, database_url):
        waiting.join(30)
        assert states == ["SUCCESS"]
        assert run.result(10) == {"sum": 3}


def test_who_waits_is_told_at_once(app, broker_url, database_url, succeed):
    with conducting(broker_url, database_url):
        run = conduct(app.signature("work").set(task_id="the-task"))
        assert run.state in ("PENDING", "RUNNING")
        ended = []
        waiting = threading.Thread(target=lambda: ended.append((run.wait(30), time.monotonic())))
        waiting.start()
        time.sleep(0.3)  # the question is on its way: what is measured is the answer
        began = time.monotonic()
        succeed(run.id, "the-task", None)
        waiting.join(30)
    ((state, at),) = ended
    assert state == "SUCCESS"
    assert at - began < 3


def test_a_run_that_nobody_knows_is_said(app, broker_url, database_url, monkeypatch):
    monkeypatch.setattr("umbel.engine.conducting.handle.NEW", 0.2)
    with conducting(broker_url, database_url):
        with pytest.raises(RequestError, match="no run nope") as refused:
            RunHandle("nope", app=app).wait(10)
        assert refused.value.code == "unknown_run"


def test_the_same_message_twice_is_one_run(app, broker_url, database_url, eventually):
    with conducting(broker_url, database_url):
        for _ in range(2):
            app.send_task("umbel.run", [app.signature("work")], task_id="once", queue="umbel")
        assert RunHandle("once", app=app).wait(0) in ("PENDING", "RUNNING")
        # The answer to this came after both.
        store = open_store(database_url, read_only=True)
        assert [run["id"] for run in reads.runs(store)["runs"]] == ["once"]
        assert len(reads.nodes(store, "once")["nodes"]) == 1
        store.close()


def submitted(connection, *args, **kwargs):
    """Ask for a run by hand, and return the answer."""
    from umbel.engine.requests import submit

    headers, body = protocol.message(protocol.RUN, f"run-{time.monotonic_ns()}", *args, **kwargs)
    return submit(connection, headers, body)


def test_what_cannot_be_run_is_answered_with_why(app, broker_url, database_url):
    circle = {"nodes": [{"id": "a", "task": "t"}, {"id": "b", "task": "t"}]}
    circle["edges"] = [["a", "b", "then"], ["b", "a", "then"]]  # type: ignore[assignment]
    work = dict(app.signature("work"))
    bad = [
        ((circle,), {}, "no_canvas", "circle"),
        (([],), {}, "no_canvas", "signatures"),
        (({"nodes": []},), {}, "no_canvas", "nothing to run"),
        (({"nodes": [{"id": "x" * 300, "task": "t"}]},), {}, "malformed", "no id"),
        ((work,), {"options": {"windo": 3}}, "no_canvas", "no windo"),
        ((work,), {"options": 5}, "no_canvas", "options"),
        ((work,), {"until": time.time() - 60}, "too_late", "too late"),
        ((work, work), {}, "malformed", "canvas"),
    ]
    with conducting(broker_url, database_url), app.connection_for_write() as connection:
        for args, kwargs, code, words in bad:
            with pytest.raises(RequestError, match=words) as refused:
                submitted(connection, *args, **kwargs)
            assert refused.value.code == code
        with pytest.raises(RequestError, match="none of pause"):
            ask(connection, protocol.CONTROL, {"run": "x", "action": "explode"})
        good = submitted(connection, work)
        assert (good["run"][:4], good["nodes"]) == ("run-", 1)
        store = open_store(database_url, read_only=True)
        assert len(reads.runs(store)["runs"]) == 1
        store.close()
