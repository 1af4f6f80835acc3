"""Asking the conductor to revoke tasks, for the API and the command line alike."""

from collections.abc import Sequence
from typing import Any

from kombu import Connection

from ..engine.protocol import REVOKE
from ..engine.requests import ask

ANSWER_SECONDS = 10.0
CONNECT_SECONDS = 5


def revoke(
    broker_url: str,
    run_id: str,
    nodes: Sequence[str] | None,
    *,
    terminate: bool,
    by: str,
    why: str | None = None,
) -> list[dict[str, Any]]:
    """Have tasks revoked; return ``[{"node", "outcome", "state", "message"}, ...]``.

    Parameters
    ----------
    nodes
        Their ids; None for each task of the run that has not ended.
    terminate
        Whether to end what is running, too, by killing the process that runs it.
    by
        Who asks, for the record; and ``why``.

    Raises
    ------
    RequestError
        No conductor answered in time, or it refused.
    """
    wanted = {
        "run": run_id,
        "nodes": None if nodes is None else list(nodes),
        "terminate": terminate,
        "by": by,
        "why": why,
    }
    with Connection(broker_url, connect_timeout=CONNECT_SECONDS) as connection:
        return ask(connection, REVOKE, wanted, timeout=ANSWER_SECONDS)["results"]
