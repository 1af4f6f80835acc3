"""What the commands share: their manners, the flags of settings, and where output goes. Loads click alone."""

import errno
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

FORMATS = ("json", "dot", "svg", "png", "pdf", "py")
BINARY = frozenset({"png", "pdf"})
INTERRUPTED = 130

# The settings of what is recorded, and for how long it is kept.
RECORDING = ("retention_days", "retention_failed_days", "retention_nodes", "redact", "value_limit")
# The settings of what the conductor sends.
CONDUCTING = ("window", "rates")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)

F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A command whose settings explain themselves from the declared table, read only for its help."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the help."""
        from ..engine.settings import table

        rows = {row.flag: row for row in table()}
        for option in self.params:
            if isinstance(option, click.Option) and (row := rows.get(option.opts[0])):
                default = "" if row.default is None else f"; default: {row.default}"
                option.help = f"{row.help} [{row.variable}{default}]"
        super().format_options(ctx, formatter)


def settings_flags(*names: str) -> Callable[[F], F]:
    """Give a command the flags of these settings; what they may hold is the settings' business."""

    def add(command: F) -> F:
        for name in reversed(names):
            command = click.option(f"--{name.replace('_', '-')}", name, metavar="VALUE")(command)
        return command

    return add


class Group(click.Group):
    """A group that tells expected errors in one line, and ends with their exit code."""

    command_class = Command

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        """Run a command line; does not return when ``standalone_mode`` is on."""
        options["standalone_mode"] = False
        try:
            result = super().main(args, *rest, **options)
        except click.ClickException as error:
            error.show()
            code = os.EX_USAGE if isinstance(error, click.UsageError) else error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED
        except BrokenPipeError:
            # The reader, such as `head`, has enough; Python would complain once more when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = os.EX_OK
        except OSError as error:
            code = _explain_full(error)
        except Exception as error:
            code = explain(error)
        else:
            code = result if isinstance(result, int) else os.EX_OK
        sys.exit(code)


def explain(error: Exception) -> int:
    """Tell an expected error in one line and return its exit code; raise any other."""
    from ..engine.errors import UmbelError

    if not isinstance(error, UmbelError):
        raise error
    click.echo(f"umbel: {error}", err=True)
    return error.exit_code


def _explain_full(error: OSError) -> int:
    """Tell that standard output, or a file that a command keeps, cannot be written; raise any other error."""
    if error.errno not in _FULL:
        raise error
    where = f" to {error.filename}" if error.filename else ""
    click.echo(f"umbel: nothing more can be written{where}: {error.strerror}.", err=True)
    # Python would try once more when it closes stdout.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return os.EX_CANTCREAT


class NotWritten(click.ClickException):
    """A file that cannot be written."""

    exit_code = os.EX_CANTCREAT


def check_terminal(form: str, output: str | None) -> None:
    """Refuse to write a picture to a terminal."""
    if form in BINARY and output in (None, "-") and sys.stdout.isatty():
        raise click.UsageError(f"{form.upper()} is not for a terminal: name a file with -o, or pipe it on.")


def echo_json(value: Any) -> None:
    """Print a value as JSON, readable and in ASCII: what others wrote cannot speak to the terminal."""
    click.echo(json.dumps(value, indent=2))


def write(content: bytes, output: str) -> None:
    """Write to a file, or for ``-`` to standard output."""
    if output == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with open(output, "wb") as file:
            file.write(content)
    except OSError as error:
        raise NotWritten(f"{output} cannot be written: {error.strerror}.") from error
