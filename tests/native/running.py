"""Canvases that real workers run: the messages they were sent in, and the calls that came of them."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import redis
import symbolic
from celery.signals import before_task_publish
from kombu.utils import json as kombu_json


class Native:
    """Sends numbered canvases of the symbolic task, whose tags begin with that number and a dot."""

    def __init__(self, url: str) -> None:
        self.app = symbolic.make_app(url)
        self.task = self.app.tasks["n"]
        self.client = redis.Redis.from_url(url)
        self.messages: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.calls: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self._number = 0
        self._bodies: set[str] = set()
        self._seen: tuple[int, ...] = ()
        self._since = 0.0

    def send(self, numbers: Iterable[int], make: Callable[[int], Any]) -> None:
        """Send canvases, and keep their messages."""
        before_task_publish.connect(self._capture)
        try:
            for self._number in numbers:
                self._bodies.clear()
                make(self._number).apply_async()
        finally:
            before_task_publish.disconnect(self._capture)

    def _capture(self, headers: dict[str, Any], body: Any, **_: Any) -> None:
        """Keep a message as it is announced: a chord's body with the first of its header alone."""
        _name(list(body[2].values()))
        args, kwargs, embed = kombu_json.loads(kombu_json.dumps(body))
        embed = {name: value for name, value in embed.items() if value}
        if "chord" in embed and (group := headers["group"]) is not None:
            if group in self._bodies:
                embed["chord"] = True
            self._bodies.add(group)
        said = {name: value for name, value in headers.items() if value is not None}
        self.messages[self._number].append({"headers": said, "body": [args, kwargs, embed]})

    def settled(self) -> bool:
        """Whether nothing is queued, and nothing was for a second in which no call was logged either."""
        now = time.monotonic()
        seen = self.client.llen("celery"), self.client.hlen("unacked"), self.client.llen(symbolic.LOG)
        if seen != self._seen or any(seen[:2]):
            self._seen, self._since = seen, now
        return now - self._since > 1.0

    def read(self) -> None:
        """Read the log of the workers."""
        for line in self.client.lrange(symbolic.LOG, 0, -1):
            call = json.loads(line)
            self.calls[int(call["tag"].split(".")[0])].append(call)

    def stored(self, ids: Iterable[str]) -> list[tuple[str, Any]]:
        """Return the states and results that the workers stored."""
        metas = self.client.mget([f"celery-task-meta-{name}" for name in ids])
        return [(meta["status"], meta["result"]) for meta in map(json.loads, filter(None, metas))]


def _name(part: Any) -> None:
    """Give an id to each task that Celery has left without one; it uses what it finds.

    Callbacks have none. Nor has, in the body of a chord and wherever else a chain is frozen before it is
    sent, the first of two groups that follow each other.
    """
    pending = [part]
    while pending:
        sig = pending.pop()
        if isinstance(sig, (list, tuple)):
            pending += sig
        elif isinstance(sig, dict):
            inner = [sig["kwargs"].get(word) for word in ("tasks", "header", "body")]
            pending += [*inner, *map(sig["options"].get, ("chord", "chain", "link", "link_error"))]
            if not sig["subtask_type"]:
                sig["options"].setdefault("task_id", f"named-{sig['kwargs'].get('tag')}")
