"""Whatever is added to the application is guarded, without anybody having to think of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from umbel.engine import settings
from umbel.webui import security
from umbel.webui.app import create_app
from umbel.webui.demo.catalogue import Catalogue

FOREIGN = {"Host": "rebound.example"}
CROSS_SITE = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
SAFE = {"GET", "HEAD", "OPTIONS"}


@pytest.fixture
def whole(database_url: str) -> Flask:
    """The application with every part it can have."""
    return create_app(settings.load(database_url=database_url), demo=Catalogue([]))


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
