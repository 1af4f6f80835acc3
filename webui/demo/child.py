"""One process of the demo: ``python -m umbel.webui.demo.child worker | conductor | web``.

Its standard input is a pipe that the supervisor holds open and never writes to. The kernel closes the pipe
however the supervisor ends, ``kill -9`` included; then this process ends itself, and whatever it has forked.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

ORDERLY_SECONDS = 3.0  # between asking and killing, once the supervisor is gone
CONCURRENCY = 4


def main() -> None:
    """Run the part that the command line names."""
    threading.Thread(target=_follow_supervisor, name="umbel-lifeline", daemon=True).start()
    PARTS[sys.argv[1]]()


def _follow_supervisor() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORDERLY_SECONDS)
    # The supervisor gave us a process group of our own: it holds us and our forks, and nobody else.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _worker() -> None:
    from .tasks import app

    options = ["--pool", "prefork", "--concurrency", str(CONCURRENCY), "--events", "--loglevel", "INFO"]
    # Both look for other workers first, which takes a second, and there are none.
    app.worker_main(["worker", *options, "--hostname", "demo@%h", "--without-mingle", "--without-gossip"])


def _conductor() -> None:
    from ...engine import settings
    from ...engine.conductor import run

    chosen = settings.load()
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(chosen)


def _web() -> None:
    from ...engine import settings
    from .. import server
    from ..app import create_app

    chosen = settings.load()

    def make():
        # After gunicorn's fork: what watches the canvases that this process sends has a connection of its
        # own.
        from .catalogue import Catalogue
        from .workflows import WORKFLOWS

        return create_app(chosen, demo=Catalogue(WORKFLOWS))

    server.serve(chosen, make=make)


PARTS: dict[str, Callable[[], None]] = {"worker": _worker, "conductor": _conductor, "web": _web}

if __name__ == "__main__":
    main()
