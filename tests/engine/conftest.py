"""Databases to test with: SQLite, and PostgreSQL where it is installed or UMBEL_TEST_POSTGRESQL names one."""

import os
import uuid
from collections.abc import Iterator
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


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any schema, of its own for each test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/umbel.db"
        return
    target = make_url(request.getfixturevalue("postgresql_server")).set(drivername="postgresql+psycopg")
    name = f"umbel_{uuid.uuid4().hex}"
    server = create_engine(target, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield target.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def store_url(empty_url: str) -> str:
    """The URL of a database with the schema of this Umbel, of its own for each test."""
    upgrade(empty_url)
    return empty_url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open database, to write and to read."""
    opened = open_store(store_url)
    yield opened
    opened.close()
