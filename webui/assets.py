"""Static files, under addresses that change with their content.

``/static/v-<version>/css/base.css`` may be kept for a year: the version is a hash of all static files, and in
the path rather than in a query, so that modules which import each other by relative path stay of one version.
Without it, or with that of another release, a file is checked again each time.
"""

import hashlib
import json
import re
from collections import deque
from pathlib import Path

from flask import Blueprint, Response, current_app, send_from_directory, url_for
from markupsafe import Markup

from .. import static

FOLDER = Path(static.__file__).parent
YEAR = 365 * 24 * 3600

blueprint = Blueprint("assets", __name__)

_IMPORTED = re.compile(r'\b(?:from|import)\s*"([^"]+)"')
_VERSIONED = re.compile(r"v-(?P<version>[0-9a-f]+)/(?P<path>.+)")
_ASSET_KINDS = frozenset(
    {".css", ".js", ".mjs", ".map", ".svg", ".png", ".ico", ".woff2", ".json", ".txt", ".webmanifest"}
)


class Assets:
    """The static files of a release."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.version = self._hash()
        self._names = self._imports()
        self._needed: dict[str, list[str]] = {}
        addresses = {name: f"/static/v-{self.version}/{path}" for name, path in self._names.items()}
        self.importmap = Markup(json.dumps({"imports": addresses}).replace("<", "\\u003c"))

    def _files(self) -> list[Path]:
        return sorted(
            path for path in self.folder.rglob("*") if path.is_file() and path.suffix in _ASSET_KINDS
        )

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for path in self._files():
            digest.update(str(path.relative_to(self.folder)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:12]

    def url(self, path: str) -> str:
        """Return the address of a static file that may be kept for good."""
        return url_for("assets.send", path=f"v-{self.version}/{path}")

    def modules(self, name: str) -> list[str]:
        """Return the addresses of a module of ours and of all that it imports, each after who needs it.

        A browser that is told of all of them at once need not read one to know of the next.
        """
        start = f"js/{name}.js"
        if start not in self._needed:
            found = {start: None}
            due = deque([start])
            while due:
                needed = [each for each in self._needs(due.popleft()) if each not in found]
                found |= dict.fromkeys(needed)
                due.extend(needed)
            self._needed[start] = [self.url(path) for path in found]
        return self._needed[start]

    def _needs(self, path: str) -> list[str]:
        """Return the files that a module imports, by their paths in the folder."""
        folder = Path(path).parent
        named = _IMPORTED.findall((self.folder / path).read_text())
        return [
            self._names[name] if name in self._names else (folder / name.removeprefix("./")).as_posix()
            for name in named
            if name in self._names or name.startswith("./")
        ]

    def _imports(self) -> dict[str, str]:
        """Return what a module may be called: vendored ones by name, our own as ``umbel/<file>.js``."""
        listed = self.folder / "vendor" / "importmap.json"
        names = json.loads(listed.read_text())["imports"] if listed.exists() else {}
        own = self.folder / "js"
        for path in sorted(own.rglob("*.js")):
            name = path.relative_to(own).as_posix()
            names[f"umbel/{name}"] = f"js/{name}"
        return names


@blueprint.get("/static/<path:path>")
def send(path: str) -> Response:
    """Send a static file."""
    assets: Assets = current_app.extensions["umbel"].assets
    match = _VERSIONED.fullmatch(path)
    if Path(path).suffix not in _ASSET_KINDS:
        path = ""  # the package's own Python files are none of anybody's business
    current = bool(match) and match["version"] == assets.version
    response = send_from_directory(assets.folder, match["path"] if match and path else path)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable" if current else "no-cache"
    return response


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Send the mark to browsers that ask without being told where it is."""
    assets: Assets = current_app.extensions["umbel"].assets
    return send_from_directory(assets.folder, "favicon.svg")
