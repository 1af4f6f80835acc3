"""Logging in and out. The page sends its form as JSON, as every unsafe request must be (see ``security``).

``POST /login {"password", "next"}`` answers ``{"next": path}`` with the session's cookie, 401
``wrong_password`` or 429 ``too_many_attempts``; ``POST /logout {}`` answers ``{"next": "/login"}``.
"""

import logging
import math
import re
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request

from .access import COOKIE, SESSION_SECONDS, Access
from .attempts import Attempts
from .errors import ApiError, answer, bad_request, not_found

HOME = "/"
LONGEST_NEXT = 2000
LONGEST_PASSWORD = 1024

# A path of ours: "//host" and "/\host" would lead elsewhere, and browsers drop some control characters.
_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")

blueprint = Blueprint("login", __name__)
logger = logging.getLogger(__name__)


@blueprint.get("/login")
def show() -> Any:
    """Show the login page; lead on who needs none."""
    target = own_path(request.args.get("next"))
    if _access().admits(request.environ):
        return redirect(target)
    return render_template("login.html", next=target)


@blueprint.post("/login")
def log_in() -> Response:
    """Give a session to who knows the password."""
    password, target = _parse(request.get_json())
    access, attempts = _access(), _attempts()
    if not access.required:
        raise not_found("There is no login: no password is set.")
    address = request.remote_addr or ""
    if (wait := attempts.take(address)) > 0:
        return _too_many(wait)
    if not access.opens(password):
        logger.warning("A wrong password came from %s.", address)
        raise ApiError(HTTPStatus.UNAUTHORIZED, "wrong_password", "That is not the password.")
    attempts.forgive(address)
    response = jsonify(next=target)
    response.set_cookie(
        COOKIE,
        access.new_session(),
        max_age=SESSION_SECONDS,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


@blueprint.post("/logout")
def log_out() -> Response:
    """Take the session away."""
    response = jsonify(next="/login")
    response.delete_cookie(COOKIE, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def own_path(text: str | None) -> str:
    """Return ``text`` if it is a path of this server, as one may be sent to after logging in; else ``/``."""
    if text is None or len(text) > LONGEST_NEXT or not _PATH.fullmatch(text):
        return HOME
    return text


def _access() -> Access:
    return current_app.extensions["umbel"].access


def _attempts() -> Attempts:
    return current_app.extensions["umbel"].attempts


def _parse(sent: Any) -> tuple[str, str]:
    if not isinstance(sent, dict) or not isinstance(password := sent.get("password"), str):
        raise bad_request('Send {"password": "..."}.')
    if len(password) > LONGEST_PASSWORD:
        raise bad_request(f"A password has at most {LONGEST_PASSWORD} characters.")
    target = sent.get("next")
    return password, own_path(target if isinstance(target, str) else None)


def _too_many(wait: float) -> Response:
    seconds = math.ceil(wait)
    message = f"Too many wrong passwords. Try again in {seconds} s."
    refusal = answer(ApiError(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts", message))
    refusal.headers["Retry-After"] = str(seconds)
    return refusal
