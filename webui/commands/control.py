"""``umbel pause|resume|cancel RUN``, ``umbel again RUN``: tell a conducted run what to do."""

from typing import Any

import click

from ..commandline import Command, echo_json, settings_flags

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
_FLAGS = settings_flags("broker_url", "database_url")
_WHY = click.option("--why", help="What for: it is kept with what was done.")


@click.command(cls=Command)
@click.argument("run")
@_WHY
@_AS_JSON
@_FLAGS
def pause(run: str, **flags: Any) -> None:
    """Have nothing more of a conducted run sent; what is out goes on.

    RUN is the id of a run, or of a task in it; eight characters of it will do. The conductor does it, so that
    one must run.

    \b
    Examples:
      umbel pause 0199f2c4
    """
    _control("pause", run, **flags)


@click.command(cls=Command)
@click.argument("run")
@_WHY
@_AS_JSON
@_FLAGS
def resume(run: str, **flags: Any) -> None:
    """Let a conducted run that is paused go on.

    \b
    Examples:
      umbel resume 0199f2c4
    """
    _control("resume", run, **flags)


@click.command(cls=Command)
@click.argument("run")
@click.option(
    "--terminate", is_flag=True, help="End tasks that run, too, by killing the process that runs them."
)
@_WHY
@_AS_JSON
@_FLAGS
def cancel(run: str, terminate: bool, **flags: Any) -> None:
    """End a conducted run: what has not begun never will.

    \b
    Examples:
      umbel cancel 0199f2c4
      umbel cancel 0199f2c4 --terminate
    """
    _control("cancel", run, terminate=terminate, **flags)


@click.command(cls=Command)
@click.argument("run")
@click.option("--name", help="What the new run is called; as the old one by default.")
@_WHY
@_AS_JSON
@_FLAGS
def again(run: str, name: str | None, why: str | None, as_json: bool, **flags: Any) -> None:
    """Run the same signatures once more, conducted, under fresh ids; of a watched run, too.

    \b
    Examples:
      umbel again 0199f2c4
    """
    from ...engine.conducting.handle import somebody
    from ..asking import again as ask

    broker_url, run_id = _find(run, **flags)
    made = ask(broker_url, run_id, by=somebody(), name=name, why=why)
    if as_json:
        echo_json({"run": made})
    else:
        click.echo(made)


def _control(
    action: str, run: str, *, as_json: bool, why: str | None, terminate: bool = False, **flags: Any
) -> None:
    from ...engine.conducting.handle import somebody
    from ..asking import control as ask

    broker_url, run_id = _find(run, **flags)
    answer = ask(broker_url, run_id, action, by=somebody(), terminate=terminate, why=why)
    if as_json:
        echo_json(answer)
        return
    marks = [mark for mark in ("paused", "cancelled") if answer[mark]]
    click.echo(f"{run_id} is {', '.join([answer['state'], *marks])}.")


def _find(run: str, **flags: Any) -> tuple[str, str]:
    from ...engine import settings
    from ..recorded import find_run, opened

    chosen = settings.load(**flags)
    with opened(chosen.database_url) as store:
        return chosen.broker_url, find_run(store, run)["id"]
