"""The benchmark of correctness runs, in small; a canvas that is conducted wrongly makes it fail."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "correctness.py"


def test_it_runs_both_ways_and_prints_its_table() -> None:
    command = [sys.executable, "-W", "ignore", SCRIPT, "--canvases", "8"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("| canvases | run by |")
    assert [line.split(" | ")[1] for line in lines[2:]] == ["Celery", "Umbel"] * 4
