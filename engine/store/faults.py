"""What a database's refusal means, and what to do about it."""

import os
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from ..errors import StoreError, StoreUnreachable


class Fault(NamedTuple):
    """A kind of refusal."""

    words: str
    passes: bool  # whether trying again makes sense


READ_ONLY = Fault(
    "cannot be written: it is read-only for this user. Its file and the folder around it must be writable.",
    False,
)
SHUT = Fault(
    "cannot be opened by this user: check the permissions of its file and of the folders above.", False
)
DAMAGED = Fault("is damaged, or no database at all. Is there a backup of it?", False)
FULL = Fault("cannot be written: the disk is full. Make room; what could not be kept is tried again.", True)
LOCKED = Fault(
    "is locked by another program. Is a backup, a shell or a second Umbel of another version writing to it?",
    True,
)
BROKEN = Fault("cannot be read or written: look at the disk.", True)
STANDBY = Fault("takes no writes at the moment: is it a standby, or set to read-only?", True)
AWAY = Fault("gives no answer that could be used.", True)

#: By how SQLite's names of errors begin.
SQLITE = {
    "SQLITE_READONLY": READ_ONLY,
    "SQLITE_PERM": SHUT,
    "SQLITE_CANTOPEN": SHUT,
    "SQLITE_AUTH": SHUT,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_FULL": FULL,
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_IOERR": BROKEN,
}
#: XX001 and XX002: a page of a table, or of an index, does not make sense.
POSTGRESQL = {"53100": FULL, "25006": STANDBY, "XX001": DAMAGED, "XX002": DAMAGED}


def explained(error: DBAPIError, name: str = "") -> StoreError:
    """Return the error to raise, or to show: what happened to the database ``name``, and what to do.

    It is a StoreUnreachable where trying again makes sense.
    """
    fault = _fault(error)
    kind = StoreUnreachable if fault.passes else StoreError
    return kind(f"The database{name and ' '}{name} {fault.words} ({error.orig})")


def _fault(error: DBAPIError) -> Fault:
    code = getattr(error.orig, "sqlite_errorname", None)
    if code:
        return next((fault for start, fault in SQLITE.items() if code.startswith(start)), AWAY)
    return POSTGRESQL.get(getattr(error.orig, "sqlstate", None) or "", AWAY)


def refuse_unusable(path: Path, *, read_only: bool) -> None:
    """Raise a StoreError unless this user can use the file of a database.

    SQLite itself finds out only when it writes for the first time.
    """
    wanted = os.R_OK if read_only else os.R_OK | os.W_OK
    effective = os.access in os.supports_effective_ids
    try:
        missing = not path.exists()
    except PermissionError:
        raise StoreError(f"The database {path} {SHUT.words}") from None
    if missing:
        raise StoreError(f"There is no database at {path}. Create it with: umbel db upgrade")
    if not os.access(path, os.R_OK, effective_ids=effective):
        raise StoreError(f"The database {path} {SHUT.words}")
    places = (path,) if read_only else (path, path.parent)
    if not all(os.access(place, wanted, effective_ids=effective) for place in places):
        raise StoreError(f"The database {path} {READ_ONLY.words}")
