"""Databases to test with: SQLite, and PostgreSQL where there is one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import postgresql_database

from umbel.engine.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any schema, of its own for each test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/umbel.db"
    else:
        with postgresql_database(request.getfixturevalue("postgresql_server")) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the schema of this Umbel, of its own for each test."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "umbel.db")
        yield f"sqlite:///{tmp_path}/umbel.db"
    else:
        server, template = map(request.getfixturevalue, ("postgresql_server", "postgresql_template"))
        with postgresql_database(server, template) as url:
            yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open database, to write and to read."""
    opened = open_store(store_url)
    yield opened
    opened.close()
