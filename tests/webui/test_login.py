"""One password for people: the login page, its session, and what is open without."""

from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import argon2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from umbel.engine import settings
from umbel.engine.errors import SettingsError
from umbel.webui.access import COOKIE, SESSION_SECONDS, Access
from umbel.webui.app import create_app
from umbel.webui.attempts import OVERALL, PER_ADDRESS
from umbel.webui.login import own_path

PASSWORD = "correct horse"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(database_url: str) -> Iterator[MakeApp]:
    """Make an application with a password."""
    made: list[Flask] = []

    def make(**given: Any) -> Flask:
        made.append(create_app(settings.load(**{"database_url": database_url, "password": QUICK} | given)))
        return made[-1]

    yield make
    for each in made:
        each.extensions["umbel"].store.close()


@pytest.fixture
def closed(make_app: MakeApp) -> FlaskClient:
    """A client of an application with a password, who has not given it."""
    return make_app().test_client()


def log_in(client: FlaskClient, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/login", json={"password": password, **more})


def test_a_page_leads_to_the_login_page_and_from_there_back(closed: FlaskClient) -> None:
    sent = closed.get("/runs/a b?x=1&y=ü", headers=BROWSER)
    assert sent.status_code == 302
    page = closed.get(sent.location, headers=BROWSER)
    assert page.status_code == 200
    assert 'type="password"' in page.text
    assert 'data-next="/runs/a%20b?x=1&amp;y=%C3%BC"' in page.text

    answer = log_in(closed, next="/runs/a%20b?x=1")
    assert (answer.status_code, answer.json) == (200, {"next": "/runs/a%20b?x=1"})
    assert closed.get("/", headers=BROWSER).status_code == 200
    assert closed.get("/api/v1/runs").status_code == 200
    assert closed.get("/login?next=/task/x", headers=BROWSER).location == "/task/x"


def test_a_wrong_password_opens_nothing(closed: FlaskClient) -> None:
    for wrong in ("", "correct horsf", PASSWORD + " ", "\ud800", "é" * 100):
        answer = log_in(closed, wrong)
        assert (answer.status_code, answer.json["error"]["code"]) == (401, "wrong_password")
        assert "Set-Cookie" not in answer.headers
    assert closed.get("/api/v1/runs").status_code == 401


@pytest.mark.parametrize("body", [[], "x", {}, {"password": None}, {"password": 1}, {"password": "x" * 2000}])
def test_what_is_no_password_is_a_bad_request(closed: FlaskClient, body: Any) -> None:
    assert closed.post("/login", json=body).status_code == 400


def test_a_login_must_come_from_our_own_page(closed: FlaskClient) -> None:
    body = {"password": PASSWORD}
    assert closed.post("/login", json=body, headers={"Origin": "http://evil.example"}).status_code == 403
    assert closed.post("/login", json=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert closed.post("/login", data=body).status_code == 415


def test_the_session_is_a_cookie_that_no_script_and_no_other_site_gets(make_app: MakeApp) -> None:
    client = make_app(proxies=1).test_client()
    plain = SimpleCookie(log_in(client).headers["Set-Cookie"])[COOKIE]
    assert plain["httponly"]
    assert plain["samesite"] == "Lax"
    assert plain["path"] == "/"
    assert int(plain["max-age"]) == SESSION_SECONDS
    assert not plain["secure"]
    forwarded = client.post("/login", json={"password": PASSWORD}, headers={"X-Forwarded-Proto": "https"})
    assert SimpleCookie(forwarded.headers["Set-Cookie"])[COOKIE]["secure"]


def test_logging_out_takes_it_away(closed: FlaskClient) -> None:
    log_in(closed)
    assert closed.post("/logout", json={}).json == {"next": "/login"}
    assert closed.get("/api/v1/runs").status_code == 401
    assert closed.post("/logout", json={}).status_code == 401


def _session_of(app: Flask) -> str:
    return app.extensions["umbel"].access.new_session()


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        ({}, {}, 200),
        ({}, {"password": "another horse"}, 401),
        ({}, {"secret_key": "k" * 16}, 401),
        ({"secret_key": "k" * 16}, {"secret_key": "l" * 16}, 401),
        ({"secret_key": "k" * 16}, {"secret_key": "k" * 16, "password": "another horse"}, 401),
        ({"secret_key": "k" * 16}, {"secret_key": "k" * 16}, 200),
    ],
)
def test_a_session_outlives_a_restart_and_no_change_of_password(
    make_app: MakeApp, first: dict[str, Any], then: dict[str, Any], status: int
) -> None:
    cookie = _session_of(make_app(**first))
    client = make_app(**then).test_client()
    client.set_cookie(COOKIE, cookie)
    assert client.get("/api/v1/runs").status_code == status


