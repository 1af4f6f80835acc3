"""The flags that say which runs."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..moments import Moment

KINDS = ("conducted", "native", "inferred")

F = TypeVar("F", bound=Callable[..., Any])

_FLAGS = (
    click.option("--name", help="With this in the run's name."),
    click.option("--task", help="With a task of this name."),
    click.option("--worker", help="With a task that this worker ran."),
    click.option("--since", type=Moment(), help="Made then or later: 2h (ago), 7d, or 2026-11-20T12:00."),
    click.option("--until", type=Moment(), help="Made before."),
    click.option("--text", help="With this in the run's name, the name of a task or an error."),
    click.option("--error", help="With errors of this heading, as the board has them: # for what varies."),
    click.option("--id", help="Of this id, or with a task of this id; eight characters of it will do."),
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        help="Conducted, announced by watch(app), or inferred from events.",
    ),
    click.option("--singles", is_flag=True, help="Runs of one task that nobody announced, too."),
)


def filter_flags(command: F) -> F:
    """Give a command the flags of a filter; their names are those of ``RunFilters``."""
    for option in reversed(_FLAGS):
        command = option(command)
    return command
