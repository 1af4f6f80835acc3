"""Which of an app's messages are announced, how, and under which token."""

from collections.abc import Mapping
from typing import Any

from celery import Celery

from .applications import Application, Applications, outermost
from .failures import Failures
from .hops import is_hop
from .marked import Marked
from .names import Names
from .outbox import Outbox
from .text import dumps
from .wire import Wire

_OWN = "umbel."  # tasks of ours
# What is told otherwise, or is always the same in a message that is announced.
_UNSAID = frozenset({"argsrepr", "kwargsrepr", "lang", "origin", "replaced_task_nesting", "retries"})
_NO_LIMITS = [None, None]
_BODY_TOLD, _NOTHING = {"chord": True}, {}
_STRUCTURE = ("chain", "chord", "callbacks", "errbacks")


class Watcher:
    """The handler of ``before_task_publish`` for one app."""

    def __init__(self, app: Celery, limit: int) -> None:
        self._applications = Applications()
        wire = Wire(app, limit)
        self._outbox = Outbox(wire, self._forget)
        self._failures = Failures(app, wire)
        self._names: Names | None = None
        # The group of the message before, its application, and whether its body needed no names.
        self._last: tuple[str, Application, bool] | None = None

    def _forget(self) -> None:
        self._applications.clear()
        self._last = None

    def on_publish(self, sender: str, headers: Any, body: Any, **_: Any) -> None:
        """Announce a message that is about to be published, if there is need to."""
        if type(headers) is not Marked or headers.owner is not self:
            return
        args, kwargs, embed = body
        if not headers.get("group") and not any(map(embed.get, _STRUCTURE)):
            return
        # The one place where every error ends: whatever goes wrong in telling Umbel, a bug of ours or the
        # broker, a user's send must go on as if nobody watched. It is logged, once in each silence.
        try:
            if self._outbox.silent or sender.startswith(_OWN) or is_hop(headers):
                return
            if application := self._one_more(headers, embed):
                said = _BODY_TOLD if embed["chord"] else _NOTHING
                self._outbox.gather(application.token, _text(headers, args, kwargs, said))
            else:
                self._announce(headers, args, kwargs, embed)
        # What the user sends is sent, whatever becomes of its announcement.
        except Exception as error:
            self._outbox.fail(error)

    def _one_more(self, headers: Marked, embed: Mapping[str, Any]) -> Application | None:
        """Return the application if the message is but one more member of the group that was seen last.

        A shortcut: it finds what the long way would, for members as most of them are.
        """
        if self._last is None:
            return None
        group_id, application, nameless = self._last
        if not nameless or headers.get("group") != group_id or headers["id"] == application.first:
            return None
        if embed["chain"] or embed["callbacks"] or embed["errbacks"]:
            return None
        return None if embed["chord"] and group_id not in application.groups else application

    def _announce(self, headers: Marked, args: Any, kwargs: Any, embed: dict[str, Any]) -> None:
        application, begins = self._applications.find(outermost(headers, embed), headers["id"])
        body = embed["chord"]
        self._name(application, headers, embed)
        said = _said(application, headers, embed)
        text = _text(headers, args, kwargs, said)
        if group_id := headers.get("group"):
            self._last = group_id, application, embed["chord"] is body
        if said and said != {"chord": True}:
            self._outbox.announce(application.token, text)
        else:
            self._outbox.gather(application.token, text, begins=begins)

    def _name(self, application: Application, headers: Marked, embed: dict[str, Any]) -> None:
        names = self._names
        if names is None or names.token != application.token:
            names = self._names = Names(application.token)
        names.settle(headers, embed)


def _text(headers: Marked, args: Any, kwargs: Any, said: Mapping[str, Any]) -> str:
    plain = {word: value for word, value in headers.items() if value is not None and word not in _UNSAID}
    if plain.get("timelimit") == _NO_LIMITS:
        del plain["timelimit"]
    if not plain.get("stamps", True):
        del plain["stamps"]
    return dumps({"headers": plain, "body": [args, kwargs, said]})


def _said(application: Application, headers: Marked, embed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is announced of ``embed``: what is not empty, and a chord's body once for its group."""
    said = {word: value for word, value in embed.items() if value}
    if "chord" in said and (group_id := headers.get("group")) and not application.takes(group_id):
        said["chord"] = True
    if chain := said.get("chain"):
        # A chain in the header of a chord: its last step, the first in the list, is the member.
        last = chain[0]
        options = last.get("options") or {}
        if options.get("chord") and (group_id := options.get("group_id")) and not application.takes(group_id):
            said["chain"] = [{**last, "options": {**options, "chord": True}}, *chain[1:]]
    return said
