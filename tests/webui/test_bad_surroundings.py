"""A disk that is full or read-only, a database that is locked, old, new or none: said in clear words."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from umbel.engine import settings
from umbel.engine.store import database
from umbel.engine.store.schema import REVISION
from umbel.webui.app import create_app

Run = Callable[..., subprocess.CompletedProcess[str]]
CANVAS = "from celery import signature\ncanvas = signature('shop.pay')\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``umbel`` as a process, which may be allowed to write so many blocks to a file."""

    def call(*arguments: str, blocks: int | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "umbel.webui.cli", *arguments]
        if blocks is not None:
            command = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", *command]
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60, **options)

    return call


def _is_one_line(said: str) -> bool:
    return len(said.splitlines()) == 1 and "Traceback" not in said


def test_a_full_disk_under_a_new_database_is_said(run: Run) -> None:
    told = run("db", "upgrade", blocks=8)
    assert told.returncode == os.EX_UNAVAILABLE, told.stderr
    assert _is_one_line(told.stderr), told.stderr
    assert re.search("disk|full", told.stderr)


@pytest.mark.parametrize("arguments", [("-f", "dot"), ("-f", "svg"), ("-f", "json")])
def test_a_full_disk_under_an_output_is_said(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "shop.py").write_text(CANVAS)
    told = run("graph", "shop:canvas", *arguments, "-o", "/dev/full")
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_CANTCREAT, True), told.stderr
    assert "/dev/full" in told.stderr
    with open("/dev/full", "w") as full:
        told = run("graph", "shop:canvas", *arguments, stdout=full)
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_CANTCREAT, True), told.stderr
    assert "No space left" in told.stderr


def test_a_full_disk_under_a_list_is_said(run: Run, database_url: str) -> None:
    with open("/dev/full", "w") as full:
        told = run("runs", "--database-url", database_url, stdout=full)
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_CANTCREAT, True), told.stderr


@pytest.mark.parametrize("place", ["/proc/umbel.db", "/proc/self/umbel.db"])
def test_a_file_system_that_takes_no_files_is_said(run: Run, place: str) -> None:
    told = run("db", "upgrade", "--database-url", f"sqlite:///{place}")
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_UNAVAILABLE, True), told.stderr


@pytest.mark.parametrize(
    "command", [("runs",), ("show", "x"), ("export", "x"), ("web", "--port", "0"), ("db", "current")]
)
def test_a_database_that_was_never_made_is_said(command: tuple[str, ...], run: Run) -> None:
    told = run(*command)
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_UNAVAILABLE, True), told.stderr
    assert "umbel db upgrade" in told.stderr


@pytest.mark.parametrize(
    ("revision", "words"),
    [("0000", "umbel db upgrade"), ("9999", "Upgrade Umbel"), (None, "umbel db upgrade")],
)
@pytest.mark.parametrize("command", [("runs",), ("show", "x"), ("web", "--port", "0")])
def test_a_database_of_another_revision_is_said(
    run: Run, database_url: str, command: tuple[str, ...], revision: str | None, words: str
) -> None:
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        if revision is None:
            connection.execute("DROP TABLE alembic_version")
        else:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        connection.commit()
    told = run(*command, "--database-url", database_url)
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_UNAVAILABLE, True), told.stderr
    assert words in told.stderr


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_said(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "umbel.db").write_bytes(content)
    for command in (("runs",), ("db", "upgrade"), ("db", "current")):
        told = run(*command)
        assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_UNAVAILABLE, True), told.stderr


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("umbel.db", os.EX_CONFIG),
        ("mysql://h/d", os.EX_CONFIG),
        ("sqlite://", os.EX_UNAVAILABLE),
        ("sqlite:///:memory:", os.EX_UNAVAILABLE),
        ("postgresql://u:s3cret@127.0.0.1:1/x", os.EX_UNAVAILABLE),
        ("postgresql://u:s3cret@h:port/x", os.EX_UNAVAILABLE),
    ],
)
def test_a_database_url_that_cannot_be_used_is_said(run: Run, url: str, code: int) -> None:
    told = run("runs", "--database-url", url)
    assert told.returncode == code, told.stderr
    assert "Traceback" not in told.stderr
    assert "s3cret" not in told.stderr


@pytest.fixture
def locked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's database, which another process keeps for itself; nobody waits long for it."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.1)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.isolation_level = None
        connection.execute("BEGIN EXCLUSIVE")
        yield


def test_a_locked_database_is_said_on_the_command_line(locked: None, command: Callable[..., Any]) -> None:
    for arguments in (("runs",), ("show", "x"), ("db", "upgrade")):
        told = command(*arguments)
        assert (told.code, _is_one_line(told.err)) == (os.EX_UNAVAILABLE, True), told.err
        assert "locked" in told.err


def test_a_locked_database_is_said_by_the_server_and_it_recovers(
    client: FlaskClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = client.application.extensions["umbel"].store
    store.close()
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.1)
        store.engine = database.connect(database.parse(database_url), read_only=True)
        for path in ("/api/v1/runs", "/api/v1/names", "/api/v1/runs/x", "/runs/x"):
            answer = client.get(path, headers={"Accept": "application/json"})
            assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable"), path
            assert "sqlite" not in answer.text
        assert client.get("/health").status_code == 200
        connection.execute("ROLLBACK")
    assert client.get("/api/v1/runs").status_code == 200


@pytest.mark.parametrize("revision", [REVISION, "0001"])
def test_a_server_that_starts_before_its_database_awaits_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.1)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.isolation_level = None
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        client = create_app(settings.load(database_url=database_url)).test_client()
        assert client.get("/api/v1/runs").json["error"]["code"] == "unavailable"
        connection.execute("COMMIT")
    answer = client.get("/api/v1/runs")
    assert answer.status_code == (200 if revision == REVISION else 503), answer.text


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (("web", "--port", "0"), "localhost:6379"),
        (("conductor",), "redis:/h"),
        (("up",), "://h"),
        (("doctor",), " "),
    ],
)
def test_a_broker_url_that_is_none_is_said(run: Run, command: tuple[str, ...], url: str) -> None:
    told = run(*command, "--broker-url", url)
    assert told.returncode == os.EX_CONFIG, told.stderr
    assert "broker_url" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_broker_that_kombu_does_not_know_is_said_by_the_conductor(run: Run, database_url: str) -> None:
    told = run("conductor", "--broker-url", "nonsense://x", "--database-url", database_url)
    assert (told.returncode, _is_one_line(told.stderr)) == (os.EX_CONFIG, True), told.stderr
    assert "nonsense://" in told.stderr
