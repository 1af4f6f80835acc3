"""``umbel up``, and ``celery -A proj umbel``. Loads click alone: every celery command imports this."""

import sys
from typing import Any

import click

from ..commandline import RECORDING, Command, explain, settings_flags

SERVING = ("host", "port", "workers", "threads", "proxies", "database_url", "log_level")


@click.command(cls=Command)
@settings_flags("broker_url", "result_backend", *SERVING, *RECORDING)
def up(**flags: Any) -> None:
    """Run conductor and web server together, after bringing the database up to date.

    A part that dies is started again; Ctrl-C ends both. In production, run `umbel conductor` and `umbel web`
    each under your own supervisor.

    \b
    Examples:
      umbel up
      umbel up --broker-url redis://10.0.0.5:6379/0 --port 8080
      celery -A proj umbel
    """
    from ..up import run

    run(flags)


@click.command("umbel", cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@settings_flags(*SERVING, *RECORDING)
@click.pass_context
def celery(context: click.Context, **flags: Any) -> None:
    """Run Umbel, which shows the workflows of this app.

    It is `umbel up` with the broker, and the result backend, of the app that -A names.
    """
    from ...engine.errors import UmbelError
    from ..up import run
    from .celeryapp import settings_of

    try:
        run(settings_of(context.obj.app) | flags)
    except UmbelError as error:
        sys.exit(explain(error))
