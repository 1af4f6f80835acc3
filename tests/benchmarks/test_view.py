"""The benchmark of what a browser shows runs, in small; its times are not looked at."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "view.py"


def test_it_looks_at_large_runs_and_what_is_seen_is_right() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--short"], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| ten chords | 600 |" in done.stdout
    assert "| what is seen is what the database says | yes | yes |" in done.stdout
    assert "| and lists it first | yes | yes |" in done.stdout
    assert "| a folded one by |" in done.stdout
