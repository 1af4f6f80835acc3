"""One process of the demo: ``python -m umbel.webui.demo.child worker | conductor | web``."""

import sys
from collections.abc import Callable
from typing import Any

from ..child import conduct
from ..supervision import follow

CONCURRENCY = 4


def main() -> None:
    """Run the part that the command line names."""
    follow()
    PARTS[sys.argv[1]]()


def _worker() -> None:
    app = _app()
    options = ["--pool", "prefork", "--concurrency", str(CONCURRENCY), "--events", "--loglevel", "INFO"]
    # Both look for other workers first, which takes a second, and there are none.
    app.worker_main(["worker", *options, "--hostname", "demo@%h", "--without-mingle", "--without-gossip"])


def _conductor() -> None:
    conduct(_app())  # with what its tasks can be called with, which edits are compared with


def _app() -> Any:
    from . import crowds, errands, mendable  # noqa: F401 - registers their tasks
    from .tasks import app

    return app


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
