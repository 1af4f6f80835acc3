"""``umbel export RUN``: a run as a file."""

import os

import click

from ..commandline import FORMATS, Command, check_terminal, settings_flags, write


@click.command(cls=Command)
@click.argument("run")
@click.option(
    "-f", "--format", "form", type=click.Choice(FORMATS), help="What to write; else by the file's name."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead.")
@settings_flags("database_url")
def export(run: str, form: str | None, output: str | None, database_url: str | None) -> None:
    """Write a run as JSON, a picture with its states, DOT, or the Python source of its canvas.

    \b
    Examples:
      umbel export 0199f2c4 -o run.svg
      umbel export 0199f2c4 --format py
    """
    form = form or _by_name(output)
    check_terminal(form, output)
    from ...engine import settings
    from ..export import export as make
    from ..recorded import RunNotFound, find_run, opened

    with opened(settings.load(database_url=database_url).database_url) as store:
        made = make(store, find_run(store, run)["id"], form)
    if made is None:
        raise RunNotFound(f"The run {run} was deleted just now.")
    write(made, output or "-")


def _by_name(output: str | None) -> str:
    ending = os.path.splitext(output or "")[1].lstrip(".").lower()
    return ending if ending in FORMATS else "json"
