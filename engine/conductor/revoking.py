"""Requests to revoke: who is told what, and what is answered.

===========  ====================================================================
outcome      of a node that
===========  ====================================================================
revoked      is on its way: the workers were told to drop it when they come to it
terminated   runs: its worker was told to end it now (``terminate``)
running      runs, and goes on: only ``terminate`` ends it
remembered   is not sent yet: the workers that are up drop it when it comes, as long as they live
finished     has ended already
unknown      is no task of the run
===========  ====================================================================

States change when workers say what they did. Whether a worker heard is not known before that.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Queue
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection, Producer
from redis import Redis

from ..evidence import FINAL
from ..machine import Noted, Run
from .batch import Told
from .post import Request
from .reader import brief

log = logging.getLogger(__name__)

TOGETHER = 500  # ids in one message to the workers
KEPT = 60  # seconds that an answer waits for whoever asked
REMEMBERED = (
    "It was revoked before it was sent. Workers that were up then drop it; one started later runs it."
)

_SAYS = {
    "revoked": "The workers were told to drop it when they come to it.",
    "terminated": "Its worker was told to end it now.",
    "running": "It runs already and goes on: only terminate ends it.",
    "remembered": "It is not sent yet. Workers that are up drop it when it comes; one started later runs it.",
    "finished": "It has ended already.",
    "unknown": "The run has no task of that id.",
}


class Plan(NamedTuple):
    """What a request comes to."""

    results: list[dict[str, Any]]
    revoked: list[str]
    notes: list[Told]


def plan(run: Run, request: Request) -> Plan:
    """Return what is to be done about a request to revoke nodes of ``run``."""
    wanted = request.nodes
    if wanted is None:
        wanted = [node.id for node in run.nodes if node.task is not None and node.state not in FINAL]
    results, revoked, notes = [], [], []
    for node_id in dict.fromkeys(wanted):
        outcome, state = _outcome(run, node_id, terminate=request.terminate)
        results.append({"node": node_id, "outcome": outcome, "state": state, "message": _SAYS[outcome]})
        if outcome in ("revoked", "terminated", "remembered"):
            revoked.append(node_id)
        if outcome == "remembered":
            notes.append(Told(run.id, Noted(node_id, REMEMBERED)))
    return Plan(results, revoked, notes)


def _outcome(run: Run, node_id: str, *, terminate: bool) -> tuple[str, str | None]:
    index = run.index.get(node_id)
    if index is None or (node := run.nodes[index]).task is None:
        return "unknown", None
    if node.state in FINAL:
        return "finished", node.state
    if node.state == "PENDING":
        return "remembered", node.state
    if node.state == "STARTED":
        return ("terminated" if terminate else "running"), node.state
    return "revoked", node.state


class Order(NamedTuple):
    """What to tell the workers, and then whoever asked."""

    reply_to: str | None
    answer: dict[str, Any]
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
                order = self._orders.get(timeout=0.2)
            except Empty:
                continue
            try:
                with self._connect() as connection:
                    self._carry_out(connection, order)
            except Exception as error:  # a driver may raise anything; the next order may succeed
                log.warning("A request was not carried out, or not answered: %s", brief(error))

    def _carry_out(self, connection: Connection, order: Order) -> None:
        for ids in _pieces(order.revoked):
            self._app.control.revoke(ids, terminate=order.terminate, connection=connection)
        if order.reply_to is None:
            return
        channel: Any = connection.default_channel
        Producer(channel).publish(
            json.dumps(order.answer),
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


def refusal(request_id: str, code: str, message: str) -> dict[str, Any]:
    """Return the answer to a request that is not carried out."""
    return {"id": request_id, "ok": False, "error": {"code": code, "message": message}}


def order_of(request: Request, run: Run | None, now: float) -> tuple[Order | None, Iterable[Told]]:
    """Return what to carry out for a request, and what is to be noted of the run."""
    if request.until is not None and now > request.until:
        log.warning("A request came too late, %.1f s after nobody waited for it.", now - request.until)
        return None, ()
    if run is None:
        answer = refusal(request.id, "unknown_run", f"There is no run {request.run}.")
        return Order(request.reply_to, answer, []), ()
    wanted = plan(run, request)
    log.info(
        "Revoking %d tasks of run %s for %s (terminate: %s).",
        len(wanted.revoked),
        run.id,
        request.by,
        request.terminate,
    )
    answer = {"id": request.id, "ok": True, "results": wanted.results}
    return Order(request.reply_to, answer, wanted.revoked, request.terminate), wanted.notes
