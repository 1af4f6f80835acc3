"""Whatever is added to the application is guarded, without anybody having to think of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from umbel.engine import settings
from umbel.webui import security
from umbel.webui.access import COOKIE
from umbel.webui.app import create_app
from umbel.webui.demo.catalogue import Catalogue

FOREIGN = {"Host": "rebound.example"}
CROSS_SITE = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
SAFE = {"GET", "HEAD", "OPTIONS"}
BROWSER = {"Accept": "text/html"}

# What who is not logged in may see: the way in, what it looks like, and whether the server lives.
OPEN = {"login.show", "login.log_in", "assets.send", "assets.favicon", "health.health"}


@pytest.fixture
def whole(database_url: str) -> Flask:
    """The application with every part it can have."""
    return create_app(settings.load(database_url=database_url), demo=Catalogue([]))


@pytest.fixture
def closed(database_url: str) -> Flask:
    """The same, with a password."""
    return create_app(settings.load(database_url=database_url, password="correct horse"), demo=Catalogue([]))


def _requests(app: Flask) -> list[tuple[str, str]]:
    return [
        (method, _path(rule)) for rule in app.url_map.iter_rules() for method in sorted(rule.methods or ())
    ]


def _path(rule: Rule) -> str:
    built = rule.build(dict.fromkeys(rule.arguments, "x"))
    assert built is not None
    return built[1]


def test_every_route_refuses_a_host_that_is_not_loopback(whole: Flask) -> None:
    client = whole.test_client()
    requests = _requests(whole)
    assert len(requests) > 20
    assert {client.open(path, method=method, headers=FOREIGN).status_code for method, path in requests} == {
        421
    }


def test_every_route_refuses_what_the_page_of_another_site_asks_for(whole: Flask) -> None:
    client = whole.test_client()
    answers = {
        client.open(path, method=way, headers=CROSS_SITE, json={}).status_code
        for way, path in _requests(whole)
    }
    assert answers == {403}


def test_every_unsafe_route_refuses_what_is_not_json(whole: Flask) -> None:
    client = whole.test_client()
    unsafe = [request for request in _requests(whole) if request[0] not in SAFE]
    assert unsafe
    assert {client.open(path, method=way, data="a=b").status_code for way, path in unsafe} == {415}


def test_a_route_added_later_is_guarded_too(whole: Flask) -> None:
    whole.add_url_rule("/later", "later", lambda: "done", methods=["POST"])
    assert whole.test_client().post("/later", json={}, headers=CROSS_SITE).status_code == 403
    assert whole.test_client().post("/later", json={}).status_code == 200


def test_every_route_asks_who_is_not_logged_in_to_log_in(closed: Flask) -> None:
    client = closed.test_client()
    rules = [rule for rule in closed.url_map.iter_rules() if rule.endpoint not in OPEN]
    assert len(rules) > 10
    for rule in rules:
        for method in rule.methods or ():
            answer = client.open(_path(rule), method=method, json={})
            assert answer.status_code == 401, (method, rule.rule)
            assert method == "HEAD" or answer.json["error"]["code"] == "login_required"
        page = client.get(_path(rule), headers=BROWSER)
        assert page.status_code == 401 or page.location.startswith("/login?next="), rule.rule
    assert client.get("/", headers=BROWSER).location == "/login?next=%2F"


def test_what_is_open_without_a_login_is_this_alone(closed: Flask) -> None:
    client = closed.test_client()
    assert {rule.endpoint for rule in closed.url_map.iter_rules()} >= OPEN
    assert client.get("/health").status_code == 200
    assert client.get("/login", headers=BROWSER).status_code == 200
    for path in ("/favicon.ico", "/static/css/tokens.css"):
        with client.get(path) as answer:
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../api/v1/runs",
        "/static/%2e%2e/api/v1/runs",
        "/static/..%2fapi/v1/runs",
        "/static//../../api/v1/runs",
        "//api/v1/runs",
        "/login/../api/v1/runs",
        "/login/",
        "/LOGIN/../",
        "/;/login",
        "/health/../api/v1/runs",
        "/api/v1/runs/",
        "/api/v1/runs?/static/",
        "/nowhere",
    ],
)
def test_no_spelling_of_an_address_gets_round_the_login(closed: Flask, path: str) -> None:
    answer = closed.test_client().get(path)
    assert answer.status_code in (401, 404, 308), path  # 308: the address without doubled slashes
    assert answer.status_code == 308 or "runs" not in (answer.json or {})


def test_a_route_added_later_needs_a_login_too(closed: Flask) -> None:
    closed.add_url_rule("/later", "later", lambda: "done")
    client = closed.test_client()
    assert client.get("/later").status_code == 401
    client.set_cookie(COOKIE, closed.extensions["umbel"].access.new_session())
    assert client.get("/later").status_code == 200


def _handlers(app: Flask) -> dict[str, Callable[..., Any]]:
    server = app.extensions["umbel"].live.socketio.server
    assert set(server.handlers) == {"/"}
    assert not server.namespace_handlers
    return server.handlers["/"]


def test_every_socket_event_refuses_a_connection_that_was_not_let_in(
    whole: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = whole.extensions["umbel"].live.socketio.server
    with whole.test_request_context("/socket.io/", headers=FOREIGN) as context:
        environ = {**context.request.environ, "flask.app": whole}
    monkeypatch.setattr(server, "get_environ", lambda *_, **__: environ)

    events = {name: handler for name, handler in _handlers(whole).items() if name != "disconnect"}
    assert {"connect", "join", "leave"} <= set(events)
    for name, handler in events.items():
        answer = (
            handler("a-stranger", environ, {"run": None}) if name == "connect" else handler("a-stranger", {})
        )
        assert answer is False or answer["error"]["code"] == "forbidden", name


def test_every_socket_event_refuses_who_is_not_logged_in(
    closed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = closed.extensions["umbel"].live
    live.guard.on("later")(lambda sid, *sent: "done")
    server = live.socketio.server
    session = closed.extensions["umbel"].access.new_session()

    def connection(**headers: str) -> dict[str, Any]:
        upgrade = {"Upgrade": "websocket", **headers}
        with closed.test_request_context("/socket.io/", headers=upgrade) as context:
            environ = {**context.request.environ, "flask.app": closed}
        monkeypatch.setattr(server, "get_environ", lambda *_, **__: environ)
        return environ

    events = [name for name in _handlers(closed) if name not in ("connect", "disconnect")]
    assert {"join", "leave", "later"} <= set(events)
    for headers in ({}, {"Cookie": f"{COOKIE}=forged"}, {"Authorization": "Bearer x"}):
        environ = connection(**headers)
        assert _handlers(closed)["connect"]("a-stranger", environ, None) is False
        for name in events:
            assert _handlers(closed)[name]("a-stranger", {})["error"]["code"] == "forbidden"

    # Who was let in is asked again: a session expires while its socket is open.
    environ = connection(Cookie=f"{COOKIE}={session}")
    assert _handlers(closed)["connect"]("a-guest", environ, None) is not False
    assert _handlers(closed)["later"]("a-guest") == "done"
    monkeypatch.setattr("umbel.webui.access.SESSION_SECONDS", -1)
    for name in events:
        assert _handlers(closed)[name]("a-guest", {})["error"]["code"] == "login_required"


def test_the_handshake_of_the_socket_needs_a_login(closed: Flask) -> None:
    client = closed.test_client()
    address = "/socket.io/?EIO=4&transport=websocket"
    assert client.get(address, headers={"Upgrade": "websocket"} | BROWSER).status_code == 401


def test_a_socket_event_added_later_is_guarded_too(whole: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    live = whole.extensions["umbel"].live
    live.guard.on("later")(lambda sid: "done")
    with whole.test_request_context("/socket.io/") as context:
        environ = {**context.request.environ, "flask.app": whole}
    monkeypatch.setattr(live.socketio.server, "get_environ", lambda *_, **__: environ)
    assert _handlers(whole)["later"]("a-stranger")["error"]["code"] == "forbidden"


def test_events_are_registered_by_the_guard_alone(whole: Flask) -> None:
    for name, handler in _handlers(whole).items():
        code = handler.__wrapped__.__code__  # type: ignore[attr-defined]
        assert Path(code.co_filename) == Path(security.__file__), f"{name} is handled without being guarded"
