"""Keeping parts running together."""

import sys
import threading
from pathlib import Path

import pytest

from umbel.webui.supervision import DEATHS, GivenUp, Keeper, Part, Stopped, stop


def test_a_part_that_dies_again_and_again_ends_everything_with_its_last_words(tmp_path: Path) -> None:
    keeper = Keeper(threading.Event())
    log = tmp_path / "web.log"
    log.write_text("one\ncannot find the thing\n")
    for _ in range(DEATHS - 1):
        keeper.count_death("web", log)
    keeper.count_death("worker", log)
    with pytest.raises(GivenUp, match="cannot find the thing"):
        keeper.count_death("web", log)


def test_a_part_that_cannot_run_is_given_up() -> None:
    part = Part("web", [sys.executable, "-c", "raise SystemExit(3)"], {})
    keeper = Keeper(threading.Event())
    part.start()
    with pytest.raises(GivenUp, match="The web ended 5 times"):
        _look_after_for_ever(keeper, part)
    stop([part])
    assert not part.is_running


def test_the_end_is_seen_at_once() -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Stopped):
        Keeper(stopping).look_after([])


def test_a_part_that_does_not_want_to_end_is_killed_with_its_forks(tmp_path: Path) -> None:
    stubborn = "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.fork()"
    stubborn += "; print(1, flush=True); time.sleep(60)"
    part = Part("web", [sys.executable, "-c", stubborn], {}, log=tmp_path / "log")
    part.start()
    pid = part.pid
    while (tmp_path / "log").read_text().count("1") < 2:
        assert part.ended() is None
    stop([part])
    assert _groups(pid) == []


def _look_after_for_ever(keeper: Keeper, part: Part) -> None:
    while True:
        keeper.look_after([part])


def _groups(pid: int | None) -> list[Path]:
    """Return the processes that are in the group of ``pid`` and still live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == pid and fields[0] != "Z":
            found.append(stat)
    return found
