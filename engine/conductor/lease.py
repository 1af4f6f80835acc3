"""Which conductor is the active one: a row in the database.

Each holder has an *epoch*, one more than the last. It raises ``beat`` in the transaction of each commit, and
when idle; where the row has another epoch that fails, and with it the whole transaction: one that was paused,
or cut off, can never write beside its successor. A standby looks at the row every ``LOOK`` seconds and takes
over when ``beat`` has stood still for ``PATIENCE`` seconds *of its own clock*, so that no two clocks need
agree; at once where it can see that the holder, a process of this machine, is no more.
"""

import os
import socket
import time
from typing import Any

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from ..errors import UmbelError
from ..store import Store
from ..store.models import Lease as Row
from ..store.statements import many
from .process import Process, this_process

LOOK = 0.5
PATIENCE = 6.0
RENEWAL = 1.0  # seconds between renewals when idle
GLANCE = 0.1  # seconds between two looks of someone who wants to see the beat

ONLY = 1  # the id of the one row

_RENEW = text(f"UPDATE {Row.__tablename__} SET beat = beat + 1 WHERE id = {ONLY} AND epoch = :held")


def ailment(store: Store, within: float = PATIENCE / 2) -> str | None:
    """Return what is wrong where no conductor is at work, None where one is.

    Whether one is shows in its beat: it is watched for as long as ``within``.
    """
    beats: set[int] = set()
    deadline = time.monotonic() + within
    while True:
        with store.read() as connection:
            row = connection.execute(select(Row.__table__)).one_or_none()
        if row is None or row.holder is None:
            return "No conductor is active."
        beats.add(row.beat)
        if len(beats) > 1:
            return None
        if time.monotonic() > deadline:
            return f"The conductor {row.holder} holds the lease, and was not heard of for {within:g} s."
        time.sleep(GLANCE)


class LeaseLost(UmbelError):
    """Another conductor has taken over."""


class Lease:
    """This process's claim to be the active conductor."""

    def __init__(self, store: Store, *, patience: float = PATIENCE) -> None:
        self.store = store
        self.patience = patience
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.process = this_process()
        self.epoch = 0  # 0: not held
        self.taken_from: str | None = None  # the holder that was silent, or is no more
        self._seen: tuple[int, int] | None = None
        self._since = 0.0

    def take(self) -> bool:
        """Take the lease if it is free, or its holder has been silent for too long; whether it was taken."""
        with self.store.read() as connection:
            row = connection.execute(select(Row.__table__)).one_or_none()
        if row is None:
            return self._create()
        silent = row.holder is None or self._is_stale(row.epoch, row.beat)
        if not silent and not (row.pid and Process(row.host, row.pid, row.started).is_gone):
            return False
        with self.store.write() as connection:
            taken = connection.execute(
                update(Row)
                .where(Row.id == ONLY, Row.epoch == row.epoch, Row.beat == row.beat)
                .values(epoch=row.epoch + 1, beat=row.beat + 1, **self._holder())
            )
        self.epoch = row.epoch + 1 if taken.rowcount == 1 else 0
        self.taken_from = row.holder
        return self.epoch > 0

    def renew(self, connection: Connection) -> None:
        """Raise the beat, within a transaction that is about to be committed.

        Raises
        ------
        LeaseLost
            Another conductor has taken over; the transaction must not be committed.
        """
        if many(connection, _RENEW, [{"held": self.epoch}]) != 1:
            raise LeaseLost("Another conductor has taken over.")

    def release(self) -> None:
        """Give the lease up, so that another need not wait; nothing happens where it was lost."""
        with self.store.write() as connection:
            connection.execute(
                update(Row)
                .where(Row.id == ONLY, Row.epoch == self.epoch)
                .values(beat=Row.beat + 1, holder=None)
            )
        self.epoch = 0

    def _create(self) -> bool:
        try:
            with self.store.write() as connection:
                connection.execute(insert(Row).values(id=ONLY, epoch=1, beat=1, **self._holder()))
        except IntegrityError:  # another was quicker
            return False
        self.epoch = 1
        return True

    def _holder(self) -> dict[str, Any]:
        return {"holder": self.holder, **self.process._asdict()}

    def _is_stale(self, epoch: int, beat: int) -> bool:
        now = time.monotonic()
        if self._seen != (epoch, beat):
            self._seen, self._since = (epoch, beat), now
        return now - self._since >= self.patience
