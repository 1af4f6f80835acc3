"""A database that refuses: what is said, and whether trying again makes sense."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from umbel.engine.errors import StoreError, StoreUnreachable
from umbel.engine.store import Store, database, open_store, reads, upgrade
from umbel.engine.store.faults import explained
from umbel.engine.store.models import Lease
from umbel.engine.store.statements import inserting, many

NOBODY = 65534
ADD = text("INSERT INTO lease (id, epoch, beat) VALUES (1, 1, 1)")


@pytest.fixture
def path() -> Iterator[Path]:
    """A SQLite database in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        upgrade(f"sqlite:///{folder}/umbel.db")
        yield Path(folder, "umbel.db")
        Path(folder).chmod(0o755)


@contextmanager
def nobody() -> Iterator[None]:
    """Be a user whom permissions stop."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(before)


def refused(store: Store, *statements: Any, name: str = "") -> StoreError:
    """Return what is said of statements that fail in one transaction."""

    def write() -> None:
        with store.write() as connection:
            for statement in statements:
                connection.execute(statement)

    with pytest.raises(DBAPIError) as caught:
        write()
    return explained(caught.value, name)


def test_who_writes_is_told_at_once_that_a_file_is_read_only(path: Path):
    path.chmod(0o444)
    with nobody(), pytest.raises(StoreError, match="read-only for this user") as caught:
        open_store(f"sqlite:///{path}")
    assert not isinstance(caught.value, StoreUnreachable)


def test_who_writes_needs_the_folder_too(path: Path):
    path.chmod(0o666)
    path.parent.chmod(0o555)
    with nobody(), pytest.raises(StoreError, match="the folder around it must be writable"):
        open_store(f"sqlite:///{path}")


def test_who_reads_a_read_only_database_can(path: Path):
    path.chmod(0o444)
    path.parent.chmod(0o777)
    with nobody():
        store = open_store(f"sqlite:///{path}", read_only=True)
        assert reads.runs(store)["runs"] == []
        store.close()


def test_a_statement_that_is_executed_for_many_rows_fails_as_any_other_but_does_not_tell_the_data(path: Path):
    store = open_store(f"sqlite:///{path}")
    row = {"b_epoch": 1, "b_beat": 1, "b_id": 1, "b_holder": "a secret"}
    rows = [row | {f"b_{name}": None for name in ("host", "pid", "started")}] * 2
    with pytest.raises(IntegrityError) as caught, store.write() as connection:
        many(connection, inserting(Lease), rows)
    assert "UNIQUE" in str(caught.value)
    assert "secret" not in str(caught.value)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM lease")).scalar() == 0
    store.close()


@pytest.mark.parametrize("shut", ["file", "folder"])
def test_what_may_not_be_read_is_said_to_be_so(path: Path, shut: str):
    (path if shut == "file" else path.parent).chmod(0o000)
    with nobody(), pytest.raises(StoreError, match="check the permissions"):
        open_store(f"sqlite:///{path}", read_only=True)


def test_a_file_that_becomes_read_only_is_said_to_be_so(path: Path):
    store = open_store(f"sqlite:///{path}")
    error = refused(store, text("PRAGMA query_only = ON"), ADD)
    assert "cannot be written: it is read-only" in str(error)
    store.close()


def test_a_full_disk_is_waited_for_and_nothing_is_half_done(path: Path):
    store = open_store(f"sqlite:///{path}")

    @event.listens_for(store.engine, "connect")
    def limit(connection, _record) -> None:
        connection.execute(f"PRAGMA max_page_count = {limits[0]}")

    limits = [60]
    store.engine.dispose()
    numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20)"
    large = text(
        f"{numbers} INSERT INTO words (kind, value, folded) SELECT 'task', n, zeroblob(50000) FROM n"
    )
    error = refused(store, ADD, large, name="umbel.db")
    assert isinstance(error, StoreUnreachable)
    assert str(error).startswith("The database umbel.db cannot be written: the disk is full. Make room")
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM lease")).scalar() == 0
    limits[0] = 100_000
    store.engine.dispose()
    with store.write() as connection:
        connection.execute(ADD)
    store.close()


def test_a_locked_database_is_said_to_be_locked_and_can_still_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.1)
    store = open_store(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = refused(store, ADD)
        assert reads.runs(store)["runs"] == []
    assert isinstance(error, StoreUnreachable)
    assert "is locked by another program" in str(error)
    with store.write() as connection:
        connection.execute(ADD)
    store.close()


def test_a_damaged_file_is_not_waited_for(path: Path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 200_000)
    with pytest.raises(StoreError, match="damaged") as caught:
        open_store(f"sqlite:///{path}")
    assert not isinstance(caught.value, StoreUnreachable)


def test_a_postgresql_that_takes_no_writes_is_waited_for(postgresql_server: str, postgresql_template: str):
    target = make_url(postgresql_server).set(database=postgresql_template)
    url = target.update_query_dict({"options": "-c default_transaction_read_only=on"})
    store = open_store(url.render_as_string(hide_password=False))
    error = refused(store, ADD)
    assert isinstance(error, StoreUnreachable)
    assert "is it a standby" in str(error)
    store.close()


def test_a_postgresql_without_that_database_says_so(postgresql_server: str):
    url = make_url(postgresql_server).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match='database "nowhere" does not exist'):
        open_store(url)
