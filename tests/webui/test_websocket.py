"""Closing a websocket ends the thread that reads from it, whatever its own reader missed."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from umbel.webui.websocket import WebSocket

HANDSHAKE = {
    "HTTP_HOST": "localhost",
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
}
TEXT = b"\x81\x81\x00\x00\x00\x00a"  # a frame with one letter, masked with zeros


def test_a_reader_that_ends_without_a_word_keeps_no_thread_waiting(
    monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    ours, theirs = socket.socketpair()
    said: list[object] = []

    def wait(websocket: Any) -> None:
        said.append(websocket.wait())

    websocket = WebSocket(wait, None)
    environ = HANDSHAKE | {"werkzeug.socket": ours}

    def serve() -> None:
        with pytest.raises(ConnectionError):  # so it tells Werkzeug that there is nothing to answer
            websocket(environ, None)

    waiting = threading.Thread(target=serve, daemon=True)
    waiting.start()
    eventually(lambda: hasattr(websocket, "ws"), 5, "the handshake")
    # As it does when the socket is closed while it deals with what came.
    monkeypatch.setattr(websocket.ws, "_handle_events", lambda: False)
    theirs.sendall(TEXT)
    eventually(lambda: not websocket.ws.connected, 5, "the end of the reader")
    websocket.close()
    waiting.join(10)
    theirs.close()
    assert not waiting.is_alive()
    assert said == [None]
