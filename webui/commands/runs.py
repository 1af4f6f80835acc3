"""``umbel runs``: the list of runs."""

from typing import Any

import click

from ..commandline import Command, echo_json, settings_flags
from .filtering import filter_flags

STATES = ("PENDING", "RUNNING", "SUCCESS", "FAILURE", "REVOKED")


@click.command(cls=Command)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="In this state; may be repeated."
)
@filter_flags
@click.option(
    "--resolved/--unresolved", default=None, help="Whether a later run made good what failed in it."
)
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
@settings_flags("database_url")
def runs(states: tuple[str, ...], limit: int, as_json: bool, database_url: str | None, **rest: Any) -> None:
    """List runs, newest first.

    \b
    Examples:
      umbel runs
      umbel runs --state FAILURE --unresolved --since 2h
      umbel runs --task shop.pay --json | jq -r '.runs[].id'
    """
    from ...engine import settings
    from ...engine.store.filters import RunFilters
    from ..listing import listed, shown
    from ..recorded import opened

    filters = RunFilters(states=states, **rest)
    with opened(settings.load(database_url=database_url).database_url) as store:
        found = listed(store, filters, limit)
    if as_json:
        echo_json(found)
        return
    click.echo(shown(found))
