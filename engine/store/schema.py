"""Which schema a database has, and how it gets the one of this Umbel (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from ..errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
UPGRADE_LOCK = 0x756D62656C  # "umbel": two processes upgrading a PostgreSQL database take turns


def config(connection: Connection | None = None) -> Config:
    """Return the configuration that Alembic's commands want; it comes from no file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def head() -> str:
    """Return the revision that this Umbel works with."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None, "the package holds no migrations"
    return revision


def check(connection: Connection, name: str) -> None:
    """Raise a StoreError unless the database has the schema of this Umbel."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found == head():
        return
    if found is None:
        raise StoreError(f"The database {name} is empty. Prepare it with: umbel db upgrade")
    if not _is_known(found):
        raise StoreError(f"The database {name} was written by a newer Umbel ({found}). Upgrade Umbel.")
    raise StoreError(f"The database {name} has an older schema ({found}). Bring it up with: umbel db upgrade")


def upgrade(connection: Connection, name: str) -> None:
    """Apply what is missing, all in the one transaction of ``connection``."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and not _is_known(found):
        raise StoreError(f"The database {name} was written by a newer Umbel ({found}). Upgrade Umbel.")
    command.upgrade(config(connection), "head")


def _is_known(revision: str) -> bool:
    try:
        return ScriptDirectory.from_config(config()).get_revision(revision) is not None
    except CommandError:
        return False
