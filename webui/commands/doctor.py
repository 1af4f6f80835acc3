"""``umbel doctor``: what is as it should be, what is not, and what to do."""

import os
from typing import Any

import click

from ..commandline import Command, settings_flags


@click.command(cls=Command)
@settings_flags("broker_url", "database_url")
def doctor(**flags: Any) -> int:
    """Look at broker, database, conductor, workers, events and clocks, and say what to do.

    Each line begins with ok, warn or fail. The exit code is 69 when anything fails, else 0.

    \b
    Examples:
      umbel doctor
      umbel doctor --broker-url redis://10.0.0.5:6379/0
    """
    from ...engine import settings
    from ..doctor import FAIL, examine
    from ..text import plain

    failed = False
    for finding in examine(settings.load(**flags)):
        failed = failed or finding.mark == FAIL
        click.echo(f"{finding.mark:<5} {finding.subject:<10} {plain(finding.said)}")
        if finding.advice:
            click.echo(f"{'':16} {plain(finding.advice)}")
    return os.EX_UNAVAILABLE if failed else os.EX_OK
