"""One process of ``umbel up``: ``python -m umbel.webui.child conductor | web``."""

import sys
from collections.abc import Callable
from typing import Any

from .supervision import follow


def main() -> None:
    """Run the part that the command line names."""
    follow()
    PARTS[sys.argv[1]]()


def conduct(app: Any = None) -> None:
    """Run the conductor, by what the environment sets; it knows the tasks of ``app``."""
    import logging

    from ..engine import settings
    from ..engine.conductor import run

    chosen = settings.load()
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(chosen, app=app)


def serve() -> None:
    """Run the web server, by what the environment sets."""
    from ..engine import settings
    from . import server

    server.serve(settings.load())


PARTS: dict[str, Callable[[], None]] = {"conductor": conduct, "web": serve}

if __name__ == "__main__":
    main()
