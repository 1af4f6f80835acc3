"""The live socket: who looks at what, and telling them of changes.

The protocol (Socket.IO, websocket only, path ``/socket.io``, JSON)
-------------------------------------------------------------------
The client asks, and each question is acknowledged::

    join  {"run": id | null, "since": n, "structure": v}      null: the list of runs
       -> {"ok": true, "at": ts, "snapshot": reads.snapshot}  no snapshot for the list
       -> {"ok": false, "error": {"code", "message"}}
    leave {"run": id | null} -> {"ok": true, "at": ts}

The server tells::

    delta {"id", "from", "seq", "structure", "state", "counts", "nodes", "started", "finished",
           "paused", "cancelled", "waits", "resolved_by",
            "changes": text}                 to who joined the run
    runs  {"runs": [summary, ...]}                                          to who joined the list
    gone  {"runs": {id: id}}       runs that have become part of others     to who joined one or the list
    beat  {"at", "lag", "conductor": seconds | null}                        to all, every second

``changes``, in a snapshot too, are spelled as :mod:`.changes` says; a member of a delta that is null or empty
is left out. A delta stands for the messages ``from`` to ``seq``. Who knows everything up to ``last`` applies
it if ``from <= last + 1 <= seq``, ignores it if ``seq <= last``, and else joins again with ``since: last``. A
connection is in its room before its snapshot is read, so that nothing falls between the two.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_socketio import SocketIO
from sqlalchemy.exc import DBAPIError

from ..engine.errors import StoreError
from ..engine.store import reads
from .access import Access
from .changes import spell
from .deltas import Deltas
from .errors import ApiError, bad_request, not_found, unavailable
from .listener import Listener
from .security import MAX_FRAME, SocketGuard, is_own_origin
from .websocket import WebSocket

BEAT_SECONDS = 1.0
MAX_ROOMS = 20  # runs that one connection may watch at once
MAX_BEHIND = 1000  # messages waiting for one connection
MAX_ID = 255  # characters of a run's id
LIST = "runs"

Handler = Callable[[str, dict[str, Any]], dict[str, Any]]

logger = logging.getLogger(__name__)


class Live:
    """The live side of one web process.

    Parameters
    ----------
    app
        Whose WSGI stack the socket joins.
    store
        Where snapshots are read.
    broker_url
        Where the conductor tells of changes.
    access
        Who is let in.
    """

    def __init__(self, app: Flask, store: Any, broker_url: str, access: Access) -> None:
        self._store = store
        self.socketio = _socketio(app)
        self._server: Any = self.socketio.server
        self.guard = SocketGuard(self.socketio, access)
        self.guard.on("join")(self._answer(self._join))
        self.guard.on("leave")(self._answer(self._leave))
        self.listener = Listener(broker_url, self.hear)
        self._deltas = Deltas()
        self._heard: float | None = None
        self._lag: float | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to listen and to tell. To be called in the process that serves, after any fork."""
        self.listener.start()
        threading.Thread(target=self._pulse, name="umbel-pulse", daemon=True).start()

    def stop(self) -> None:
        """Stop both, and close every socket so that their threads end."""
        self._stopping.set()
        self._wake.set()
        self.listener.stop()
        for sid in list(self._server.eio.sockets):
            self._drop(sid)

    def stop_soon(self) -> None:
        """Stop from a signal handler: what it interrupts may hold any lock, so another thread does it."""
        threading.Thread(target=self.stop, name="umbel-stop", daemon=True).start()

    @property
    def conductor_age(self) -> float | None:
        """Seconds since the conductor was last heard; None if never."""
        return None if self._heard is None else round(time.monotonic() - self._heard, 3)

    def hear(self, message: dict[str, Any]) -> None:
        """Take in one message of ``umbel.live``."""
        self._heard = time.monotonic()
        self._lag = message.get("lag")
        for run in message["runs"]:
            self._deltas.add(run, watched=self._is_watched(_room(run["id"])))
        gone = message.get("gone") or {}
        self._deltas.forget(gone)
        if message["runs"] or gone:
            self._wake.set()

    def _is_watched(self, room: str) -> bool:
        return room in self._server.manager.rooms.get("/", {})

    def _pulse(self) -> None:
        beat = time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            due = self._deltas.next_due(now)
            self._wake.wait(beat - now if due is None else min(due, beat - now))
            self._wake.clear()
            try:
                self._tell(time.monotonic())
                if time.monotonic() >= beat:
                    beat = time.monotonic() + BEAT_SECONDS
                    self._beat()
            except Exception:  # the thread has nobody to raise to, and must live on
                logger.exception("Some live messages were not sent.")

    def _tell(self, now: float) -> None:
        if gone := self._deltas.take_gone():
            self.socketio.emit("gone", {"runs": gone}, to=LIST)
            for run in filter(lambda run: self._is_watched(_room(run)), gone):
                self.socketio.emit("gone", {"runs": {run: gone[run]}}, to=_room(run))
        for delta in self._deltas.take(now):
            self.socketio.emit("delta", delta, to=_room(delta["id"]))
        if changed := self._deltas.take_list(now):
            self.socketio.emit("runs", {"runs": changed}, to=LIST)

    def _beat(self) -> None:
        self.socketio.emit("beat", {"at": time.time(), "lag": self._lag, "conductor": self.conductor_age})
        for sid, connection in list(self._server.eio.sockets.items()):
            if connection.queue.qsize() > MAX_BEHIND:
                # It does not read. Its messages would fill our memory; it joins again when it wakes.
                logger.warning("A live connection is over %d messages behind and is closed.", MAX_BEHIND)
                self._drop(sid)

    def _drop(self, sid: str) -> None:
        if connection := self._server.eio.sockets.get(sid):
            connection.close(wait=False)

    def _answer(self, handler: Handler) -> Callable[..., dict[str, Any]]:
        """Return ``handler`` with its request checked, its errors told and the time on its answer."""

        def answer(sid: str, *sent: Any) -> dict[str, Any]:
            try:
                return {"ok": True, "at": time.time(), **handler(sid, _parse(sent))}
            except ApiError as error:
                return _failure(error)
            except (StoreError, DBAPIError) as error:
                return _failure(unavailable(error))

        return answer

    def _join(self, sid: str, sent: dict[str, Any]) -> dict[str, Any]:
        server = self._server
        room, joined = _room(sent["run"]), server.rooms(sid)
        if room not in joined and len(joined) > MAX_ROOMS:
            raise bad_request(f"One connection watches at most {MAX_ROOMS} runs; leave one first.")
        server.enter_room(sid, room)
        if sent["run"] is None:
            return {}
        try:
            return {"snapshot": self._snapshot(sent["run"], sent["since"])}
        except Exception:
            server.leave_room(sid, room)
            raise

    def _snapshot(self, run_id: str, since: int) -> dict[str, Any]:
        snapshot = reads.snapshot(self._store, run_id, since)
        if snapshot is None:
            raise not_found(f"There is no run {run_id}.")
        return snapshot | {"changes": spell(snapshot["changes"])}

    def _leave(self, sid: str, sent: dict[str, Any]) -> dict[str, Any]:
        self._server.leave_room(sid, _room(sent["run"]))
        return {}


