"""What can be done with a run: saving it in each format."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

BEGINNINGS = {
    "SVG": b"<?xml",
    "PNG": b"\x89PNG",
    "PDF": b"%PDF",
    "DOT": b"digraph",
    "JSON": b"{",
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_run_is_saved_in_each_format(demo: Any, page: Page, etl: str, name: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saving:
        page.locator("#export").get_by_role("button", name=name).click()
    assert saving.value.suggested_filename == f"umbel-{etl[:8]}.{name.lower()}"
    saved = Path(saving.value.path()).read_bytes()
    assert saved.lstrip().startswith(BEGINNINGS[name])
    if name == "JSON":
        assert json.loads(saved)["run"]["id"] == etl


def test_the_python_source_of_a_run_is_saved(demo: Any, page: Page, finished: Callable[[str], str]) -> None:
    run = finished("new-device")
    page.goto(f"{demo.url}/runs/{run}")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saving:
        page.locator("#export").get_by_role("button", name="Python").click()
    assert "check_device" in Path(saving.value.path()).read_text()


def test_what_cannot_be_exported_is_said(demo: Any, page: Page, troubles: Any, etl: str) -> None:
    troubles.expect("Failed to load resource: .* 503")
    page.route(
        "**/export?*",
        lambda route: route.fulfill(
            status=503, json={"error": {"code": "x", "message": "It took too long."}}
        ),
    )
    page.goto(f"{demo.url}/runs/{etl}")
    page.get_by_role("button", name="Export").click()
    page.locator("#export").get_by_role("button", name="PNG").click()
    expect(page.locator("#toast")).to_have_text("It took too long.")
    expect(page.get_by_role("button", name="Export")).to_be_enabled()
