"""``umbel plan RUN``: what a resubmission would do."""

import os

import click

from ..commandline import Command, echo_json, settings_flags
from .choosing import Chosen, choice_flags


@click.command(cls=Command)
@click.argument("run")
@choice_flags
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON, as the API does.")
@settings_flags("broker_url", "database_url")
def plan(run: str, chosen: Chosen, as_json: bool, **flags: str | None) -> int:
    """Say what resubmitting a run would do; nothing is done.

    A resubmission is a new run, in which what succeeded is reused and the rest runs again; the old one stays
    as it is. RUN is the id of a run, or of a task in it; eight characters of it will do, as they do for NODE.

    The last line is the command that does it. It carries the plan's hash: if anything has changed until then,
    it is refused. The exit code is 65 if something stands against it.

    \b
    Examples:
      umbel plan 0199f2c4
      umbel plan 0199f2c4 --from 0199f2d1 --skip 0199f2e0
      umbel plan 0199f2c4 --failed --result 0199f2d1='{"total": 12}'
      echo '{"nodes": ["0199f2d1"], "args": [3], "queue": "slow"}' | umbel plan 0199f2c4 --edit -
    """
    from ...engine import settings
    from ...engine.plan import plan as planned
    from ...engine.store import planning
    from ..checked import checked
    from ..planreport import report
    from ..recorded import RunNotFound, find_run, opened

    loaded = settings.load(**flags)
    with opened(loaded.database_url) as store:
        found = find_run(store, run)["id"]
        if (past := planning.past(store, found)) is None:
            raise RunNotFound(f"There is no run {found} any more.")
    choice = chosen.choice(past.ids)
    made = checked(planned(past, choice), choice.edits, loaded.broker_url)
    if as_json:
        echo_json(made.to_json())
    else:
        for line in report(past, made, chosen.flags()):
            click.echo(line)
    return os.EX_DATAERR if made.problems else os.EX_OK
