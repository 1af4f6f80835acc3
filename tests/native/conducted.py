"""Canvases that a conductor runs on real workers: what its database says of them, and the calls that came."""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import redis
import symbolic
from right import Shown

from umbel.engine import conduct
from umbel.engine.conducting import RunHandle
from umbel.engine.store import Store, reads

PATIENCE = 20.0  # seconds in which nothing happens, after which what has not ended hangs


class Conducted:
    """Has numbered canvases of the symbolic task conducted, whose tags begin with that number and a dot."""

    def __init__(self, url: str, store: Store) -> None:
        self.app = symbolic.make_app(url)
        self.task = self.app.tasks["n"]
        self.store = store
        self.client = redis.Redis.from_url(url)
        self.runs: dict[int, RunHandle] = {}
        self.calls: dict[int, list[dict[str, Any]]] = defaultdict(list)

    def send(self, numbers: Iterable[int], make: Callable[[int], Any]) -> None:
        """Have canvases conducted: some by ``conduct()``, most as any Celery client can."""
        for number in numbers:
            canvas = make(number)
            if number % 10 == 0:
                self.runs[number] = conduct(canvas, app=self.app)
            else:
                sent = self.app.send_task("umbel.run", [canvas], queue="umbel", ignore_result=True)
                self.runs[number] = RunHandle(sent.id, app=self.app)

    def settle(self, patience: float = PATIENCE) -> set[int]:
        """Wait until all have ended, and return the numbers of those that do not."""
        left = list(self.runs)
        seen, since = (0, 0), time.monotonic()
        while left and time.monotonic() - since < patience:
            while left and self.has_ended(left[0]):
                left.pop(0)
            now = len(left), self.client.llen(symbolic.LOG)
            if now != seen:
                seen, since = now, time.monotonic()
            time.sleep(0.05)
        return {number for number in left if not self.has_ended(number)}

    def has_ended(self, number: int) -> bool:
        """Whether the database says that a run has ended."""
        found = reads.run(self.store, self.runs[number].id)
        return found is not None and found["finished"] is not None

    def read(self) -> None:
        """Read the log of the workers."""
        for line in self.client.lrange(symbolic.LOG, 0, -1):
            call = json.loads(line)
            self.calls[int(call["tag"].split(".")[0])].append(call)

    def shown(self, number: int, *, hangs: bool) -> Shown:
        """Return what was seen of a run."""
        returned = None
        if not hangs:
            answer = self.runs[number].answer()
            if answer["state"] == "SUCCESS":
                returned = symbolic.spell(answer["result"])
        return Shown(self.calls[number], self.tags(number), returned, hangs)

    def tags(self, number: int) -> dict[str, str]:
        """Return the tags of a run's tasks by id, as the database has them."""
        nodes = (reads.graph(self.store, self.runs[number].id) or {"nodes": []})["nodes"]
        return {node["id"]: node["kwargs"]["tag"] for node in nodes if node["kwargs"].get("tag")}

    def close(self) -> None:
        """Let the connections go."""
        self.app.close()
        self.client.close()
