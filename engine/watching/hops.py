"""Hops: messages that a running canvas sends on by itself, all of them announced when it began.

Inside a worker Celery sends the next step of a chain, the body of a chord and the callbacks of a task while
that task is still the current one, and what it may send is written in the request of that task. Anything else
that is sent from inside a task is a canvas of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from celery import _state
from celery._state import get_current_worker_task
from kombu.utils.functional import maybe_list

_current: Any = vars(_state)["_task_stack"]


def is_hop(headers: Mapping[str, Any]) -> bool:
    """Whether the message belongs to what the current task was sent with, or repeats it."""
    # A replaced task and what replaces it are left to the events: ids repeat there, in a circle.
    if headers.get("retries") or headers.get("replaced_task_nesting"):
        return True
    # Outside of workers no task is ever current, and a client asks this for each member of a group.
    task = get_current_worker_task() if _current.stack else None
    if task is None:
        return False
    request: Any = task.request
    chain, task_id = request.chain, headers["id"]
    # Nearly every hop is the next step of a chain, and looking further costs the length of the chain.
    if chain and (chain[-1].get("options") or {}).get("task_id") == task_id:
        return True
    known = _known.get(request)
    if known is None:
        known = _known[request] = _Known(task.name, request)
    return task_id in known


class _Known:
    """The ids in a request, read no further than they were asked for, nearest first."""

    def __init__(self, name: str, request: Any) -> None:
        self._seen = {request.id}
        self._rest = _ids(_sent_with(name, request))

    def __contains__(self, task_id: str) -> bool:
        if task_id in self._seen:
            return True
        for known in self._rest:
            self._seen.add(known)
            if known == task_id:
                return True
        return False


_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


def _sent_with(name: str, request: Any) -> list[Any]:
    """Return the signatures of a request, what is sent last first."""
    sent = [*(request.chain or ()), request.chord]
    sent += [*(request.errbacks or ()), *(request.callbacks or ())]
    if name == "celery.chord_unlock":  # it carries the body of a chord on backends that cannot join
        sent.append(request.args[1] if len(request.args or ()) > 1 else None)
    return sent


def _ids(pending: list[Any]) -> Iterator[str]:
    """Yield the ids of the tasks in the stack ``pending``."""
    while pending:
        sig = pending.pop()
        if not isinstance(sig, Mapping):
            continue
        options = sig.get("options") or {}
        if task_id := options.get("task_id"):
            yield task_id
        pending += options.get("chain") or ()
        pending.append(options.get("chord"))
        for word in ("link_error", "link"):
            pending += maybe_list(options.get(word)) or ()
        if sig.get("subtask_type") in ("chain", "group", "chord"):
            kwargs = sig.get("kwargs") or {}
            header = kwargs.get("header")
            pending.append(kwargs.get("body"))
            pending += [header] if isinstance(header, Mapping) else reversed(list(header or ()))
            pending += reversed(list(kwargs.get("tasks") or ()))
