"""The thread that tells workers what to drop, and answers whoever asked: the loop waits for neither."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection, Producer
from redis import Redis

from .reader import brief

log = logging.getLogger(__name__)

TOGETHER = 500  # ids in one message to the workers
KEPT = 60  # seconds that an answer waits for whoever asked

BACKOFF = 1.0  # seconds until a broker that did not take an order is tried again

Answer = dict[str, Any]


class Order(NamedTuple):
    """What to tell the workers, and then whoever asked.

    An answer that takes long to find is a function. One that cannot be given is given up, since whoever asked
    asks again; what workers are to drop is told to them however often the broker was away.
    """

    reply_to: str | None
    answer: Answer | Callable[[], Answer]
    revoked: list[str]
    terminate: bool = False


class Revoking:
    """A thread that tells workers and answers, so that the loop waits for neither."""

    def __init__(self, connect: Callable[[], Connection], app: Celery) -> None:
        self._connect = connect
        self._app = app
        self._orders: Queue[Order] = Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="umbel-revoking", daemon=True)

    def start(self) -> None:
        """Begin to carry out orders."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def put(self, order: Order) -> None:
        """Have ``order`` carried out."""
        self._orders.put(order)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                order: Order | None = self._orders.get(timeout=0.2)
            except Empty:
                continue
            try:
                with self._connect() as connection:
                    while order is not None:
                        self._carry_out(connection, order)
                        order = self._next()
            except Exception as error:  # a driver may raise anything; the next order may succeed
                log.warning("A request was not carried out, or not answered: %s", brief(error))
                if order is not None and order.revoked and order.reply_to is None:
                    self._stop.wait(BACKOFF)
                    self._orders.put(order)

    def _next(self) -> Order | None:
        try:
            return None if self._stop.is_set() else self._orders.get_nowait()
        except Empty:
            return None

    def _carry_out(self, connection: Connection, order: Order) -> None:
        for ids in _pieces(order.revoked):
            self._app.control.revoke(ids, terminate=order.terminate, connection=connection)
        if order.reply_to is None:
            return
        answer = order.answer() if callable(order.answer) else order.answer
        channel: Any = connection.default_channel
        Producer(channel).publish(
            json.dumps(answer),
            exchange="",
            routing_key=order.reply_to,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=1,
            retry=False,
        )
        if connection.transport.driver_type == "redis":
            # Nobody may be there any more to take it.
            name = f"{channel.global_keyprefix or ''}{order.reply_to}"
            Redis.execute_command(channel.client, "EXPIRE", name, KEPT)


def _pieces(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), TOGETHER):
        yield ids[start : start + TOGETHER]


def refusal(request_id: str, code: str, message: str, **more: Any) -> Answer:
    """Return the answer to a request that is not carried out."""
    return {"id": request_id, "ok": False, "error": {"code": code, "message": message, **more}}
