"""Resubmitting many failed runs at once: the dialog before it, its page, and stopping."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# Runs that fail as long as nobody says that the door is open.
SEND = """
from celery import signature
from umbel.engine import conduct
from umbel.webui.demo.tasks import app
for n in range({count}):
    print(conduct(signature("{task}", args=[n], app=app), app=app, name="{name}").id)
"""


def test_the_dialog_says_what_would_be_done_and_loses_nothing_when_it_is_refused(
    page: Page, board: str, troubles: Any
) -> None:
    troubles.expect("Failed to load resource")
    page.goto(f"{board}/board")
    page.get_by_role("button", name=re.compile("Resubmit all 2: KeyError: vat")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Resubmit 2 runs")
    expect(dialog).to_contain_text("KeyError: vat")
    expect(dialog).to_contain_text(re.compile(r"\d+ tasks run again, the results of \d+ are reused"))
    dialog.get_by_label("Why").fill("the tax office is back")
    page.route(
        "**/api/v1/bulk",
        lambda route: route.fulfill(status=409, json={"error": {"code": "stale", "message": "Other runs"}}),
    )
    dialog.get_by_role("button", name="Resubmit 2 runs").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Meanwhile something changed")
    expect(dialog.get_by_label("Why")).to_have_value("the tax office is back")
    page.unroute("**/api/v1/bulk")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_list_of_runs_offers_it_for_what_failed(page: Page, board: str) -> None:
    page.goto(f"{board}/")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.get_by_role("button", name="Resubmit all…")).to_have_count(0)
    page.goto(f"{board}/?state=FAILURE&q=no+price")
    page.get_by_role("button", name="Resubmit all…").click()
    expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("Resubmit 3 runs")
    expect(page.get_by_role("dialog")).to_contain_text("1 more had a later attempt")


def test_its_page_lists_the_runs_by_what_has_come_of_them(page: Page, board: str) -> None:
    page.goto(f"{board}/bulk")
    page.get_by_role("link", name="6 runs").last.click()
    page.wait_for_url(f"{board}/bulk/over")
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator("#bulk")).to_contain_text("stopped by grace")
    page.get_by_role("button", name="refused 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("its arguments are masked")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="resubmitted 2").click()
    page.locator("tbody tr").first.locator(".bulk-new").click()
    page.wait_for_url(f"{board}/runs/again")


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1440)])
def test_axe_finds_nothing(
    new_page: Callable[..., Page], violations: Callable[..., list[str]], board: str, scheme: str, width: int
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    found: list[str] = []
    for path, sign in (("/bulk", ".bulk-entry"), ("/bulk/goes-on", "tbody tr")):
        page.goto(board + path)
        expect(page.locator(sign).first).to_be_visible()
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.goto(f"{board}/board")
    page.locator(".board-all").click()
    expect(page.locator(".bulk-first")).to_be_visible()
    assert not found + violations(page)


def test_runs_that_fail_are_resubmitted_from_the_board_and_what_waits_is_stopped(
    demo: Any, page: Page, eventually: Callable[..., Any]
) -> None:
    demo.run_python(SEND.format(count=80, task="shop.check_stock", name="many-orders"))

    def failed():
        return demo.get("/board?name=many-orders")["failed"] == 80

    eventually(failed, 90, "so many failures")
    page.goto(f"{demo.url}/board?name=many-orders")
    expect(page.locator('[data-column="failed"] .board-count')).to_have_text("80")
    page.locator(".board-all").click()
    page.get_by_role("button", name="Resubmit 80 runs").click()
    page.wait_for_url("**/bulk/*")
    expect(page.locator('[data-outcome="resubmitted"]').first).to_be_visible()
    page.get_by_role("button", name=re.compile("Stop before")).click()
    expect(page.locator("h1")).to_contain_text("stopped")
    expect(page.locator('[data-outcome="stopped"]').first).to_be_visible()
    bulk = demo.get("/bulk")["bulks"][0]
    assert bulk["outcomes"]["resubmitted"] + bulk["outcomes"]["stopped"] == 80
