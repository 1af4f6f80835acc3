"""Ids for callbacks, before they run.

Celery gives the steps of a canvas their ids when it is sent, but a ``link`` or ``link_error`` only when it is
dispatched, and so the first of two groups in a row in the body of a chord. An id that stands in the options
of a task is used, though, so we put one there. The user's objects stay as they are: what must differ is
copied, from the message down to the task, and nothing else.

An id is made from the token of the application and from where the callback stands. So the body of a chord,
which every member of its header carries, gets the same ids in each of them, and nothing has to be remembered.

Celery compares callbacks when it moves them about (from a chord to its body, from a chain to its steps) and
drops what is there already. Equal ones must stay equal there, so an id comes from the content of a callback:

- a ``link`` from the task it hangs on, its content, and its number among equals there;
- a ``link_error`` from the line of steps it hangs on, of which at most one fails: ``chain.link_error(e)``
  puts ``e`` on every step, and it is called once.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid5

from kombu.utils.functional import maybe_list

from .applications import way_on
from .text import dumps

Sig = Mapping[str, Any]

BODIES = 16  # bodies kept while the members of their headers are sent


class Names:
    """The ids that we give in one application."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._space = UUID(token)
        # By group id; None where there is nothing to name, so that as a rule nothing of the user's is kept.
        self._bodies: dict[str, Sig | None] = {}

    def settle(self, headers: Mapping[str, Any], embed: dict[str, Any]) -> None:
        """Give each task that a message carries, and that has none, the id under which it will run."""
        here = headers["id"]
        if links := embed.get("callbacks"):
            embed["callbacks"] = self._links(links, here)
        if errbacks := embed.get("errbacks"):
            embed["errbacks"] = self._errbacks(errbacks, here)
        if chain := embed.get("chain"):
            embed["chain"] = self._steps(chain, here + "/then", here)
        if body := embed.get("chord"):
            embed["chord"] = self._body(body, headers.get("group"), here)

    def _id(self, *where: str) -> str:
        return str(uuid5(self._space, "/".join(where)))

    def _links(self, links: Any, where: str) -> list[Any]:
        count: Counter[str] = Counter()
        named = []
        for link in maybe_list(links) or ():
            if isinstance(link, Mapping):
                content = _digest(link)
                link = self._callback(link, self._id(where, "link", content, str(count[content])))
                count[content] += 1
            named.append(link)
        return named

    def _errbacks(self, errbacks: Any, line: str) -> list[Any]:
        return [
            self._callback(errback, self._id(line, "error", _digest(errback)))
            if isinstance(errback, Mapping)
            else errback
            for errback in maybe_list(errbacks) or ()
        ]

    def _callback(self, sig: Sig, task_id: str) -> Sig:
        """Return a callback whose tasks all have ids; its own, or that of its group, is ``task_id``."""
        return self._visit(sig, task_id, task_id, task_id)

    def _steps(self, steps: Iterable[Any], where: str, line: str) -> Any:
        """Return the steps of one line; the same object when there is nothing to name."""
        steps = steps if isinstance(steps, (list, tuple)) else list(steps)
        named = []
        for number, step in enumerate(steps):
            named.append(self._visit(step, f"{where}/{number}", line))
        return steps if _same(steps, named) else named

    def _members(self, members: Any, where: str) -> Any:
        """Return the members of a group or header; each begins a line of its own."""
        if isinstance(members, Mapping):  # a header that is a group
            return self._visit(members, where, where)
        members = members if isinstance(members, (list, tuple)) else list(members)
        named = []
        for number, member in enumerate(members):
            place = f"{where}/{number}"
            named.append(self._visit(member, place, place))
        return members if _same(members, named) else named

    def _body(self, body: Sig, group_id: str | None, where: str) -> Sig:
        """Return the body of a chord that a member of its header carries."""
        if not group_id:
            return self._visit(body, where + "/chord", where + "/chord")
        if group_id not in self._bodies:
            if len(self._bodies) >= BODIES:
                self._bodies.clear()
            named = self._visit(body, group_id, group_id)
            self._bodies[group_id] = None if named is body else named
        return self._bodies[group_id] or body

    def _visit(self, sig: Any, where: str, line: str, task_id: str = "") -> Any:
        """Return ``sig``, or a copy in which it and all that it brings along have ids."""
        if not isinstance(sig, Mapping):
            return sig
        kind, options = sig.get("subtask_type"), sig.get("options") or {}
        kwargs = sig.get("kwargs") or {}
        news: dict[str, Any] = {}
        if kind != "chain" and options.get("task_id") is None:
            news["task_id"] = task_id or self._id(where)
        if links := options.get("link"):
            news["link"] = self._links(links, _body_place(sig, where))
        if errbacks := options.get("link_error"):
            news["link_error"] = self._errbacks(errbacks, line)
        if rest := options.get("chain"):
            news["chain"] = self._steps(rest, where + "/then", line)
        if body := options.get("chord"):
            news["chord"] = self._body(body, way_on(sig)[0], where)
        parts: dict[str, Any] = {}
        if kind == "chain":
            parts["tasks"] = self._steps(kwargs.get("tasks") or (), where, line)
        elif kind == "group":
            parts["tasks"] = self._members(kwargs.get("tasks") or (), where)
        elif kind == "chord":
            place = _body_place(sig, where)
            parts["header"] = self._members(kwargs.get("header") or (), where + "/header")
            parts["body"] = self._visit(kwargs.get("body"), place, line)
        return _copied(sig, options, news, kwargs, parts)


def _body_place(sig: Sig, where: str) -> str:
    """Return where the callbacks of ``sig`` hang: those of a chord hang on its body."""
    return where + "/body" if sig.get("subtask_type") == "chord" else where


def _copied(sig: Sig, options: Any, news: dict[str, Any], kwargs: Any, parts: dict[str, Any]) -> Sig:
    news = {word: value for word, value in news.items() if value is not options.get(word)}
    parts = {word: value for word, value in parts.items() if value and value is not kwargs.get(word)}
    if not news and not parts:
        return sig
    copy = dict(sig)
    if news:
        copy["options"] = {**options, **news}
    if parts:
        copy["kwargs"] = {**kwargs, **parts}
    return copy


def _same(one: Iterable[Any], other: Iterable[Any]) -> bool:
    return all(a is b for a, b in zip(one, other, strict=True))


def _digest(sig: Sig) -> str:
    return blake2b(dumps(sig).encode(), digest_size=12).hexdigest()
