"""The benchmark of observing runs, in small, and prints what it promises; its times are not looked at."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "observe.py"


@pytest.mark.parametrize("kind", ["plain", "group"])
def test_it_runs_and_prints_its_table_and_nothing_is_missed(kind: str) -> None:
    short = ["--tasks", "300", "--rate", "300", "--seconds", "1", "--kind", kind, "--no-flower"]
    done = subprocess.run([sys.executable, SCRIPT, *short], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert f"300 {kind} tasks" in done.stdout
    (row,) = (line.split() for line in lines if line.startswith("Umbel"))
    assert row[-1] == "0"
    assert f"events of {kind} tasks" in done.stdout
    assert lines[-1].startswith("lag: p50 ")
