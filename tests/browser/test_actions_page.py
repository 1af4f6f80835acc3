"""The page of what people did: who, when, what and why, of all runs or of one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


def test_it_names_who_did_what_and_why(page: Page, board: str) -> None:
    page.goto(f"{board}/board")
    page.locator(".rail").get_by_role("link", name="Actions").click()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("ada (10.0.0.7)")
    expect(rows.first).to_contain_text("cancelled stopped 6 tasks, what ran was terminated")
    expect(rows.first).to_contain_text("wrong month")
    expect(rows.nth(1)).to_contain_text("amended going 1 edited, 2 held")
    expect(rows.nth(2)).to_contain_text("<b>The</b> price service is back")
    expect(rows.filter(has_text="stopped a bulk before 2 runs")).to_have_count(1)
    rows.nth(2).get_by_role("link", name="again").click()
    page.wait_for_url(f"{board}/runs/again")


def test_the_runs_of_a_bulk_are_one_row_until_somebody_wants_each(page: Page, board: str) -> None:
    page.goto(f"{board}/actions")
    expect(page.locator("tbody tr")).to_have_count(8)
    page.get_by_role("button", name="and 2 more runs").click()
    expect(page.locator("tbody tr")).to_have_count(10)


def test_a_run_leads_to_what_was_done_to_it(page: Page, board: str) -> None:
    page.goto(f"{board}/runs/stopped")
    page.locator(".run-title .tag").first.click()
    page.get_by_role("link", name="All that was done, and why").click()
    page.wait_for_url(f"{board}/actions?run=stopped")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="of all").click()
    expect(page.locator("tbody tr")).to_have_count(8)


def test_a_run_to_which_nothing_was_done_says_so(page: Page, board: str) -> None:
    page.goto(f"{board}/actions?run=good-00001")
    expect(page.locator(".empty h2")).to_have_text("Nothing was done yet")


@pytest.mark.parametrize(("scheme", "width"), [("dark", 360), ("light", 1440)])
def test_axe_finds_nothing(
    new_page: Callable[..., Page], violations: Callable[..., list[str]], board: str, scheme: str, width: int
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(f"{board}/actions")
    expect(page.locator("tbody tr").first).to_be_visible()
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
