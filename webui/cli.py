"""The command line, ``umbel``.

Importing this loads click alone: every command imports what it needs. Errors that are expected are one line
on stderr, and the exit code says which kind (names of ``os.EX_*``):

=====  ================  ==================================================================
code   name              what
=====  ================  ==================================================================
0      EX_OK             done
1, 2                     `umbel run --wait`: the run ended as FAILURE, as REVOKED
64     EX_USAGE          a command line that makes no sense
65     EX_DATAERR        a canvas that cannot become a graph, a module that fails
66     EX_NOINPUT        no such module, or nothing of that name in it; no such run
69     EX_UNAVAILABLE    the port is taken; no database, broker or Graphviz, or not in time
70     EX_SOFTWARE       a mistake of Umbel's own
73     EX_CANTCREAT      a file that cannot be written, or a disk that is full
75     EX_TEMPFAIL       `umbel run --wait --timeout`: the run has not ended
78     EX_CONFIG         a setting that does not fit
130                      Ctrl-C
=====  ================  ==================================================================
"""

from typing import Any

import click

from .commandline import FORMATS, Command, Group, check_terminal, settings_flags, write
from .commands.actions import actions
from .commands.amend import amend
from .commands.bulk import bulk
from .commands.conductor import conductor
from .commands.control import again, cancel, pause, resume
from .commands.doctor import doctor
from .commands.export import export
from .commands.plan import plan
from .commands.resubmit import resubmit
from .commands.revoke import revoke
from .commands.run import run
from .commands.runs import runs
from .commands.show import show
from .commands.up import up


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"umbel {version('umbel')}")
        context.exit()


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Tell it."
)
def umbel() -> None:
    """See, run and mend workflows made of Celery tasks.

    Every setting is a flag, or UMBEL_<NAME> in the environment (UMBEL_<NAME>_FILE names a file that holds
    it), or a line of umbel.toml in the working directory: the first of these that has it counts.

    \b
    Examples:
      umbel demo
      umbel graph shop.tasks:checkout --format svg -o checkout.svg
    """


@umbel.command()
@settings_flags("port", "data_dir", "log_level")
@click.option("--browser/--no-browser", default=True, help="Open a browser, or only tell the address.")
def demo(browser: bool, **flags: Any) -> None:
    """Run everything with sample workflows, on this machine alone.

    Starts a broker of its own, a Celery worker, the conductor and the web server; Ctrl-C ends them all. What
    they write goes to a temporary folder that is removed at the end, unless you name one with --data-dir.

    \b
    Examples:
      umbel demo
      umbel demo --port 8080 --no-browser
      umbel demo --data-dir ~/umbel-demo
    """
    from ..engine import settings
    from .demo import supervisor

    supervisor.run(settings.load(**flags), browser=browser)


@umbel.command()
@settings_flags("host", "port", "workers", "threads", "proxies", "broker_url", "database_url", "log_level")
def web(**flags: Any) -> None:
    """Serve the pages and the API.

    With a password (UMBEL_PASSWORD, or UMBEL_PASSWORD_FILE, which names a file that holds it) people log in,
    and it may bind to any address; without one it binds to loopback addresses only.

    \b
    Examples:
      umbel web
      umbel web --broker-url redis://10.0.0.5:6379/0 --database-url sqlite:////var/lib/umbel/umbel.db
      umbel web --port 8080 --workers 2
      UMBEL_PASSWORD_FILE=/run/secrets/umbel umbel web --host 0.0.0.0
    """
    from ..engine import settings
    from . import server

    server.serve(settings.load(**flags))


@umbel.group(cls=click.Group)
def db() -> None:
    """Make and inspect the database.

    \b
    Examples:
      umbel db upgrade
      umbel db current
    """


@db.command(cls=Command)
@settings_flags("database_url")
def upgrade(**flags: Any) -> None:
    """Make the database, or bring its tables to this version.

    \b
    Examples:
      umbel db upgrade
      umbel db upgrade --database-url postgresql://umbel@db.internal/umbel
    """
    from ..engine import settings, store
    from .revision import find_revision

    url = settings.load(**flags).database_url
    store.upgrade(url)
    click.echo(f"The database is at revision {find_revision(url)}.")


@db.command(cls=Command)
@settings_flags("database_url")
def current(**flags: Any) -> None:
    """Tell which revision the tables are of, and which this version needs.

    \b
    Examples:
      umbel db current
    """
    from ..engine import settings
    from ..engine.store import schema
    from .revision import find_revision

    found = find_revision(settings.load(**flags).database_url)
    click.echo(f"database  {found or 'empty'}\nneeded    {schema.REVISION}")


@umbel.command()
@click.argument("canvas", metavar="MODULE:NAME")
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), default="json", help="What to print.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead.")
def graph(canvas: str, form: str, output: str | None) -> None:
    """Print the graph of a canvas. Needs no broker and no database.

    NAME is a canvas, or a callable without arguments that returns one; MODULE is looked for here first.

    \b
    Examples:
      umbel graph shop.tasks:checkout
      umbel graph shop.tasks:checkout --format svg -o checkout.svg
      umbel graph shop.tasks:checkout --format dot | xdot -
    """
    check_terminal(form, output)
    from .canvasfile import find_canvas
    from .drawing import draw

    write(draw(find_canvas(canvas), form), output or "-")


for command in (up, conductor, runs, show, export, revoke, run, pause, resume, cancel, again, doctor):
    umbel.add_command(command)
for command in (plan, resubmit, bulk, amend, actions):
    umbel.add_command(command)

if __name__ == "__main__":
    umbel()
