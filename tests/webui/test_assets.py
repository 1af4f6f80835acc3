"""Static files: addresses that change with the content, and what a module may be called."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from umbel.webui.assets import Assets


def _imports(client: FlaskClient) -> dict[str, str]:
    match = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', client.get("/").text, re.DOTALL)
    assert match
    return json.loads(match[1])["imports"]


def test_every_module_of_the_import_map_is_there_and_may_be_kept(client: FlaskClient) -> None:
    imports = _imports(client)
    assert {"preact", "socket.io-client"} <= set(imports)
    assert any(name.startswith("umbel/") for name in imports)
    for name, address in imports.items():
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200, name
        assert answer.mimetype == "text/javascript"
        assert "immutable" in answer.headers["Cache-Control"]


def test_every_file_that_a_page_names_is_there(client: FlaskClient) -> None:
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert named
    assert {client.get(address, buffered=True).status_code for address in named} == {200}


def test_a_file_of_another_version_is_not_kept(client: FlaskClient) -> None:
    address = next(iter(_imports(client).values()))
    other = re.sub(r"/v-[0-9a-f]+/", "/v-000000000000/", address)
    for path in (other, other.replace("v-000000000000/", "")):
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "__init__.py",
        "../pyproject.toml",
        "..%2fpyproject.toml",
        "%2e%2e/webui/app.py",
        "js",
        "js/",
        "nope.js",
    ],
)
def test_nothing_else_is_sent(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}", buffered=True).status_code in (308, 404)


def test_the_version_changes_with_the_content(tmp_path: Path, app: Flask) -> None:
    (tmp_path / "js").mkdir()
    module = tmp_path / "js" / "a.js"
    module.write_text("1")
    with app.test_request_context():
        first = Assets(tmp_path)
        module.write_text("2")
        second = Assets(tmp_path)
    assert first.version != second.version
    assert json.loads(first.importmap)["imports"] == {"umbel/a.js": f"/static/v-{first.version}/js/a.js"}


def test_the_mark_is_there_for_browsers_that_guess_its_address(client: FlaskClient) -> None:
    assert client.get("/favicon.ico", buffered=True).mimetype == "image/svg+xml"


def test_static_files_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/static/favicon.svg", json={}).status_code == 405


def test_a_page_names_every_module_that_it_needs_before_they_are_read(
    app: Flask, client: FlaskClient
) -> None:
    named = re.findall(r'<link rel="modulepreload"[^>]* href="([^"]+)"', client.get("/").text)
    with app.test_request_context():
        assert named == Assets().modules("runs")
    assert named[0].endswith("/js/runs.js")
    assert len(set(named)) == len(named)
    for address in named:
        text = client.get(address, buffered=True).text
        for other in re.findall(r'^(?:import|\} from)\b[^;]*"\./([^"]+)"', text, re.MULTILINE):
            assert f"{address.rpartition('/')[0]}/{other}" in named
    assert any(address.endswith("/vendor/preact/preact.js") for address in named)
