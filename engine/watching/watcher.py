"""Which of an app's messages are announced, how, and under which token."""

from collections.abc import Mapping
from typing import Any

from celery import Celery

from .applications import Application, Applications, outermost
from .hops import is_hop
from .marked import Marked
from .names import Names
from .outbox import Outbox
from .text import dumps
from .wire import Wire

_OWN = "umbel."  # tasks of ours
_UNSAID = frozenset({"argsrepr", "kwargsrepr"})
_STRUCTURE = ("chain", "chord", "callbacks", "errbacks")


class Watcher:
    """The handler of ``before_task_publish`` for one app."""

    def __init__(self, app: Celery) -> None:
        self._applications = Applications()
        self._outbox = Outbox(Wire(app), self._applications.clear)
        self._names: Names | None = None

    def on_publish(self, sender: str, headers: Any, body: Any, **_: Any) -> None:
        """Announce a message that is about to be published, if there is need to."""
        if type(headers) is not Marked or headers.owner is not self:
            return
        args, kwargs, embed = body
        structured = any(map(embed.get, _STRUCTURE))
        if not structured and not headers.get("group"):
            return
        # The one place where every error ends: whatever goes wrong in telling Umbel, a bug of ours or the
        # broker, a user's send must go on as if nobody watched. It is logged, once in each silence.
        try:
            if self._outbox.silent or sender.startswith(_OWN) or is_hop(headers):
                return
            self._announce(headers, args, kwargs, embed)
        except Exception as error:
            self._outbox.fail(error)

    def _announce(self, headers: Marked, args: Any, kwargs: Any, embed: dict[str, Any]) -> None:
        application, begins = self._applications.find(outermost(headers, embed), headers["id"])
        self._name(application, headers, embed)
        said = _said(application, headers, embed)
        text = dumps({"headers": _plain(headers), "body": [args, kwargs, said]})
        if said and said != {"chord": True}:
            self._outbox.announce(application.token, text)
        else:
            self._outbox.gather(application.token, text, begins=begins)

    def _name(self, application: Application, headers: Marked, embed: dict[str, Any]) -> None:
        names = self._names
        if names is None or names.token != application.token:
            names = self._names = Names(application.token)
        names.settle(headers, embed)


def _plain(headers: Marked) -> dict[str, Any]:
    return {word: value for word, value in headers.items() if value is not None and word not in _UNSAID}


def _said(application: Application, headers: Marked, embed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is announced of ``embed``: what is not empty, and a chord's body once for its group."""
    said = {word: value for word, value in embed.items() if value}
    if "chord" in said and (group_id := headers.get("group")) and not application.takes(group_id):
        said["chord"] = True
    return said
