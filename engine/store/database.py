"""Opening the database: SQLite by default, PostgreSQL by URL.

SQLite is driven in WAL mode, with ``BEGIN IMMEDIATE`` for whoever writes (a transaction that reads first and
writes later fails under contention, whatever the busy timeout) and plain ``BEGIN`` with ``query_only`` for
whoever reads, so that a reader never takes the write lock. WAL with ``synchronous=NORMAL`` survives the death
of any process; a power cut may cost the last moments, never the file.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from ..errors import StoreError, StoreUnreachable
from . import schema
from .faults import explained, refuse_unusable
from .keeping import USUAL, Keeping

log = logging.getLogger(__name__)

BUSY_TIMEOUT = 5.0  # seconds a SQLite connection waits for a lock; the conductor then says so and goes on


class Store:
    """A database of runs: transactions to read in, and for the conductor to write in."""

    def __init__(
        self, engine: Engine, *, read_only: bool, keeping: Keeping = USUAL, is_checked: bool = True
    ) -> None:
        self.engine = engine
        self.read_only = read_only
        self.keeping = keeping
        self._is_checked = is_checked

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database and cannot change it."""
        if not self._is_checked:
            self.check()
        with self.engine.connect() as connection:
            options = {"umbel_read_only": True}
            if connection.dialect.name == "postgresql":
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            with connection.execution_options(**options).begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection in a transaction that is committed at the end, or rolled back on an error."""
        if self.read_only:
            raise StoreError("This database was opened for reading only.")
        with self.engine.begin() as connection:
            yield connection

    def check(self) -> None:
        """Make sure that the schema is the one of this Umbel; raises what :func:`open_store` does."""
        with reached(self.engine.url), self.engine.connect() as connection:
            schema.check(connection, shown(self.engine.url))
        self._is_checked = True

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(
    url: str, *, read_only: bool = False, is_patient: bool = False, keeping: Keeping = USUAL
) -> Store:
    """Return the database at ``url``, whose schema must be the one of this Umbel.

    Parameters
    ----------
    url
        Of SQLAlchemy's form.
    read_only
        Whether nothing is ever written.
    is_patient
        Whether one that gives no answer just now is returned too; it is checked when it is first read.
    keeping
        What is kept of the values that are written.

    Raises
    ------
    StoreUnreachable
        No answer from the database just now; trying again later makes sense.
    StoreError
        It is no such database, this user may not use it, or its schema is missing, older or newer.
    """
    target = parse(url)
    if path := file_of(target):
        refuse_unusable(path, read_only=read_only)
    store = Store(
        connect(target, read_only=read_only), read_only=read_only, keeping=keeping, is_checked=False
    )
    try:
        store.check()
    except StoreError as error:
        store.close()
        if not (is_patient and isinstance(error, StoreUnreachable)):
            raise
        log.warning("%s. Its answer is awaited.", error)
    return store


def upgrade(url: str) -> None:
    """Create the database at ``url``, or bring its schema up to date; nothing happens where it is.

    Raises
    ------
    StoreError
        It cannot be opened, or a newer Umbel wrote it.
    """
    target = parse(url)
    if (path := file_of(target)) and not path.parent.is_dir():
        raise StoreError(f"There is no folder {path.parent} to hold the database. Create it first.")
    engine = connect(target, read_only=False)
    try:
        with reached(target), engine.begin() as connection:
            schema.upgrade(connection, shown(target))
    finally:
        engine.dispose()


def parse(url: str) -> URL:
    """Return ``url`` with the driver named that Umbel uses.

    Raises
    ------
    StoreError
        It is no URL, or one of a database that Umbel does not work with.
    """
    try:
        target = make_url(url)
        name = target.get_backend_name()
    except (ArgumentError, ValueError):  # its message would show a password
        raise StoreError("The database URL cannot be read. It looks like sqlite:///umbel.db") from None
    if name in ("postgresql", "postgres"):
        return target.set(drivername="postgresql+psycopg")
    if name != "sqlite":
        raise StoreError(f"Umbel keeps its runs in SQLite or PostgreSQL, not in {name!r}.")
    if target.database in (None, "", ":memory:"):
        raise StoreError("Umbel's processes share a database: name a file, as in sqlite:///umbel.db")
    return target


def file_of(target: URL) -> Path | None:
    """Return the file of a SQLite database."""
    return Path(target.database) if target.get_backend_name() == "sqlite" and target.database else None


def shown(target: URL) -> str:
    """Return the URL as it may be shown: without its password."""
    return target.render_as_string(hide_password=True)


@contextmanager
def reached(target: URL) -> Iterator[None]:
    """Turn what a driver raises into an error that says what to do."""
    try:
        yield
    except DBAPIError as error:
        raise explained(error, shown(target)) from error


def connect(target: URL, *, read_only: bool) -> Engine:
    """Return an engine for ``target``, with the manners of the head of this module."""
    if target.get_backend_name() == "sqlite":
        engine = create_engine(target, connect_args={"timeout": BUSY_TIMEOUT})
        _mind_sqlite(engine, read_only=read_only)
        return engine
    try:
        return create_engine(target, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError("PostgreSQL needs a driver: pip install 'umbel[postgresql]'") from error


def _mind_sqlite(engine: Engine, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection, _record) -> None:
        dbapi_connection.isolation_level = None  # BEGIN is ours alone
        cursor = dbapi_connection.cursor()
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        reads = read_only or connection.get_execution_options().get("umbel_read_only")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
