"""Databases to test with: SQLite always, PostgreSQL where UMBEL_TEST_POSTGRESQL names one."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from umbel.engine.store import Store, open_store, upgrade

POSTGRESQL = os.environ.get("UMBEL_TEST_POSTGRESQL")  # read before the environment is cleaned


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the schema of this Umbel, of its own for each test."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/umbel.db"
        upgrade(url)
        yield url
        return
    if POSTGRESQL is None:
        pytest.skip("UMBEL_TEST_POSTGRESQL names no server")
    target = make_url(POSTGRESQL).set(drivername="postgresql+psycopg")
    name = f"umbel_{uuid.uuid4().hex}"
    server = create_engine(target, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = target.set(database=name).render_as_string(hide_password=False)
    upgrade(url)
    yield url
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open database, to write and to read."""
    opened = open_store(store_url)
    yield opened
    opened.close()