def _socketio(app: Flask) -> Any:
    # The stubs of Flask-SocketIO know neither all of its options nor its server.
    options: dict[str, Any] = {
        "async_mode": "threading",
        "async_handlers": False,  # events run in their connection's thread: a flood of them starts no others
        "transports": ["websocket"],
        "allow_upgrades": False,
        "cors_allowed_origins": lambda origin, environ: is_own_origin(environ),
        "cors_credentials": False,
        "cookie": None,
        "manage_session": False,
        "max_http_buffer_size": MAX_FRAME,
    }
    socketio: Any = SocketIO(app, **options)
    server = socketio.server.eio
    server._async = {**server._async, "websocket": WebSocket}  # there is no option for it
    socketio.on_error_default(_fail)
    return socketio


def _room(run_id: str | None) -> str:
    return LIST if run_id is None else f"run:{run_id}"


def _parse(sent: tuple[Any, ...]) -> dict[str, Any]:
    question = sent[0] if len(sent) == 1 else None
    if not isinstance(question, dict):
        raise bad_request("Send one object.")
    run_id = question.get("run")
    if run_id is not None and (not isinstance(run_id, str) or not 0 < len(run_id) <= MAX_ID):
        raise bad_request("run is the id of a run, or null for the list of runs.")
    since = question.get("since") or 0
    if type(since) is not int or not 0 <= since < 2**63:
        raise bad_request("since is a sequence number.")
    return {"run": run_id, "since": since}


def _failure(error: ApiError) -> dict[str, Any]:
    return {"ok": False, "error": error.to_json()}


def _fail(error: Exception) -> dict[str, Any]:
    logger.error("A live question failed.", exc_info=error)
    return {"ok": False, "error": {"code": "internal", "message": "Umbel made a mistake; see its log."}}
