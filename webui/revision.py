"""Which revision the tables of a database are of."""

from ..engine.errors import StoreError
from ..engine.store import database, schema


def find_revision(url: str) -> str | None:
    """Return the revision of the database at ``url``; None when it has no tables of ours.

    Raises
    ------
    StoreError
        There is no database, or it does not answer.
    """
    target = database.parse(url)
    path = database.file_of(target)
    if path and not path.exists():
        # SQLite would make an empty one.
        raise StoreError(f"There is no database at {path}. Create it with: umbel db upgrade")
    engine = database.connect(target, read_only=True)
    try:
        with database.reached(target), engine.connect() as connection:
            return schema.revision(connection)
    finally:
        engine.dispose()
