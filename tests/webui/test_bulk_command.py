"""``umbel bulk``: what it tells before, does, and waits for."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def failed(record: Callable[..., str]) -> list[str]:
    """Two runs whose only task failed."""
    bad = {"task": "shop.pay", "state": "FAILURE", "exception": "ValueError('no')"}
    return [record([bad], state="FAILURE", finished=time.time(), counts='{"FAILURE": 1}') for _ in range(2)]


def test_it_tells_what_would_be_done(command: Command, failed: list[str]) -> None:
    told = command("bulk", "--dry-run")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("2 runs: 2 failed and 0 blocked tasks run again, 0 others")
    assert json.loads(command("bulk", "--dry-run", "--json").out)["runs"] == 2
    assert command("bulk", "--kind", "conducted").out.startswith("No failed run fits")


def test_it_does_nothing_without_a_yes(
    command: Command, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    told = command("bulk")
    assert told.code != 0
    assert "Resubmit them?" in told.out + told.err


def test_it_resubmits_them_and_waits(
    command: Command, failed: list[str], broker_url: str, conductor: None, client: Any
) -> None:
    flags = ("--broker-url", broker_url)
    told = command("bulk", "--yes", "--wait", "--why", "it is back", *flags)
    assert told.code == 0, told.err
    assert "2 resubmitted" in told.out
    [made] = client.get("/api/v1/bulk").json["bulks"]
    assert (made["state"], made["why"]) == ("DONE", "it is back")
    late = command("bulk", "--stop", made["id"], *flags)
    assert late.code != 0
    assert "had their turn" in late.err
