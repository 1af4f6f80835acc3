"""``umbel conductor``, and whether one is at work. Loads click alone."""

import os
from typing import Any

import click

from ..commandline import CONDUCTING, RECORDING, Command, settings_flags


@click.command(cls=Command)
@settings_flags("broker_url", "result_backend", "database_url", *CONDUCTING, *RECORDING, "log_level")
@click.option("-A", "--app", "named", metavar="MODULE", help="Your Celery app, as celery -A takes it.")
@click.option("--check", is_flag=True, help="Only tell whether a conductor is at work: exit code 0, or 69.")
def conductor(named: str | None, check: bool, **flags: Any) -> int:
    """Run canvases, and record what runs: the only writer of the database.

    One conductor is active; any other stands by, and takes over within 10 s. With -A it knows your tasks:
    canvases that come by app.send_task("umbel.run", ...) then get the options and routes of their tasks, and
    the app's broker and result backend are used where no setting names others. --check needs no broker.

    \b
    Examples:
      umbel conductor
      umbel conductor -A proj --window 500 --rates shop.mail=100/m
      umbel conductor --broker-url redis://10.0.0.5:6379/0 --log-level DEBUG
      umbel conductor --check
    """
    import logging

    from ...engine import settings

    if check:
        return _check(settings.load(**flags).database_url)
    app = None if named is None else _app(named)
    chosen = settings.load(**_known(app, flags))
    logging.basicConfig(level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    from ...engine.conductor import run

    run(chosen, app=app)
    return os.EX_OK


def _check(database_url: str) -> int:
    from ...engine.conductor.lease import ailment
    from ...engine.store import open_store

    store = open_store(database_url, read_only=True)
    try:
        wrong = ailment(store)
    finally:
        store.close()
    click.echo(wrong or "A conductor is at work.", err=wrong is not None)
    return os.EX_OK if wrong is None else os.EX_UNAVAILABLE


def _app(named: str) -> Any:
    import sys

    from celery.app.utils import find_app

    sys.path.insert(0, os.getcwd())
    try:
        app = find_app(named)
        app.loader.import_default_modules()  # as a worker does: tasks may be elsewhere
        app.finalize()
    except Exception as error:  # the module is the user's: it may raise anything
        why = f"{type(error).__name__}: {error}"
        raise click.BadParameter(f"{named} gives no Celery app: {why}.", param_hint="-A") from error
    return app


def _known(app: Any, flags: dict[str, Any]) -> dict[str, Any]:
    """Return ``flags``, with what the app says where neither they nor the environment name another."""
    from ...engine import settings
    from .celeryapp import settings_of

    if app is None:
        return flags
    given = settings.load(**flags)
    said = {name: value for name, value in settings_of(app).items() if name not in given.model_fields_set}
    return flags | said
