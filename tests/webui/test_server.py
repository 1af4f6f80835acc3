"""``umbel web`` as a process: several workers, a quick end, and clear words when it cannot start."""

import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from umbel.webui.server import GRACE_SECONDS


def test_sockets_work_with_several_workers(serve: Callable[..., Any], connect: Callable[..., Any]) -> None:
    server = serve("--workers", "3")
    sockets = [connect(server) for _ in range(12)]
    assert [each.status for each in sockets] == [101] * 12
    assert all(each.ask("join", {"run": None})["ok"] for each in sockets)
    assert all(each.hear("beat") for each in sockets)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_quickly_with_sockets_open(
    serve: Callable[..., Any], connect: Callable[..., Any], how: signal.Signals
) -> None:
    server = serve("--workers", "2")
    sockets = [connect(server) for _ in range(6)]
    took = server.stop(how)
    assert took < GRACE_SECONDS - 2, "it waited for the sockets until it lost patience"
    assert server.process.returncode == 0
    for each in sockets:
        each.wait_closed()
    assert "Traceback" not in server.log.read_text()


def test_its_process_ends_when_the_master_is_killed_though_pages_are_open(
    serve: Callable[..., Any], connect: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    server = serve()
    sockets = [connect(server) for _ in range(4)]
    pid = server.process.pid
    (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    server.process.kill()
    server.process.wait(10)
    for each in sockets:
        each.wait_closed()
    eventually(lambda: not Path("/proc", worker).exists(), 2 * GRACE_SECONDS, "the end of the worker")


def test_a_taken_port_is_told_in_one_line(serve: Callable[..., Any], unused_port: int) -> None:
    with socket.create_server(("127.0.0.1", unused_port)):
        server = serve(wait=False)
        assert server.process.wait(20) == 69
    said = server.log.read_text()
    assert f"127.0.0.1:{unused_port}" in said
    assert "--port" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_an_address_that_others_reach_is_refused(serve: Callable[..., Any], host: str) -> None:
    server = serve("--host", host, wait=False)
    assert server.process.wait(20) == 78
    said = server.log.read_text()
    assert host in said
    assert "UMBEL_PASSWORD" in said
    assert len(said.splitlines()) == 1


def test_with_a_password_any_address_is_served(
    serve: Callable[..., Any], connect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UMBEL_PASSWORD", "correct horse")
    monkeypatch.setenv("UMBEL_TOKENS", "ci:a-token-of-the-ci-server")
    server = serve("--host", "0.0.0.0", "--workers", "2")
    assert server.ask("/api/v1/runs").status == 401
    assert server.ask("/api/v1/runs", Authorization="Bearer a-token-of-the-ci-server").status == 200
    assert connect(server).status == 401

    # Each process takes the session that any of them gave.
    cookie = server.ask("/login", {"password": "correct horse"}).headers["Set-Cookie"].partition(";")[0]
    assert {server.ask("/api/v1/runs", Cookie=cookie).status for _ in range(10)} == {200}
    own, other = f"http://127.0.0.1:{server.port}", "http://evil.example"
    assert connect(server, Cookie=cookie, Origin=own).ask("join", {"run": None})["ok"]
    assert connect(server, Cookie=cookie, Origin=other).status == 403


def test_a_database_that_is_not_there_is_told_in_one_line(serve: Callable[..., Any], tmp_path: Any) -> None:
    server = serve("--database-url", f"sqlite:///{tmp_path}/nope.db", wait=False)
    assert server.process.wait(20) == 69
    said = server.log.read_text()
    assert "umbel db upgrade" in said
    assert len(said.splitlines()) == 1


def test_a_body_that_is_too_large_is_refused(serve: Callable[..., Any]) -> None:
    server = serve()
    assert server.ask("/api/v1/runs", "x" * 2_000_000).status in (405, 413)
    assert server.is_up()


def test_it_serves_the_loopback_address_of_ipv6(
    serve: Callable[..., Any], unused_port: int, eventually: Callable[..., Any]
) -> None:
    server = serve("--host", "::1", wait=False)
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        server.process.terminate()
        pytest.skip("no IPv6 here")

    def answers() -> bool:
        connection = HTTPConnection("::1", unused_port, timeout=10)
        with suppress(OSError), closing(connection):
            connection.request("GET", "/api/v1/runs")
            return connection.getresponse().status == 200
        return False

    # Not only a port: in its first moment a process of gunicorn does not hear that it is to stop.
    eventually(answers, 20, "an answer")
    assert server.stop() < GRACE_SECONDS - 2
