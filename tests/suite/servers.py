"""Brokers and databases to test with: Redis and SQLite, and where they are installed RabbitMQ and PostgreSQL.

Where they are not, their tests are skipped; in CI they fail. ``UMBEL_TEST_POSTGRESQL`` names a PostgreSQL
server to use instead of one that is started for the tests.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

import cluster
import pytest
import rabbit
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from umbel.engine.store import upgrade

POSTGRESQL = os.environ.get("UMBEL_TEST_POSTGRESQL")  # read before the environment is cleaned
PAIRS = ("redis+sqlite", "rabbitmq+postgresql")


class Pair(NamedTuple):
    """The URLs of a broker that has no messages and of a database that has no runs."""

    broker: str
    database: str
    results: str  # where Celery keeps them


def missing(what: str) -> NoReturn:
    """Skip the test, for want of ``what``; in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(f"install {what}: scripts/test does, where it is root", pytrace=False)
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: the one that is named, else one of the session's own."""
    if POSTGRESQL is not None:
        yield POSTGRESQL
    elif (folder := cluster.programs()) is None:
        missing("postgresql")
    else:
        with cluster.postgresql(folder) as url:
            yield url


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[rabbit.RabbitMQ]:
    """A RabbitMQ server of the session's own."""
    if (script := rabbit.program()) is None:
        missing("rabbitmq-server")
    else:
        with rabbit.rabbitmq(script) as server:
            yield server


@contextmanager
def postgresql_database(server: str, template: str | None = None) -> Iterator[str]:
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
    with postgresql_database(postgresql_server) as url:
        upgrade(url)
        yield make_url(url).database or ""


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest, broker_url: str, tmp_path: Path) -> Iterator[Pair]:
    """A broker and a database of the test's own, of both pairs that Umbel is made for."""
    with paired(request, broker_url, tmp_path) as made:
        yield made


@contextmanager
def paired(request: pytest.FixtureRequest, redis_url: str, folder: Path) -> Iterator[Pair]:
    """Give the pair that ``request.param`` names; Celery keeps its results in Redis with either."""
    if request.param == PAIRS[0]:
        path = folder / "umbel.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield Pair(redis_url, f"sqlite:///{path}", redis_url)
    else:
        broker = request.getfixturevalue("rabbitmq_server").empty()
        server, template = map(request.getfixturevalue, ("postgresql_server", "postgresql_template"))
        with postgresql_database(server, template) as url:
            yield Pair(broker, url, redis_url)
