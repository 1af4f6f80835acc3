"""Conducted canvases on a real worker: what their rules and limits say is what happens, and what is shown."""

import itertools
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from celery import chain, chord, group
from redis import Redis
from stage import conducting, imported

from umbel.engine import RequestError, RunHandle, conduct
from umbel.engine.choice import Choice
from umbel.engine.conducting import RunFailed
from umbel.engine.plan import plan as planned
from umbel.engine.store import open_store, planning, reads, upgrade

FOLDER = Path(__file__).parent
LATE = 5  # seconds that a busy machine may need for what takes no time


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory):
    """A broker's database, a worker and a conductor; the URL and the conductor's database."""
    folder = tmp_path_factory.mktemp("conduct")
    url, database_url = f"{broker.url.removesuffix('/0')}/1020", f"sqlite:///{folder}/umbel.db"
    upgrade(database_url)
    command = [sys.executable, "-m", "celery", "-A", "conduct_tasks", "worker", "-c", "2", "-E"]
    environment = os.environ | {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
    with (folder / "log").open("wb") as log, conducting(url, database_url):
        worker = subprocess.Popen(
            command, cwd=FOLDER, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        yield url, database_url
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture(scope="module")
def tasks(world):
    """The user's module."""
    with imported(FOLDER, world[0], "conduct_tasks") as module:
        yield module


@pytest.fixture
def database(world):
    """The conductor's database."""
    opened = open_store(world[1], read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def redis(world):
    """Where tasks tell that they ran."""
    with Redis.from_url(world[0], decode_responses=True) as client:
        yield client


@pytest.fixture
def ran(redis):
    """``ran(run)`` gives the names of the tasks of a run that ran, in their order."""
    return lambda run: [each.split()[0] for each in redis.lrange(f"ran:{run.id}", 0, -1)]


def states(database, run):
    """Return state and reason of each task by its name."""
    rows = reads.nodes(database, run.id)["nodes"]
    names = [reads.node(database, run.id, row["id"])["kwargs"].get("name", row["task"]) for row in rows]
    return {name: (row["state"], row["reason"]) for name, row in zip(names, rows, strict=True)}


def test_nested_canvases_return_what_they_spell(tasks):
    def s(name):
        return tasks.spell.s(name=name)

    inner = chord([s("X"), s("Y") | s("Z")], s("C"))
    canvas = chain(s("A"), group(s("B"), inner, s("D") | group(s("E"), s("F"))), s("G"))
    run = conduct(canvas, app=tasks.app)
    assert run.wait(60) == "SUCCESS"
    assert run.result() == "G([B(A()),C([X(A()),Z(Y(A()))]),[E(D(A())),F(D(A()))]])"


def test_a_task_that_fails_is_tried_again_under_a_fresh_id(tasks, database, redis):
    run = conduct(tasks.fail.s(times=2), app=tasks.app, retry={"max": 3, "backoff": 0.05})
    assert run.wait(60) == "SUCCESS"
    ids = [each.split()[1] for each in redis.lrange(f"ran:{run.id}", 0, -1)]
    assert len(set(ids)) == 3
    node = reads.nodes(database, run.id)["nodes"][0]
    assert (ids[0], node["attempt"]) == (node["id"], 2)
    attempts = reads.node(database, run.id, node["id"])["attempts"]
    assert [(each["id"], each["state"]) for each in attempts] == [
        (ids[0], "FAILURE"),
        (ids[1], "FAILURE"),
        (ids[2], "SUCCESS"),
    ]


def test_a_failure_blocks_what_waits_for_it_and_nothing_else(tasks, database, ran):
    bad = tasks.fail.s(name="bad") | tasks.spell.s(name="after")
    good = tasks.spell.s(name="good") | tasks.spell.s(name="then")
    run = conduct(group(bad, good), app=tasks.app)
    assert run.wait(60) == "FAILURE"
    assert states(database, run) == {
        "bad": ("FAILURE", "error"),
        "after": ("BLOCKED", None),
        "good": ("SUCCESS", None),
        "then": ("SUCCESS", None),
    }
    assert "after" not in ran(run)
    with pytest.raises(RunFailed):
        run.result()


def test_a_finalizer_runs_however_its_parents_ended_and_a_clean_up_only_if_one_failed(tasks, database, ran):
    finalizer = tasks.spell.s(name="finalizer").set(umbel={"run_when": "all_done"})
    clean_up = tasks.spell.s(name="clean_up").set(umbel={"run_when": "any_failed"})
    header = [tasks.fail.s(name="bad"), tasks.spell.s(name="good")]
    run = conduct(chord(header, finalizer) | clean_up, app=tasks.app)
    assert run.wait(60) == "FAILURE"
    found = states(database, run)
    assert found["finalizer"] == ("SUCCESS", None)
    assert found["clean_up"] == ("SKIPPED", "unneeded")
    nodes = [reads.node(database, run.id, row["id"]) for row in reads.nodes(database, run.id)["nodes"]]
    assert "finalizer([None,good()])" in [node["result"]["json"] for node in nodes if node["result"]]
    assert "clean_up" not in ran(run)


def test_a_task_that_takes_too_long_is_ended_and_named_so(tasks, database):
    run = conduct(tasks.spell.s(name="long", seconds=30), app=tasks.app, timeout=0.5)
    began = time.monotonic()
    assert run.wait(60) == "FAILURE"
    assert time.monotonic() < began + 0.5 + LATE
    assert states(database, run) == {"long": ("FAILURE", "timeout")}


def test_a_run_that_takes_too_long_is_ended_as_a_whole(tasks, database):
    slow = chain(*(tasks.spell.s(name=f"s{number}", seconds=30) for number in range(3)))
    run = conduct(slow, app=tasks.app, time_limit=0.8)
    assert run.wait(60) in ("FAILURE", "REVOKED")
    found = states(database, run)
    assert found["s0"] == ("FAILURE", "timeout")
    assert found["s2"][0] == "BLOCKED"


@pytest.fixture
def most_out(database, redis):
    """``most_out(*runs)`` tells how many tasks were out at the same time, at most."""

    def count(*runs):
        moments = []
        for run in runs:
            moments += [(row["sent"], 1) for row in reads.nodes(database, run.id)["nodes"]]
            moments += [(float(at), -1) for at in redis.hvals(f"ended:{run.id}")]
        steps = [step for _, step in sorted(moments)]
        return max(itertools.accumulate(steps))

    return count


def test_a_window_is_never_exceeded_and_shown_as_the_reason_to_wait(tasks, database, most_out, eventually):
    many = group(tasks.spell.s(name=f"n{number}", seconds=0.05) for number in range(12))
    run = conduct(many, app=tasks.app, window=3)
    window = {"window": {"limit": 3, "of": "run"}}
    eventually(lambda: (reads.run(database, run.id) or {}).get("waits") == window, 10, "a window that waits")
    assert run.wait(60) == "SUCCESS"
    assert most_out(run) <= 3
    assert reads.run(database, run.id)["waits"] == {}


def test_a_rate_holds_for_all_runs_together_and_is_shown(tasks, database, eventually):
    rates = {"tasks.spell": "10/s"}
    runs = [
        conduct(group(tasks.spell.s(name=f"n{number}") for number in range(4)), app=tasks.app, rates=rates)
        for _ in range(2)
    ]
    waits = eventually(lambda: (reads.run(database, runs[1].id) or {}).get("waits"), 10, "a rate that waits")
    assert waits["rates"]["tasks.spell"]["rate"] == "10/s"
    assert [run.wait(60) for run in runs] == ["SUCCESS"] * 2
    sent = sorted(row["sent"] for run in runs for row in reads.nodes(database, run.id)["nodes"])
    assert sent[-1] - sent[0] >= 7 * 0.1 - 0.3


def test_a_lock_lets_one_task_run_at_a_time_whatever_its_run(tasks, database, most_out, eventually):
    locks = {"tasks.spell": "the door"}
    made = group(tasks.spell.s(name=f"n{number}", seconds=0.1) for number in range(3))
    runs = [conduct(made, app=tasks.app, locks=locks) for _ in range(2)]
    waits = eventually(lambda: (reads.run(database, runs[1].id) or {}).get("waits"), 10, "a lock that waits")
    assert waits["locks"]["the door"]["run"] in [run.id for run in runs]
    assert [run.wait(60) for run in runs] == ["SUCCESS"] * 2
    assert most_out(*runs) == 1


def test_a_run_of_greater_priority_goes_first(tasks, database):
    locks = {"tasks.spell": "one at a time"}
    many = group(tasks.spell.s(name=f"n{number}", seconds=0.1) for number in range(5))
    low = conduct(many, app=tasks.app, priority=-1, locks=locks)
    high = conduct(many, app=tasks.app, priority=5, locks=locks)
    assert [low.wait(60), high.wait(30)] == ["SUCCESS"] * 2
    ends = [reads.run(database, run.id)["finished"] for run in (high, low)]
    assert ends[0] < ends[1]


def test_of_two_who_confirm_a_plan_at_once_one_wins_and_no_task_runs_twice(tasks, database, redis, ran):
    redis.sadd("broken", "B")
    run = conduct(tasks.spell.s(name="A") | tasks.fragile.s(name="B"), app=tasks.app)
    assert run.wait(60) == "FAILURE"
    redis.delete("broken")
    past = planning.past(database, run.id)
    assert past is not None
    plan = planned(past, Choice(failed=True)).hash
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(run.resubmit, plan=plan, by=name) for name in ("ann", "bob")]
    told = [each.exception() or each.result() for each in asked]
    [won] = [each for each in told if isinstance(each, RunHandle)]
    [lost] = [each for each in told if isinstance(each, RequestError)]
    winner = ("ann", "bob")[told.index(won)]
    assert (lost.code, str(lost)) == ("stale", f"{winner} has resubmitted it meanwhile, as {won.id}.")
    assert won.result(60) == "B(A())"
    assert ran(won) == ["B"]
    assert [each["run"] for each in lost.detail["plan"]["resubmissions"]] == [won.id]


def test_what_a_conducted_task_sends_belongs_to_its_run(tasks, database, eventually):
    run = conduct(tasks.spawn.s(), app=tasks.app)
    assert run.wait(60) in ("SUCCESS", "RUNNING")
    eventually(lambda: reads.run(database, run.id)["nodes"] == 2, 10, "what it sent")
    eventually(lambda: reads.run(database, run.id)["state"] == "SUCCESS", 10, "the end of both")
