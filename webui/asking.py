"""Asking the conductor for runs and for control of them, for the API and the command line alike.

Each function raises ``RequestError`` where no conductor answers in time, or it refuses.
"""

import time
import uuid
from typing import Any

from kombu import Connection

from ..engine import protocol, requests
from ..engine.conducting.sending import message
from ..engine.dag import Dag
from ..engine.rules import RunOptions

ANSWER_SECONDS = 10.0
CONNECT_SECONDS = 5


def submit(broker_url: str, dag: Dag, options: RunOptions, *, name: str | None, by: str) -> str:
    """Have a graph conducted, and return the id of its run once it is kept."""
    until = time.time() + ANSWER_SECONDS
    run_id = str(uuid.uuid4())
    headers, body = message(run_id, dag, options, name=name, by=by, until=until)
    with _connection(broker_url) as connection:
        return requests.submit(connection, headers, body, timeout=ANSWER_SECONDS)["run"]


def control(broker_url: str, run_id: str, action: str, *, by: str, terminate: bool = False) -> dict[str, Any]:
    """Have a run paused, resumed or cancelled; return ``state``, ``paused`` and ``cancelled``."""
    said = {"run": run_id, "action": action, "terminate": terminate, "by": by}
    answer = _ask(broker_url, protocol.CONTROL, said)
    return {name: answer[name] for name in ("state", "paused", "cancelled")}


def again(broker_url: str, run_id: str, *, by: str, name: str | None = None) -> str:
    """Have a run's signatures conducted once more; return the id of the new run."""
    return _ask(broker_url, protocol.AGAIN, {"run": run_id, "by": by, "name": name})["run"]


def _ask(broker_url: str, kind: str, said: dict[str, Any]) -> dict[str, Any]:
    with _connection(broker_url) as connection:
        return requests.ask(connection, kind, said, timeout=ANSWER_SECONDS)


def _connection(broker_url: str) -> Connection:
    return Connection(broker_url, connect_timeout=CONNECT_SECONDS)
