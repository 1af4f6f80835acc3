"""The conductor: a loop over what comes, and the only writer of runs.

Read a batch -> reduce it (pure) -> choose what is sent -> commit once, the lease renewed in the same
transaction -> publish what is sent, and on ``umbel.live`` -> acknowledge. A crash anywhere repeats a batch at
most, and a batch that is repeated changes nothing; what may not have been published is published again under
the same ids.

One conductor is active, by lease; others stand by. A broker or a database that is away is waited for.
"""

import logging
from collections.abc import Callable, Mapping

from celery import Celery
from kombu import Connection
from sqlalchemy.exc import DBAPIError

from ..options import QUEUE
from ..store import Store
from .ending import Ending
from .lease import LOOK, Lease, LeaseLost
from .patience import away
from .retention import Rules
from .term import Term

log = logging.getLogger(__name__)

WINDOW = 10_000  # tasks of all runs that are out at the same time, at most


class Conductor:
    """One conductor process, active or standing by."""

    def __init__(
        self,
        store: Store,
        connect: Callable[[], Connection],
        broker_url: str,
        ending: Ending,
        *,
        result_backend: str | None = None,
        rules: Rules | None = None,
        window: int = WINDOW,
        rates: Mapping[str, str] | None = None,
        app: Celery | None = None,
    ) -> None:
        self.store = store
        self.connect = connect
        self.broker_url = broker_url
        self.result_backend = result_backend
        self.rules = rules
        self.window = window
        self.rates = dict(rates or {})
        self.app = app
        self.queue: str = app.conf.task_default_queue if app is not None else QUEUE
        self.ending = ending
        self.lease = Lease(store)

    def run(self) -> None:
        """Stand by, conduct, stand by again, until the end is asked for."""
        while not self.ending.asked:
            if self._stand_by():
                self._conduct()

    def _stand_by(self) -> bool:
        said, failures = False, 0
        while not self.ending.asked:
            try:
                if self.lease.take():
                    return True
                failures = 0
            except DBAPIError as error:
                failures = away(error, failures, self.ending)
                continue
            if not said:
                log.info("Standing by: another conductor is active.")
                said = True
            self.ending.wait(LOOK)
        return False

    def _conduct(self) -> None:
        whence = self.lease.taken_from
        log.info("Conducting (epoch %d%s).", self.lease.epoch, f", after {whence}" if whence else "")
        term = Term(self)
        try:
            term.work()
        except LeaseLost:
            log.warning("Another conductor has taken over from epoch %d. Standing by.", self.lease.epoch)
            self.lease.epoch = 0
        finally:
            term.end()
        if self.lease.epoch:
            try:
                self.lease.release()
            except DBAPIError as error:
                log.warning("The lease was not given up: %s. A standby takes over by itself.", error.orig)
