"""What was missed is asked of the result backend; what ran on a worker that is gone is lost."""

import functools
import os
import signal
from typing import Any

import pytest
from celery import chain, group
from stage import conducting, imported, write_module

from umbel.engine.conductor import term
from umbel.engine.conductor.workers import Workers
from umbel.engine.store import reads


@pytest.fixture
def impatient(monkeypatch):
    """Workers count as gone after three seconds, and runs are looked at every second."""
    monkeypatch.setattr(term, "Workers", functools.partial(Workers, silence=3))
    monkeypatch.setattr(term, "Reaper", functools.partial(term.Reaper, silence=1.0, scan=0.5))


def runs(database):
    return [run for run in reads.runs(database)["runs"] if not run["single"]]


def rows(database):
    return [row for run in runs(database) for row in reads.nodes(database, run["id"])["nodes"]]


def run_states(database):
    return [run["state"] for run in runs(database)]


def test_what_happened_while_nobody_conducted_is_asked_of_the_result_backend(
    flow, broker_url, database_url, database, eventually, listening
):
    with conducting(broker_url, database_url, result_backend=broker_url):
        listening(flow)
        canvas = chain(
            flow.nap.s(seconds=2), group(flow.add.s(), flow.add.s()), flow.total.s(), flow.boom.s()
        )
        result: Any = canvas.apply_async()
        eventually(
            lambda: [row["state"] for row in rows(database)].count("STARTED") == 1, 20, "the first task"
        )
    with pytest.raises(ValueError, match="luck"):
        result.get(timeout=20)
    assert "STARTED" in [row["state"] for row in rows(database)]
    with conducting(broker_url, database_url, result_backend=broker_url):
        eventually(lambda: run_states(database) == ["FAILURE"], 20, "the end of the run")
    expected = {"nap": "SUCCESS", "add": "SUCCESS", "total": "SUCCESS", "boom": "FAILURE"}
    assert {row["task"].removeprefix("flow."): row["state"] for row in rows(database)} == expected
    run = runs(database)[0]
    total = next(row for row in rows(database) if row["task"] == "flow.total")
    assert reads.node(database, run["id"], total["id"])["result"]["json"] == 2
    boom = reads.node(database, run["id"], result.id)
    assert (boom["exception"], boom["reason"]) == ("ValueError('no <b>luck</b>')", "error")


def test_what_ran_on_a_worker_that_was_killed_is_lost(
    impatient, broker_url, database_url, database, celery_worker_process, tmp_path, eventually, listening
):
    worker = celery_worker_process("flow", "-E", folder=write_module(tmp_path))
    with conducting(broker_url, database_url), imported(tmp_path, broker_url) as flow:
        listening(flow)
        chain(flow.add.s(), flow.nap.s(seconds=600), flow.add.s()).apply_async()
        # A task may have begun before its worker has told how the one before it ended.
        before = ["SUCCESS", "STARTED", "PENDING"]
        eventually(lambda: [row["state"] for row in rows(database)] == before, 20, "the nap")
        worker.kill()
        eventually(lambda: run_states(database) == ["FAILURE"], 20, "the end of the run")
        found = [(row["state"], row["reason"]) for row in rows(database)]
        assert found == [("SUCCESS", None), ("FAILURE", "lost"), ("BLOCKED", None)]


def test_what_is_lost_is_found_when_its_worker_is_heard_of_again(
    impatient, broker_url, database_url, database, celery_worker_process, tmp_path, eventually, listening
):
    worker = celery_worker_process("flow", "-E", folder=write_module(tmp_path))
    with conducting(broker_url, database_url), imported(tmp_path, broker_url) as flow:
        listening(flow)
        chain(flow.nap.s(seconds=8), flow.add.s()).apply_async()
        eventually(lambda: "STARTED" in [row["state"] for row in rows(database)], 20, "the nap")
        os.killpg(worker.process.pid, signal.SIGSTOP)
        eventually(lambda: "FAILURE" in [row["state"] for row in rows(database)], 20, "it is lost")
        os.killpg(worker.process.pid, signal.SIGCONT)
        eventually(lambda: run_states(database) == ["SUCCESS"], 30, "the end of the run")


def test_a_worker_that_died_while_nobody_conducted_is_missed(
    impatient, broker_url, database_url, database, celery_worker_process, tmp_path, eventually, listening
):
    worker = celery_worker_process("flow", "-E", folder=write_module(tmp_path))
    with imported(tmp_path, broker_url) as flow:
        with conducting(broker_url, database_url):
            listening(flow)
            chain(flow.nap.s(seconds=600), flow.add.s()).apply_async()
            eventually(lambda: "STARTED" in [row["state"] for row in rows(database)], 20, "the nap")
        worker.kill()
        with conducting(broker_url, database_url):
            eventually(lambda: run_states(database) == ["FAILURE"], 20, "the end of the run")
    assert [row["reason"] for row in rows(database)] == ["lost", None]
