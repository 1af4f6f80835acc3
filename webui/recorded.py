"""What the command line reads of the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from ..engine.errors import StoreUnreachable, UmbelError
from ..engine.store import Store, open_store, reads
from ..engine.store.filters import RunFilters

FEW = 10  # runs that are named when an id fits several


class RunNotFound(UmbelError):
    """There is no such run, or more than one."""

    exit_code = os.EX_NOINPUT


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Yield the database, for reading.

    Raises
    ------
    StoreError
        It is not there or not of this version; or it stopped answering meanwhile.
    """
    store = open_store(url, read_only=True)
    try:
        yield store
    except DBAPIError as error:
        raise StoreUnreachable(f"The database cannot be read: {error.orig}") from error
    finally:
        store.close()


def find_run(store: Store, given: str) -> dict[str, Any]:
    """Return the summary of a run, by its id, the id of one of its tasks, or eight characters of either.

    Raises
    ------
    RunNotFound
        There is none, or there are several.
    """
    if found := reads.run(store, given):
        return found
    page = reads.runs(store, limit=FEW, filters=RunFilters(id=given, singles=True))["runs"]
    if not page:
        raise RunNotFound(
            f"There is no run {given!r}, and none that holds a task of that id. See them with: umbel runs"
        )
    if len(page) > 1:
        ids = ", ".join(run["id"] for run in page)
        raise RunNotFound(f"Several runs fit {given!r}; name one of them: {ids}.")
    return page[0]


def every_node(store: Store, run_id: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of all nodes of a run, in order."""
    after: int | None = -1
    while after is not None:
        page = reads.nodes(store, run_id, after=after)
        if page is None:  # deleted meanwhile
            return
        yield from page["nodes"]
        after = page["next"]
