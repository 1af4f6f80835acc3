"""A graph on its way to the conductor: one message, by the connection settings of the user's app."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from celery import Celery
from kombu import Connection, Producer, Queue
from kombu.common import maybe_declare
from kombu.exceptions import LimitExceeded

from .. import protocol
from ..dag import Dag, Node
from ..errors import DagError
from ..requests import RequestError, broker_errors, queue
from ..rules import RunOptions

LARGE = 256 * 1024  # characters from which on the message is compressed
TRIES = 3  # at a broker that does not answer
NODE = 200  # characters of one node, about

Connect = Callable[[], Connection]


def connector(app: Celery, connection: Connection | str | None) -> Connect:
    """Return a function that makes connections to the broker: the app's, or the one that is named."""
    if isinstance(connection, Connection):
        return connection.clone
    make: Any = _pooled(app) if connection is None else partial(Connection, connection)

    def connect() -> Connection:
        try:
            return make()
        except (ImportError, KeyError, ValueError) as error:  # no such transport, or its library is missing
            raise RequestError("broker", f"The broker's URL cannot be used: {error}.") from error

    return connect


def _pooled(app: Celery) -> Connect:
    """Return a function that gives a connection of the app's pool, or one beside it where all are in use."""

    def take() -> Connection:
        try:
            pool: Any = app.pool
            return pool.acquire(block=False)
        except LimitExceeded:
            return app.connection_for_write()

    return take


def send(
    connect: Connect,
    run_id: str,
    dag: Dag,
    options: RunOptions,
    queues: Iterable[Queue] = (),
    *,
    name: str | None = None,
    by: str | None = None,
) -> None:
    """Put a run into the queue; raises RequestError where the broker cannot be reached.

    The ``queues`` of its tasks are declared, as Celery does when it sends a task: the conductor does not know
    what arguments they have, and some brokers drop what is sent to a queue that is not there.
    """
    headers, body = message(run_id, dag, options, name=name, by=by)
    with connect() as connection, broker_errors(connection):
        connection.ensure_connection(max_retries=TRIES, interval_start=0, interval_step=1)
        _declare(connection, queues)
        publish(connection.default_channel, headers, body, size=len(dag) * NODE)


def _declare(connection: Connection, queues: Iterable[Queue]) -> None:
    for each in queues:
        try:
            maybe_declare(each, connection.default_channel)
        except connection.channel_errors:
            # It is there with other arguments, and is used as it is; the refusal has cost the channel.
            connection.collect()


def publish(channel: Any, headers: dict[str, Any], body: Any, *, size: int = 0) -> None:
    """Put a message into the queue ``umbel``; a connection that was idle for too long is made anew."""
    Producer(channel).publish(
        body,
        exchange="",
        routing_key=protocol.QUEUE,
        headers=headers,
        serializer="json",
        compression="zlib" if size > LARGE else None,
        declare=[queue()],
        delivery_mode=2,
        retry=True,
        retry_policy={"max_retries": TRIES, "interval_start": 0, "interval_step": 0.2},
    )


def message(run_id: str, dag: Dag, options: RunOptions, **said: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return headers and body of the message that asks for a run."""
    if not len(dag):
        raise DagError("The canvas is empty: there is no task to run.")
    graph = dag.to_json() | {"nodes": [_short(node) for node in dag]}
    kwargs = {word: value for word, value in said.items() if value is not None}
    return protocol.message(protocol.RUN, run_id, graph, options=options.to_json(), at=time.time(), **kwargs)


def _short(node: Node) -> dict[str, Any]:
    """Return a node in JSON, less what is as by default."""
    value = node.to_json()
    return {name: each for name, each in value.items() if each or name in ("id", "task", "inputs")}
