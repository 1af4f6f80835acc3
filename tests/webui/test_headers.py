"""The headers that every answer carries."""

import re

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "path", ["/", "/runs/nope", "/api/v1/runs", "/api/v1/nope", "/health", "/static/nope"]
)
def test_every_answer_is_hardened(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Set-Cookie" not in headers


def test_the_policy_allows_nothing_that_is_not_needed(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert re.fullmatch(r"'nonce-[\w-]{20,}'", rules.pop("script-src"))
    assert rules == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


def test_a_page_carries_the_nonce_of_its_own_answer_on_every_script(client: FlaskClient) -> None:
    answer = client.get("/")
    match = re.search(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
    assert match
    scripts = re.findall(r"<script\b[^>]*>", answer.text)
    assert len(scripts) >= 2
    assert all(f'nonce="{match[1]}"' in script for script in scripts)


def test_no_two_answers_share_a_nonce(client: FlaskClient) -> None:
    seen = {client.get("/").headers["Content-Security-Policy"] for _ in range(5)}
    assert len(seen) == 5


def test_no_page_has_inline_handlers_or_styles(client: FlaskClient) -> None:
    page = client.get("/").text
    assert not re.search(r"<[^>]+\s(on\w+|style)=", page)
    assert "javascript:" not in page
