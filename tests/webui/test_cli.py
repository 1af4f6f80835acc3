"""The command line: help, settings, exit codes and clear words."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from umbel.engine.settings import table
from umbel.webui.cli import umbel

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``umbel`` with these arguments in an empty folder."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "umbel.webui.cli", *arguments]
        everything = os.environ | environment
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=everything, timeout=60
        )

    return call


def _commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name), command


COMMANDS = dict(_commands(umbel))


def test_the_commands_are_these() -> None:
    groups = {(), ("db",)}
    leaves = {("demo",), ("web",), ("conductor",), ("graph",), ("db", "upgrade"), ("db", "current")}
    leaves |= {("up",), ("runs",), ("show",), ("export",), ("revoke",), ("doctor",)}
    leaves |= {("run",), ("pause",), ("resume",), ("cancel",), ("again",), ("plan",)}
    leaves |= {("resubmit",), ("actions",), ("bulk",), ("amend",)}
    assert set(COMMANDS) == groups | leaves


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "umbel")
def test_every_command_has_help_with_an_example(path: tuple[str, ...], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        umbel.main([*path, "--help"], prog_name="umbel")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"Usage: {' '.join(('umbel', *path))}" in said
    assert "Example" in said
    assert f"\n    {' '.join(('umbel', *path))}" in said
    for option in COMMANDS[path].params:
        if isinstance(option, click.Option):
            assert option.help, option.name


def test_every_flag_of_a_setting_is_explained_from_the_declared_table(capsys: Any) -> None:
    rows = {row.flag: row for row in table()}
    settings = set(rows) & {
        each for command in COMMANDS.values() for option in command.params for each in option.opts
    }
    assert len(settings) > 6
    for path, command in COMMANDS.items():
        with pytest.raises(SystemExit):
            umbel.main([*path, "--help"], prog_name="umbel")
        said = " ".join(capsys.readouterr().out.split())
        for flag in settings & {each for option in command.params for each in option.opts}:
            assert rows[flag].variable in said
            assert " ".join(rows[flag].help.split()[:4]) in said


def test_nothing_but_click_is_loaded_for_the_commands() -> None:
    code = (
        "import sys, umbel.webui.cli\n"
        "heavy = {'celery', 'kombu', 'flask', 'sqlalchemy', 'pydantic', 'networkx', 'gunicorn', 'redis'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_it_tells_its_version(run: Run) -> None:
    told = run("--version")
    assert told.returncode == 0
    assert told.stdout.startswith("umbel ")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nonsense",), os.EX_USAGE, "nonsense"),
        (("web", "--nonsense"), os.EX_USAGE, "--nonsense"),
        (("web", "--port", "x"), os.EX_CONFIG, "port"),
        (("web", "--host", "0.0.0.0"), os.EX_CONFIG, "login"),
        (("web",), os.EX_UNAVAILABLE, "umbel db upgrade"),
        (("web", "--database-url", "mysql://x/y"), os.EX_CONFIG, "database_url"),
        (("db", "current"), os.EX_UNAVAILABLE, "umbel db upgrade"),
        (
            ("db", "upgrade", "--database-url", "sqlite:////nowhere/at/all.db"),
            os.EX_UNAVAILABLE,
            "/nowhere/at",
        ),
        (("graph",), os.EX_USAGE, "MODULE:NAME"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    run: Run, arguments: tuple[str, ...], code: int, words: str
) -> None:
    told = run(*arguments)
    assert told.returncode == code, told.stderr
    assert words in told.stderr
    assert "Traceback" not in told.stderr
    assert told.stdout == ""


def test_a_setting_that_nobody_knows_is_an_error(run: Run) -> None:
    told = run("db", "current", UMBEL_DATABSE_URL="sqlite:///x.db")
    assert told.returncode == os.EX_CONFIG
    assert "UMBEL_DATABSE_URL" in told.stderr


def test_a_database_is_made_once_and_then_left_alone(run: Run, tmp_path: Path) -> None:
    first, second = run("db", "upgrade"), run("db", "upgrade")
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    assert (tmp_path / "umbel.db").exists()
    revision = first.stdout.split()[-1].rstrip(".")
    assert run("db", "current").stdout.split() == ["database", revision, "needed", revision]


def test_looking_for_a_database_makes_none(run: Run, tmp_path: Path) -> None:
    run("db", "current")
    run("web")
    assert list(tmp_path.iterdir()) == []
