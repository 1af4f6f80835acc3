"""``umbel actions [RUN]``: what people did, when and why."""

import click

from ..commandline import Command, echo_json, settings_flags


@click.command(cls=Command)
@click.argument("run", required=False)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
@settings_flags("database_url")
def actions(run: str | None, limit: int, as_json: bool, database_url: str | None) -> None:
    """List what people did to runs, the last of it first: who, when, what and why.

    With RUN only what was done to that one: the id of a run, or of a task in it; eight characters of it will
    do. Of a run that is deleted give its whole id.

    \b
    Examples:
      umbel actions
      umbel actions 0199f2c4 --json
    """
    from ...engine import settings
    from ...engine.store.actions import trail
    from ..recorded import RunNotFound, find_run, opened
    from ..text import moment, table

    with opened(settings.load(database_url=database_url).database_url) as store:
        try:
            run_id = run and find_run(store, run)["id"]
        except RunNotFound:
            run_id = run
            if not trail(store, run_id=run_id, limit=1)["actions"]:
                raise
        found = trail(store, run_id=run_id, limit=limit)
    if as_json:
        echo_json(found)
        return
    if not found["actions"]:
        click.echo("Nobody did anything.")
        return
    rows = [[moment(each["at"]), *map(each.get, ("what", "by", "run", "why"))] for each in found["actions"]]
    click.echo(table(("AT", "WHAT", "BY", "RUN", "WHY"), rows, longest=80))
