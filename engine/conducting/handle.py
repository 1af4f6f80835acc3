"""A conducted run, from the outside: all that a handle knows it asks the conductor, by way of the broker.

A question that nobody answers is asked again, so a conductor or a broker that starts anew in between costs
some seconds and nothing else.
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .. import protocol
from ..errors import UmbelError
from ..requests import RequestError, ask, broker_errors
from .sending import connector

if TYPE_CHECKING:
    from celery import Celery
    from kombu import Connection

HOLD = 5.0  # seconds for which the conductor holds the answer to one question back
GRACE = 3.0  # seconds more until it is asked anew
PAUSE = 0.5  # seconds before a broker that does not answer is tried again
NEW = 10.0  # seconds in which a run that nobody knows may still be on its way
ANSWER = 10.0  # seconds that the conductor has to answer at once
AWAY = ("broker", "no_answer")
OPEN = ("PENDING", "RUNNING")

T = TypeVar("T")


class FailedTask(NamedTuple):
    """A task of a run that did not end well."""

    node: str
    task: str
    state: str
    reason: str | None
    exception: str | None


class RunFailed(UmbelError):
    """A run ended otherwise than well: ``run``, ``state``, and the first of the ``tasks`` that failed."""

    exit_code = 1

    def __init__(self, run: str, state: str, tasks: Sequence[FailedTask], more: int = 0) -> None:
        lines = [f"\n  {each.task} ({each.node}): {_why(each)}" for each in tasks]
        rest = f"\n  and {more} more" if more else ""
        super().__init__(f"The run {run} ended as {state}.{''.join(lines)}{rest}")
        self.run = run
        self.state = state
        self.tasks = list(tasks)
        self.more = more

    @classmethod
    def of(cls, run: str, answer: Mapping[str, Any]) -> "RunFailed":
        """Return the error that the conductor's ``answer`` about ``run`` spells."""
        tasks = [FailedTask(**each) for each in answer.get("failed") or ()]
        return cls(run, answer["state"], tasks, answer.get("more") or 0)


def _why(failed: FailedTask) -> str:
    reason = f" ({failed.reason})" if failed.reason and failed.reason != "error" else ""
    return failed.exception or f"{failed.state}{reason}"


