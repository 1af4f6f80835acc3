"""Where tasks are that were not heard of for too long: in the result backend, in a queue, with a worker?

Nothing is concluded here; see :mod:`.concluding`. Of the workers are asked, all at once:

================  ==================================================================  ======================
command           why                                                                 how often, at most
================  ==================================================================  ======================
query_task        who has it                                                          once for 500 tasks
active_queues     where a task that replaces itself may wait, and who reads a queue   every ``KNOWN`` seconds
registered        of a task with a rate limit a worker may have more than it says     every ``KNOWN`` seconds
scheduled         what waits for its time: before 5.7 ``query_task`` passes over it   every ``SCHEDULED``
================  ==================================================================  ======================
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from ..machine import Completed, Seen
from ..results import ended_of
from . import queues
from .batch import SKEW

ANSWER = 1.5  # seconds that workers have to answer
KNOWN = 60.0  # seconds for which what workers say of themselves is believed
SCHEDULED = 10.0


class Suspect(NamedTuple):
    """A task to look for."""

    run: str
    node: str
    task_id: str
    task: str
    created: float  # what was kept long before is of another task with that id
    queue: str | None = None  # to which it was sent
    routed: tuple[str, str] | None = None  # or the exchange and the routing key
    conducted: bool = True
    root: str | None = None  # of the tasks that it may have sent


class Report(NamedTuple):
    """What was found of one task."""

    suspect: Suspect
    at: float  # our clock, when the search began
    kept: tuple[Completed | Seen, ...] = ()  # what the result backend says of its end
    holder: str | None = None  # the worker that has it
    answered: frozenset[str] = frozenset()  # the workers that were asked and answered
    queued: Literal["no", "maybe", "yes"] = "no"
    opaque: bool = False  # a queue that workers read cannot be looked into; a task may send itself there
    related: frozenset[str] = frozenset()  # what is in a queue and has its root, or itself as parent
    limited: bool = False  # its task has a rate limit, so a worker may hold it unseen
    unattended: str | None = None  # its queue, which nobody reads


class Search:
    """Looks for tasks; used by one thread.

    Parameters
    ----------
    meta
        What the result backend keeps of a task; None where there is no result backend.
    """

    def __init__(
        self,
        app: Celery,
        connect: Callable[[], Connection],
        meta: Callable[[str], Any] | None,
        stopping: Callable[[], bool],
    ) -> None:
        self.app = app
        self.connect = connect
        self.meta = meta
        self.stopping = stopping
        self.expected = 0  # workers that are there, as far as is known
        self._said: dict[str, tuple[float, dict[str, Any]]] = {}  # command -> when, and what was answered

    def reports(self, suspects: Sequence[Suspect]) -> list[Report]:
        """Return what is found of each; raise what the broker, or the backend, raises."""
        now = time.time()
        reports = [Report(each, now, kept=self._kept(each, now)) for each in suspects]
        open_ones = [each for each in reports if not each.kept]
        if not open_ones:
            return reports
        with self.connect() as connection:
            found = {each.suspect.task_id: each for each in self._queued(connection, open_ones)}
            self._ask_about(connection, found)
        return [found.get(each.suspect.task_id, each) for each in reports]

    def _kept(self, suspect: Suspect, now: float) -> tuple[Completed | Seen, ...]:
        if self.meta is None or not suspect.conducted:
            return ()
        try:
            meta = self.meta(suspect.task_id)
        except (KombuError, KeyError, TypeError, ValueError):
            return ()  # it has ended somehow: what is not JSON is not opened
        ended = ended_of(suspect.task_id, meta, now)
        return tuple(each for each in ended if _at(each) >= suspect.created - SKEW)

    def _queued(self, connection: Connection, reports: Iterable[Report]) -> list[Report]:
        reports = list(reports)
        said_by = self._answers(connection, "active_queues", KNOWN)
        read = {
            queue["name"]
            for said in said_by.values()
            for queue in (said if isinstance(said, list) else ())
            if isinstance(queue, dict) and isinstance(queue.get("name"), str)
        }
        places = {each.suspect.task_id: self._places(connection, each.suspect) for each in reports}
        names = read.union(*places.values())
        wanted = places.keys() | {each.suspect.root for each in reports if each.suspect.root is not None}
        waiting = queues.waiting(connection, names, wanted, self.stopping)
        readers = read if said_by and len(said_by) >= self.expected else None
        return [_placed(each, places[each.suspect.task_id], read, waiting, readers) for each in reports]

    def _places(self, connection: Connection, suspect: Suspect) -> set[str]:
        """Return the queues to which it was sent; none where nobody can tell."""
        if suspect.queue is not None:
            return {suspect.queue}
        return set(queues.named(connection, *suspect.routed)) if suspect.routed else set()

    def _ask_about(self, connection: Connection, found: dict[str, Report]) -> None:
        wanted = [task_id for task_id, each in found.items() if each.queued != "yes"]
        if not wanted:
            return
        inspect: Any = self.app.control.inspect(connection=connection, timeout=ANSWER)
        answers = inspect.query_task(*wanted) or {}
        answered = frozenset(answers)
        for task_id in wanted:
            holder = next((name for name, said in answers.items() if _has(said, task_id)), None)
            found[task_id] = found[task_id]._replace(holder=holder, answered=answered)
        unknown = {task_id for task_id in wanted if found[task_id].holder is None}
        if not unknown or not answered:
            return
        for name, said in self._answers(connection, "scheduled", SCHEDULED).items():
            for task_id in unknown.intersection(_scheduled(said)):
                found[task_id] = found[task_id]._replace(holder=name)
        limited = {
            task
            for said in self._answers(connection, "registered", KNOWN).values()
            for task in _limited(said)
        }
        for task_id in unknown:
            if (report := found[task_id]).suspect.task in limited:
                found[task_id] = report._replace(limited=True)

    def _answers(self, connection: Connection, command: str, seconds: float) -> dict[str, Any]:
        """Return what workers answer to a command, asked again after ``seconds``."""
        at, said = self._said.get(command, (0.0, {}))
        if not said or time.monotonic() > at + seconds:
            limit = self.expected or None
            inspect: Any = self.app.control.inspect(connection=connection, timeout=ANSWER, limit=limit)
            arguments = ("rate_limit",) if command == "registered" else ()
            said = getattr(inspect, command)(*arguments) or {}
            self._said[command] = time.monotonic(), said
        return said


def _at(message: Completed | Seen) -> float:
    return message.at if isinstance(message, Completed) else message.evidence.at


def _placed(
    report: Report, own: set[str], read: set[str], waiting: queues.Waiting, readers: set[str] | None
) -> Report:
    queued = "no"
    if report.suspect.task_id in waiting.ids:
        queued = "yes"
    elif waiting.opaque & (own or read) or not (own or read):
        queued = "maybe"
    unread = set[str]() if readers is None else own - readers
    related = frozenset[str]()
    if queued != "yes":
        for known in (report.suspect.root or "", report.suspect.task_id):
            related = related | waiting.related[known] if known in waiting.related else related
    return report._replace(
        queued=queued,
        related=related,
        opaque=bool(waiting.opaque & read),
        unattended=min(own & waiting.unattended | unread, default=None),
    )


def _has(said: object, task_id: str) -> bool:
    return isinstance(said, dict) and task_id in said


def _scheduled(said: object) -> Iterable[str]:
    for each in said if isinstance(said, list) else ():
        request = each.get("request") if isinstance(each, dict) else None
        if isinstance(request, dict) and isinstance(request.get("id"), str):
            yield request["id"]


def _limited(said: object) -> Iterable[str]:
    for each in said if isinstance(said, list) else ():
        name, _, more = str(each).partition(" [")
        if "rate_limit=" in more and "rate_limit=None" not in more:
            yield name
