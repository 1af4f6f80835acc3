"""The Flask application: what each process of the web side is made of."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from .. import templates
from ..engine.settings import Settings
from ..engine.store import open_store
from . import api, assets, errors, health, login, pages
from .access import Access
from .assets import Assets
from .attempts import Attempts
from .live import Live
from .security import Gate, harden, nonce

if TYPE_CHECKING:
    from .demo.catalogue import Catalogue

SPARE_THREADS = 16  # for pages and API when every socket that may be open is; of few threads a quarter


@dataclass
class Webui:
    """What the views of one application share."""

    settings: Settings
    store: Any
    assets: Assets
    live: Live
    access: Access
    attempts: Attempts
    demo: "Catalogue | None"


def create_app(settings: Settings, *, store: Any = None, demo: "Catalogue | None" = None) -> Flask:
    """Return the application.

    Parameters
    ----------
    settings
        Where broker and database are, and how many threads will serve.
    store
        What to read from; the settings' database when not given.
    demo
        Sample workflows that visitors may start.

    Raises
    ------
    StoreError
        The database is missing, or its tables are of another version.
    SettingsError
        A password or token does not fit.

    Notes
    -----
    Nothing runs yet: call ``app.extensions["umbel"].live.start()`` in the process that serves.
    """
    folder = str(Path(templates.__file__).parent)
    access = Access(settings)
    app = Flask(__name__, static_folder=None, template_folder=folder)
    if store is None:
        store = open_store(settings.database_url, read_only=True, is_patient=True)
    live = Live(app, store, settings.broker_url, access)
    app.extensions["umbel"] = Webui(settings, store, Assets(), live, access, Attempts(), demo)
    errors.register(app)
    harden(app)
    parts = (pages, login, api, health, assets)
    for blueprint in (*(part.blueprint for part in parts), api.openapi):
        app.register_blueprint(blueprint)
    if demo is not None:
        from .demo.api import blueprint as demo_blueprint

        app.register_blueprint(demo_blueprint)
    app.context_processor(lambda: _page_variables(app.extensions["umbel"]))
    app.wsgi_app = Gate(app.wsgi_app, access=access, sockets=_sockets(settings.threads))
    if hops := settings.proxies:
        # Not X-Forwarded-Host, which a page can send along: the proxy passes Host on.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
    return app


def _sockets(threads: int) -> int:
    return max(1, threads - min(SPARE_THREADS, max(2, threads // 4)))


def _page_variables(webui: Webui) -> dict[str, Any]:
    return {
        "csp_nonce": nonce(),
        "asset": webui.assets.url,
        "importmap": webui.assets.importmap,
        "modules": webui.assets.modules,
        "demo": webui.demo is not None,
        "login": webui.access.required,
        "version": installed_version(),
    }


def installed_version() -> str:
    """Return the version of Umbel that is installed."""
    try:
        return version("umbel")
    except PackageNotFoundError:
        return "0"
