"""Applications: one canvas sent once. Its messages share a token, which becomes the id of the run.

A canvas that begins with a task is one message. One that begins with a group or a chord is as many as that
has members, and nothing but the id of the outermost group holds them together. Where a group stands inside
another, the way out leads over the ends of what follows: the last step of the chain, the body of the chord.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from kombu.utils.uuid import uuid

LIMIT = 1024  # applications, and group ids in each, that are remembered; beyond it a body may travel again


class Application:
    """One canvas sent once."""

    __slots__ = ("first", "groups", "token")

    def __init__(self, first: str) -> None:
        self.token = uuid()
        self.first = first  # the id of its first message
        self.groups: set[str] = set()  # whose body was announced

    def takes(self, group_id: str) -> bool:
        """Whether the body of this group is news; from now on it is not."""
        if group_id in self.groups:
            return False
        if len(self.groups) >= LIMIT:
            self.groups.clear()
        self.groups.add(group_id)
        return True


class Applications:
    """The applications that may get more messages."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_group: OrderedDict[str, Application] = OrderedDict()

    def find(self, group_id: str | None, task_id: str) -> tuple[Application, bool]:
        """Return the application that a message belongs to, and whether it begins with it.

        A frozen canvas keeps its ids, so the first of them seen again is the canvas applied again.
        """
        if group_id is None:
            return Application(task_id), True
        with self._lock:
            found = self._by_group.get(group_id)
            begins = found is None or found.first == task_id
            if found is None or begins:
                found = self._by_group[group_id] = Application(task_id)
            self._by_group.move_to_end(group_id)
            if len(self._by_group) > LIMIT:
                self._by_group.popitem(last=False)
        return found, begins

    def clear(self) -> None:
        """Forget all: what is sent from now on counts as new."""
        with self._lock:
            self._by_group.clear()


def outermost(headers: Mapping[str, Any], embed: Mapping[str, Any]) -> str | None:
    """Return the id of the outermost group that the message's canvas stands in, if any."""
    chain = embed.get("chain")
    group_id, body = way_on(chain[0]) if chain else (headers.get("group"), embed.get("chord"))
    group_id = group_id or headers.get("group")
    seen = {group_id}
    while body:
        outer, body = way_on(body)
        # The body of an outermost chord has the id of its own header's group.
        if not outer or outer in seen:
            break
        seen.add(outer)
        group_id = outer
    return group_id


def way_on(sig: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any] | None]:
    """Return the group that the result of ``sig`` belongs to, and the body that waits for it."""
    inner, body = sig, None
    while isinstance(inner, Mapping):
        sig = inner
        options, kwargs, kind = sig.get("options") or {}, sig.get("kwargs") or {}, sig.get("subtask_type")
        body = options.get("chord") or body
        tasks = (options.get("chain") or ())[:1]
        if tasks or kind == "chord":
            inner = tasks[0] if tasks else kwargs.get("body")
        elif kind in ("chain", "group") and (tasks := list(kwargs.get("tasks") or ())):
            # The members of a group know where they belong; Celery may write over what the group itself says.
            inner = tasks[0 if kind == "group" else -1]
        else:
            break
    return (sig.get("options") or {}).get("group_id"), body
