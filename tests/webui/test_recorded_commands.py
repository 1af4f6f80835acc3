"""``umbel runs``, ``umbel show`` and ``umbel export``: what is recorded, on the command line."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Record = Callable[..., str]


@pytest.fixture
def run(record: Record) -> str:
    """A run that has failed half way."""
    done = {"task": "shop.pay", "state": "SUCCESS", "started": 1000.0, "finished": 1002.0, "worker": "w1"}
    failed = {"task": "shop.ship", "id": "0123456789abcdef", "state": "FAILURE", "reason": "error"}
    failed |= {"exception": "ValueError('no stock')", "inputs": '"n1-0"'}
    counts = '{"SUCCESS": 1, "FAILURE": 1}'
    times = {"created": time.time() - 3600, "started": 1000.0, "finished": 1003.5}
    return record(
        [done, failed], [(0, 1, "then", -1)], id="aaaabbbbcccc", state="FAILURE", counts=counts, **times
    )


def test_runs_are_listed(command: Command, run: str) -> None:
    told = command("runs")
    assert told.code == 0, told.err
    header, line = told.out.splitlines()
    assert header.split() == ["ID", "STATE", "NAME", "DONE", "CREATED", "TOOK"]
    assert line.split()[:4] == [run, "FAILURE", "shop.pay", "2/2"]
    assert line.endswith("3.5 s")


def test_runs_as_json_are_what_the_api_answers(command: Command, run: str, client: Any) -> None:
    assert json.loads(command("runs", "--json").out) == client.get("/api/v1/runs").json


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--state", "FAILURE"), True),
        (("--state", "SUCCESS"), False),
        (("--state", "SUCCESS", "--state", "FAILURE"), True),
        (("--since", "2h"), True),
        (("--since", "30m"), False),
        (("--until", "30m"), True),
        (("--since", "1970-01-01", "--until", "1980-01-01T12:00"), False),
        (("--id", "01234567"), True),
        (("--kind", "inferred"), False),
        (("--task", "nobody.knows"), False),
    ],
)
def test_runs_are_listed_by_what_is_asked_for(
    command: Command, run: str, arguments: tuple[str, ...], found: bool
) -> None:
    listed = json.loads(command("runs", "--json", *arguments).out)["runs"]
    assert [each["id"] for each in listed] == ([run] if found else [])


def test_more_runs_than_a_page_are_listed(
    command: Command, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umbel.webui.listing.PAGE", 2)
    made = [record() for _ in range(5)]

    def ids(*limit):
        return [each["id"] for each in json.loads(command("runs", "--json", *limit).out)["runs"]]

    assert ids() == made[::-1]
    assert ids("--limit", "3") == made[:1:-1]
    assert "--limit" in command("runs", "--limit", "3").out


def test_no_runs_are_said_and_so_are_those_that_are_not_listed(command: Command, record: Record) -> None:
    assert command("runs").out == "No runs.\n"
    record(kind="inferred", single=True)
    assert "(1)" in command("runs").out
    assert "--singles" in command("runs").out
    assert "shop.pay" in command("runs", "--singles").out


@pytest.mark.parametrize("given", ["aaaabbbbcccc", "aaaabbbb", "0123456789abcdef", "01234567"])
def test_a_run_is_shown_by_its_id_or_that_of_a_task(command: Command, run: str, given: str) -> None:
    told = command("show", given)
    assert told.code == 0, told.err
    assert run in told.out
    assert "2: 1 SUCCESS, 1 FAILURE" in told.out
    assert "shop.ship failed: ValueError('no stock')" in told.out
    pay = next(line for line in told.out.splitlines() if "shop.pay" in line and "w1" in line)
    assert "2.0 s" in pay


def test_a_run_as_json_is_a_graph_with_what_became_of_it(command: Command, run: str) -> None:
    whole = json.loads(command("show", run, "--json").out)
    assert whole["schema"] == 1
    assert [node["state"] for node in whole["nodes"]] == ["SUCCESS", "FAILURE"]
    assert whole["edges"] == [["n1-0", "0123456789abcdef", "then"]]
    wanted = {"state", "reason", "sent", "received", "started", "finished", "worker", "attempts", "result"}
    assert wanted <= set(whole["nodes"][0])


def test_an_id_that_fits_several_runs_names_them(command: Command, record: Record) -> None:
    record(id="same-beginning-1")
    record(id="same-beginning-2")
    told = command("show", "same-beginning")
    assert told.code == os.EX_NOINPUT
    assert "same-beginning-1" in told.err
    assert "same-beginning-2" in told.err


@pytest.mark.parametrize("arguments", [("show", "nope"), ("export", "nope"), ("show", "")])
def test_a_run_that_is_not_there_is_said(command: Command, arguments: tuple[str, ...]) -> None:
    told = command(*arguments)
    assert (told.code, told.out) == (os.EX_NOINPUT, "")
    assert "umbel runs" in told.err
    assert len(told.err.splitlines()) == 1


def test_what_others_wrote_does_not_speak_to_the_terminal(command: Command, record: Record) -> None:
    evil = "a\x1b[31m\x07b\nc\u202ed\x9b1m"
    node = {"task": evil, "state": "FAILURE", "exception": evil, "worker": evil}
    run = record([node], name=evil)
    for told in (command("runs"), command("show", run), command("show", run, "--json")):
        assert told.code == 0
        assert not set("\x1b\x07\u202e\x9b") & set(told.out)


@pytest.mark.parametrize(
    ("name", "begins"),
    [("run.json", b"{"), ("run.svg", b"<?xml"), ("run.png", b"\x89PNG"), ("run.py", b""), ("run", b"{")],
)
def test_a_run_is_exported_as_its_file_is_named(
    command: Command, run: str, tmp_path: Path, name: str, begins: bytes
) -> None:
    told = command("export", run, "-o", str(tmp_path / name))
    assert (told.code, told.out) == (0, "")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_run_is_exported_to_standard_output(command: Command, run: str) -> None:
    told = command("export", run, "--format", "dot")
    assert told.out.startswith("digraph")


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "--state", "DONE"),
        ("runs", "--since", "yesterday"),
        ("runs", "--since", "9" * 20 + "d"),
        ("runs", "--limit", "0"),
        ("export", "x", "--format", "gif"),
        ("show",),
    ],
)
def test_a_command_line_that_makes_no_sense_is_said(command: Command, arguments: tuple[str, ...]) -> None:
    told = command(*arguments)
    assert told.code == os.EX_USAGE
    assert "Traceback" not in told.err
