"""A thread that says whether edits can be carried out, as far as tasks and workers are known.

What a task cannot be called with is a problem. That no worker reads a queue, or knows a task, is a warning:
one that does may come.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from queue import Empty, Full, Queue

from celery import Celery

from ..choice import Choice
from ..dag import Node as Spec
from ..errors import ChoiceError
from ..options import QUEUE, ROUTE, Unsendable, way
from ..problem import Problem, about
from ..store import Store, originals, planning
from ..store.rows import find_run
from .arity import Edits, uncallable
from .asked import Request
from .fleet import Fleet, Roll
from .reader import brief
from .revoking import Answer, Order, refusal

log = logging.getLogger(__name__)

COUNT = 100  # requests that wait, at most


class Checking:
    """The thread; it answers by ``answer``.

    Parameters
    ----------
    app
        The user's own, if it is known.
    queue
        Where a task goes that does not say it.
    """

    def __init__(
        self,
        store: Store,
        roll: Roll,
        answer: Callable[[Order], None],
        app: Celery | None = None,
        queue: str = QUEUE,
    ) -> None:
        self.store = store
        self.roll = roll
        self.answer = answer
        self.app = app
        self.queue = queue
        self._requests: Queue[Request] = Queue(COUNT)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="umbel-checking", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def put(self, request: Request) -> None:
        """Have edits looked at; where too much waits nobody answers, and whoever asked goes without."""
        try:
            self._requests.put_nowait(request)
        except Full:
            log.warning("Too many edits are to be looked at: one was not.")

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                request = self._requests.get(timeout=0.2)
            except Empty:
                continue
            if request.reply_to is None or (request.until is not None and time.time() > request.until):
                continue
            try:
                self.answer(Order(request.reply_to, self._checked(request), []))
            except Exception as error:  # a driver may raise anything; the next may be looked at
                log.warning("Edits could not be looked at: %s", brief(error))

    def _checked(self, request: Request) -> Answer:
        try:
            choice = Choice.from_json(request.choice)
        except ChoiceError as error:
            return refusal(request.id, "problems", str(error))
        with self.store.read() as connection:
            if (row := find_run(connection, request.run)) is None:
                return refusal(request.id, "unknown_run", f"There is no run {request.run}.")
            past = planning.read(connection, row)
            edited = [idx for node in choice.edits_of() if (idx := past.index.get(node)) is not None]
            specs = originals.signatures(connection, row.number, edited)
        made = choice.edited(specs)
        problems: Iterable[Problem] = ()
        if self.app is not None:
            problems = uncallable(self.app, made, choice.edits_of(), past.wiring.called, past.inexact)
        warnings = _unread(made, choice, self.roll.fleet(), self.queue) if made else []
        told = {"problems": problems, "warnings": warnings}
        return {"id": request.id, "ok": True} | {
            name: [each.to_json() for each in found] for name, found in told.items()
        }


def _unread(made: Mapping[int, Spec], choice: Choice, fleet: Fleet, default: str) -> Iterator[Problem]:
    """Yield which queues no worker reads, and which tasks none knows."""
    if not fleet.workers:
        yield Problem("no_worker", "No worker answers, so nobody can say which queues are read.")
        return
    edits = choice.edits_of()
    queues, tasks = dict[tuple[str, str], list[str]](), dict[tuple[str, str], list[str]]()
    for spec in made.values():
        if spec.task is None:
            continue
        try:
            exchange, routing_key = way(spec.options, default)
        except Unsendable:
            continue  # a plan says so
        if not fleet.reads(exchange, routing_key):
            queues.setdefault((_routed(edits[spec.id]), routing_key), []).append(spec.id)
        if spec.task not in fleet.tasks:
            tasks.setdefault((f"edits/{edits[spec.id][-1][0]}", spec.task), []).append(spec.id)
    for (field, name), nodes in queues.items():
        told = f"No worker that is there reads the queue {name:.80}: what is sent to it waits until one does."
        yield about("no_consumer", told, nodes, field)
    for (field, name), nodes in tasks.items():
        told = f"No worker that is there knows the task {name:.80}: one that is given it refuses it."
        yield about("unregistered", told, nodes, field)


def _routed(edits: Edits) -> str:
    """Return which part of the choice says where a task goes."""
    for place, edit in reversed(edits):
        if edit.queue is not None:
            return f"edits/{place}/queue"
        for options, field in ((edit.set_options, "set/options"), (edit.options, "options")):
            if options is not None and any(name in options for name in ROUTE):
                return f"edits/{place}/{field}"
    return f"edits/{edits[-1][0]}"
