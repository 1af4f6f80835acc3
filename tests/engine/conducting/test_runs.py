"""Canvases conducted by real workers, and what their handles tell, on both pairs of broker and database."""

import datetime
from decimal import Decimal

import pytest
from celery import chain, group

from umbel.engine import RequestError, RunFailed, RunHandle, conduct
from umbel.engine.dag import Dag
from umbel.engine.store import open_store, reads

PATIENCE = 30.0  # seconds


@pytest.fixture
def database(world):
    """The database, to look at."""
    opened = open_store(world.database, read_only=True)
    yield opened
    opened.close()


def tasks(database, run):
    """Return the names of a run's tasks in order, with their states."""
    return [(node["task"], node["state"]) for node in reads.nodes(database, run.id)["nodes"]]


def announced_of(database, run):
    """Return the args of the tasks that the conductor sends of a run, in order."""
    nodes = reads.nodes(database, run.id)["nodes"]
    details = [reads.node(database, run.id, node["id"]) for node in nodes if node["conducted"]]
    return [detail["args"] for detail in details]


def test_a_canvas_returns_what_celery_would(sample, database):
    run = conduct(sample.sums(), name="sums", by="me")
    assert run.result(PATIENCE) == 12
    assert (run.wait(0), run.state) == ("SUCCESS", "SUCCESS")
    told = reads.run(database, run.id)
    assert (told["kind"], told["name"], told["by"]) == ("conducted", "sums", "me")
    assert conduct(group(sample.add.s(1), sample.add.s(2))).result(PATIENCE) == [1, 2]


def test_dates_and_decimals_travel_on_as_they_are(sample):
    value = conduct(chain(sample.kinds.s(), sample.same.s(), sample.same.s())).result(PATIENCE)
    assert value == {"when": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "price": Decimal("1.10")}


def test_a_failure_names_the_task_and_why_it_failed(sample, database):
    run = conduct(sample.fails())
    with pytest.raises(RunFailed, match="out of stock") as failed:
        run.result(PATIENCE)
    assert failed.value.state == "FAILURE"
    (task,) = failed.value.tasks
    assert (task.task, task.state, task.exception) == ("sample.boom", "FAILURE", "ValueError('out of stock')")
    detail = reads.node(database, run.id, task.node)
    assert 'raise ValueError("out of stock")' in detail["traceback"]
    assert [state for _, state in tasks(database, run)] == ["SUCCESS", "FAILURE", "BLOCKED"]


def test_any_celery_client_can_ask_for_a_run(sample, eventually):
    sent = sample.app.send_task("umbel.run", [sample.sums()], queue="umbel", ignore_result=True)
    run = RunHandle(sent.id, app=sample.app)
    assert run.result(PATIENCE) == 12


def test_a_run_waits_while_it_is_paused_and_ends_when_it_is_cancelled(sample, database, eventually):
    run = conduct(chain(sample.nap.si(seconds=0.2), sample.nap.si(seconds=30)))
    run.pause(by="me")
    assert reads.run(database, run.id)["paused"]["by"] == "me"
    eventually(lambda: tasks(database, run)[0][1] == "SUCCESS", PATIENCE, "the end of what was out")
    assert tasks(database, run)[1][1] == "PENDING"
    run.resume()
    eventually(lambda: tasks(database, run)[1][1] == "STARTED", PATIENCE, "the second task")
    run.cancel(terminate=True, by="you")
    assert run.wait(PATIENCE) == "REVOKED"
    with pytest.raises(RequestError, match="has ended"):
        run.pause()
    done = [(each["what"], each["by"]) for each in reads.actions(database, run.id)]
    assert [*done[0], done[-1]] == ["pause", "me", ("cancel", "you")]


def test_a_run_that_takes_too_long_is_still_there(sample):
    run = conduct(sample.nap.s(seconds=1.5))
    with pytest.raises(TimeoutError, match="has not ended"):
        run.result(0.1)
    assert run.wait(PATIENCE) == "SUCCESS"


def test_a_run_is_run_again_under_fresh_ids(sample, database):
    first = conduct(sample.sums(), name="sums", window=2)
    assert first.wait(PATIENCE) == "SUCCESS"
    second = first.again(by="me")
    assert second.result(PATIENCE) == 12
    assert tasks(database, first) == tasks(database, second)
    told = reads.run(database, second.id)
    assert (told["name"], told["options"], told["by"]) == ("sums", {"window": 2}, "me")
    ids = [{node["id"] for node in reads.nodes(database, run.id)["nodes"]} for run in (first, second)]
    assert ids[0].isdisjoint(ids[1])


def test_a_watched_run_is_run_again_without_what_its_tasks_sent(sample, database, eventually):
    sent = chain(sample.add.s(1, 2), sample.spawn.s(), sample.add.s(5)).apply_async()

    def ended():
        return [run for run in runs() if run["state"] == "SUCCESS" and run["nodes"] == 6]

    def runs():
        return [reads.run(database, each["run"]) for each in reads.find(database, sent.id)]

    (native,) = eventually(ended, PATIENCE, "the watched run")
    with pytest.raises(RequestError, match="Celery runs"):
        RunHandle(native["id"], app=sample.app).pause()
    again = RunHandle(native["id"], app=sample.app).again()
    assert again.result(PATIENCE) == 6
    assert announced_of(database, again) == [[1, 2], [], [5]]


def test_a_graph_is_run_as_often_as_one_likes(sample):
    from umbel.engine import Node

    nodes = [Node(id="a", task="sample.add", args=[1]), Node(id="b", task="sample.add", args=[2])]
    nodes.append(Node(id="c", task="sample.total", inputs=["a", "b"]))
    dag = Dag(nodes, [("a", "c", "then"), ("b", "c", "then")], "c")
    assert [conduct(dag, app=sample.app).result(PATIENCE) for _ in range(2)] == [3, 3]
    assert "a" in dag


def test_what_was_frozen_or_applied_before_runs_under_ids_of_its_own(sample, database):
    canvas = sample.sums()
    native = canvas.apply_async()
    kept = sample.add.s(1).set(task_id=f"mine-{native.id}")
    run = conduct(canvas)
    assert run.result(PATIENCE) == 12
    assert native.id not in {node["id"] for node in reads.nodes(database, run.id)["nodes"]}
    own = conduct(kept)
    assert own.result(PATIENCE) == 1
    assert reads.nodes(database, own.id)["nodes"][0]["id"] == kept.options["task_id"]
