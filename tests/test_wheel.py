"""The wheel holds all that Umbel needs, and works where there is no checkout."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

ROOT = Path(__file__).parent.parent
FOLDERS = ("engine", "webui", "static", "templates")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

WATCHING = """
import sys
from celery import Celery, chain
from umbel.engine import watch

app = Celery("shop", broker=sys.argv[1])

@app.task
def add(x, y):
    return x + y

watch(app)
chain(add.s(1, 2), add.s(3)).apply_async()
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the tree as it stands, built from a copy: what an earlier build left must not get in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", out, source)
    return next(out.glob("umbel-*.whl"))


def _run(*command: str | Path, **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _environment(folder: Path, *requirements: str | Path) -> Path:
    """Make a virtual environment with ``requirements`` and nothing else; return its folder of programs."""
    _run(sys.executable, "-m", "venv", "--without-pip", folder)
    programs = folder / "bin"
    _run(sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet", *requirements)
    return programs


def test_every_folder_with_code_is_a_listed_package() -> None:
    mapping = PROJECT["tool"]["setuptools"]["package-dir"]
    listed = PROJECT["tool"]["setuptools"]["packages"]
    found = {
        ".".join(["umbel", *path.parent.relative_to(ROOT).parts])
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }
    assert sorted(found) == sorted(listed)
    assert mapping == {f"umbel.{folder}": folder for folder in FOLDERS}


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    present = {
        f"umbel/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == present


def test_the_wheel_with_its_demo_extra_runs_the_demo(
    wheel: Path, tmp_path: Path, unused_port: int, eventually: Callable[..., Any]
) -> None:
    programs = _environment(tmp_path / "venv", f"umbel[demo] @ {wheel.as_uri()}")
    home = tmp_path / "home"
    home.mkdir()
    address = f"http://127.0.0.1:{unused_port}"
    with (tmp_path / "log").open("w+") as log:
        demo = subprocess.Popen(
            [programs / "umbel", "demo", "--no-browser", "--port", str(unused_port)],
            cwd=home,
            env={"HOME": str(home), "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:

            def conductor_beats() -> bool:
                assert demo.poll() is None, Path(log.name).read_text()
                try:
                    health = json.loads(_get(f"{address}/health"))
                except OSError:
                    return False
                return health["ok"] and health["conductor"]["age"] is not None

            eventually(conductor_beats, 60, "a healthy demo")
            page = _get(f"{address}/")
            assert "<html" in page
            assert json.loads(_get(f"{address}/api/v1/demo"))["workflows"]
            demo.send_signal(signal.SIGINT)
            assert demo.wait(30) == 0, Path(log.name).read_text()
        finally:
            if demo.poll() is None:
                demo.terminate()
                demo.wait(30)


def _get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.read().decode()


def test_the_bare_wheel_beside_celery_alone_watches(
    wheel: Path, tmp_path: Path, broker_url: str, eventually: Callable[..., Any]
) -> None:
    programs = _environment(tmp_path / "venv", "celery[redis]")
    _run(
        sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet", "--no-deps", wheel
    )
    script = tmp_path / "shop.py"
    script.write_text(WATCHING)
    _run(programs / "python", script, broker_url, cwd=tmp_path)
    with redis.Redis.from_url(broker_url) as client:
        assert client.llen("celery") == 1
        announced = json.loads(client.lindex("umbel", 0) or "null")
    assert announced["headers"]["task"] == "umbel.watch"
