"""A thread that asks the result backend what became of tasks, and workers whether they are there.

It asks for ``RATE`` tasks a second at most, and puts the answers into the mailbox; of tasks that are looked
for everywhere (see :mod:`.searching`) into ``reports``. While the backend does not answer nothing is
concluded: whoever doubts will ask again.
"""

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from ..evidence import Evidence
from ..machine import Noted, Seen
from ..results import seen_of
from .batch import SKEW, Told
from .mailbox import Answers, Mailbox
from .reader import BACKOFF, brief
from .searching import Report, Search, Suspect

log = logging.getLogger(__name__)

RATE = 200.0  # tasks asked about in a second, at most
TOGETHER = 50  # of which so many are answered in one piece
SUSPECTS = 500  # or so many, of those that workers are asked about
COUNT = 10_000  # questions that wait, at most
PING = 2.0  # seconds that a worker has to answer


class Question(NamedTuple):
    """What became of this task? What to conclude where nobody knows."""

    run: str
    node: str
    created: float  # what was kept long before is of another task with that id
    otherwise: Evidence | Noted | None = None


class Backend:
    """A result backend that is only read, and never believed: no exception is made of what it holds."""

    def __init__(self, url: str) -> None:
        self.app = Celery("umbel-results", backend=url, set_as_current=False)
        self.app.conf.update(
            result_accept_content=["json"], result_serializer="json", accept_content=["json"]
        )

    def meta(self, task_id: str) -> Any:
        """Return what is kept of a task; whatever the driver raises, it raises."""
        backend: Any = self.app.backend
        backend.exception_to_python = _as_it_is
        return backend.get_task_meta(task_id, cache=False)

    def close(self) -> None:
        """Close its connections."""
        self.app.close()


def _as_it_is(stored: Any) -> Any:
    return stored


class Asking:
    """The thread; ``absent`` holds the workers that did not answer, ``reports`` what was found of tasks."""

    def __init__(
        self, url: str | None, app: Celery, mailbox: Mailbox, connect: Callable[[], Connection] | None = None
    ) -> None:
        self.backend = Backend(url) if url else None
        self.app = app
        self.mailbox = mailbox
        self.absent: Queue[str] = Queue()
        self.reports: Queue[Report] = Queue()
        self._questions: Queue[Question | Suspect | str] = Queue(COUNT)
        self._stop = threading.Event()
        meta = self.backend.meta if self.backend is not None else None
        self.search = Search(app, connect or app.connection_for_write, meta, self._stop.is_set)
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="umbel-results", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(15)
        if self.backend is not None:
            self.backend.close()

    def ask(self, question: Question | Suspect | str) -> bool:
        """Ask about a task, or whether the worker of that name is there; False where too much waits."""
        try:
            self._questions.put_nowait(question)
        except Full:
            return False
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            if not (taken := self._take()):
                continue
            try:
                self._answer(taken)
                self._failures = 0
            except Exception as error:  # a driver may raise anything; asking must go on
                self._failed(error, taken)
            self._stop.wait(max(0.0, began + len(taken) / RATE - time.monotonic()))

    def _failed(self, error: Exception, taken: list[Question | Suspect | str]) -> None:
        if not self._failures:
            away = self.app.connection_for_write().recoverable_connection_errors
            log.warning(
                "The result backend, or a worker, cannot be asked: %s. Trying again.",
                brief(error),
                exc_info=not isinstance(error, (OSError, KombuError, *away)),
            )
        self._failures = min(self._failures + 1, len(BACKOFF))
        for each in taken:
            self.ask(each)
        self._stop.wait(BACKOFF[self._failures - 1])

    def _take(self) -> list[Question | Suspect | str]:
        taken: list[Question | Suspect | str] = []
        others = 0
        try:
            taken.append(self._questions.get(timeout=0.2))
            while len(taken) < SUSPECTS and others < TOGETHER:
                taken.append(self._questions.get_nowait())
                others += not isinstance(taken[-1], Suspect)
        except Empty:
            pass
        return taken

    def _answer(self, taken: list[Question | Suspect | str]) -> None:
        told = [answer for each in taken if isinstance(each, Question) if (answer := self._told(each))]
        if told:
            self.mailbox.put(Answers(told, 200 * len(told)), self._stop.is_set)
        names = [each for each in taken if isinstance(each, str)]
        if names:
            answers = self.app.control.ping(destination=names, timeout=PING) or []
            present = {name for answer in answers for name in answer}
            for name in set(names) - present:
                self.absent.put(name)

        if suspects := [each for each in taken if isinstance(each, Suspect)]:
            for report in self.search.reports(suspects):
                self.reports.put(report)

    def _told(self, question: Question) -> Told | None:
        if self.backend is not None:
            try:
                meta = self.backend.meta(question.node)
            except (KombuError, KeyError, TypeError, ValueError) as error:
                log.debug("What the result backend keeps of a task cannot be read: %s", brief(error))
                return None  # it has ended somehow: what is not JSON is not opened
            seen = seen_of(question.node, meta, time.time())
            if seen is not None and seen.evidence.at >= question.created - SKEW:
                return Told(question.run, seen)
        conclusion = question.otherwise
        if isinstance(conclusion, Evidence):
            return Told(question.run, Seen(question.node, conclusion))
        return None if conclusion is None else Told(question.run, conclusion)
