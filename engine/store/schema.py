"""Which schema a database has, and how it gets the one of this Umbel (Alembic)."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ..errors import StoreError

REVISION = "0004"  # the newest migration; their names are numbers, so that older and newer can be told
MIGRATIONS = Path(__file__).with_name("migrations")
UPGRADE_LOCK = 0x756D62656C  # "umbel": two processes upgrading a PostgreSQL database take turns


def check(connection: Connection, name: str) -> None:
    """Raise a StoreError unless the database has the schema of this Umbel."""
    found = revision(connection)
    if found is None:
        raise StoreError(f"The database {name} is empty. Prepare it with: umbel db upgrade")
    _refuse_newer(found, name)
    if found < REVISION:
        raise StoreError(
            f"The database {name} has an older schema ({found}). Bring it up with: umbel db upgrade"
        )


def revision(connection: Connection) -> str | None:
    """Return the revision of the database's schema; None where it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection, name: str) -> None:
    """Apply what is missing, all in the one transaction of ``connection``."""
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
    if found := revision(connection):
        _refuse_newer(found, name)
    if found == REVISION:
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _refuse_newer(found: str, name: str) -> None:
    if found > REVISION:
        raise StoreError(f"The database {name} was written by a newer Umbel ({found}). Upgrade Umbel.")
