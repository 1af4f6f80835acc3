"""Planning what of a failed run is run again: what the page says would happen, and the ways to choose."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def orders(page: Page, folded: str) -> Page:
    """The plan of a run of seven tasks, the third of which failed."""
    page.goto(f"{folded}/runs/orders?plan=")
    expect(page.locator(".card[data-state=RUN]")).to_have_count(4)
    return page


def _card(page: Page, number: int) -> Locator:
    return page.locator(f".card[data-id=orders-{number}]")


def _target(page: Page, key: str) -> Locator:
    return page.locator(f"[data-target='{key}']")


def _chosen(page: Page) -> Locator:
    return page.locator(".tray-chip > .cut")


def _counts(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".tray-counts li").all_inner_texts()]


def _centre(place: Locator) -> tuple[float, float]:
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _drag(page: Page, what: tuple[float, float], onto: Locator) -> None:
    """Press the mouse, and move it over the target without letting go."""
    page.mouse.move(*what)
    page.mouse.down()
    page.mouse.move(what[0] + 30, what[1] + 20, steps=3)
    expect(page.locator(".drag-ghost")).to_be_visible()
    page.mouse.move(*_centre(onto), steps=6)


def test_the_main_button_says_exactly_what_it_does_and_opens_the_plan(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/thousand")
    button = page.get_by_role("button", name="Resubmit 3 failed + 41 blocked, reuse 956", exact=True)
    button.click()
    expect(page).to_have_url(re.compile("#plan=failed$"))
    confirm = page.locator(".tray-confirm")
    expect(confirm).to_have_text("Resubmit 3 failed + 41 blocked, reuse 956")
    assert _counts(page)[0].startswith("44 run again")
    fetch = page.locator("[data-card=thousand-2]")
    expect(fetch).to_have_attribute("aria-label", "fetch \u00d7480, 3 run again, 477 reused")
    page.get_by_role("button", name="Discard").click()
    expect(fetch).to_have_attribute("aria-label", re.compile("3 failed"))
    page.go_back()
    expect(confirm).to_be_visible()


def test_cells_and_rows_say_what_becomes_of_each_task(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/thousand#plan=failed&card=thousand-2")
    legend = page.locator(".cell-key li")
    expect(legend).to_have_text([re.compile("reused 477"), re.compile("runs again 3")])
    page.keyboard.press("t")
    expect(page.get_by_role("columnheader", name="In the plan")).to_be_visible()
    expect(page.locator(".table-row[data-id=thousand-0] .table-plan")).to_have_text("reused")


def test_a_card_is_dragged_onto_the_tray_and_taken_away_again(orders: Page) -> None:
    page = orders
    _drag(page, _centre(_card(page, 3)), _target(page, "from"))
    expect(_target(page, "from")).to_have_class(re.compile("over"))
    page.mouse.up()
    expect(_chosen(page)).to_have_text(["All that failed", "From stock"])
    expect(_card(page, 3)).to_have_attribute("data-state", "RUN")
    expect(page).to_have_url(re.compile("plan=failed;from:3"))
    page.reload()
    expect(_chosen(page)).to_have_text(["All that failed", "From stock"])
    page.get_by_role("button", name="Take away: From stock").click()
    expect(_card(page, 3)).to_have_attribute("data-state", "REUSED")
    page.keyboard.press("Control+z")
    expect(_card(page, 3)).to_have_attribute("data-state", "RUN")
    page.keyboard.press("Control+Shift+Z")
    expect(_card(page, 3)).to_have_attribute("data-state", "REUSED")


def test_while_something_is_dragged_targets_that_would_not_take_it_dim_and_escape_lets_go(
    orders: Page,
) -> None:
    page = orders
    _drag(page, _centre(_card(page, 3)), _target(page, "skip"))
    page.mouse.up()
    expect(_chosen(page)).to_have_text(["All that failed", "Skip stock"])
    _drag(page, _centre(_card(page, 3)), _target(page, "skip"))
    expect(_target(page, "skip")).to_have_attribute("data-valid", "no")
    expect(_target(page, "from")).to_have_attribute("data-valid", "yes")
    page.keyboard.press("Escape")
    expect(page.locator(".drag-ghost")).to_be_hidden()
    page.mouse.up()
    expect(page.locator("#tray")).to_be_visible()
    expect(_chosen(page)).to_have_text(["All that failed", "Skip stock"])


def test_tasks_are_dragged_onto_a_queue(orders: Page) -> None:
    page = orders
    _drag(page, _centre(_card(page, 2)), _target(page, "queue post"))
    page.mouse.up()
    expect(_chosen(page)).to_have_text(["All that failed", "On post price"])
    _drag(page, _centre(_card(page, 3)), _target(page, "queue"))
    page.mouse.up()
    dialog = page.get_by_role("dialog", name="On another queue")
    dialog.get_by_label("Queue").fill("night")
    page.keyboard.press("Enter")
    expect(_chosen(page)).to_have_text(["All that failed", "On post price", "On night stock"])


def test_a_rectangle_selects_cards_and_one_of_them_drags_all(orders: Page) -> None:
    page = orders
    x, y = _centre(_card(page, 0))
    right, bottom = _centre(_card(page, 3))
    page.keyboard.down("Shift")
    page.mouse.move(x - 80, y - 40)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=5)
    expect(page.locator(".lasso")).to_have_attribute("visibility", "visible")
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".picked")).to_contain_text("4 selected")
    _drag(page, _centre(_card(page, 1)), _target(page, "only"))
    page.mouse.up()
    expect(_chosen(page)).to_have_text(["All that failed", "Only 4 tasks"])


def test_selected_cells_are_dragged_onto_the_tray(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/thousand#plan=failed&card=thousand-2&sort=index")
    expect(page.locator(".cell-key li")).to_have_count(2)
    cells = page.locator(".cells-canvas")
    box = cells.bounding_box()
    assert box is not None
    left, top = box["x"] + 2, box["y"] + 2
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 60, top + 4, steps=4)
    page.mouse.up()
    expect(page.locator(".picked")).to_contain_text("selected")
    count = int(page.locator(".picked b").inner_text().split()[0])
    _drag(page, (left + 4, top + 4), _target(page, "from"))
    page.mouse.up()
    expect(_chosen(page)).to_have_text(["All that failed", f"From fetch \u00d7{count}"])


def test_all_of_it_is_done_by_keyboard_alone(page: Page, folded: str, violations: Callable[..., Any]) -> None:
    page.goto(f"{folded}/runs/orders")
    expect(page.locator(".card")).to_have_count(7)
    page.keyboard.press("s")
    expect(page.locator(".card[data-state=RUN]")).to_have_count(4)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(_card(page, 1)).to_be_focused()
    page.keyboard.press("m")
    expect(page.get_by_role("menuitem", name="Run from here on")).to_be_focused()
    assert not violations(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(_chosen(page)).to_have_text(["All that failed", "Skip parse"])
    expect(_card(page, 1)).to_be_focused()
    expect(_card(page, 1)).to_have_accessible_name("parse, skipped")

    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")  # past what is chosen already
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Mark as succeeded")
    expect(dialog.get_by_label("Result, as JSON")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type('{"rows": 3')
    expect(dialog).to_contain_text("it ends too early, at line 1, column 11")
    page.keyboard.type("}")
    assert not violations(page)
    verb = dialog.get_by_role("button", name="Mark as succeeded")
    while not verb.evaluate("button => button === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(_chosen(page)).to_have_text(["All that failed", 'Succeeded parse = {"rows":3}'])
    expect(_card(page, 1)).to_have_attribute("data-state", "FORCED")
    assert not violations(page)
    page.keyboard.press("s")
    expect(page.locator("#tray")).to_be_hidden()


def test_a_card_of_many_takes_what_failed_of_it_or_all(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/thousand#plan=nothing")
    card = page.locator("[data-card=thousand-2]")
    expect(card).to_be_visible()
    card.click(button="right")
    page.get_by_role("menuitem", name="Run from here on").click()
    expect(_chosen(page)).to_have_text(["From fetch \u00d73"])
    card.click(button="right")
    page.get_by_role("menuitem", name="All 480 of the card…").click()
    page.get_by_role("menuitem", name="Skip").click()
    expect(_chosen(page)).to_have_text(["Skip fetch \u00d7480"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plan_is_accessible_and_fits_a_phone(
    new_page: Callable[..., Page], folded: str, violations: Callable[..., Any], scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport=PHONE)
    page.goto(f"{folded}/runs/orders?plan=")
    expect(page.locator(".tray-confirm")).to_have_text("Resubmit 1 failed + 3 blocked, reuse 3")
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_plan_that_cannot_be_says_why_beside_its_button(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/secret?plan=")
    expect(page.locator(".tray-problems")).to_contain_text("send")
    expect(page.locator(".tray-confirm")).to_be_disabled()
    expect(page.locator("#tray-obstacle")).not_to_be_empty()
    page.goto(f"{folded}/runs/orders#plan=nothing")
    expect(page.locator(".tray-confirm")).to_be_disabled()
    expect(page.locator("#tray-obstacle")).to_have_text("Nothing is chosen.")
    page.get_by_role("button", name="+ All that failed").click()
    expect(page.locator(".tray-confirm")).to_be_enabled()
