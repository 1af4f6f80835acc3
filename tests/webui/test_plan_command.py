"""``umbel plan``: what a resubmission would do, and the command that does it."""

import io
import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

FIRST, FAILED, LAST = (f"{number}2345678-aaaa" for number in (1, 2, 3))


@pytest.fixture
def run(record: Callable[..., str]) -> str:
    """A run that has failed half way; it was watched, and what its first task returned is not known."""
    nodes = [{"task": "shop.pay", "id": FIRST, "state": "SUCCESS"}]
    nodes.append({"task": "shop.ship", "id": FAILED, "state": "FAILURE", "inputs": json.dumps(FIRST)})
    nodes.append({"task": "shop.mail\x1b[31m", "id": LAST, "state": "BLOCKED", "inputs": json.dumps(FAILED)})
    return record(nodes, [(0, 1, "then", -1), (1, 2, "then", -1)], id="aaaabbbbcccc", state="FAILURE")


def test_it_says_what_would_happen_and_how_to_have_it(command: Command, run: str) -> None:
    told = command("plan", "aaaabbbb")
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == "Resubmit 1 failed + 1 blocked + 1 succeeded"
    assert lines[1].split() == ["run", "3", "shop.pay", "1,", "shop.ship", "1,", "shop.mail\ufffd[31m", "1"]
    assert f"  shop.pay {FIRST}: its result is not kept" in lines
    made = json.loads(command("plan", run, "--json").out)
    assert shlex.split(lines[-1]) == ["umbel", "resubmit", run, "--plan", made["hash"]]


def test_the_command_that_does_it_has_the_same_flags(command: Command, run: str, tmp_path: Path) -> None:
    edits = tmp_path / "my edits.json"
    edits.write_text(json.dumps({"nodes": [LAST[:8]], "kwargs": {"to": "ann"}}))
    flags = ["--from", FAILED[:8], "--result", f'{FIRST}={{"a": 1}}', "--edit", str(edits)]
    told = command("plan", run, *flags)
    assert told.code == 0, told.err + told.out
    lines = told.out.splitlines()
    assert lines[0] == "Resubmit 1 failed + 1 blocked, mark 1 done"
    assert shlex.split(lines[-1])[:-2] == ["umbel", "resubmit", run, *flags]
    made = json.loads(command("plan", run, *flags, "--json").out)
    assert made["choice"]["from"] == [FAILED]
    assert made["changed"] == [{"index": 2, "id": LAST, "fields": ["kwargs"]}]


def test_what_stands_against_it_is_said_and_no_command_is_given(command: Command, run: str) -> None:
    told = command("plan", run, "--failed", "--skip", "nobody-knows", "--skip", FAILED)
    assert told.code == os.EX_DATAERR
    assert "problem: skip: The run has no task with this id: take it out." in told.out
    assert "umbel resubmit" not in told.out
    nothing = command("plan", run, "--failed", "--skip", FAILED)
    assert (nothing.code, nothing.out.splitlines()[0]) == (0, "Nothing to resubmit")
    assert "umbel resubmit" not in nothing.out


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--result", "x"], os.EX_USAGE, "NODE=JSON"),
        (["--result", "x=yes"], os.EX_USAGE, "double quotes"),
        (["--edit", "/nowhere"], os.EX_USAGE, "cannot be read"),
        (["--edit", "-"], os.EX_USAGE, "not JSON"),
    ],
)
def test_flags_that_make_no_sense_are_explained(
    command: Command, run: str, monkeypatch: pytest.MonkeyPatch, flags: list[str], code: int, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("{"))
    told = command("plan", run, *flags)
    assert (told.code, said in told.err) == (code, True), told.err


def test_edits_that_do_not_fit_are_told_by_their_field(
    command: Command, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('[{"nodes": ["x"], "args": 3}]'))
    told = command("plan", run, "--edit", "-")
    assert told.code == os.EX_DATAERR
    assert "edits/0/args: Write a JSON list" in told.err
