"""A PostgreSQL server of one's own, in a temporary folder, for as long as it is needed."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

OPTIONS = ("listen_addresses=", "fsync=off", "max_connections=50", "shared_buffers=128MB")


def programs() -> Path | None:
    """Return the folder of the newest initdb and postgres of this machine; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: each.parts[-3].zfill(3))
    if found:
        return found[-1].parent
    known = shutil.which("initdb")
    return Path(known).resolve().parent if known else None


@contextmanager
def postgresql(bin_folder: Path, *options: str) -> Iterator[str]:
    """Give the URL of a new server that listens on a Unix socket alone."""
    user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="umbel-postgresql-"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    init = [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*init, "--locale=C.UTF-8"], check=True, capture_output=True, user=user, cwd=folder)
    command: list[str | Path] = [bin_folder / "postgres", "-D", data, "-k", folder]
    for option in (*OPTIONS, *options):
        command += ["-c", option]
    with (folder / "log").open("wb") as sink:
        server = subprocess.Popen(command, stdout=sink, stderr=sink, user=user, cwd=folder)
    try:
        _wait(server, folder)
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(folder)


def _wait(server: subprocess.Popen[bytes], folder: Path, within: float = 30.0) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
