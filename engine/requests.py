"""Asking the conductor for something: a message on the queue ``umbel``, and its answer.

>>> with Connection(broker_url) as connection:  # doctest: +SKIP
...     ask(connection, REVOKE, {"run": run_id, "nodes": None, "terminate": False, "by": "cli"})
{'id': '...', 'ok': True, 'results': [{'node': '...', 'outcome': 'revoked', 'state': 'SENT', ...}]}
"""

import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kombu import Connection, Consumer, Exchange, Producer, Queue
from kombu.exceptions import EncodeError, OperationalError

from . import protocol
from .errors import UmbelError

TIMEOUT = 5.0  # seconds


class RequestError(UmbelError):
    """The conductor did not do what it was asked for: it did not answer, or it refused.

    ``code`` is ``no_answer``, ``broker`` or what the conductor's answer says; ``nodes`` are those that it
    names as the reason, if it does, and ``detail`` what else it tells programs.
    """

    exit_code = os.EX_UNAVAILABLE

    def __init__(
        self, code: str, message: str, nodes: Sequence[Mapping[str, Any]] = (), **detail: Any
    ) -> None:
        super().__init__(message)
        self.code = code
        self.nodes = list(nodes)
        self.detail = detail


@contextmanager
def broker_errors(connection: Connection) -> Iterator[None]:
    """Turn what a broker that cannot be reached raises into a RequestError."""
    try:
        yield
    except (OperationalError, *connection.connection_errors, *connection.channel_errors) as error:
        why = str(error).rstrip(".")
        raise RequestError("broker", f"The broker cannot be reached: {why}. Is it running?") from error


def queue() -> Queue:
    """Return the queue ``umbel`` with its exchange and binding."""
    exchange = Exchange(protocol.QUEUE, type="direct", durable=True)
    return Queue(protocol.QUEUE, exchange, routing_key=protocol.QUEUE, durable=True)


def ask(
    connection: Connection, kind: str, payload: Mapping[str, Any], *, timeout: float = TIMEOUT
) -> dict[str, Any]:
    """Send a request and return the conductor's answer.

    Parameters
    ----------
    kind, payload
        ``umbel.revoke`` and the like: see :mod:`umbel.engine.protocol`.
    timeout
        Seconds to wait. What is not answered in time is not done later either.

    Raises
    ------
    RequestError
        The broker cannot be reached, no conductor answers in time, or it refuses.
    """
    now = time.time()
    said = {"at": now, "until": now + timeout} | dict(payload)
    return submit(connection, *protocol.message(kind, str(uuid.uuid4()), said), timeout=timeout)


def submit(
    connection: Connection,
    headers: dict[str, Any],
    body: list[Any],
    *,
    timeout: float = TIMEOUT,
    compression: str | None = None,
) -> dict[str, Any]:
    """Send a message that wants an answer, and return it; raises RequestError as :func:`ask` does."""
    try:
        with broker_errors(connection):
            answer = _exchange(connection, headers, body, timeout, compression)
    except EncodeError as error:
        told = f"No message can be made of what is asked: {error}. Nest it less deeply, and write JSON."
        raise RequestError("malformed", told) from error
    if answer is None:
        raise RequestError(
            "no_answer",
            f"No conductor answered within {timeout:g} s. Is one running? Start it: umbel conductor",
        )
    if not answer.get("ok"):
        error = dict(answer.get("error") or {})
        code, message, nodes = (error.pop(name, None) for name in ("code", "message", "nodes"))
        raise RequestError(str(code), str(message), nodes or (), **error)
    return answer


def _exchange(
    connection: Connection,
    headers: dict[str, Any],
    body: list[Any],
    timeout: float,
    compression: str | None,
) -> dict[str, Any] | None:
    request_id = headers["id"]
    answers: list[dict[str, Any]] = []

    def receive(received: Any) -> None:
        with suppress(ValueError, TypeError):
            answer = json.loads(received.body)
            if isinstance(answer, dict) and answer.get("id") == request_id:
                answers.append(answer)

    deadline = time.monotonic() + timeout
    with connection.channel() as channel:
        reply = Queue(
            f"{protocol.REPLY}{request_id}",
            Exchange(""),
            durable=False,
            auto_delete=True,
            expires=timeout + 60,
        )
        with Consumer(channel, [reply], on_message=receive, no_ack=True, accept=None):
            Producer(channel).publish(
                body,
                exchange="",
                routing_key=protocol.QUEUE,
                headers=headers,
                serializer="json",
                compression=compression,
                reply_to=reply.name,
                correlation_id=request_id,
                declare=[queue()],
                retry=False,
            )
            while not answers and (left := deadline - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=left)
    return answers[0] if answers else None
