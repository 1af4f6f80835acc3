"""``umbel graph MODULE:NAME``: any canvas, without broker or database."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[bytes]]

MODULE = """
from celery import Celery, chain, group

app = Celery("shop", broker="redis://127.0.0.1:1/0")

@app.task(name="shop.pay")
def pay(x): ...

@app.task(name="shop.ship")
def ship(x): ...

canvas = chain(pay.s(1), group(ship.s(), ship.s()), pay.s())
number = 42

def make():
    return pay.s("made") | ship.s()

def fails():
    raise RuntimeError("no stock")

def other():
    return 42

def wants(argument):
    return canvas

class nested:
    inner = pay.s(1) | ship.s()
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``umbel graph`` in a folder with a module named shop."""
    (tmp_path / "shop.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "raises.py").write_text("1 / 0\n")

    def call(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "umbel.webui.cli", "graph", *arguments]
        return subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=60)

    return call


def test_json_is_the_graph_itself(run: Run) -> None:
    told = run("shop:canvas")
    assert told.returncode == 0, told.stderr
    graph = json.loads(told.stdout)
    tasks = [node["task"] for node in graph["nodes"]]
    assert sorted(filter(None, tasks)) == ["shop.pay", "shop.pay", "shop.ship", "shop.ship"]
    assert graph["outputs"]
    assert all(len(edge) == 3 for edge in graph["edges"])


@pytest.mark.parametrize("name", ["make", "pay", "nested.inner"])
def test_a_callable_a_task_and_a_nested_name_will_do_too(run: Run, name: str) -> None:
    told = run(f"shop:{name}")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["nodes"][0]["task"] == "shop.pay"


@pytest.mark.parametrize(
    ("form", "begins"), [("dot", b"digraph"), ("svg", b"<"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_pictures(run: Run, form: str, begins: bytes) -> None:
    told = run("shop:canvas", "--format", form)
    assert told.returncode == 0, told.stderr
    assert told.stdout.lstrip().startswith(begins)


def test_python_source_compiles(run: Run) -> None:
    told = run("shop:canvas", "-f", "py")
    assert told.returncode == 0, told.stderr
    compile(told.stdout, "canvas", "exec")
    assert b"shop.ship" in told.stdout


def test_a_file_is_written(run: Run, tmp_path: Path) -> None:
    told = run("shop:canvas", "-f", "png", "-o", str(tmp_path / "out.png"))
    assert (told.returncode, told.stdout) == (0, b"")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("shop",), os.EX_USAGE, "MODULE:NAME"),
        (("shop:",), os.EX_USAGE, "MODULE:NAME"),
        ((":canvas",), os.EX_USAGE, "MODULE:NAME"),
        (("nope:canvas",), os.EX_NOINPUT, "no module nope"),
        (("shop.deep:canvas",), os.EX_NOINPUT, "no module shop.deep"),
        (("shop:nope",), os.EX_NOINPUT, "canvas"),
        (("shop:number",), os.EX_NOINPUT, "int"),
        (("shop:other",), os.EX_NOINPUT, "int"),
        (("shop:fails",), os.EX_DATAERR, "no stock"),
        (("shop:wants",), os.EX_DATAERR, "argument"),
        (("broken:canvas",), os.EX_DATAERR, "nothing_of_that_name"),
        (("raises:canvas",), os.EX_DATAERR, "ZeroDivisionError"),
        (("shop:canvas", "-f", "gif"), os.EX_USAGE, "gif"),
        (("shop:canvas", "-o", "/nowhere/out.json"), os.EX_CANTCREAT, "/nowhere/out.json"),
    ],
)
def test_what_cannot_be_drawn_is_said_without_a_traceback(
    run: Run, arguments: tuple[str, ...], code: int, words: str
) -> None:
    told = run(*arguments)
    said = told.stderr.decode()
    assert told.returncode == code, said
    assert words in said
    assert "Traceback" not in said
    assert told.stdout == b""


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_binary_formats_refuse_a_terminal(run: Run, tmp_path: Path, form: str) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "umbel.webui.cli", "graph", "shop:canvas", "-f", form]
    told = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, cwd=tmp_path, timeout=60)
    os.close(theirs)
    os.close(ours)
    assert told.returncode == os.EX_USAGE
    assert b"terminal" in told.stderr
