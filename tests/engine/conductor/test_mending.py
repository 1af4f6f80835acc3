"""A failed run of a thousand tasks is mended on a real worker: what the preview says is what happens."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from celery import chain, chord
from redis import Redis
from stage import conducting, imported

from umbel.engine import conduct
from umbel.engine.choice import Choice
from umbel.engine.plan import plan
from umbel.engine.store import open_store, planning, reads

FOLDER = Path(__file__).parent
BROKEN = ("m7", "m200", "m479")
MEMBERS, TAIL = 480, 37


@pytest.fixture
def world(broker, store_url, tmp_path):
    """A broker's database, a worker and a conductor; the URL and the conductor's database."""
    url = f"{broker.url.removesuffix('/0')}/1021"
    command = [sys.executable, "-m", "celery", "-A", "conduct_tasks", "worker", "-c", "2", "-E"]
    environment = os.environ | {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": url}
    with (tmp_path / "log").open("wb") as log, conducting(url, store_url):
        worker = subprocess.Popen(
            command, cwd=FOLDER, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        yield url, store_url
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture
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


def thousand(tasks):
    """Two tasks, 480 pairs side by side, one for all of them, and 37 in a row after that."""

    def s(name):
        return tasks.spell.s(name=name)

    pairs = [tasks.fragile.s(name=f"m{number}") | s(f"n{number}") for number in range(MEMBERS)]
    return chain(s("a"), s("b"), chord(pairs, s("join")), *(s(f"t{number}") for number in range(TAIL)))


def spelt():
    """Return what that returns where nothing fails."""
    pairs = ",".join(f"n{number}(m{number}(b(a())))" for number in range(MEMBERS))
    whole = f"join([{pairs}])"
    for number in range(TAIL):
        whole = f"t{number}({whole})"
    return whole


def test_of_a_thousand_tasks_exactly_those_run_again_that_failed_or_were_blocked(world, tasks, database):
    with Redis.from_url(world[0], decode_responses=True) as client:

        def ran(run):
            return Counter(each.split()[0] for each in client.lrange(f"ran:{run.id}", 0, -1))

        client.sadd("broken", *BROKEN)
        run = conduct(thousand(tasks), app=tasks.app)
        assert run.wait(120) == "FAILURE"
        assert ran(run).total() == 959
        client.delete("broken")

        past = planning.past(database, run.id)
        assert past is not None
        made = plan(past, Choice(failed=True))
        assert made.label == "Resubmit 3 failed + 41 blocked, reuse 956"
        assert (made.counts["run"], made.counts["reuse"]) == (44, 956)
        mended = run.resubmit(plan=made.hash, why="the disk was full")
        assert mended.wait(120) == "SUCCESS"
        names = [*BROKEN, *(f"n{name[1:]}" for name in BROKEN), "join", *(f"t{n}" for n in range(TAIL))]
        assert ran(mended) == Counter(names)
        assert mended.result() == spelt()
    summary = reads.run(database, mended.id)
    assert (summary["counts"], summary["made_from"]) == ({"SUCCESS": 1000}, run.id)
    assert reads.run(database, run.id)["resolved_by"] == mended.id
