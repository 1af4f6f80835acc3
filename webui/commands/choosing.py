"""The flags that say what of a run is to run again, of every command that takes a choice."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from ...engine.choice import Choice

SHORTEST = 8  # characters of an id that stand for all of it

F = TypeVar("F", bound=Callable[..., Any])


class Chosen(NamedTuple):
    """What the flags say, as they were given."""

    failed: bool
    begin: tuple[str, ...]
    only: tuple[str, ...]
    skip: tuple[str, ...]
    results: tuple[str, ...]
    edit: str | None

    def flags(self) -> list[str]:
        """Return them as arguments of a command that is to do what this one looked at."""
        told = ["--failed"] if self.failed else []
        named = (("from", self.begin), ("only", self.only), ("skip", self.skip), ("result", self.results))
        for name, values in named:
            for value in values:
                told += [f"--{name}", value]
        return told if self.edit is None else [*told, "--edit", self.edit]

    def choice(self, ids: Iterable[str]) -> "Choice":
        """Return the choice that they spell, in which what begins an id of ``ids`` stands for it.

        Raises
        ------
        ChoiceError
            The edits do not fit.
        """
        from ...engine.choice import Choice

        known = Ids(ids)
        named = {"from": self.begin, "only": self.only, "skip": self.skip}
        said: dict[str, Any] = {"failed": self.failed}
        said |= {name: [known.whole(each) for each in values] for name, values in named.items()}
        said["results"] = [_result(each, known) for each in self.results]
        said["edits"] = edits(self.edit, known)
        return Choice.from_json(said)


def choice_flags(command: F) -> F:
    """Give a command the flags of a choice; it is called with ``chosen``, which is a :class:`Chosen`."""
    options = (
        click.option("--failed", is_flag=True, help="All that failed or was blocked: so by default."),
        _many("--from", "begin", "NODE", "Run this task, and all that follows from it. May be repeated."),
        _many("--only", "only", "NODE", "Run this task; leave out what follows from it. May be repeated."),
        _many("--skip", "skip", "NODE", "Skip this task, and what waits for it. May be repeated."),
        _many("--result", "results", "NODE=JSON", "Count this task as done, with this result."),
        click.option(
            "--edit", metavar="FILE", help="Edits in JSON, as the API takes them; - for standard input."
        ),
    )

    def taking(*given: Any, **flags: Any) -> Any:
        chosen = Chosen(**{name: flags.pop(name) for name in Chosen._fields})
        return command(*given, chosen=chosen, **flags)

    taking.__name__, taking.__doc__ = command.__name__, command.__doc__
    taking.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    made: Any = taking
    for option in reversed(options):
        made = option(made)
    return made


def _many(flag: str, name: str, shape: str, told: str) -> Callable[[F], F]:
    return click.option(flag, name, multiple=True, metavar=shape, help=told)


class Ids:
    """The ids of a run, by how they begin: what begins only one of them stands for it."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.all = sorted(ids)
        self.known = set(self.all)

    def whole(self, given: str) -> str:
        """Return the only id that begins so; where there is none, or several, what was given."""
        from bisect import bisect_left

        if given in self.known or len(given) < SHORTEST:
            return given
        at = bisect_left(self.all, given)
        found = [each for each in self.all[at : at + 2] if each.startswith(given)]
        return found[0] if len(found) == 1 else given


def _result(given: str, known: Ids) -> dict[str, Any]:
    node, equals, value = given.partition("=")
    if not equals:
        raise click.UsageError(f"--result {given!r} is not of the form NODE=JSON, such as 0199f2c4=42.")
    try:
        return {"nodes": [known.whole(node)], "value": json.loads(value)}
    except (ValueError, RecursionError):
        told = f"--result {node}: {value!r:.80} is not JSON; a text is written in double quotes."
        raise click.UsageError(told) from None


def edits(source: str | None, known: Ids) -> list[Any]:
    """Return the edits of a file, or of standard input, with whole ids."""
    return [_edit(each, known) for each in _read(source)]


def _read(source: str | None) -> Sequence[Any]:
    if source is None:
        return []
    try:
        if source == "-":
            text = sys.stdin.read()
        else:
            with open(source, encoding="utf-8") as file:
                text = file.read()
        given = json.loads(text)
    except OSError as error:
        raise click.UsageError(f"--edit {source}: it cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--edit {source}: it is not JSON: {error}.") from None
    return given if isinstance(given, list) else [given]


def _edit(given: Any, known: Ids) -> Any:
    if not isinstance(given, dict) or not isinstance(nodes := given.get("nodes"), list):
        return given
    return given | {"nodes": [known.whole(each) if isinstance(each, str) else each for each in nodes]}
