"""One process of ``umbel up``: ``python -m umbel.webui.child conductor | web``."""

import sys
from collections.abc import Callable

from .supervision import follow


def main() -> None:
    """Run the part that the command line names."""
    follow()
    PARTS[sys.argv[1]]()


def conduct() -> None:
    """Run the conductor, by what the environment sets."""
    import logging

    from ..engine import settings
    from ..engine.conductor import run

    chosen = settings.load()
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run(chosen)


def serve() -> None:
    """Run the web server, by what the environment sets."""
    from ..engine import settings
    from . import server

    server.serve(settings.load())


PARTS: dict[str, Callable[[], None]] = {"conductor": conduct, "web": serve}

if __name__ == "__main__":
    main()
