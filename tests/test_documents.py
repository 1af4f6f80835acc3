"""The README names every command and every setting as they are."""

import re
from pathlib import Path

import click
import pytest

from umbel.engine import settings
from umbel.webui.cli import umbel

README = (Path(__file__).parent.parent / "README.md").read_text()


def commands(group: click.Group, name: str) -> list[str]:
    """Return the full name of every command of a group."""
    names: list[str] = []
    for each, command in group.commands.items():
        full = f"{name} {each}"
        names += commands(command, full) if isinstance(command, click.Group) else [full]
    return names


def test_every_command_is_in_the_readme_and_none_that_is_not() -> None:
    named = re.findall(r"^\| `(umbel [a-z ]*[a-z])[ `]", README, re.MULTILINE)
    assert sorted(named) == sorted(commands(umbel, "umbel"))


def test_the_table_of_settings_is_the_declared_one() -> None:
    rows = ["| setting | flag | environment | default | what it is |", "|---|---|---|---|---|"]
    for row in settings.table():
        default = "" if row.default is None else f"`{row.default}`"
        flag = "" if row.flag is None else f"`{row.flag}`"
        rows.append(f"| `{row.name}` | {flag} | `{row.variable}` | {default} | {row.help} |")
    if (table := "\n".join(rows)) not in README:
        pytest.fail(f"The settings in README.md must read:\n\n{table}")
