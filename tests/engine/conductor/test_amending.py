"""A run that goes on is changed ahead of what has begun, on a real worker: as a whole, or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from celery import chain, group
from redis import Redis
from stage import conducting, imported

from umbel.engine import RequestError, conduct
from umbel.engine.amendment import Change, amendment
from umbel.engine.store import amending, open_store, reads, upgrade

FOLDER = Path(__file__).parent


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory):
    """A broker's database, a worker and a conductor; the URL and the conductor's database."""
    folder = tmp_path_factory.mktemp("amending")
    url, database_url = f"{broker.url.removesuffix('/0')}/1018", f"sqlite:///{folder}/umbel.db"
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
def ran(world):
    """``ran(run)`` gives the names of the tasks of a run that ran, in their order."""
    with Redis.from_url(world[0], decode_responses=True) as client:
        yield lambda run: [each.split()[0] for each in client.lrange(f"ran:{run.id}", 0, -1)]


def looked_at(database, run, change):
    """Return what a change would do now."""
    given = Change.from_json(change)
    standing = amending.standing(database, run.id, given)
    assert standing is not None
    return amendment(standing, given)


def ids(database, run):
    """Return the ids of the tasks of a run, in their order."""
    return [row["id"] for row in reads.nodes(database, run.id)["nodes"]]


def renaming(nodes, name):
    return {"edits": [{"nodes": list(nodes), "set": {"kwargs": {"name": name}}}]}


def test_what_is_changed_while_the_frontier_moves_is_changed_as_a_whole_or_not_at_all(
    tasks, database, ran, eventually
):
    count, width = 40, 6
    steps = [tasks.spell.si(name=f"s{number}", seconds=0.03) for number in range(count)]
    run = conduct(chain(*steps), app=tasks.app)
    eventually(lambda: ran(run), 20, "a run that has begun")
    nodes, made, refused, attempt = ids(database, run), {}, [], 0
    while (begun := len(ran(run))) < count - width - 2:
        # Each change begins where the frontier is about to be; of some it has passed when they come.
        first = begun + attempt % 3
        change = renaming(nodes[first : first + width], f"v{attempt}")
        seen = looked_at(database, run, change)
        try:
            assert run.amend(change, hash=seen.hash) == width
            made[attempt] = first
        except RequestError as error:
            refused.append(error.code)
        attempt += 1
    assert run.wait(60) == "SUCCESS"
    expected = [f"s{number}" for number in range(count)]
    for attempt, first in made.items():
        expected[first : first + width] = [f"v{attempt}"] * width
    assert ran(run) == expected
    assert made
    assert refused, "the frontier never came in between: the test shows nothing"
    assert {*refused} <= {"stale", "problems"}


def test_what_is_held_is_not_sent_until_it_is_released_and_says_so(tasks, database, ran, eventually):
    slow = tasks.spell.si(name="first", seconds=0.3)
    run = conduct(chain(slow, group(tasks.spell.si(name="a"), tasks.spell.si(name="b"))), app=tasks.app)
    eventually(lambda: ran(run), 20, "a run that has begun")
    _, a, b = ids(database, run)
    assert run.amend({"hold": [a], "skip": [b]}, why="wait for the data") == 2
    eventually(lambda: reads.run(database, run.id)["counts"].get("SUCCESS") == 1, 20, "the first task")
    assert reads.node(database, run.id, b)["reason"] == "skipped"
    held = reads.node(database, run.id, a)
    assert (held["state"], held["held"], held["waits"]) == ("PENDING", True, [{"kind": "held"}])
    assert run.wait(0.5) == "RUNNING"
    edit = {"nodes": [a], "set": {"kwargs": {"name": "c", "password": "hunter2" * 2_000}}}
    with pytest.raises(RequestError, match="begun or ended"):
        run.amend({"edits": [edit], "release": [a], "skip": [ids(database, run)[0]]})
    change = {"release": [a], "edits": [edit | {"set": {"kwargs": {"name": "c" * 9_000}}}]}
    assert run.amend(change) == 1
    assert run.wait(20) == "SUCCESS"
    assert ran(run) == ["first", "c" * 9_000]
    said = reads.actions(database, run.id)
    assert [(each["what"], each["why"], each["detail"]["touched"]) for each in said] == [
        ("amend", "wait for the data", 2),
        ("amend", None, 1),
    ]
    assert said[0]["detail"]["hold"] == [a]


def test_of_two_who_change_the_same_task_the_second_is_told(tasks, database, eventually, ran):
    slow = tasks.spell.si(name="first", seconds=0.5)
    run = conduct(chain(slow, tasks.spell.si(name="a")), app=tasks.app)
    eventually(lambda: ran(run), 20, "a run that has begun")
    _, a = ids(database, run)
    seen = looked_at(database, run, renaming([a], "x"))
    other = looked_at(database, run, renaming([a], "y"))
    assert run.amend(renaming([a], "x"), hash=seen.hash) == 1
    with pytest.raises(RequestError) as refused:
        run.amend(renaming([a], "y"), hash=other.hash)
    assert refused.value.code == "stale"
    assert refused.value.detail["amendment"]["ok"]
    assert run.wait(20) == "SUCCESS"
    assert ran(run) == ["first", "x"]
    with pytest.raises(RequestError, match="has ended"):
        run.amend(renaming([a], "z"))
