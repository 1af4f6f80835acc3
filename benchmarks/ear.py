"""An ear on ``umbel.live``."""

import statistics
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kombu import Connection, Consumer, Queue

from umbel.engine.conductor.live import EXCHANGE


@contextmanager
def listening(url: str, hear: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Call ``hear`` with each message, from a thread, for as long as the context lasts."""
    ready, done = threading.Event(), threading.Event()

    def listen() -> None:
        with Connection(url) as connection:
            queue = Queue(exchange=EXCHANGE, durable=False, exclusive=True, auto_delete=True)
            with Consumer(connection, [queue], callbacks=[lambda body, _: hear(body)], no_ack=True):
                ready.set()
                while not done.is_set():
                    try:
                        connection.drain_events(timeout=0.2)
                    except TimeoutError:
                        continue

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield
    finally:
        done.set()
        thread.join(10)


def spread(seconds: Sequence[float]) -> str:
    """Return the middle, the 95th of a hundred and the greatest of ``seconds``, in words."""
    if not seconds:
        return "nothing was heard"
    ranked = sorted(seconds)
    late = ranked[int(0.95 * (len(ranked) - 1))]
    return f"p50 {statistics.median(ranked):.3f} s, p95 {late:.3f} s, most {ranked[-1]:.3f} s"
