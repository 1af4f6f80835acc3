"""Serves the application with gunicorn's threaded workers.

Sockets are websockets from their first byte, so any of several processes may take each: no sticky sessions.
"""

import gc
import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from ..engine.errors import UmbelError
from ..engine.settings import Settings
from ..engine.store import open_store
from .api.graph import warm
from .app import create_app
from .security import check_address

GRACE_SECONDS = 10  # for requests that are being answered when the server is told to stop
BACKLOG = 512
LOG_FORMAT = "[%(asctime)s] [%(process)d] [%(levelname)s] %(name)s: %(message)s"


class PortTaken(UmbelError):
    """Something else listens on the port already."""

    exit_code = os.EX_UNAVAILABLE


class Worker(ThreadWorker):
    """A threaded worker that closes its sockets when told to stop, and waits for no tab to be closed."""

    live: Any = None

    def load_wsgi(self) -> None:
        """Make the application in this process, after the fork, and let it listen."""
        super().load_wsgi()
        app: Any = self.wsgi
        # What was imported stays for ever. Looking through it again and again for garbage costs an answer
        # with 10,000 rows 100 ms, now and then.
        gc.collect()
        gc.freeze()
        self.live = app.extensions["umbel"].live
        self.live.start()
        threading.Thread(target=warm, name="umbel-warm", daemon=True).start()

    def is_parent_alive(self) -> bool:
        """Return whether the master lives; without it, begin to stop."""
        alive = super().is_parent_alive()
        if not alive:
            self._close_sockets()
        return alive

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop."""
        self._close_sockets()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Begin to stop: gunicorn raises here, in the middle of anything, which may not get far."""
        self.handle_exit(sig, frame)

    def _close_sockets(self) -> None:
        if self.live is not None:
            self.live.stop_soon()


class Server(BaseApplication):
    """Gunicorn, told everything by :class:`Settings` and nothing by files or its own environment."""

    def __init__(self, settings: Settings, bind: str, make: Callable[[], Flask]) -> None:
        self.settings = settings
        self.bind = bind
        self.make = make
        super().__init__()

    def load_config(self) -> None:
        """Set what gunicorn is to do."""
        options = {
            "bind": self.bind,
            "workers": self.settings.workers,
            "threads": self.settings.threads,
            # Each socket is a connection for its life; kept-alive ones come on top.
            "worker_connections": self.settings.threads + 1000,
            "worker_class": Worker,
            "graceful_timeout": GRACE_SECONDS,
            "keepalive": 5,
            "backlog": BACKLOG,
            "loglevel": self.settings.log_level.lower(),
            "proc_name": "umbel web",
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application; gunicorn calls this in each worker."""
        return self.make()


def serve(settings: Settings, *, make: Callable[[], Flask] | None = None) -> None:
    """Serve until told to stop by SIGTERM or SIGINT.

    Parameters
    ----------
    settings
        Address, port, processes and threads.
    make
        Makes the application, in each process; that of the settings when not given.

    Raises
    ------
    SettingsError
        The address is not a loopback address, and there is no login.
    StoreError
        The database is missing, or its tables are of another version.
    PortTaken
        Something else listens there.
    """
    check_address(settings)
    logging.basicConfig(level=settings.log_level, format=LOG_FORMAT)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if make is None:
        # Found out here it is one line; found out by gunicorn's workers it is a traceback of each.
        open_store(settings.database_url, read_only=True, is_patient=True).close()
    host = settings.host.strip("[]")
    port = claim(host, settings.port)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    Server(settings, bind, make or (lambda: create_app(settings))).run()


def claim(host: str, port: int) -> int:
    """Return ``port``, or a free one for 0, after making sure that it can be listened on.

    gunicorn tries a taken port five times and then ends with a log of its own.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"Cannot listen on {host}:{port}: {error.strerror or error}. "
                "Stop what uses it, or choose another port with --port (0 takes a free one)."
            ) from error
        return probe.getsockname()[1]
