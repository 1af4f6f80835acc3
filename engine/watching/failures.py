"""Why a conducted task failed, told by the worker that saw it.

Celery calls an error callback inside the worker, with request, exception and traceback, if it is registered
there and takes more than one argument; else it sends it as a task that knows the failed task's id alone. So
a worker whose app is watched registers one under the name that conducted tasks carry, and what it sends is
the message that would have been sent anyway, exception and traceback added.
"""

import time
from typing import Any

from celery import Celery
from celery.utils.log import get_logger
from kombu.messaging import Producer
from kombu.utils.encoding import safe_repr

from .. import protocol
from .text import dumps
from .wire import Wire

logger = get_logger(__name__)

EXCEPTION = 8 * 1024  # characters that travel of an exception
TRACEBACK = 32 * 1024  # and of a traceback, of which the end says most
SILENCE = 5.0  # seconds after a failure in which the connection of our own is not tried


class Failures:
    """The error callback of conducted tasks in the workers of one app."""

    def __init__(self, app: Celery, wire: Wire) -> None:
        self._app = app
        self._wire = wire
        self._silent_until = 0.0
        register: Any = app.task
        register(self._callback(), name=protocol.FAILED, shared=False, ignore_result=True, typing=False)

    def _callback(self) -> Any:
        # A function of its own with five arguments: Celery counts them, and must not bind it.
        def failed(request: Any, exc: Any, traceback: Any, run_id: Any = None, task_id: Any = None) -> None:
            """Tell Umbel why a conducted task failed."""
            self.tell(request, exc, traceback, run_id, task_id)

        return failed

    def tell(self, request: Any, exc: Any, traceback: Any, run_id: Any, task_id: Any) -> None:
        """Put what happened into the queue; whatever goes wrong, the worker goes on."""
        try:
            headers, body = protocol.message(
                protocol.FAILED,
                f"failed:{task_id}",
                request.id,
                run_id,
                task_id,
                root=run_id,
                exception=(safe_repr(exc) or type(exc).__name__)[:EXCEPTION],
                traceback=_shortened(traceback),
            )
            self._send(headers | {"parent_id": request.id}, dumps(body))
        # The task must end as it would without us.
        except Exception as error:
            logger.warning("Umbel was not told that the task %s failed: %r.", task_id, error)

    def _send(self, headers: dict[str, Any], text: str) -> None:
        if time.monotonic() >= self._silent_until:
            try:
                self._wire.send(headers, text, is_limited=False)
            except Exception as error:  # a driver may raise anything
                self._silent_until = time.monotonic() + SILENCE
                logger.info("The quick way to Umbel is closed (%r); taking Celery's own.", error)
            else:
                return
        # As the worker sends an error callback that it does not know, with the app's own patience.
        with self._app.producer_or_acquire() as producer:
            Producer(producer.channel, auto_declare=False).publish(
                text,
                exchange="",
                routing_key=protocol.QUEUE,
                content_type="application/json",
                content_encoding="utf-8",
                headers=headers,
                delivery_mode=2,
                retry=True,
                retry_policy=self._app.conf.task_publish_retry_policy,
            )


def _shortened(traceback: Any) -> str | None:
    if traceback is None:
        return None
    text = str(traceback)
    return text if len(text) <= TRACEBACK else f"...\n{text[-TRACEBACK:]}"
