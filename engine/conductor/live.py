"""The publisher of ``umbel.live`` (see :mod:`umbel.engine.protocol`).

Nothing depends on it: what cannot be sent just now is not sent, and whoever listens sees the gap.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from kombu import Connection, Exchange, Producer

from ..evidence import CODES
from ..protocol import HEARTBEAT, LIVE
from ..run import Node, Run
from ..store.summaries import mark
from .batch import Batch
from .reader import brief, with_one_client

log = logging.getLogger(__name__)

EXCHANGE = Exchange(LIVE, type="fanout", durable=False)
PACE = 0.05  # seconds between two messages: pages are told of each run ten times a second at most
PAUSE = 1.0  # seconds without an attempt after one that failed


class Change(NamedTuple):
    """What was not told yet of a run: all since the sequence number ``first``."""

    run: Run
    first: int
    touched: set[int]


class Live:
    """Tells whoever listens what was committed, and every second that the conductor is there."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._silent_until = 0.0
        self._is_down = False
        self.due = 0.0  # when something is to be told, if only that it is there
        self._told = 0.0
        self._waiting: dict[str, Change] = {}
        self._gone: dict[str, str] = {}
        self._lag: float | None = None  # the greatest that was not told yet

    def add(self, batch: Batch, lag: float | None) -> None:
        """Take what a batch changed: it is told soon, together with what follows at once."""
        for staged in batch.staged.values():
            waiting = self._waiting.get(staged.run.id)
            if waiting is None or waiting.run is not staged.run:
                self._waiting[staged.run.id] = Change(staged.run, staged.run.seq, set(staged.touched))
            else:
                waiting.touched.update(staged.touched)
        for run_id, other in batch.gone.values():
            self._waiting.pop(run_id, None)
            self._gone[run_id] = other
        if lag is not None:
            self._lag = max(self._lag or 0.0, lag)
        if self._waiting or self._gone:
            self.due = min(self.due, self._told + PACE)

    def forget(self, runs: Iterable[Run]) -> None:
        """Forget what waits to be told of ``runs``, which are not as they were. Who listens sees a gap."""
        for run in runs:
            self._waiting.pop(run.id, None)

    def publish(self) -> None:
        """Tell what waits to be told; where nothing does it is a heartbeat."""
        now = self._told = time.monotonic()
        self.due = now + HEARTBEAT
        runs = [row_of(each.run, each.touched, each.first) for each in self._waiting.values()]
        gone, lag, self._lag = dict(self._gone), self._lag, None
        self._waiting.clear()
        self._gone.clear()
        if now < self._silent_until:
            return
        try:
            self._send({"at": time.time(), "lag": lag, "runs": runs} | ({"gone": gone} if gone else {}))
        except Exception as error:  # a driver may raise anything; a commit does not depend on it
            if not self._is_down:
                log.warning("Live updates cannot be sent: %s. Trying again.", brief(error))
            self._is_down = True
            self._silent_until = now + PAUSE
            self.close()
        else:
            if self._is_down:
                log.info("Live updates are sent again.")
            self._is_down = False

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(Exception):  # it may be broken already
                connection.close()

    def _send(self, message: dict[str, Any]) -> None:
        if self._producer is None:
            self._connection = self._connect()
            self._producer = Producer(
                with_one_client(self._connection.channel()), EXCHANGE, serializer="json"
            )
            self._producer.declare()
        self._producer.publish(message, routing_key="", delivery_mode=1, retry=False)


def row_of(run: Run, touched: set[int], first: int) -> dict[str, Any]:
    """Return what changed in a run since its sequence number ``first``, as ``umbel.live`` has it."""
    changed = (run.nodes[idx] for idx in sorted(touched))
    return {
        "id": run.id,
        "from": first,
        "seq": run.seq,
        "structure": run.structure,
        "name": run.name,
        "kind": run.kind,
        "single": run.single,
        "root": run.root,
        "parent": {"run": run.parent_run, "node": run.parent_node} if run.parent_run else None,
        "state": run.state,
        "nodes": run.size,
        "counts": dict(+run.counts),
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "by": run.by,
        "options": run.options.to_json() if run.kind == "conducted" else {},
        "paused": mark(run.paused_at, run.paused_by),
        "cancelled": mark(run.cancelled_at, run.cancelled_by),
        "waits": run.waits,
        "made_from": run.made_from,
        "lineage": run.lineage,
        "left": run.left_out,
        "resolved_by": run.resolved_by,
        "changes": [_change(node) for node in changed if node.task is not None],
    }


def _change(node: Node) -> list[Any]:
    """Return a change of a node, as a snapshot has it."""
    change = [node.idx, CODES[node.state], node.started, node.finished, node.retries]
    return [*change, node.repeated, node.attempt, node.due]
