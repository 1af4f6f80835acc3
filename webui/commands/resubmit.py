"""``umbel resubmit RUN --plan HASH``: make a new run of an old one, as planned."""

import click

from ..commandline import Command, echo_json, settings_flags
from .choosing import Chosen, choice_flags


@click.command(cls=Command)
@click.argument("run")
@choice_flags
@click.option("--plan", "hash_", required=True, metavar="HASH", help="The hash that `umbel plan` gave.")
@click.option("--name", help="What the new run is called; as the old one by default.")
@click.option("--why", help="What for: it is kept with what was done.")
@click.option("--wait", is_flag=True, help="Wait until the new run has ended; the exit code tells how.")
@click.option("--timeout", type=float, metavar="SECONDS", help="With --wait: wait no longer than this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
@settings_flags("broker_url", "database_url")
def resubmit(
    run: str,
    chosen: Chosen,
    hash_: str,
    name: str | None,
    why: str | None,
    wait: bool,
    timeout: float | None,
    as_json: bool,
    **flags: str | None,
) -> int:
    """Make a new run of an old one, as `umbel plan` said, and print its id.

    What succeeded is reused, the rest runs again; the old run stays as it is. Give the same flags as to
    `umbel plan`, and the hash that it gave: if anything has changed since then, nothing is done. The
    conductor does it, so that one must run.

    \b
    Examples:
      umbel resubmit 0199f2c4 --plan $(umbel plan 0199f2c4 --json | jq -r .hash)
      umbel resubmit 0199f2c4 --from 0199f2d1 --plan 5d41... --why "the disk was full" --wait
    """
    from ...engine import settings
    from ...engine.conducting.handle import RunHandle, somebody
    from ...engine.store import planning
    from ..asking import resubmit as ask
    from ..recorded import RunNotFound, find_run, opened
    from .run import wait_for

    found = settings.load(**flags)
    with opened(found.database_url) as store:
        run_id = find_run(store, run)["id"]
        if (past := planning.past(store, run_id)) is None:
            raise RunNotFound(f"There is no run {run_id} any more.")
    choice = chosen.choice(past.ids).to_json()
    made = ask(found.broker_url, run_id, choice, hash_, by=somebody(), name=name, why=why)
    if not wait:
        if as_json:
            echo_json(made)
        else:
            click.echo(made["run"])
        return 0
    if not as_json:
        click.echo(made["run"])
    return wait_for(RunHandle(made["run"], connection=found.broker_url), timeout, as_json=as_json)
