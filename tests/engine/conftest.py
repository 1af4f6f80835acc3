"""Databases to test with: SQLite, and PostgreSQL where it is installed or UMBEL_TEST_POSTGRESQL names one."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster import postgresql, programs
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from umbel.engine.store import Store, open_store, upgrade

POSTGRESQL = os.environ.get("UMBEL_TEST_POSTGRESQL")  # read before the environment is cleaned


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: the one that is named, else one of the session's own."""
    if POSTGRESQL is not None:
        yield POSTGRESQL
    elif (folder := programs()) is None:
        pytest.skip("PostgreSQL is not installed, and UMBEL_TEST_POSTGRESQL names no server")
    else:
        with postgresql(folder) as url:
            yield url


@contextmanager
def _database(server: str, template: str | None = None) -> Iterator[str]:
    """Give the URL of a database of its own on a PostgreSQL server, empty or a copy of ``template``."""
    target = make_url(server).set(drivername="postgresql+psycopg")
    name = f"umbel_{uuid.uuid4().hex}"
    engine = create_engine(target, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template or 'template1'}"))
    yield target.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the schema of this Umbel, to copy."""
    path = tmp_path_factory.mktemp("template") / "umbel.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database with the schema of this Umbel, to copy."""
    with _database(postgresql_server) as url:
        upgrade(url)
        yield make_url(url).database or ""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any schema, of its own for each test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/umbel.db"
    else:
        with _database(request.getfixturevalue("postgresql_server")) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the schema of this Umbel, of its own for each test."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "umbel.db")
        yield f"sqlite:///{tmp_path}/umbel.db"
    else:
        server, template = map(request.getfixturevalue, ("postgresql_server", "postgresql_template"))
        with _database(server, template) as url:
            yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open database, to write and to read."""
    opened = open_store(store_url)
    yield opened
    opened.close()
