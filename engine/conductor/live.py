"""The publisher of ``umbel.live`` (see :mod:`umbel.engine.protocol`).

Nothing depends on it: what cannot be sent just now is not sent, and whoever listens sees the gap.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kombu import Connection, Exchange, Producer

from ..evidence import CODES
from ..protocol import HEARTBEAT, LIVE
from ..run import Node
from ..store.summaries import mark
from ..store.writes import Staged
from .reader import brief

log = logging.getLogger(__name__)

EXCHANGE = Exchange(LIVE, type="fanout", durable=False)
PAUSE = 1.0  # seconds without an attempt after one that failed


class Live:
    """Tells whoever listens what was committed, and every second that the conductor is there."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._silent_until = 0.0
        self._is_down = False
        self.due = 0.0  # when the next heartbeat is

    def publish(
        self, runs: list[dict[str, Any]], lag: float | None, gone: dict[str, str] | None = None
    ) -> None:
        """Send one message; no runs make a heartbeat."""
        now = time.monotonic()
        self.due = now + HEARTBEAT
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
            self._producer = Producer(self._connection.channel(), EXCHANGE, serializer="json")
            self._producer.declare()
        self._producer.publish(message, routing_key="", delivery_mode=1, retry=False)


def row_of(staged: Staged) -> dict[str, Any]:
    """Return what a batch changed in a run, as ``umbel.live`` has it."""
    run = staged.run
    changed = (run.nodes[idx] for idx in sorted(staged.touched))
    return {
        "id": run.id,
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
        "changes": [_change(node) for node in changed if node.task is not None],
    }


def _change(node: Node) -> list[Any]:
    """Return a change of a node, as a snapshot has it."""
    change = [node.idx, CODES[node.state], node.started, node.finished, node.retries]
    return [*change, node.repeated, node.attempt, node.due]
