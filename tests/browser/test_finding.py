"""Search on the page of a run, into what is folded, and failures as the errors that they are."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 360, "height": 740}
FAILED = "ValueError('no <b>text</b> in document"  # as it is told, of the 33rd and of the 63rd task


def _box(page: Page) -> Locator:
    return page.get_by_placeholder("Find in this run")


def test_what_is_typed_is_found_in_folds_and_walked(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    page.keyboard.press("Control+f")
    expect(_box(page)).to_be_focused()
    page.keyboard.type("TIFF")
    expect(page.locator(".many-found")).to_have_text("2 found")
    expect(
        page.get_by_role("button", name=re.compile("parse \u00d71,000, 2 failed.*, 2 found"))
    ).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(2)
    expect(page.locator(".find mark")).to_have_text(["tiff", "tiff"])

    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("documents-32")
    expect(page.get_by_role("option").first).to_be_hidden()
    expect(page.locator(".hits")).to_contain_text("1 of 2")
    expect(page.locator("#drawer")).to_contain_text("parse")  # the cells of its card
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("documents-62")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#panel")).to_contain_text("documents-32")

    page.get_by_role("tab", name="Table").click()
    expect(page.locator(".table-count")).to_have_text("2 of 3,002 tasks")
    page.reload()
    expect(page.locator(".table-count")).to_have_text("2 of 3,002 tasks")
    expect(_box(page)).to_have_value("TIFF")
    page.get_by_role("button", name="Show everything again").click()
    expect(page.locator(".table-count")).to_have_text("3,002 tasks")
    assert "q=" not in page.url


def test_the_walk_opens_the_cards_on_the_way_and_folds_them_again(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/steps")
    expect(page.locator(".card.many").first).to_be_visible()
    folded_cards = page.locator(".card").count()
    page.keyboard.press("/")
    page.keyboard.type("step317")
    page.keyboard.press("Enter")  # before the answer is there
    expect(page.locator('.card[data-id="steps-317"][aria-current="true"]')).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("steps-317")
    assert "open=" in page.url

    _box(page).fill("step17")  # and ten others, from 170 on
    expect(page.locator(".hits")).to_contain_text("11 found")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator('.card[data-id="steps-170"][aria-current="true"]')).to_be_visible()
    expect(page.locator('.card[data-id="steps-317"]')).to_have_count(0)
    assert page.locator(".card").count() < 2 * folded_cards


def test_what_is_not_in_the_run_is_looked_for_in_all_runs(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/steps")
    _box(page).fill("documents-32")
    expect(page.locator(".finds")).to_contain_text("No task of this run has it.")
    _box(page).press("Enter")
    expect(page).to_have_url(re.compile("/runs/documents#node=documents-32"))


def test_failures_are_told_as_errors_with_what_they_share(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    page.get_by_role("button", name="why?").click()
    panel = page.get_by_role("complementary", name="Why tasks failed")
    expect(panel).to_contain_text("2 failures, one error")
    error = panel.locator(".errors-item")
    expect(error).to_contain_text("no <b>text</b> in document #")  # as text
    expect(error).to_contain_text("parse.py:12 in read")
    expect(error.locator(".signs")).to_contain_text('format = "tiff"')
    expect(error.locator(".signs")).to_contain_text("all 2 failed, 0 of 998 succeeded")

    error.get_by_role("button").click()
    expect(page.locator("#panel")).to_contain_text(f"{FAILED} 32")
    expect(page.locator(".many-found")).to_have_text("2 found")
    page.keyboard.press("n")
    expect(page.locator("#panel")).to_contain_text(f"{FAILED} 62")
    page.reload()
    expect(error.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".hits")).to_contain_text("2 found ValueError at parse.py:12")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".many-found")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_phone(
    folded: str, new_page: Callable[..., Page], violations: Callable[[Page], list[str]], scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport=PHONE)
    page.goto(f"{folded}/runs/documents#errors=all")
    expect(page.locator(".card")).to_have_count(5)
    expect(page.locator(".errors-item")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("document")
    expect(page.get_by_role("option")).to_have_count(100)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
