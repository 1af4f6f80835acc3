"""static/vendor is what VENDOR.json says it is."""

import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parent.parent / "static"
VENDOR = STATIC / "vendor"
LISTED = json.loads((VENDOR / "VENDOR.json").read_text())
IMPORTS = json.loads((VENDOR / "importmap.json").read_text())["imports"]
PINNED = json.loads((STATIC.parent / "scripts" / "package.json").read_text())["dependencies"]


@pytest.mark.parametrize("library", LISTED, ids=lambda library: library["folder"])
def test_each_file_has_the_listed_hash_and_its_licence_beside_it(library: dict) -> None:
    folder = VENDOR / library["folder"]
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.js")}
    assert hashes == library["files"]
    licence = (folder / "LICENSE").read_text()
    for package in library["packages"]:
        assert f"{package['name']} {package['version']}\n" in licence
        assert package["license"] in {"MIT", "ISC", "Apache-2.0", "BSD-3-Clause"}


def test_there_is_nothing_that_is_not_listed() -> None:
    listed = {f"{library['folder']}/{file}" for library in LISTED for file in [*library["files"], "LICENSE"]}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found == listed | {"VENDOR.json", "importmap.json"}


def test_versions_are_those_that_are_pinned() -> None:
    vendored = {package["name"]: package["version"] for library in LISTED for package in library["packages"]}
    assert PINNED.items() <= vendored.items()


def test_every_name_leads_to_a_file_and_every_import_to_a_name() -> None:
    for target in IMPORTS.values():
        code = (STATIC / target).read_text()
        bare = re.findall(r"""\bfrom\s*["']([^"'./][^"']*)["']""", code)
        assert set(bare) <= set(IMPORTS), target
        assert "sourceMappingURL" not in code
