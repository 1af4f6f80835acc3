"""The benchmark of latency runs, in small, and hears of every task; its times are not looked at."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "latency.py"


def test_it_hears_of_every_task_and_prints_how_late() -> None:
    short = ["--rate", "30", "--seconds", "1", "--kind", "group"]
    done = subprocess.run([sys.executable, SCRIPT, *short], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "group tasks, 30 a second: p50 " in done.stdout
