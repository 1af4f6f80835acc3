"""Who is let in, before any view or socket event sees a request.

Two gates, each of which guards whatever is added later without being told of it:

:class:`Gate`
    The outermost WSGI layer, so that it stands before the socket's handshake too, which Flask never sees. A
    request that another site's page makes is refused, unless somebody just follows a link; an unsafe one must
    come from our own pages, or from no browser at all, and carry JSON. With a password, who is not logged in
    gets the login page, static files and ``/health``, and nothing else. Without one the Host must be a
    loopback name (a page on ``evil.example`` whose name was rebound to 127.0.0.1 sends its own name).
:class:`SocketGuard`
    Registers socket events. Each runs only for a connection whose handshake was authorised.

:func:`harden` sets the headers of every answer. A script runs only with the nonce of the page that brought
it; what it imports inherits that nonce, so that no source list is needed.
"""

import ipaddress
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, g, request

from ..engine.errors import SettingsError
from ..engine.settings import Settings
from .access import Access

MAX_BODY = 1024 * 1024  # bytes of an HTTP request's body
MAX_FRAME = 64 * 1024  # bytes of a socket's message
SOCKET_PATH = "/socket.io"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOGIN = "/login"
OPEN_PATHS = frozenset({LOGIN, "/health", "/favicon.ico"})  # to who is not logged in
OPEN_FOLDER = "/static/"
PAGELESS = ("/api/", "/openapi.json")  # programs ask here, and are told 401
DEFAULT_PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

Environ = dict[str, Any]


class Refused(Exception):
    """A request that may not pass, and why; ``location`` is where a browser goes instead."""

    def __init__(self, status: HTTPStatus, code: str, message: str, location: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.location = location


def is_loopback(name: str) -> bool:
    """Return whether ``name``, a host as a URL spells it, can only mean this machine.

    >>> [is_loopback(name) for name in ("localhost", "127.8.8.8", "[::1]", "example.org")]
    [True, True, True, False]
    """
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def check_address(settings: Settings) -> None:
    """Refuse to bind to an address that other machines can reach, unless there is a login.

    Raises
    ------
    SettingsError
        ``host`` is no loopback address, and there is no password; or a password or token does not fit.
    """
    if Access(settings).required or is_loopback(settings.host):
        return
    raise SettingsError(
        f"Umbel does not bind to {settings.host} without a login: whoever reaches it sees every task. Set "
        "UMBEL_PASSWORD or UMBEL_PASSWORD_FILE; or use --host 127.0.0.1, and look from elsewhere through a "
        "tunnel (ssh -L 5556:127.0.0.1:5556 HOST)."
    )


def check_host(environ: Environ, access: Access) -> None:
    """Refuse a request whose Host is malformed, or not a loopback name where there is no login."""
    host = environ.get("HTTP_HOST", "")
    match = _HOST.fullmatch(host)
    if not match:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_host", "The Host header is missing or malformed.")
    if not access.required and not is_loopback(match["name"]):
        raise Refused(
            HTTPStatus.MISDIRECTED_REQUEST,
            "foreign_host",
            "Umbel answers only to localhost, 127.0.0.1 and [::1] as long as no password is set.",
        )


def check_login(environ: Environ, access: Access) -> None:
    """Refuse who is not logged in; a browser that wants a page is led to the login page."""
    path = environ.get("PATH_INFO", "")
    if path in OPEN_PATHS or path.startswith(OPEN_FOLDER) or access.admits(environ):
        return
    location = None
    wants_page = "text/html" in environ.get("HTTP_ACCEPT", "") and not path.startswith(PAGELESS)
    if wants_page and environ["REQUEST_METHOD"] in ("GET", "HEAD") and not is_socket(environ):
        location = f"{LOGIN}?next={quote(_asked_for(environ), safe='')}"
    raise Refused(HTTPStatus.UNAUTHORIZED, "login_required", "Log in first, or send a token.", location)


def _asked_for(environ: Environ) -> str:
    path = quote(environ.get("PATH_INFO", "").encode("latin-1"))
    query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe="%/?:@!$&'()*+,;=")
    return f"{path}?{query}" if query else path


def is_own_origin(environ: Environ) -> bool:
    """Return whether the Origin header, which must be there, is that of our own pages."""
    scheme = environ.get("wsgi.url_scheme", "http")
    try:
        origin = urlsplit(environ["HTTP_ORIGIN"])
        host = urlsplit(f"{scheme}://{environ['HTTP_HOST']}")
        theirs = (origin.scheme, origin.hostname, origin.port or DEFAULT_PORTS.get(origin.scheme))
        ours = (scheme, host.hostname, host.port or DEFAULT_PORTS[scheme])
    except ValueError:
        return False
    return theirs == ours


