"""The benchmark of conducting runs, in small: every canvas ends; its times are not looked at."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "orchestration.py"


# Workers and conductor say that they are there every few seconds: so there is some slack.
@pytest.mark.parametrize(("events", "most"), [("--events", 9.0), ("--no-events", 7.0)])
def test_every_canvas_ends_and_little_goes_into_the_broker(events: str, most: float) -> None:
    short = ["--short", "--no-native", events]
    done = subprocess.run([sys.executable, SCRIPT, *short], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| ten chained chords of 40 |" in done.stdout
    (size,) = re.findall(r"of many ([\d.]+) kB", done.stdout)
    assert float(size) <= most
