"""``umbel runs``: the list of runs."""

from typing import Any

import click

from ..commandline import Command, echo_json, settings_flags
from ..moments import Moment

STATES = ("PENDING", "RUNNING", "SUCCESS", "FAILURE", "REVOKED")
KINDS = ("conducted", "native", "inferred")


@click.command(cls=Command)
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="In this state; may be repeated."
)
@click.option("--name", help="With this in the run's name.")
@click.option("--task", help="With a task of this name.")
@click.option("--worker", help="With a task that this worker ran.")
@click.option("--since", type=Moment(), help="Made then or later: 2h (ago), 7d, or 2026-11-20T12:00.")
@click.option("--until", type=Moment(), help="Made before.")
@click.option("--text", help="With this in the run's name, the name of a task or an error.")
@click.option("--id", "id_", help="Of this id, or with a task of this id; eight characters of it will do.")
@click.option(
    "--kind", type=click.Choice(KINDS), help="Conducted, announced by watch(app), or inferred from events."
)
@click.option(
    "--resolved/--unresolved", default=None, help="Whether a later run made good what failed in it."
)
@click.option("--singles", is_flag=True, help="List runs of one task that nobody announced, too.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
@settings_flags("database_url")
def runs(
    states: tuple[str, ...], id_: str | None, limit: int, as_json: bool, database_url: str | None, **rest: Any
) -> None:
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

    filters = RunFilters(states=states, id=id_, **rest)
    with opened(settings.load(database_url=database_url).database_url) as store:
        found = listed(store, filters, limit)
    if as_json:
        echo_json(found)
        return
    click.echo(shown(found))
