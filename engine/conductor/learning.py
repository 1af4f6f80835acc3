"""What tasks of watched runs returned, exactly: asked of the result backend once such a run has failed.

Celery's events have a representation of a result, which nobody can be called with. Where a run went wrong its
results are worth having, since what succeeded need not run again when it is resubmitted.
"""

from collections import OrderedDict
from collections.abc import Iterable

from ..run import Run
from ..store import Store, originals
from .asking import Asking, Returned

ASKED = 10_000  # runs that are known to have been asked about
MOST = 10_000  # tasks of one run


class Learning:
    """Part of the loop: what is learned comes by the mailbox."""

    def __init__(self, store: Store, asking: Asking) -> None:
        self.store = store
        self.asking = asking
        self._asked: OrderedDict[str, None] = OrderedDict()

    def mind(self, runs: Iterable[Run]) -> None:
        """Ask for the results of those ``runs`` that have just gone wrong."""
        if self.asking.backend is None:
            return
        for run in runs:
            if run.kind != "conducted" and run.state in ("FAILURE", "REVOKED") and run.id not in self._asked:
                self._ask(run)

    def _ask(self, run: Run) -> None:
        with self.store.read() as connection:
            wanted = originals.represented(connection, run.number, MOST)
        self._asked[run.id] = None
        if len(self._asked) > ASKED:
            self._asked.popitem(last=False)
        for node in wanted:
            if not self.asking.ask(Returned(run.id, node, run.created)):
                return
