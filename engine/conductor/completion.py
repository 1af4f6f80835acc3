"""What workers call back with: a task that the conductor sent returned, or failed.

The task is the one in the bound arguments: where it was replaced, the message itself names another. Of a body
that is no JSON the headers say the same, and the result stays unknown.
"""

from typing import Any, NamedTuple

from ..messages import Completed
from ..protocol import DONE
from ..run import Outcome
from ..values import dumps, text
from .opening import Letter, Malformed, an_id

EXCEPTION = 8 * 1024  # characters kept of the exception that a worker tells of
TRACEBACK = 64 * 1024  # and of its traceback


class Completion(NamedTuple):
    """An attempt has ended, says its worker."""

    run: str
    completed: Completed


def completion(letter: Letter) -> Completion:
    """Return what ``umbel.done`` or ``umbel.failed`` says; raises Malformed."""
    succeeded = letter.kind == DONE
    run, task = _whose(letter)
    outcome = Outcome(*_result(letter)) if succeeded else _failure(letter.kwargs)
    return Completion(run, Completed(task, succeeded, letter.at, outcome))


def _whose(letter: Letter) -> tuple[str, str]:
    if letter.args is not None:
        if len(letter.args) < 2:
            raise Malformed("its arguments are not [value, run, task]")
        run, task = letter.args[-2:]
    else:
        run, task = letter.root, str(letter.id).partition(":")[2]
    return an_id(run, "a run"), an_id(task, "a task")


def _result(letter: Letter) -> tuple[str | None, int | None]:
    """Return a result as it is kept, and its size."""
    if letter.args is None:
        kind = text(letter.content_type, 80)
        why = f"(not JSON but {kind}, and so not opened: set task_serializer to json where this task runs)"
        return dumps({"repr": why}), None
    if len(letter.args) == 2:  # bound as immutable: nobody takes the result
        return None, None
    try:
        whole = dumps(letter.args[0])
    except (RecursionError, ValueError) as error:
        raise Malformed(f"its result is no JSON: {error!r:.80}") from None
    return f'{{"json":{whole}}}', len(whole)


def _failure(kwargs: dict[str, Any]) -> Outcome:
    exception, traceback = kwargs.get("exception"), kwargs.get("traceback")
    return Outcome(
        exception=text(exception, EXCEPTION) if isinstance(exception, str) else None,
        traceback=text(traceback, TRACEBACK) if isinstance(traceback, str) else None,
    )
