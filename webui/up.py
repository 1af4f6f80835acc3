"""``umbel up``: migrations, then conductor and web server, kept running together against your own broker."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..engine import settings, store
from ..engine.settings import PREFIX
from .security import check_address
from .server import claim
from .supervision import Keeper, Part, Stopped, signals, stop

NAMES = ("conductor", "web")
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def run(flags: Mapping[str, Any]) -> None:
    """Run until Ctrl-C or SIGTERM.

    What can be found out before anything starts is found out here, where it is one line.

    Parameters
    ----------
    flags
        Settings that come before those of environment and file.

    Raises
    ------
    SettingsError
        A setting does not fit.
    StoreError
        The database cannot be used, or a newer Umbel wrote it.
    PortTaken
        Something else listens on the port.
    GivenUp
        A part died again and again.
    """
    chosen = settings.load(**flags)
    check_address(chosen)
    host = chosen.host.strip("[]")
    port = claim(host, chosen.port)
    store.upgrade(chosen.database_url)
    environment = child_environment(os.environ, {**flags, "port": port})
    parts = [Part(name, [sys.executable, "-m", "umbel.webui.child", name], environment) for name in NAMES]
    with signals() as stopping:
        try:
            for part in parts:
                part.start()
            _keep(parts, Keeper(stopping), (host, port))
        except Stopped:
            click.echo("Stopped.", err=True)
        finally:
            stop(parts)


def child_environment(environment: Mapping[str, str], flags: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of the parts: ours, with what flags say in the place of what it said."""
    given = {f"{PREFIX}{name.upper()}": str(value) for name, value in flags.items() if value is not None}
    files = {f"{name}_FILE" for name in given}  # both would be an error
    kept = {name: value for name, value in environment.items() if name not in files}
    return {**kept, **given, "PYTHONUNBUFFERED": "1"}


def _keep(parts: Sequence[Part], keeper: Keeper, address: tuple[str, int]) -> None:
    told = False
    while True:
        keeper.look_after(parts)
        if not told and (told := _listens(address)):
            host = f"[{address[0]}]" if ":" in address[0] else address[0]
            click.echo(f"Umbel is at http://{host}:{address[1]}/. Ctrl-C ends it.", err=True)


def _listens(address: tuple[str, int]) -> bool:
    host, port = address
    try:
        with socket.create_connection((ANYWHERE.get(host, host), port), timeout=0.5):
            return True
    except OSError:
        return False
