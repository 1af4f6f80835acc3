"""``umbel amend RUN``: change what of a conducted run has not begun."""

import os
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from ..commandline import Command, echo_json, settings_flags
from .choosing import Ids, edits

if TYPE_CHECKING:
    from ...engine.amendment import Amendment


@click.command(cls=Command)
@click.argument("run")
@click.option("--skip", multiple=True, metavar="NODE", help="Skip this task, and what waits for it.")
@click.option("--hold", multiple=True, metavar="NODE", help="Do not send this task until it is released.")
@click.option("--release", multiple=True, metavar="NODE", help="Let this task go that was held.")
@click.option("--edit", metavar="FILE", help="Edits in JSON, as the API takes them; - for standard input.")
@click.option("--change", "hash_", metavar="HASH", help="Do it, if it still is what had this hash.")
@click.option("--why", help="What for: it is kept with what was done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API does.")
@settings_flags("broker_url", "database_url")
def amend(
    run: str,
    skip: tuple[str, ...],
    hold: tuple[str, ...],
    release: tuple[str, ...],
    edit: str | None,
    hash_: str | None,
    why: str | None,
    as_json: bool,
    **flags: str | None,
) -> int:
    """Change what of a conducted run has not begun: skip it, hold it, or give it other arguments.

    Without --change nothing is done: it is said what would be, and the last line is the command that does it.
    All of it is done, or nothing, where a task has begun meanwhile. RUN is the id of a run, or of a task in
    it; eight characters of it will do, as they do for NODE; each flag may be repeated.

    \b
    Examples:
      umbel amend 0199f2c4 --hold 0199f2d1
      umbel amend 0199f2c4 --release 0199f2d1 --change 5d41... --why "the disk is empty again"
      echo '{"nodes": ["0199f2d1"], "queue": "slow"}' | umbel amend 0199f2c4 --edit -
    """
    from ...engine import settings
    from ...engine.amendment import Change, amendment
    from ...engine.conducting.handle import somebody
    from ...engine.store import amending
    from ..asking import amend as ask
    from ..checked import checked
    from ..recorded import RunNotFound, find_run, opened

    loaded = settings.load(**flags)
    with opened(loaded.database_url) as store:
        run_id = find_run(store, run)["id"]
        if (standing := amending.standing(store, run_id, Change())) is None:
            raise RunNotFound(f"There is no run {run_id} any more.")
        known = Ids(standing.ids)
        named = {"skip": skip, "hold": hold, "release": release}
        said = {name: [known.whole(each) for each in nodes] for name, nodes in named.items()}
        change = Change.from_json(said | {"edits": edits(edit, known)})
        standing = amending.standing(store, run_id, change) or standing
    if hash_ is not None:
        done = ask(loaded.broker_url, run_id, change.to_json(), hash_, by=somebody(), why=why)
        if as_json:
            echo_json(done)
        else:
            click.echo(f"{_tasks(done['touched'])} of {run_id} changed.")
        return os.EX_OK
    made = checked(amendment(standing, change), change.edits, loaded.broker_url)
    given = [part for name, nodes in named.items() for node in nodes for part in (f"--{name}", node)]
    given += [] if edit is None else ["--edit", edit]
    if as_json:
        echo_json(made.to_json())
    else:
        for line in _report(made, given):
            click.echo(line)
    return os.EX_DATAERR if made.problems else os.EX_OK


def _report(made: "Amendment", flags: Sequence[str]) -> Iterator[str]:
    from ..planreport import objections
    from ..text import plain

    frontier = made.to_json()["frontier"]
    touched = _tasks(len(made.touched))
    yield f"Change {touched} (ahead: {frontier['ahead']:,}, begun or ended: {frontier['past']:,})"
    yield from objections(made.problems, made.warnings)
    if made.ok:
        yield ""
        yield plain(shlex.join(["umbel", "amend", made.run, *flags, "--change", made.hash]))


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
