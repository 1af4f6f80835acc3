"""Importing Umbel is cheap: it goes into worker images."""

import subprocess
import sys

import pytest

HEAVY = {"alembic", "flask", "graphviz", "networkx", "pydantic", "pygraphviz", "socketio", "sqlalchemy"}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import umbel.engine", {*HEAVY, "celery", "kombu", "redis"}),
        ("from umbel.engine import watch", HEAVY),
        ("from umbel.engine import conduct", HEAVY),
        ("from umbel.engine import UmbelError", {*HEAVY, "celery", "kombu", "redis"}),
        ("from umbel.engine.conductor import run", HEAVY - {"pydantic", "sqlalchemy"}),
        ("from umbel.webui.cli import umbel", {*HEAVY, "celery", "kombu", "redis"}),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement: str, absent: set[str]) -> None:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert absent.isdisjoint(done.stdout.split())
