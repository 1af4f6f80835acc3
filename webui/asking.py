"""Asking the conductor for runs and for control of them, for the API and the command line alike.

Each function raises ``RequestError`` where no conductor answers in time, or it refuses.
"""

import time
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kombu import Connection

from ..engine import protocol, requests
from ..engine.conducting.sending import message
from ..engine.dag import Dag
from ..engine.rules import RunOptions

if TYPE_CHECKING:
    from ..engine.store.filters import RunFilters

ANSWER_SECONDS = 10.0
MAKING_SECONDS = 30.0  # of a run of 100,000 tasks that is made from another
CHECK_SECONDS = 2.5  # whoever types an edit waits for it
CONNECT_SECONDS = 5


def submit(broker_url: str, dag: Dag, options: RunOptions, *, name: str | None, by: str) -> str:
    """Have a graph conducted, and return the id of its run once it is kept."""
    until = time.time() + ANSWER_SECONDS
    run_id = str(uuid.uuid4())
    headers, body = message(run_id, dag, options, name=name, by=by, until=until)
    with _connection(broker_url) as connection:
        return requests.submit(connection, headers, body, timeout=ANSWER_SECONDS)["run"]


def control(
    broker_url: str, run_id: str, action: str, *, by: str, terminate: bool = False, why: str | None = None
) -> dict[str, Any]:
    """Have a run paused, resumed or cancelled; return ``state``, ``paused`` and ``cancelled``."""
    said = {"run": run_id, "action": action, "terminate": terminate, "by": by, "why": why}
    answer = _ask(broker_url, protocol.CONTROL, said)
    return {name: answer[name] for name in ("state", "paused", "cancelled")}


def again(broker_url: str, run_id: str, *, by: str, name: str | None = None, why: str | None = None) -> str:
    """Have a run's signatures conducted once more; return the id of the new run."""
    said = {"run": run_id, "by": by, "name": name, "why": why}
    return _ask(broker_url, protocol.AGAIN, said)["run"]


def resubmit(
    broker_url: str,
    run_id: str,
    choice: Any,
    hash: str,
    *,
    by: str,
    name: str | None = None,
    why: str | None = None,
) -> dict[str, Any]:
    """Have a run resubmitted as planned; return ``run``, which is the new one, and how many ``nodes`` it has.

    Parameters
    ----------
    choice, hash
        What was planned, and the hash of that plan: another one by now is refused, ``stale``.
    """
    said = {"run": run_id, "choice": choice, "hash": hash, "by": by, "name": name, "why": why}
    answer = _ask(broker_url, protocol.RESUBMIT, said, MAKING_SECONDS)
    return {name: answer[name] for name in ("run", "nodes")}


def begin_bulk(broker_url: str, filters: "RunFilters", hash: str, *, by: str, why: str | None = None) -> str:
    """Have the failed runs that fit resubmitted, if they are those of ``hash``; return the id of the bulk."""
    given = {name: value for name, value in asdict(filters).items() if value is not None}
    said = {"filter": given, "hash": hash, "by": by, "why": why}
    return _ask(broker_url, protocol.BULK, said)["bulk"]


def stop_bulk(broker_url: str, bulk: str, *, by: str, why: str | None = None) -> int:
    """Have nothing more of a bulk begun; return of how many runs."""
    return _ask(broker_url, protocol.BULK_STOP, {"bulk": bulk, "by": by, "why": why})["stopped"]


def check(broker_url: str, run_id: str, choice: Any) -> dict[str, Any]:
    """Have the edits of a choice looked at; return ``problems`` and ``warnings``."""
    answer = _ask(broker_url, protocol.CHECK, {"run": run_id, "choice": choice}, CHECK_SECONDS)
    return {name: answer[name] for name in ("problems", "warnings")}


def amend(
    broker_url: str, run_id: str, change: Any, hash: str, *, by: str, why: str | None = None
) -> dict[str, Any]:
    """Have what of a conducted run was never sent changed; return how many tasks that ``touched``.

    Parameters
    ----------
    change, hash
        What was looked at, and the hash of that: if it would be another by now it is refused, ``stale``.
    """
    said = {"run": run_id, "change": change, "hash": hash, "by": by, "why": why}
    return {"touched": _ask(broker_url, protocol.AMEND, said)["touched"]}


def _ask(broker_url: str, kind: str, said: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
    with _connection(broker_url) as connection:
        return requests.ask(connection, kind, said, timeout=seconds or ANSWER_SECONDS)


def _connection(broker_url: str) -> Connection:
    return Connection(broker_url, connect_timeout=CONNECT_SECONDS)
