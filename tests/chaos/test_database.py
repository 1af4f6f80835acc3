"""The database goes away under load: what comes meanwhile waits for it, events too."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, programs
from servers import missing

from umbel.engine.store import upgrade

LOCKED = 10.0  # seconds

pytestmark = pytest.mark.timeout(60)


def test_a_database_that_another_locks_for_ten_seconds_is_waited_for(
    umbel: Any, load: Any, caught_up: Any, eventually: Any, sqlite_url: str
) -> None:
    conductor, web, records = umbel(sqlite_url)
    load.start()
    eventually(lambda: len(records.states()) > 50, 20, "runs")

    locker = sqlite3.connect(Path(sqlite_url.removeprefix("sqlite:///")), isolation_level=None, timeout=20)
    locker.execute("BEGIN EXCLUSIVE")
    locked, before = time.monotonic(), records.states()
    assert web.ask("/api/v1/runs?limit=1")[0] == 200
    eventually(lambda: (web.silence or 0) > 2, 5, "the pages to say so")
    eventually(lambda: conductor.says("The database does not answer"), LOCKED - 2, "the conductor to say so")
    eventually(lambda: time.monotonic() > locked + LOCKED, LOCKED, "the end of the lock")
    assert records.states() == before
    locker.execute("COMMIT")
    locker.close()

    eventually(lambda: conductor.says("The database is back."), 15, "the conductor")
    eventually(lambda: (web.silence or 0) < 2, 10, "the pages")
    load.finish()
    caught_up(load, records, ended=True)


def test_a_postgresql_that_crashes_is_waited_for(
    umbel: Any, load: Any, caught_up: Any, eventually: Any, request: pytest.FixtureRequest
) -> None:
    if (folder := programs()) is None:
        missing("postgresql")
    cluster = Cluster(folder)
    request.addfinalizer(cluster.remove)
    cluster.start()
    upgrade(cluster.url)
    conductor, web, records = umbel(cluster.url)
    load.start()
    eventually(lambda: len(records.states()) > 50, 20, "runs")

    before = records.states()
    cluster.stop()
    eventually(lambda: conductor.says("The database does not answer"), 10, "the conductor to say so")
    eventually(lambda: (web.silence or 0) > 2, 10, "the pages to say so")
    status, answer = web.ask("/api/v1/runs?limit=1")
    assert status == 503
    assert answer["error"]["message"]
    web.kill()
    web.start()
    eventually(lambda: web.ask("/api/v1/runs?limit=1")[0] == 503, 20, "the server, started again without it")

    cluster.start()
    eventually(lambda: conductor.says("The database is back."), 15, "the conductor")
    eventually(lambda: (web.silence or 0) < 2, 10, "the pages")
    eventually(lambda: web.ask("/api/v1/runs?limit=1")[0] == 200, 10, "the list of runs")
    load.finish()
    caught_up(load, records, ended=True)
    after = records.states()
    assert all(after[run] == state for run, state in before.items() if state == "SUCCESS")