def check_site(environ: Environ) -> None:
    """Refuse what the page of another site asks for, unless somebody follows a link.

    Browsers tell by Sec-Fetch-Site; older ones and programs do not. Another port of this machine is another
    site to us, although browsers call it the same one.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site not in (None, "same-origin", "none") and not _is_navigation(environ):
        raise Refused(HTTPStatus.FORBIDDEN, "cross_site", "Another site's page may not ask for this.")


def _is_navigation(environ: Environ) -> bool:
    return (
        environ["REQUEST_METHOD"] in ("GET", "HEAD")
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        and not is_socket(environ)
    )


def check_unsafe(environ: Environ) -> None:
    """Refuse a request that may change something, unless it is ours and carries JSON."""
    if environ["REQUEST_METHOD"] in SAFE_METHODS:
        return
    from_nowhere = environ.get("HTTP_SEC_FETCH_SITE") == "none"
    if "HTTP_ORIGIN" in environ and (from_nowhere or not is_own_origin(environ)):
        message = (
            "The request's Origin is not this server. A reverse proxy must pass Host on; see UMBEL_PROXIES."
        )
        raise Refused(HTTPStatus.FORBIDDEN, "foreign_origin", message)
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "Send Content-Type: application/json.")


def is_socket(environ: Environ) -> bool:
    """Return whether a request is for Socket.IO and not for Flask."""
    path = environ.get("PATH_INFO", "")
    return path == SOCKET_PATH or path.startswith(SOCKET_PATH + "/")


def check_socket(environ: Environ) -> None:
    """Refuse a handshake that is no websocket's, or that another site's page begins."""
    if environ["REQUEST_METHOD"] != "GET" or environ.get("HTTP_UPGRADE", "").lower() != "websocket":
        raise Refused(HTTPStatus.BAD_REQUEST, "websocket_only", "This address speaks websocket only.")
    if "HTTP_ORIGIN" in environ and not is_own_origin(environ):
        raise Refused(HTTPStatus.FORBIDDEN, "foreign_origin", "The handshake's Origin is not this server.")


class Gate:
    """The outermost WSGI layer: lets a request through, or answers it itself.

    Parameters
    ----------
    app
        What stands behind it.
    access
        Who is let in.
    sockets
        How many websockets may be open at once. Each holds a thread for its life, so a limit below the number
        of threads keeps pages and API answering however many tabs are open.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, access: Access, sockets: int) -> None:
        self.app = app
        self.access = access
        self._free = threading.BoundedSemaphore(max(1, sockets))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            check_host(environ, self.access)
            check_site(environ)
            if is_socket(environ):
                check_socket(environ)
                check_login(environ, self.access)
                return self._serve_socket(environ, start_response)
            check_unsafe(environ)
            check_login(environ, self.access)
        except Refused as refused:
            return _refuse(refused, start_response)
        return self.app(environ, start_response)

    def _serve_socket(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self._free.acquire(blocking=False):
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too_many_sockets",
                "Each thread for live pages is taken. Close tabs, or start with more --threads or --workers.",
            )
        try:
            # Returns when the websocket has closed.
            return self.app(environ, start_response)
        finally:
            self._free.release()


def _refuse(refused: Refused, start_response: Callable[..., Any]) -> list[bytes]:
    body = json.dumps({"error": {"code": refused.code, "message": str(refused)}}).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        **_HEADERS,
    }
    status = refused.status
    if refused.location is not None:
        status = HTTPStatus.FOUND
        headers["Location"] = refused.location
    elif status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    start_response(f"{status.value} {status.phrase}", list(headers.items()))
    return [body]


def nonce() -> str:
    """Return the nonce of this request's page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def harden(app: Flask) -> None:
    """Give every answer of ``app`` its security headers, and every request its limits."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.after_request(_protect)


def _protect(response: Response) -> Response:
    response.headers.update(_HEADERS)
    response.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce())
    response.headers.setdefault("Cache-Control", "no-store")
    return response


class SocketGuard:
    """Registers the events of a socket, each behind the check that its connection was let in."""

    def __init__(self, socketio: Any, access: Access) -> None:
        self.socketio = socketio
        self.access = access
        self._admitted: set[str] = set()
        socketio.on_event("connect", self._connect)
        socketio.on_event("disconnect", self._disconnect)

    def on(self, event: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a handler of ``event``; it gets the connection's id and what the client sent."""

        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(handler)
            def guarded(*args: Any) -> Any:
                sid: str = request.sid  # type: ignore[attr-defined]
                if sid not in self._admitted:
                    return {"ok": False, "error": {"code": "forbidden", "message": "Connect first."}}
                if not self.access.admits(request.environ):
                    # The session that came with the handshake has expired since.
                    return {"ok": False, "error": {"code": "login_required", "message": "Log in again."}}
                return handler(sid, *args)

            self.socketio.on_event(event, guarded)
            return guarded

        return register

    @property
    def connections(self) -> int:
        """How many connections are admitted."""
        return len(self._admitted)

    def _connect(self, auth: Any = None) -> bool:
        # The gate stands before the handshake; asked again, so that nothing depends on how the app is
        # wrapped.
        try:
            check_host(request.environ, self.access)
            check_site(request.environ)
            check_socket(request.environ)
            check_login(request.environ, self.access)
        except Refused:
            return False
        self._admitted.add(request.sid)  # type: ignore[attr-defined]
        return True

    def _disconnect(self, reason: Any = None) -> None:
        self._admitted.discard(request.sid)  # type: ignore[attr-defined]
