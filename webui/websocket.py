"""A websocket that cannot be held open by a client that has gone to sleep."""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from engineio.async_drivers.threading import SimpleWebSocketWSGI
from simple_websocket import ConnectionClosed

from .security import MAX_FRAME

SEND_SECONDS = 10  # after which a client that does not read is given up


class WebSocket(SimpleWebSocketWSGI):
    """Engine.IO's websocket for threads, with the limits that it has no options for.

    A message's size is looked at while it arrives, not when all of it is there. Sending to a client that does
    not read fails after a while. Closing does not wait for the client to agree, for which Engine.IO's thread
    would wait for ever.
    """

    def __init__(self, handler: Callable[[Any], Any], server: Any) -> None:
        super().__init__(self._begin, server, max_message_size=MAX_FRAME)
        self._handler = handler

    def _begin(self, _: Any) -> Any:
        limit = struct.pack("ll", SEND_SECONDS, 0)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        return self._handler(self)

    @property
    def _sock(self) -> socket.socket:
        assert self.ws.sock is not None, "a websocket on the server's side is made from its socket"
        return self.ws.sock

    def close(self) -> None:
        """Say good-bye and hang up."""
        # It may be gone, or not read: then there is nobody to say good-bye to.
        with suppress(OSError, ConnectionClosed):
            super().close()
        with suppress(OSError):  # closed already
            self._sock.shutdown(socket.SHUT_RD)
        # Its reader may have ended and told nobody: whoever waits for a message would wait for ever.
        self.ws.event.set()
