"""What holds on every page: themes, phones, motion, the freshness of what is shown."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PHONE = {"width": 360, "height": 740}
GROUND = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(245, 246, 247)", "rgb(15, 18, 21)"


@pytest.mark.parametrize(("scheme", "ground"), [("light", LIGHT), ("dark", DARK)])
def test_the_theme_follows_the_system(
    demo: Any, new_page: Callable[..., Page], scheme: str, ground: str
) -> None:
    page = new_page(color_scheme=scheme)
    page.goto(f"{demo.url}/")
    assert page.evaluate(GROUND) == ground


def test_the_switch_goes_through_three_themes_and_is_remembered(demo: Any, page: Page) -> None:
    page.goto(f"{demo.url}/")
    switch = page.get_by_role("button", name="Theme")
    expect(switch).to_have_accessible_name("Theme: as the system. Change it.")
    switch.click()
    switch.click()
    expect(switch).to_have_accessible_name("Theme: dark. Change it.")
    page.reload()
    expect(switch).to_have_accessible_name("Theme: dark. Change it.")
    assert page.evaluate(GROUND) == DARK


@pytest.mark.parametrize(
    "path", ["/", "/runs/{run}", "/runs/{run}#tab=table", "/runs/{run}#node={node}", "/nowhere"]
)
def test_nothing_overflows_a_phone(
    demo: Any, new_page: Callable[..., Page], troubles: Any, etl: str, path: str
) -> None:
    troubles.expect("Failed to load resource: .* 404")
    page = new_page(viewport=PHONE)
    node = demo.nodes(etl)[0]["id"]
    page.goto(demo.url + path.format(run=etl, node=node))
    page.locator("main *:visible").first.wait_for()
    if "runs/" in path:
        expect(page.locator(".card, .table-row").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.querySelector('main').scrollWidth") <= PHONE["width"]


def test_nothing_moves_for_who_wants_less_motion(
    demo: Any, new_page: Callable[..., Page], start: Callable[..., str]
) -> None:
    page = new_page(reduced_motion="reduce")
    start(page, "training")
    expect(page.locator(".card[data-state=STARTED]").first).to_be_visible(timeout=30_000)
    assert (
        page.evaluate("document.getAnimations().filter((each) => each.playState === 'running').length") == 0
    )


def test_only_what_has_started_moves(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    expect(page.locator(".card[data-state=SUCCESS]").first).to_be_visible()
    expect(page.locator("#fresh")).to_have_text("Live")
    endless = "each.effect.getComputedTiming().iterations === Infinity"
    assert page.evaluate(f"document.getAnimations().filter((each) => {endless}).length") == 0


def test_the_list_of_runs_is_live(
    demo: Any, new_page: Callable[..., Page], start: Callable[..., str]
) -> None:
    watcher, visitor = new_page(), new_page()
    watcher.goto(f"{demo.url}/")
    expect(watcher.locator("#fresh")).to_have_text("Live")
    run = start(visitor, "new-device")
    row = watcher.locator(f'[data-run="{run}"]')
    expect(row).to_be_visible(timeout=5_000)
    expect(row).to_have_attribute("data-run-state", "SUCCESS", timeout=60_000)
    expect(watcher.locator("tbody tr").first).to_have_attribute("data-run", run)
    row.get_by_role("link").click()
    watcher.wait_for_url(f"**/runs/{run}")
