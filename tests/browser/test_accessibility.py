"""Axe finds nothing on any page, light and dark, on a phone and on a desk."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing(
    demo: Any,
    new_page: Callable[..., Page],
    violations: Callable[[Page], list[str]],
    troubles: Any,
    etl: str,
    training: str,
    scheme: str,
    width: int,
) -> None:
    troubles.expect("Failed to load resource: .* 404")
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    failed = next(node["id"] for node in demo.nodes(etl) if node["state"] == "FAILURE")
    pages = {
        "/": "tbody tr",
        "/?q=no-such-thing": ".empty",
        f"/runs/{etl}": ".card",
        f"/runs/{etl}#node={failed}": "#panel .facts",
        f"/runs/{etl}#tab=table&state=SUCCESS&picked=0-2": ".table-row",
        f"/runs/{training}#at=600,300,1": ".card",
        "/nowhere": "h1",
    }
    found: list[str] = []
    for path, sign in pages.items():
        page.goto("about:blank")  # or another fragment alone would load nothing
        page.goto(demo.url + path)
        expect(page.locator(sign).first).to_be_visible()
        expect(page.locator("#fresh")).to_have_attribute("data-fresh", "live")
        found += violations(page)
    page.goto(f"{demo.url}/runs/{etl}")
    expect(page.locator(".card").first).to_be_visible()
    for button in (".run-export", "#fresh"):
        page.locator(button).click()
        found += violations(page)
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += violations(page)
    assert not found
