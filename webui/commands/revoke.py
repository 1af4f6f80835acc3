"""``umbel revoke RUN``: keep tasks from running."""

import click

from ..commandline import Command, echo_json, settings_flags


@click.command(cls=Command)
@click.argument("run")
@click.argument("nodes", nargs=-1, metavar="[NODE]...")
@click.option(
    "--terminate", is_flag=True, help="End those that run, too, by killing the process that runs them."
)
@click.option("--why", help="What for: it is kept with what was done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
@settings_flags("broker_url", "database_url")
def revoke(
    run: str,
    nodes: tuple[str, ...],
    terminate: bool,
    why: str | None,
    as_json: bool,
    broker_url: str | None,
    database_url: str | None,
) -> None:
    """Revoke tasks of a run, by their ids; without any, all that have not ended.

    RUN is the id of a run, or of a task in it; eight characters of it will do. The conductor does it, so that
    one must run.

    \b
    Examples:
      umbel revoke 0199f2c4
      umbel revoke 0199f2c4 6f1c2e0a-8d0f-4b1e-9a55-0c7d5f0e9b11 --terminate
    """
    import getpass
    import socket

    from ...engine import settings
    from ..recorded import find_run, opened
    from ..revoking import revoke as ask
    from ..text import table

    chosen = settings.load(broker_url=broker_url, database_url=database_url)
    with opened(chosen.database_url) as store:
        run_id = find_run(store, run)["id"]
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    results = ask(chosen.broker_url, run_id, nodes or None, terminate=terminate, by=by, why=why)
    if as_json:
        echo_json({"results": results})
    elif results:
        rows = [[each.get(name) for name in ("node", "outcome", "state", "message")] for each in results]
        click.echo(table(("NODE", "OUTCOME", "STATE", ""), rows, longest=100))
    else:
        click.echo("Every task of this run has ended.")
