"""The board: every run in its column, live; failed ones are dragged, or sent by a key, to their plan."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

AWAY = 6.0  # seconds
# An invoice that cannot be written while the bank does not answer.
CONDUCT = f"""
import time
from celery import chain
from umbel.engine import conduct
from umbel.webui.demo.mendable import close_month, invoice
given = {{"currency": "USD", "bank_opens": time.time() + {AWAY}}}
written = chain(close_month.si(month="May"), invoice.s(1, **given).set(countdown=2))
print(conduct(written, name="book-of-may").id)
"""
PLAN = re.compile(r"/runs/again.*plan=")


@pytest.fixture
def page(page: Page, board: str) -> Page:
    """The board, drawn."""
    page.goto(f"{board}/board")
    for run in ("going", "again", "old", "mended"):  # each column is asked for by itself
        expect(card(page, run)).to_be_visible()
    return page


def column(page: Page, place: str) -> Locator:
    """Return a column."""
    return page.locator(f'[data-column="{place}"]')


def card(page: Page, run: str) -> Locator:
    """Return the card of a run."""
    return page.locator(f'.board-card[data-run="{run}"]')


def focused(page: Page) -> str | None:
    """Return the run whose card has the focus."""
    return page.evaluate("document.activeElement.closest('.board-card')?.dataset.run ?? null")


def drag(page: Page, taken: Locator, onto: Locator) -> None:
    """Take a card with the mouse, and hold it over something."""
    start, end = taken.bounding_box(), onto.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 40, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 200, steps=8)


def test_each_run_stands_in_its_column_and_columns_say_how_many_there_are(page: Page) -> None:
    for place, run, count in (
        ("running", "paused", 3),
        ("failed", "stopped", 9),
        ("resolved", "old", 1),
        ("succeeded", "mended", 121),
    ):
        expect(column(page, place).locator(f'[data-run="{run}"]')).to_have_count(1)
        expect(column(page, place).locator(".board-count")).to_have_text(str(count))


def test_a_card_says_what_is_known_of_its_run(page: Page) -> None:
    expect(card(page, "going")).to_contain_text("9 / 55")
    expect(card(page, "going")).to_contain_text("ada (10.0.0.7)")
    expect(card(page, "again")).to_contain_text("ConnectionError('shop.example: timed out')")
    expect(card(page, "again").get_by_role("link", name="2nd attempt of bad-0000")).to_have_attribute(
        "href", "/runs/bad-00000"
    )
    expect(card(page, "old").get_by_role("link", name="resolved by mended")).to_have_attribute(
        "href", "/runs/mended"
    )


def test_hostile_text_is_text_and_fits(page: Page) -> None:
    expect(card(page, "fresh")).to_contain_text("<img src=x onerror='window.owned = 1'>")
    assert page.evaluate("window.owned") is None
    widths = (
        "[...document.querySelectorAll('.board-card')].map((each) => each.scrollWidth - each.clientWidth)"
    )
    assert max(page.evaluate(widths)) <= 0


def test_older_runs_come_as_one_scrolls_a_column(page: Page) -> None:
    cards = column(page, "succeeded").locator(".board-card")
    expect(cards).to_have_count(50)
    cards.last.scroll_into_view_if_needed()
    expect(cards).to_have_count(100)
    cards.last.scroll_into_view_if_needed()
    expect(cards).to_have_count(121)


def test_a_failed_card_that_is_dropped_on_running_opens_its_plan(page: Page, board: str) -> None:
    drag(page, card(page, "again"), column(page, "running"))
    expect(page.locator("#board[data-over]")).to_have_count(1)
    page.mouse.up()
    page.wait_for_url(PLAN)


def test_a_card_that_is_let_go_elsewhere_stays_and_opens_nothing(page: Page, board: str) -> None:
    for how in ("elsewhere", "Escape"):
        drag(page, card(page, "again"), column(page, "resolved" if how == "elsewhere" else "running"))
        expect(page.locator(".is-dragged")).to_have_count(1)
        if how == "Escape":
            page.keyboard.press("Escape")
        page.mouse.up()
        expect(page.locator(".board-copy")).to_have_count(0)
        expect(card(page, "again")).to_be_visible()
        assert page.url == f"{board}/board"


def test_what_did_not_fail_cannot_be_dragged(page: Page) -> None:
    drag(page, card(page, "old"), column(page, "running"))
    expect(page.locator(".board-copy")).to_have_count(0)
    page.mouse.up()


def test_the_keyboard_walks_over_the_cards_and_opens_runs_and_plans(page: Page, board: str) -> None:
    page.keyboard.press("ArrowDown")
    assert focused(page) == "fresh"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "going"
    page.keyboard.press("r")  # it has not failed: nothing
    page.keyboard.press("ArrowRight")
    assert focused(page)
    page.keyboard.press("Home")
    assert focused(page) == "again"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "old"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("Plan the resubmission of a failed run")
    page.keyboard.press("Escape")
    card(page, "again").locator(".board-link").focus()
    page.keyboard.press("r")
    page.wait_for_url(PLAN)
    page.go_back()
    expect(card(page, "again")).to_be_visible()
    card(page, "again").locator(".board-link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{board}/runs/again")


def test_tab_reaches_one_card_of_each_column(page: Page) -> None:
    expect(page.locator('.board-card a[tabindex="0"]')).to_have_count(4)


def test_the_filter_is_the_address_and_goes_along_to_the_list(page: Page, board: str) -> None:
    page.get_by_role("button", name="ValueError: no price for article #", exact=False).first.click()
    expect(column(page, "failed").locator(".board-card")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/board\?error=ValueError"))
    page.reload()
    expect(column(page, "failed").locator(".board-card")).to_have_count(3)
    page.locator(".rail").get_by_role("link", name="Runs", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.goto(f"{board}/board?name=nothing-of-that-name")
    expect(page.locator(".empty h2")).to_have_text("No run fits this filter")
    page.get_by_role("button", name="Clear the filter").click()
    expect(card(page, "going")).to_be_visible()


def test_runs_of_the_last_hours_are_grouped_too(page: Page, board: str) -> None:
    page.goto(f"{board}/board?last=86400")
    expect(card(page, "again")).to_be_visible()
    expect(page.locator(".board-group").filter(has_text="ValueError: no price for article #")).to_be_visible()


def test_the_list_says_what_resolved_a_run_and_can_leave_it_out(page: Page, board: str) -> None:
    page.goto(f"{board}/?state=FAILURE")
    row = page.locator('[data-run="old"]')
    expect(row.get_by_role("link", name="resolved by mended")).to_be_visible()
    expect(
        page.locator('[data-run="bad-00000"]').get_by_role("link", name="tried again: again")
    ).to_be_visible()
    page.get_by_role("button", name="not resolved").click()
    expect(row).to_have_count(0)
    assert page.url.endswith("?state=FAILURE&resolved=false")


def test_one_column_at_a_time_is_shown_on_a_phone(new_page: Callable[..., Page], board: str) -> None:
    page = new_page(viewport={"width": 360, "height": 700})
    page.goto(f"{board}/board")
    expect(card(page, "again")).to_be_visible()
    expect(card(page, "going")).to_be_hidden()
    page.get_by_role("tab", name="Running 3").click()
    expect(card(page, "going")).to_be_visible()
    expect(card(page, "again")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_server_that_is_away_is_said_and_what_is_known_stays(page: Page, troubles: Any) -> None:
    troubles.expect("Failed to load resource")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.get_by_label("Name or exception").fill("vat")
    expect(page.get_by_role("alert")).to_have_text("The server cannot be reached.")
    page.unroute("**/api/v1/**")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(column(page, "resolved").locator(".board-card")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1440)])
def test_axe_finds_nothing(
    new_page: Callable[..., Page], violations: Callable[..., list[str]], board: str, scheme: str, width: int
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(f"{board}/board")
    expect(card(page, "again")).to_be_visible()
    expect(page.locator(".board-errors")).to_be_visible()
    assert not violations(page)


def test_a_run_that_fails_moves_over_and_is_resolved_by_what_is_made_of_it_with_a_drag(
    demo: Any, page: Page, eventually: Callable[..., Any]
) -> None:
    page.goto(f"{demo.url}/board?name=book-of-may")
    expect(page.locator("#fresh")).to_have_text("Live")
    run = demo.run_python(CONDUCT)
    moving = card(page, run)
    expect(column(page, "running").locator(moving)).to_be_visible()
    moving.locator(".board-link").focus()
    expect(column(page, "failed").locator(moving)).to_contain_text("no exchange rates")
    assert focused(page) == run
    eventually(lambda: time.time() > demo.get(f"/runs/{run}")["created"] + AWAY, 30, "the bank")
    drag(page, moving, column(page, "running"))
    page.mouse.up()
    page.get_by_role("textbox", name="Why").fill("the bank is back")
    page.get_by_role("button", name=re.compile("Resubmit 1 failed")).last.click()
    page.wait_for_url(lambda url: run not in url)
    made = page.url.rpartition("/")[2].partition("#")[0].partition("?")[0]
    page.goto(f"{demo.url}/board?name=book-of-may")
    expect(column(page, "resolved").locator(card(page, run))).to_contain_text("resolved by")
    expect(column(page, "succeeded").locator(card(page, made))).to_contain_text("2nd attempt of")
    page.goto(f"{demo.url}/actions?run={run}")
    expect(page.locator("tbody tr")).to_contain_text("the bank is back")