def test_a_session_expires(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    client = app.test_client()
    client.set_cookie(COOKIE, _session_of(app))
    assert client.get("/api/v1/runs").status_code == 200
    monkeypatch.setattr("umbel.webui.access.SESSION_SECONDS", -1)
    assert client.get("/api/v1/runs").status_code == 401


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "umbel", "é", "." * 3000])
def test_a_forged_session_is_none(closed: FlaskClient, forged: str) -> None:
    closed.set_cookie(COOKIE, forged)
    assert closed.get("/api/v1/runs").status_code == 401


def test_a_session_that_was_tampered_with_is_none(make_app: MakeApp) -> None:
    app = make_app()
    client = app.test_client()
    value = _session_of(app)
    client.set_cookie(COOKIE, ("A" if value[0] != "A" else "B") + value[1:])
    assert client.get("/api/v1/runs").status_code == 401


def test_the_password_may_be_given_as_its_hash(make_app: MakeApp) -> None:
    client = make_app(password=QUICK).test_client()
    assert log_in(client, QUICK).status_code == 401
    assert log_in(client).status_code == 200


def test_the_password_may_be_given_as_it_is(make_app: MakeApp) -> None:
    client = make_app(password=PASSWORD).test_client()
    assert log_in(client, "wrong").status_code == 401
    assert log_in(client).status_code == 200


def test_a_broken_hash_is_said_and_not_taken_for_a_password() -> None:
    with pytest.raises(SettingsError, match="no argon2 hash"):
        Access(settings.load(password="$argon2id$v=19$m=65536"))


def test_a_short_password_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError, match="8 characters") as refused:
        settings.load(password="secret7")
    assert "secret7" not in str(refused.value)


def test_the_password_may_come_from_a_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    monkeypatch.setenv("UMBEL_PASSWORD_FILE", str(file))
    assert Access(settings.load()).opens(PASSWORD)


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        (None, "/"),
        ("", "/"),
        ("/runs/x?a=b#c", "/runs/x?a=b#c"),
        ("runs", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        (" //evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_logging_in_leads_to_no_other_site(closed: FlaskClient, given: str | None, leads: str) -> None:
    assert own_path(given) == leads
    assert log_in(closed, next=given).json["next"] == leads
    assert closed.get("/login", query_string={"next": given} if given else {}).location == leads


def test_an_address_may_try_so_often(closed: FlaskClient) -> None:
    for _ in range(PER_ADDRESS):
        assert log_in(closed, "wrong").status_code == 401
    refused = log_in(closed)
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "too_many_attempts")
    assert int(refused.headers["Retry-After"]) > 0
    elsewhere = {"REMOTE_ADDR": "192.0.2.9"}
    assert closed.post("/login", json={"password": PASSWORD}, environ_base=elsewhere).status_code == 200


def test_behind_a_proxy_the_address_is_the_one_it_tells(make_app: MakeApp) -> None:
    def tries(client: FlaskClient, address: str) -> int:
        headers = {"X-Forwarded-For": f"203.0.113.7, {address}"}
        return client.post("/login", json={"password": "wrong"}, headers=headers).status_code

    believing, other = make_app(proxies=1).test_client(), make_app().test_client()
    for number in range(PER_ADDRESS + 1):
        assert tries(believing, f"192.0.2.{number}") == 401
        assert tries(other, f"192.0.2.{number}") == (401 if number < PER_ADDRESS else 429)


def test_any_host_is_answered_and_its_own_pages_alone_may_act(closed: FlaskClient) -> None:
    host = {"Host": "umbel.example"}
    assert closed.get("/health", headers=host).status_code == 200
    body = {"password": PASSWORD}
    own, foreign = {"Origin": "http://umbel.example"}, {"Origin": "http://umbel.example:81"}
    assert closed.post("/login", json=body, headers=host | foreign).status_code == 403
    assert closed.post("/login", json=body, headers=host | own).status_code == 200
    assert closed.get("/health", headers={"Host": "a b"}).status_code == 400


def test_without_a_password_there_is_no_login(client: FlaskClient) -> None:
    assert client.get("/login").location == "/"
    assert client.post("/login", json={"password": "x"}).status_code == 404
    assert client.get("/api/v1/runs").status_code == 200


def test_attempts_of_all_addresses_together_are_limited_too(make_app: MakeApp) -> None:
    attempts = make_app().extensions["umbel"].attempts
    assert not any(attempts.take(f"192.0.2.{number}") for number in range(OVERALL))
    assert attempts.take("198.51.100.1") > 0
