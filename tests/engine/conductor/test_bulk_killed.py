"""Sixty failed runs that are resubmitted by conductors that are killed meanwhile: each exactly once."""

from collections import Counter

import pytest
from celery import chain
from kombu import Connection
from redis import Redis
from stage import imported
from test_conduct_killed import FOLDER, World, working

from umbel.engine import conduct, protocol
from umbel.engine.conductor.bulk import FEW
from umbel.engine.requests import ask
from umbel.engine.store import bulkplan, bulkreads, open_store, reads
from umbel.engine.store.filters import RunFilters

RUNS = 60


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory):
    """Where everything is."""
    folder = tmp_path_factory.mktemp("bulk")
    url = f"{broker.url.removesuffix('/0')}/1018"
    with working(url, folder):
        yield World(url, folder)


@pytest.fixture(scope="module")
def tasks(world):
    """The user's module."""
    with imported(FOLDER, world.url, "conduct_tasks") as module:
        yield module


@pytest.fixture(scope="module")
def database(world):
    """The conductors' database."""
    opened = open_store(world.database_url, read_only=True)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def failed(world, tasks, database, eventually):
    """Runs of three tasks: what is bought is not to be had, so what is done with it waits."""
    canvas = chain(tasks.spell.s(name="money"), tasks.buy.s(), tasks.spell.s(name="bread"))
    with world.conductor():
        runs = [conduct(canvas, app=tasks.app, name="shopping").id for _ in range(RUNS)]
        eventually(lambda: count(database, "FAILURE") == RUNS, 90, "so many failures")
    return runs


def count(database, state):
    """Return how many runs are in a state."""
    return len(reads.runs(database, limit=500, filters=RunFilters(states=(state,)))["runs"])


def begin(world, database, **filters):
    """Have the failed runs resubmitted."""
    chosen = RunFilters(**filters)
    said = {"filter": filters, "hash": bulkplan.preview(database, chosen)["hash"], "by": "test"}
    with Connection(world.url) as connection:
        return ask(connection, protocol.BULK, said, timeout=20)["bulk"]


def test_conductors_are_killed_and_each_run_is_resubmitted_once(world, tasks, database, failed, eventually):
    with Redis.from_url(world.url) as client:
        client.set("open", 1)
    with world.conductor("between resubmissions and their outcomes", 3) as (process, log):
        bulk = begin(world, database)
        process.wait(60)
        assert process.returncode == -9, log.read_text()
    with world.conductor("after outcomes", 4) as (process, log):
        process.wait(60)
        assert process.returncode == -9, log.read_text()
    with world.conductor():
        eventually(lambda: bulkreads.bulk(database, bulk)["state"] == "DONE", 90, "the end of the bulk")
        eventually(lambda: count(database, "SUCCESS") == RUNS, 90, "the end of its runs")
    told = bulkreads.bulk(database, bulk)
    assert (told["outcomes"], told["runs"]) == ({"resubmitted": RUNS}, {"SUCCESS": RUNS})
    items = bulkreads.items(database, bulk, limit=500)["items"]
    assert {each["run"] for each in items} == set(failed)
    assert len({each["new_run"] for each in items}) == RUNS
    assert len(reads.runs(database, limit=500)["runs"]) == 2 * RUNS
    ran: Counter[str] = Counter()
    with Redis.from_url(world.url, decode_responses=True) as client:
        for item in items:
            names = [str(each).split()[0] for each in client.lrange(f"ran:{item['new_run']}", 0, -1)]
            assert set(names) == {"buy", "bread"}
            ran.update(names)
    # What was published when a conductor was killed, and not recorded yet, is published once more.
    assert ran.total() <= 2 * RUNS + 2 * FEW
    resolved = {run["id"]: run["resolved_by"] for run in reads.runs(database, limit=500)["runs"]}
    assert all(resolved[each["run"]] == each["new_run"] for each in items)
