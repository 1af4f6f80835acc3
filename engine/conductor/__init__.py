"""The conductor process: the only writer of what runs do."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT, SIGTERM

from celery import Celery
from kombu import Connection

from ..errors import SettingsError, StoreUnreachable
from ..redact import DEFAULT
from ..settings import Settings, rates_of
from ..store import Keeping, Store, open_store
from .ending import Ending
from .loop import Conductor
from .patience import BACKOFF

__all__ = ["Conductor", "Ending", "run"]

log = logging.getLogger(__name__)

CONNECT_TIMEOUT = 5.0
SOCKET_TIMEOUT = 15.0  # seconds; a broker that went away without a word is noticed


def run(settings: Settings, *, ending: Ending | None = None, app: Celery | None = None) -> None:
    """Conduct until SIGTERM or SIGINT, or until ``ending`` is asked for.

    ``app`` is the user's own, where it is known: raw canvases then get the options and routes of its tasks.

    Raises
    ------
    SettingsError
        kombu has no transport for the broker's URL.
    StoreError
        The database is none of ours, or its schema is not that of this Umbel.
    """
    _connection(settings.broker_url)  # said at once, not when this one's turn comes to be the active one
    ending = ending or Ending()
    with _heeding_signals(ending):
        store = _open(settings, ending)
        if store is None:
            return
        try:
            Conductor(
                store,
                lambda: _connection(settings.broker_url),
                settings.broker_url,
                ending,
                result_backend=settings.result_backend,
                rules=settings,
                window=settings.window,
                rates=rates_of(settings.rates),
                app=app,
            ).run()
        finally:
            store.close()
    log.info("The conductor has stopped.")


@contextmanager
def _heeding_signals(ending: Ending) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: ending.ask()) for number in (SIGTERM, SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open(settings: Settings, ending: Ending) -> Store | None:
    keeping = Keeping(DEFAULT if settings.redact is None else settings.redact, settings.value_limit)
    failures = 0
    while not ending.asked:
        try:
            return open_store(settings.database_url, keeping=keeping)
        except StoreUnreachable as error:
            if not failures:
                log.warning("%s. Waiting for it.", error)
            ending.wait(BACKOFF[min(failures, len(BACKOFF) - 1)])
            failures += 1
    return None


def _connection(broker_url: str) -> Connection:
    """Return a connection that is not yet established, and gives up on a broker that does not answer."""
    options = {}
    if broker_url.startswith(("redis", "rediss", "sentinel", "valkey")):
        options = {"socket_connect_timeout": CONNECT_TIMEOUT, "socket_timeout": SOCKET_TIMEOUT}
    try:
        return Connection(broker_url, connect_timeout=CONNECT_TIMEOUT, transport_options=options)
    except (KeyError, ImportError) as error:
        scheme = broker_url.partition("://")[0]
        raise SettingsError(
            f"broker_url: kombu cannot speak to {scheme}:// ({error.args[0]}). "
            "It is the URL that your Celery app has as its broker."
        ) from None
