"""``umbel show RUN``: one run, and each of its tasks."""

import click

from ..commandline import Command, echo_json, settings_flags


@click.command(cls=Command)
@click.argument("run")
@click.option("--json", "as_json", is_flag=True, help="Print everything that is recorded, as JSON.")
@settings_flags("database_url")
def show(run: str, as_json: bool, database_url: str | None) -> None:
    """Show a run and its tasks.

    RUN is the id of a run, or of a task in it; eight characters of it will do. The JSON is that of `umbel
    graph`, and each node has its state, reason, times, worker, attempts and result besides.

    \b
    Examples:
      umbel show 0199f2c4
      umbel show 0199f2c4 --json | jq '.nodes[] | select(.state == "FAILURE")'
    """
    from ...engine import settings
    from ..export import document
    from ..recorded import find_run, opened
    from ..report import report

    with opened(settings.load(database_url=database_url).database_url) as store:
        found = find_run(store, run)
        if as_json:
            echo_json(document(store, found["id"]))
            return
        for line in report(store, found):
            click.echo(line)
