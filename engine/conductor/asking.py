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
from typing import Any, NamedTuple, TypeAlias

from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from ..evidence import Evidence
from ..machine import Learned, Noted, Seen
from ..results import returned_of, seen_of
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


class Returned(NamedTuple):
    """What did this task return, exactly?"""

    run: str
    node: str
    created: float


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


Asked: TypeAlias = Question | Returned | Suspect | str


def _size(told: Told) -> int:
    return 200 + len(told.message.outcome.result or "") if isinstance(told.message, Learned) else 200


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
        self._questions: Queue[Asked] = Queue(COUNT)
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

    def ask(self, question: Asked) -> bool:
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

    def _failed(self, error: Exception, taken: list[Asked]) -> None:
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

    def _take(self) -> list[Asked]:
        taken: list[Asked] = []
        others = 0
        try:
            taken.append(self._questions.get(timeout=0.2))
            while len(taken) < SUSPECTS and others < TOGETHER:
                taken.append(self._questions.get_nowait())
                others += not isinstance(taken[-1], Suspect)
        except Empty:
            pass
        return taken

    def _answer(self, taken: list[Asked]) -> None:
        told = [answer for each in taken if isinstance(each, Question) if (answer := self._told(each))]
        told += [answer for each in taken if isinstance(each, Returned) if (answer := self._learned(each))]
        if told:
            self.mailbox.put(Answers(told, sum(map(_size, told))), self._stop.is_set)
        names = [each for each in taken if isinstance(each, str)]
        if names:
            answers = self.app.control.ping(destination=names, timeout=PING) or []
            present = {name for answer in answers for name in answer}
            for name in set(names) - present:
                self.absent.put(name)

        if suspects := [each for each in taken if isinstance(each, Suspect)]:
            for report in self.search.reports(suspects):
                self.reports.put(report)

    def _learned(self, question: Returned) -> Told | None:
        learned = returned_of(question.node, self._meta(question.node), question.created - SKEW)
        return None if learned is None else Told(question.run, learned)

    def _meta(self, task_id: str) -> Any:
        """Return what is kept of a task; None where it cannot be read: what is no JSON is not opened."""
        if self.backend is None:
            return None
        try:
            return self.backend.meta(task_id)
        except (KombuError, KeyError, TypeError, ValueError) as error:
            log.debug("What the result backend keeps of a task cannot be read: %s", brief(error))
            return None

    def _told(self, question: Question) -> Told | None:
        if self.backend is not None:
            if (meta := self._meta(question.node)) is None:
                return None  # it has ended somehow
            seen = seen_of(question.node, meta, time.time())
            if seen is not None and seen.evidence.at >= question.created - SKEW:
                return Told(question.run, seen)
        conclusion = question.otherwise
        if isinstance(conclusion, Evidence):
            return Told(question.run, Seen(question.node, conclusion))
        return None if conclusion is None else Told(question.run, conclusion)
