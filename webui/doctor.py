"""What ``umbel doctor`` looks at, one finding after the other.

``ok`` is as it should be, ``warn`` works but is worth a look, ``fail`` keeps something from working. Workers
are asked for events, as the conductor asks them too; besides that nothing is changed.
"""

import json
import os
import platform
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, NamedTuple

from celery import Celery
from kombu import Connection, Consumer, Exchange, Queue

from ..engine.errors import StoreError
from ..engine.protocol import LIVE, QUEUE
from ..engine.settings import Settings
from ..engine.store import database, schema
from .recorded import opened

OK, WARN, FAIL = "ok", "warn", "fail"
CONNECT_SECONDS = 3
REPLY_SECONDS = 1.5  # for workers to answer
LISTEN_SECONDS = 3.0  # for the conductor's beat, which comes every second, and a worker's
SKEW_SECONDS = 1.0  # between two clocks that times of one graph come from
BACKLOG = 1000  # messages that wait for the conductor
LEAST_FREE = 500 * 1024 * 1024  # bytes on the disk of the database
OLDEST_CELERY = (5, 3)


class Finding(NamedTuple):
    """What was found of one subject, and what to do about it."""

    mark: str
    subject: str
    said: str
    advice: str | None = None


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what there is to say of an installation."""
    yield _versions()
    yield from _database(settings.database_url)
    broker = _broker(settings.broker_url)
    yield broker
    if broker.mark == FAIL:
        return
    with _connection(settings.broker_url) as connection:
        conducted = _conductor(connection)
        yield conducted
        yield _queue(connection, conducted=conducted.mark == OK)
    with Celery("umbel-doctor", broker=settings.broker_url, set_as_current=False) as app:
        yield from _workers(app)


def _versions() -> Finding:
    names = ("umbel", "celery", "kombu", "sqlalchemy")
    said = ", ".join(f"{name} {version(name)}" for name in names)
    return Finding(OK, "versions", f"{said}, Python {platform.python_version()}")


def _database(url: str) -> Iterator[Finding]:
    try:
        with opened(url) as store, store.read() as connection:
            revision = schema.revision(connection)
    except StoreError as error:
        yield Finding(FAIL, "database", str(error), "See --database-url (UMBEL_DATABASE_URL).")
        return
    target = database.parse(url)
    path = database.file_of(target)
    shown = database.shown(target)
    if path is None:
        yield Finding(OK, "database", f"{shown} is at revision {revision}")
        return
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        yield Finding(
            FAIL,
            "database",
            f"{shown} cannot be written by this user",
            f"The conductor writes the file and beside it: chown or chmod {path} and its folder.",
        )
        return
    yield Finding(OK, "database", f"{shown} is at revision {revision}")
    free = shutil.disk_usage(path.parent).free
    if free < LEAST_FREE:
        yield Finding(WARN, "disk", f"{free // 2**20} MB are free", "Make room, or keep runs for less long.")


def _connection(url: str) -> Connection:
    options = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": CONNECT_SECONDS + LISTEN_SECONDS}
    redis = url.startswith(("redis", "rediss", "sentinel", "valkey"))
    return Connection(url, connect_timeout=CONNECT_SECONDS, transport_options=options if redis else {})


def _broker(url: str) -> Finding:
    shown = url
    began = time.monotonic()
    try:
        with _connection(url) as connection:
            shown = connection.as_uri()
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_SECONDS)
            channel: Any = connection.channel()
            channel.close()
    except Exception as error:  # a transport may raise anything
        told = shown if shown != url else _without_password(url)
        return Finding(
            FAIL,
            "broker",
            f"{told} gives no answer: {type(error).__name__}: {error}",
            "Is it running, and is --broker-url (UMBEL_BROKER_URL) that of your Celery app?",
        )
    return Finding(OK, "broker", f"{shown} answers in {1000 * (time.monotonic() - began):.0f} ms")


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _conductor(connection: Connection) -> Finding:
    heard: list[Any] = []
    queue = Queue(exchange=Exchange(LIVE, type="fanout", durable=False), exclusive=True, auto_delete=True)
    with Consumer(
        connection, [queue], callbacks=[lambda body, _: heard.append(body)], accept=["json"], no_ack=True
    ):
        _drain(connection, lambda: bool(heard))
    if not heard:
        advice = "Start one: umbel up, or umbel conductor. Without it nothing is recorded."
        return Finding(FAIL, "conductor", f"none was heard within {LISTEN_SECONDS:.0f} s", advice)
    lag = heard[0].get("lag") if isinstance(heard[0], dict) else None
    if lag is not None and lag > 2 * SKEW_SECONDS:
        return Finding(WARN, "conductor", f"runs, {lag:.1f} s behind", "It works through a backlog; wait.")
    return Finding(OK, "conductor", "runs")


def _drain(connection: Connection, done: Any) -> None:
    deadline = time.monotonic() + LISTEN_SECONDS
    while not done() and (left := deadline - time.monotonic()) > 0:
        try:
            connection.drain_events(timeout=min(left, 0.5))
        except TimeoutError:
            continue


def _queue(connection: Connection, *, conducted: bool) -> Finding:
    channel: Any = connection.channel()
    try:
        waiting = channel.queue_declare(QUEUE, passive=True).message_count
    except connection.channel_errors:
        waiting = 0  # nobody has sent anything yet
    finally:
        channel.close()
    said = f"{waiting} messages wait in {QUEUE!r}"
    if waiting and not conducted:
        return Finding(
            WARN, "queue", f"{said}, and nobody reads them", "Start a conductor; it reads them all."
        )
    if waiting > BACKLOG:
        return Finding(WARN, "queue", said, "If it does not shrink, more arrives than one conductor takes.")
    return Finding(OK, "queue", f"{said}, and a conductor reads it" if conducted else said)


def _workers(app: Celery) -> Iterator[Finding]:
    replies = app.control.broadcast("enable_events", reply=True, timeout=REPLY_SECONDS) or []
    answers = {name: answer for reply in replies for name, answer in reply.items()}
    if not answers:
        yield Finding(
            WARN,
            "workers",
            f"none answered within {REPLY_SECONDS:g} s",
            "Start one: celery -A YOUR_PROJECT worker -E. If there is one, does it use this broker?",
        )
        return
    yield Finding(OK, "workers", f"{len(answers)}: {_few(sorted(answers))}")
    yield _events(answers)
    heard = _listen(app, set(answers))
    yield _clocks(heard)
    yield from _old(heard)


def _events(answers: dict[str, Any]) -> Finding:
    def of(words: str) -> list[str]:
        return sorted(name for name, answer in answers.items() if words in str(answer))

    if without := of("unavailable"):
        advice = "Start workers with -E, and without --without-heartbeat."
        return Finding(FAIL, "events", f"{_few(without)} can send none", advice)
    if fresh := of("task events enabled"):
        return Finding(
            WARN,
            "events",
            f"{_few(fresh)} sent none until asked just now",
            "The conductor asks as well; start workers with -E so that nothing is missed until it does.",
        )
    return Finding(OK, "events", "every worker sends them")


def _listen(app: Celery, names: set[str]) -> dict[str, dict[str, Any]]:
    """Return one event of each worker, with our time of its arrival as ``here``."""
    heard: dict[str, dict[str, Any]] = {}

    def receive(message: Any) -> None:
        content = json.loads(message.body)
        for event in content if isinstance(content, list) else [content]:
            if isinstance(event, dict) and str(event.get("type", "")).startswith("worker-"):
                heard[str(event.get("hostname"))] = {**event, "here": time.time()}

    with app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection)
        with Consumer(receiver.channel, [receiver.queue], on_message=receive, no_ack=True, accept=None):
            app.control.broadcast("heartbeat", connection=connection)
            _drain(connection, lambda: names <= set(heard))
    return heard


def _clocks(heard: dict[str, dict[str, Any]]) -> Finding:
    skews = {
        name: event["timestamp"] - event["here"]
        for name, event in heard.items()
        if isinstance(event.get("timestamp"), int | float)
    }
    if not skews:
        return Finding(WARN, "clock", "no worker told its time", "Do workers run --without-heartbeat?")
    name, worst = max(skews.items(), key=lambda each: abs(each[1]))
    if abs(worst) > SKEW_SECONDS:
        said = f"that of {name} is {abs(worst):.1f} s {'ahead of' if worst > 0 else 'behind'} ours"
        return Finding(WARN, "clock", said, "Times of tasks are off by that much: run NTP on both machines.")
    return Finding(OK, "clock", f"those of {len(skews)} workers agree with ours within {SKEW_SECONDS:g} s")


def _old(heard: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    versions = {name: str(event.get("sw_ver", "")) for name, event in heard.items()}
    old = sorted(f"{name} ({told})" for name, told in versions.items() if _parse(told) < OLDEST_CELERY)
    if old:
        wanted = ".".join(map(str, OLDEST_CELERY))
        advice = f"Umbel knows Celery {wanted} and newer; upgrade them if something looks wrong."
        yield Finding(WARN, "celery", f"old on {_few(old)}", advice)


def _parse(told: str) -> tuple[int, ...]:
    parts = told.split(".")[:2]
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else OLDEST_CELERY


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