class RunHandle:
    """A conducted run.

    :func:`~umbel.engine.conduct` returns one; ``RunHandle(id, app=app)`` makes one anywhere else.

    Parameters
    ----------
    run_id
        The run's id.
    app
        The app whose broker the conductor reads; by default the current one.
    connection
        Another broker, as a URL or a kombu connection.
    """

    def __init__(
        self, run_id: str, *, app: "Celery | None" = None, connection: "Connection | str | None" = None
    ) -> None:
        if app is None:
            from celery import current_app as app
        self.id = run_id
        self._app = app
        self._connection = connection
        self._connect = connector(app, connection)
        self._made = time.monotonic()

    def __repr__(self) -> str:
        return f"<RunHandle {self.id}>"

    @property
    def state(self) -> str:
        """The run's state now: PENDING, RUNNING, SUCCESS, FAILURE or REVOKED.

        Raises RequestError where no conductor answers.
        """
        return self._patiently(lambda: self._wait(0.0), time.monotonic() + ANSWER)["state"]

    def wait(self, timeout: float | None = None, *, patience: float = GRACE) -> str:
        """Wait for the end of the run, and return its state.

        Parameters
        ----------
        patience
            Seconds beyond the time that it asks for, after which an answer counts as lost.
        timeout
            Seconds. After them the state is returned that it has then, PENDING or RUNNING. None: for ever,
            also while no conductor is there.

        Raises
        ------
        RequestError
            In all that time no conductor answered; or it knows of no such run.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        known: str | None = None
        while True:
            hold = HOLD if deadline is None else max(min(HOLD, deadline - time.monotonic()), 0.0)
            try:
                answer = self._patiently(lambda hold=hold: self._wait(hold, patience), deadline)
            except RequestError as error:
                if known is None or error.code not in AWAY:
                    raise
                return known
            known = answer["state"]
            if answer["finished"] or (deadline is not None and time.monotonic() >= deadline):
                return answer["state"]

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end of the run, and return what the canvas returns.

        Values are what the tasks returned, as Celery's JSON gives them back (dates and the like included).

        Raises
        ------
        RunFailed
            It ended otherwise than in SUCCESS.
        TimeoutError
            It did not end in ``timeout`` seconds.
        RequestError
            No conductor answered; or what a task returned is no JSON.
        """
        if (state := self.wait(timeout)) in OPEN:
            raise TimeoutError(f"The run {self.id} has not ended after {timeout:g} s: it is {state}.")
        if (answer := self.answer())["state"] != "SUCCESS":
            raise RunFailed.of(self.id, answer)
        from kombu.utils.json import loads

        return loads(json.dumps(answer.get("result")))

    def answer(self) -> dict[str, Any]:
        """Return what the conductor says of its result or failure: see ``umbel.result`` in the protocol."""
        return self._patiently(lambda: self._ask(protocol.RESULT), time.monotonic() + 3 * ANSWER)

    def pause(self, *, by: str | None = None) -> None:
        """Have nothing more of it sent; what is out goes on."""
        self._control("pause", by)

    def resume(self, *, by: str | None = None) -> None:
        """Let it go on."""
        self._control("resume", by)

    def cancel(self, *, terminate: bool = False, by: str | None = None) -> None:
        """End it: what has not begun never will.

        Parameters
        ----------
        terminate
            Whether to end what runs, too, by killing the processes that run it.
        """
        self._control("cancel", by, terminate=terminate)

    def again(self, *, name: str | None = None, by: str | None = None) -> "RunHandle":
        """Run the same signatures once more, under fresh ids."""
        answer = self._ask(protocol.AGAIN, name=name, by=by or somebody())
        return RunHandle(answer["run"], app=self._app, connection=self._connection)

    def resubmit(
        self,
        choice: Mapping[str, Any] | None = None,
        *,
        plan: str | None = None,
        name: str | None = None,
        why: str | None = None,
        by: str | None = None,
    ) -> "RunHandle":
        """Make a new run of this one, in which what succeeded is reused; this one stays as it is.

        Parameters
        ----------
        choice
            What is to run again: see :mod:`umbel.engine.choice`. By default all that failed or was blocked.
        plan
            The hash of a plan, as ``umbel plan`` tells it: if it has become another, nothing is done.
        name
            What the new run is called; as this one by default.
        why
            What for: kept with what was done.

        Raises
        ------
        RequestError
            No conductor answered; or it refused, with ``code`` ``stale`` or ``problems``, which are in
            ``detail``.
        """
        said = {"choice": dict(choice or {}), "hash": plan, "name": name, "why": why, "by": by or somebody()}
        answer = self._ask(protocol.RESUBMIT, 3 * ANSWER, **said)
        return RunHandle(answer["run"], app=self._app, connection=self._connection)

    def amend(
        self,
        change: Mapping[str, Any],
        *,
        hash: str | None = None,
        why: str | None = None,
        by: str | None = None,
    ) -> int:
        """Change tasks that were never sent: all that ``change`` names, or nothing. Return how many.

        Parameters
        ----------
        change
            Edits, and what to skip, hold and release: see :mod:`umbel.engine.amendment`.
        hash
            Of what was looked at: if that has become another, nothing is done.
        why
            What for: kept with what was done.

        Raises
        ------
        RequestError
            No conductor answered; or it refused, with ``code`` ``stale`` or ``problems``, which are in
            ``detail``.
        """
        said = {"change": dict(change), "hash": hash, "why": why, "by": by or somebody()}
        return self._ask(protocol.AMEND, **said)["touched"]

    # questions

    def _control(self, action: str, by: str | None, **more: Any) -> None:
        self._ask(protocol.CONTROL, action=action, by=by or somebody(), **more)

    def _wait(self, hold: float, patience: float = GRACE) -> dict[str, Any]:
        now = time.time()
        return self._ask(protocol.WAIT, hold + patience, at=now, until=now + hold)

    def _ask(self, kind: str, timeout: float = ANSWER, **said: Any) -> dict[str, Any]:
        with self._connect() as connection:
            with broker_errors(connection):  # one from the app's pool may have been closed
                connection.ensure_connection(max_retries=1, interval_start=0)
            return ask(connection, kind, {"run": self.id, **said}, timeout=timeout)

    def _patiently(self, act: Callable[[], T], deadline: float | None) -> T:
        """Do ``act`` again while nobody answers, or the run may be on its way."""
        while True:
            try:
                return act()
            except RequestError as error:
                now = time.monotonic()
                is_away = error.code in AWAY and (deadline is None or now < deadline)
                is_new = error.code == "unknown_run" and now < self._made + NEW
                if not (is_away or is_new):
                    raise
                time.sleep(PAUSE)


def somebody() -> str:
    """Return who runs this process, for the record."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may have a user without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
