"""``umbel run MODULE:NAME``: have a canvas conducted."""

from typing import Any

import click

from ..commandline import Command, echo_json, settings_flags

CODES = {"SUCCESS": 0, "FAILURE": 1, "REVOKED": 2}
UNFINISHED = 75  # EX_TEMPFAIL
PATIENCE = 2.0  # seconds in which a conductor should answer, or it is said that none did


@click.command(cls=Command)
@click.argument("canvas", metavar="MODULE:NAME")
@click.option("--name", help="What the run is called.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the run, such as window=100; what is no text is JSON. May be repeated.",
)
@click.option("--wait", is_flag=True, help="Wait for its end; the exit code tells how it ended.")
@click.option("--timeout", type=float, metavar="SECONDS", help="With --wait: wait no longer than that.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the run, and with --wait what came of it.")
@settings_flags("broker_url")
def run(
    canvas: str,
    name: str | None,
    options: tuple[str, ...],
    wait: bool,
    timeout: float | None,
    as_json: bool,
    broker_url: str | None,
) -> int:
    """Have a canvas conducted, durably, on the Celery workers that are there.

    NAME is a canvas, or a callable without arguments that returns one; MODULE is looked for here first. The
    broker is that of its Celery app, unless one is named. The run's id is printed at once; the run begins as
    soon as a conductor is there.

    With --wait the exit code is 0 for SUCCESS, 1 for FAILURE, 2 for REVOKED, and 75 if it has not ended.

    \b
    Examples:
      umbel run shop.tasks:checkout
      umbel run shop.tasks:nightly --option window=100 --option 'retry={"max": 3, "backoff": 2}'
      umbel run shop.tasks:checkout --wait --timeout 600 --json | jq .result
    """
    from ...engine.conducting import conduct
    from ...engine.conducting.handle import somebody
    from ..canvasfile import find_canvas

    given = _options(options)
    found = find_canvas(canvas)
    handle = conduct(found, name=name, by=somebody(), connection=_broker(found, broker_url), **given)
    if not wait:
        if as_json:
            echo_json({"run": handle.id})
        else:
            click.echo(handle.id)
            _look(handle)
        return 0
    if not as_json:
        click.echo(handle.id)
    return wait_for(handle, timeout, as_json=as_json)


def _options(options: tuple[str, ...]) -> dict[str, Any]:
    import json

    from ...engine.rules import RunOptions

    given: dict[str, Any] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise click.UsageError(f"{option!r} is not of the form NAME=VALUE, such as window=100.")
        try:
            given[name] = json.loads(value)
        except ValueError:
            given[name] = value
    RunOptions.from_json(given)
    return given


def _broker(canvas: Any, broker_url: str | None) -> str | None:
    """Return the broker to use; None for that of the canvas's app."""
    from ...engine import settings

    conf = canvas.app.conf if hasattr(canvas, "app") else None
    if broker_url is None and conf is not None and (conf.broker_url or conf.broker_write_url):
        return None
    return settings.load(broker_url=broker_url).broker_url


def _look(handle: Any) -> None:
    """Say so when no conductor has taken the run."""
    from ...engine.requests import RequestError

    try:
        handle.wait(0, patience=PATIENCE)
    except RequestError as error:
        click.echo(f"umbel: {error} The run begins as soon as one is there.", err=True)


def wait_for(handle: Any, timeout: float | None, *, as_json: bool) -> int:
    """Wait for the end of a run and tell of it; return the exit code that says how it ended."""
    from ...engine.conducting import RunFailed
    from ...engine.requests import RequestError
    from ..text import plain

    state = handle.wait(timeout)
    told: dict[str, Any] = {"run": handle.id, "state": state}
    lines = [state]
    if state == "SUCCESS" and as_json:
        try:
            told["result"] = handle.answer()["result"]
        except RequestError as error:  # what it returned is no JSON: it has succeeded all the same
            told["error"] = str(error)
    elif state in CODES and state != "SUCCESS":
        failed = RunFailed.of(handle.id, handle.answer())
        told["failed"] = [each._asdict() for each in failed.tasks]
        lines = str(failed).splitlines()
    if as_json:
        echo_json(told)
    else:
        for line in lines:
            click.echo(plain(line))
    return CODES.get(state, UNFINISHED)
