"""Tokens for programs."""

import hashlib
from collections.abc import Iterator

import argon2
import pytest
from flask.testing import FlaskClient

from umbel.engine import settings
from umbel.engine.errors import SettingsError
from umbel.webui.access import Access, parse_tokens
from umbel.webui.app import create_app

PASSWORD = "correct horse"
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
TOKEN = "t0k3n-of-the-ci-server"
HASHED = "t0k3n-of-which-the-hash-is-kept"


@pytest.fixture
def closed(database_url: str) -> Iterator[FlaskClient]:
    """A client of an application with a password and two tokens."""
    digest = hashlib.sha256(HASHED.encode()).hexdigest()
    tokens = f"ci:{TOKEN},\n cron:sha256:{digest}"
    app = create_app(settings.load(database_url=database_url, password=QUICK, tokens=tokens))
    yield app.test_client()
    app.extensions["umbel"].store.close()


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer  {TOKEN}", f"Bearer {HASHED}"])
def test_a_token_is_let_in(closed: FlaskClient, header: str) -> None:
    assert closed.get("/api/v1/runs", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer é",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer ci:{TOKEN}",
        f"Bearer {hashlib.sha256(HASHED.encode()).hexdigest()}",
        f"Basic {TOKEN}",
    ],
)
def test_what_is_no_token_is_not(closed: FlaskClient, header: str) -> None:
    answer = closed.get("/api/v1/runs", headers={"Authorization": header})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "login_required")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_token_is_refused_whatever_session_comes_with_it(closed: FlaskClient) -> None:
    closed.post("/login", json={"password": PASSWORD})
    assert closed.get("/api/v1/runs").status_code == 200
    assert closed.get("/api/v1/runs", headers={"Authorization": "Bearer x"}).status_code == 401
    # A proxy's own password is none of ours, and takes nothing away.
    assert closed.get("/api/v1/runs", headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_it_is_known_who_asks(closed: FlaskClient) -> None:
    access = closed.application.extensions["umbel"].access
    asked = {"Bearer x": None, f"Bearer {TOKEN}": "ci", f"Bearer {HASHED}": "cron", "": None}
    assert {header: access.visitor({"HTTP_AUTHORIZATION": header}) for header in asked} == asked
    assert access.visitor({"HTTP_COOKIE": f"umbel_session={access.new_session()}"}) == "web"


def test_the_token_itself_is_not_kept(closed: FlaskClient) -> None:
    access = closed.application.extensions["umbel"].access
    assert [token.name for token in access.tokens] == ["ci", "cron"]
    assert TOKEN not in repr(access.tokens)
    assert TOKEN not in repr(closed.application.extensions["umbel"].settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("justatokenwithoutanyname", "without a name"),
        (":justatokenwithoutanyname", "without a name"),
        ("ci:short", "shorter than 20"),
        ("ci:sha256:abc", "SHA-256"),
    ],
)
def test_a_token_that_does_not_fit_is_said_without_being_shown(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        parse_tokens(text)
    assert "justatoken" not in str(refused.value)
    assert "ci:short" not in str(refused.value)


def test_tokens_without_a_password_are_refused() -> None:
    with pytest.raises(SettingsError, match="UMBEL_PASSWORD"):
        Access(settings.load(tokens=f"ci:{TOKEN}"))
