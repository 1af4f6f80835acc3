"""``umbel amend``: what a change of what has not begun would do, and doing it."""

import json
import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from umbel.webui import asking

Command = Callable[..., Any]

BEGUN, NEXT, LAST = (f"{number}2345678-aaaa" for number in (1, 2, 3))


@pytest.fixture
def run(record: Callable[..., str]) -> str:
    """A conducted run of which one task has begun."""
    usual = {"task": "shop.pay", "conducted": True}
    nodes = [usual | {"id": BEGUN, "state": "STARTED", "sent": time.time(), "evidence": "[[]]"}]
    nodes += [usual | {"id": NEXT}, usual | {"id": LAST, "held": True}]
    edges = [(0, 1, "then", -1), (1, 2, "then", -1)]
    return record(nodes, edges, id="aaaabbbbcccc", kind="conducted", created=time.time())


def test_it_says_what_a_change_does_and_how_to_have_it(command: Command, run: str) -> None:
    flags = ["--hold", NEXT[:8], "--release", LAST[:8]]
    told = command("amend", run[:8], *flags)
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == "Change 2 tasks (ahead: 2, begun or ended: 1)"
    made = json.loads(command("amend", run, *flags, "--json").out)
    assert made["change"] == {"hold": [NEXT], "release": [LAST]}
    assert shlex.split(lines[-1]) == ["umbel", "amend", run, *flags, "--change", made["hash"]]


def test_what_has_begun_is_refused(command: Command, run: str) -> None:
    told = command("amend", run, "--skip", BEGUN)
    assert told.code == os.EX_DATAERR
    assert "problem: skip: This task has begun or ended: it cannot be changed any more." in told.out
    assert "--change" not in told.out


def test_the_conductor_is_asked_for_just_that(
    command: Command, run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def amend(broker_url: str, run_id: str, change: Any, hash_: str, *, by: str, why: str) -> dict[str, int]:
        asked.append((run_id, change, hash_, why))
        return {"touched": 1}

    monkeypatch.setattr(asking, "amend", amend)
    edit = tmp_path / "edit.json"
    edit.write_text(json.dumps({"nodes": [NEXT[:8]], "queue": "slow"}))
    told = command("amend", run, "--edit", str(edit), "--change", "abc", "--why", "it is full")
    assert (told.code, told.out) == (0, f"1 task of {run} changed.\n"), told.err
    assert asked == [(run, {"edits": [{"nodes": [NEXT], "queue": "slow"}]}, "abc", "it is full")]
