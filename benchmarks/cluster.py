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


class Cluster:
    """A server over data of its own, which stay when it is stopped.

    Parameters
    ----------
    bin_folder
        Where initdb and postgres are.
    options
        Settings of the server, ``name=value``.
    """

    def __init__(self, bin_folder: Path, *options: str) -> None:
        self.user = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
        self.folder = Path(tempfile.mkdtemp(prefix="umbel-postgresql-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
        data = self.folder / "data"
        init = [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        command = [*init, "--locale=C.UTF-8"]
        subprocess.run(command, check=True, capture_output=True, user=self.user, cwd=self.folder)
        self._command: list[str | Path] = [bin_folder / "postgres", "-D", data, "-k", self.folder]
        for option in (*OPTIONS, *options):
            self._command += ["-c", option]
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        with (self.folder / "log").open("ab") as sink:
            self._server = subprocess.Popen(
                self._command, stdout=sink, stderr=sink, user=self.user, cwd=self.folder
            )
        _wait(self._server, self.folder)

    def stop(self) -> None:
        """Stop the server as if it crashed: every session ends at once."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(30)
            self._server = None

    def remove(self) -> None:
        """Stop the server for good, and remove its data."""
        self.stop()
        shutil.rmtree(self.folder)


@contextmanager
def postgresql(bin_folder: Path, *options: str) -> Iterator[str]:
    """Give the URL of a new server that listens on a Unix socket alone."""
    cluster = Cluster(bin_folder, *options)
    try:
        cluster.start()
        yield cluster.url
    finally:
        cluster.remove()


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
