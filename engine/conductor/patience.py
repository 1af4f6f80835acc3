"""Waiting for a database that does not answer, and giving up on one that never will."""

import logging

from sqlalchemy.exc import DBAPIError, OperationalError

from ..errors import StoreUnreachable
from ..store.faults import explained
from .ending import Ending

log = logging.getLogger(__name__)

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between attempts


def away(error: DBAPIError, failures: int, ending: Ending) -> int:
    """Wait for a database that does not answer, for longer each time; return how often it was so.

    Raises
    ------
    StoreError
        To wait makes no sense: the database is damaged, read-only or shut.
    DBAPIError
        It answers, and something is wrong with what it was asked.
    """
    found = explained(error)
    if not isinstance(found, StoreUnreachable):
        raise found from error
    if not (isinstance(error, OperationalError) or error.connection_invalidated):
        raise error
    if not failures:
        log.warning("The database does not answer: %s. Waiting for it.", error.orig)
    ending.wait(BACKOFF[min(failures, len(BACKOFF) - 1)])
    return failures + 1
