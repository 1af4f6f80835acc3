"""``umbel bulk``: resubmit all failed runs that fit, after a look at what that would do."""

import time
from typing import Any

import click

from ..commandline import Command, echo_json, settings_flags
from .filtering import filter_flags

LOOK_SECONDS = 0.5


@click.command(cls=Command)
@filter_flags
@click.option("--why", help="What for: it is kept with what was done.")
@click.option("--yes", is_flag=True, help="Do it without asking; else what would be done is told first.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and nothing else.")
@click.option("--wait", is_flag=True, help="Wait until each run has had its turn.")
@click.option("--stop", metavar="BULK", help="Begin nothing more of this one instead; what it made goes on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does; does not ask.")
@settings_flags("broker_url", "database_url")
def bulk(
    why: str | None,
    yes: bool,
    dry_run: bool,
    wait: bool,
    stop: str | None,
    as_json: bool,
    broker_url: str | None,
    database_url: str | None,
    **filters: Any,
) -> None:
    """Resubmit all failed runs that fit: what failed and was blocked in each, as new runs.

    Runs that a later one resolved, or that have a later attempt, are left out. Each is planned anew at its
    turn, the oldest first. The conductor does it, a few at a time, whatever becomes of this command.

    \b
    Examples:
      umbel bulk --since 1d --dry-run
      umbel bulk --error "ConnectionError: no route to #" --yes --why "the network is back"
      umbel bulk --stop 5d41402a-bc4b-4a76-b971-9d911017c592
    """
    from ...engine import settings
    from ...engine.conducting.handle import somebody
    from ...engine.store import bulkplan, bulkreads
    from ...engine.store.filters import RunFilters
    from ..asking import begin_bulk, stop_bulk
    from ..recorded import opened

    found = settings.load(broker_url=broker_url, database_url=database_url)
    if stop is not None:
        stopped = stop_bulk(found.broker_url, stop, by=somebody(), why=why)
        echo_json({"stopped": stopped}) if as_json else click.echo(f"Stopped before {stopped} runs.")
        return
    chosen = RunFilters(**filters)
    with opened(found.database_url) as store:
        plan = bulkplan.preview(store, chosen)
        if not as_json:
            click.echo(_told(plan))
        elif dry_run:
            echo_json(plan)
        if dry_run or (not plan["runs"] and not as_json):
            return
        if not (yes or as_json):
            click.confirm("Resubmit them?", abort=True)
        made = begin_bulk(found.broker_url, chosen, plan["hash"], by=somebody(), why=why)
        if not wait:
            echo_json({"bulk": made}) if as_json else click.echo(made)
            return
        while (come := bulkreads.bulk(store, made)) is None or come["state"] == "RUNNING":
            time.sleep(LOOK_SECONDS)
    echo_json(come) if as_json else click.echo(_come(come))


def _told(plan: dict[str, Any]) -> str:
    """Return in words what would be done."""
    if not plan["runs"]:
        return "No failed run fits that has no later attempt."
    lines = [
        f"{plan['runs']} runs: {plan['failed']} failed and {plan['blocked']} blocked tasks run again, "
        f"{plan['rest']} others are reused where their results are kept."
    ]
    if plan["later"]:
        lines.append(f"{plan['later']} more have a later attempt, and are left out.")
    if plan["more"]:
        lines.append("More fit: these are the oldest.")
    of = "them" if plan["looked_at"] == plan["runs"] else f"{plan['looked_at']} that were planned"
    lines += [f"{each['runs']} of {of} cannot be: {each['message']}" for each in plan["problems"]]
    return "\n".join(lines)


def _come(bulk: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(bulk["outcomes"].items()))
    return f"{bulk['id']}: {counts}"
