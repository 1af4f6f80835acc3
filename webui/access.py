"""Who may look and act: one shared password for people, named tokens for programs.

A session is a signed cookie and nothing else: web processes share no memory. Its key is derived from the
password and ``secret_key``, so that every process has the same one, a restart ends no session, and another
password ends them all. Logging out removes the cookie; a copy of it made before would work until it expires.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from ..engine.errors import SettingsError
from ..engine.settings import Settings

COOKIE = "umbel_session"
PEOPLE = "web"  # all that is known of who looks at the pages
SESSION_SECONDS = 7 * 24 * 3600
LEAST_TOKEN = 20  # characters; tokens are not rate-limited, so that they must not be guessable
HASHED = "$argon2"  # what begins so is no password but its hash

_SHA256 = re.compile(r"[0-9a-f]{64}")
_BEARER = re.compile(r"bearer +(?P<token>[^ ]+) *", re.IGNORECASE)

Environ = dict[str, Any]


@dataclass(frozen=True)
class Token:
    """A token that programs send, of which only the hash is kept."""

    name: str
    digest: str


class Access:
    """What the settings say about who is let in.

    Raises
    ------
    SettingsError
        A password or token does not fit.
    """

    def __init__(self, settings: Settings) -> None:
        self.required = settings.password is not None
        self.tokens = parse_tokens(settings.tokens)
        if self.tokens and not self.required:
            raise SettingsError(
                "tokens are set, but no password. Without one everybody is let in: set UMBEL_PASSWORD."
            )
        if settings.password is None:
            return
        from argon2 import PasswordHasher
        from argon2.exceptions import InvalidHashError
        from itsdangerous import TimestampSigner

        self._hasher = PasswordHasher()
        self._hash = settings.password
        if not self._hash.startswith(HASHED):
            self._hash = self._hasher.hash(settings.password)
        try:
            self._hasher.check_needs_rehash(self._hash)
        except InvalidHashError:
            raise SettingsError(
                f"password begins with {HASHED}, but is no argon2 hash. Quote it: shells replace $ and what "
                "follows."
            ) from None
        self._signer = TimestampSigner(_key(settings), salt="umbel.session", digest_method=hashlib.sha256)

    def admits(self, environ: Environ) -> bool:
        """Return whether a request comes from somebody who may look and act."""
        return self.visitor(environ) is not None

    def visitor(self, environ: Environ) -> str | None:
        """Return what to call who sends a request: by the token, or ``web``; None for who is not let in."""
        if not self.required:
            return PEOPLE
        bearer = _BEARER.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if bearer:
            return self._token_name(bearer["token"])
        return PEOPLE if self._is_session(_cookie(environ)) else None

    def _token_name(self, token: str) -> str | None:
        # Each is compared, so that it takes as long for any of them and for none.
        digest = _digest(token)
        names = [known.name for known in self.tokens if hmac.compare_digest(digest, known.digest)]
        return names[0] if names else None

    def opens(self, password: str) -> bool:
        """Return whether ``password`` is the right one."""
        from argon2.exceptions import VerificationError

        try:
            return self._hasher.verify(self._hash, password)
        except (VerificationError, UnicodeEncodeError):  # the latter: JSON can spell what no text is
            return False

    def new_session(self) -> str:
        """Return the value of a cookie that is admitted for a while."""
        return self._signer.sign(secrets.token_urlsafe(16)).decode()

    def _is_session(self, value: str) -> bool:
        from itsdangerous import BadSignature

        try:
            self._signer.unsign(value, max_age=SESSION_SECONDS)
        except BadSignature:
            return False
        return True


def parse_tokens(text: str | None) -> list[Token]:
    """Return the tokens that a setting spells.

    Raises
    ------
    SettingsError
        One has no name, is too short or is no hash. The message does not show it.
    """
    return [_parse_token(each) for each in re.split(r"[\s,]+", text or "") if each]


def _parse_token(text: str) -> Token:
    name, colon, token = text.partition(":")
    if not (name and colon):
        raise SettingsError("tokens holds one without a name. Each is NAME:TOKEN, such as ci:5kD0….")
    if token.startswith("sha256:"):
        digest = token.removeprefix("sha256:").lower()
        if not _SHA256.fullmatch(digest):
            raise SettingsError(f"The token {name} has no SHA-256 in hexadecimal after sha256:.")
        return Token(name, digest)
    if len(token) < LEAST_TOKEN:
        raise SettingsError(
            f"The token {name} is shorter than {LEAST_TOKEN} characters. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return Token(name, _digest(token))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _key(settings: Settings) -> bytes:
    salt = (settings.secret_key or "umbel").encode()
    password = (settings.password or "").encode()
    # Slow on purpose: who holds a cookie could else guess the password that made its key.
    return hashlib.scrypt(password, salt=salt, n=2**14, r=8, p=1, dklen=32)


def _cookie(environ: Environ) -> str:
    from werkzeug.http import parse_cookie

    return parse_cookie(environ).get(COOKIE, "")
