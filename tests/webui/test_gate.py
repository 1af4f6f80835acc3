"""Who may send a request at all."""

from typing import Any

import pytest
from flask.testing import FlaskClient

OWN = "http://127.0.0.1:5556"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:5556", "127.0.0.1", "127.0.0.1:1", "127.9.8.7:5556", "[::1]", "[::1]:65535"],
)
def test_a_loopback_host_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:5556",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil-localhost",
        "localhost.",
        "0.0.0.0",
        "10.0.0.1",
        "[::]",
        "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "2130706433",
        "0x7f.1",
        "127.1",
    ],
)
def test_another_host_is_misdirected(client: FlaskClient, host: str) -> None:
    answer = client.get("/api/v1/runs", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json["error"]["code"] == "foreign_host"


@pytest.mark.parametrize(
    "host", ["", "a b", "localhost:port", "localhost:5556:1", "user@localhost", "[::1", "loc\tal"]
)
def test_a_malformed_host_is_a_bad_request(client: FlaskClient, host: str) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Origin": OWN}, 404),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, 404),
        ({"Sec-Fetch-Site": "none"}, 404),
        ({"Origin": OWN, "Sec-Fetch-Site": "none"}, 403),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": OWN, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "nonsense"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://127.0.0.1:5557"}, 403),
        ({"Origin": "http://localhost:5556"}, 403),
        ({"Origin": "https://127.0.0.1:5556"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "http://127.0.0.1:99999"}, 403),
        (
            {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
            | {"Sec-Fetch-Dest": "document"},
            403,
        ),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_unsafe_request_must_be_our_own(
    client: FlaskClient, method: str, headers: dict[str, str], status: int
) -> None:
    answer = client.open("/nowhere", method=method, json={}, headers=headers | {"Host": "127.0.0.1:5556"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"],
)
def test_an_unsafe_request_must_carry_json(client: FlaskClient, kind: str | None) -> None:
    answer = client.post("/nowhere", data=b"{}", content_type=kind)
    assert answer.status_code == 415


def test_json_may_name_its_charset(client: FlaskClient) -> None:
    assert (
        client.post("/nowhere", data=b"{}", content_type="Application/JSON; charset=utf-8").status_code == 404
    )


NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"} | NAVIGATION, 200),
        ({"Sec-Fetch-Site": "cross-site"} | NAVIGATION, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403),
    ],
)
def test_another_site_may_link_to_us_and_no_more(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert client.get("/api/v1/runs", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 400),
        ("POST", {"Upgrade": "websocket"}, 400),
        ("GET", {"Upgrade": "websocket", "Origin": "http://evil.example"}, 403),
        ("GET", {"Upgrade": "websocket", "Sec-Fetch-Site": "cross-site"} | NAVIGATION, 403),
        ("GET", {"Upgrade": "websocket", "Host": "evil.example"}, 421),
    ],
)
def test_the_handshake_of_the_socket_passes_the_same_gate(
    client: FlaskClient, method: str, headers: dict[str, str], status: int
) -> None:
    answer = client.open("/socket.io/?EIO=4&transport=websocket", method=method, headers=headers)
    assert answer.status_code == status


def test_what_is_refused_has_the_security_headers_too(client: FlaskClient) -> None:
    answer: Any = client.get("/", headers={"Host": "evil.example"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
