"""Looking around in a graph: minimap, keyboard, picking."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

PHONE = {"width": 360, "height": 740}


def focused(page: Page) -> str | None:
    """Return the task whose card has the keyboard."""
    return page.evaluate("document.activeElement?.dataset?.id ?? null")


def view(page: Page) -> str | None:
    """Return how the drawing is moved and scaled."""
    return page.locator(".canvas > g").get_attribute("transform")


def test_a_minimap_is_there_when_the_graph_is_larger_than_the_view(
    demo: Any, page: Page, training: str
) -> None:
    page.goto(f"{demo.url}/runs/{training}")
    expect(page.locator(".card")).to_have_count(57)
    minimap = page.locator(".minimap")
    expect(minimap).to_be_hidden()  # all of it fits
    page.keyboard.press("0")
    expect(minimap).to_be_visible()

    box = minimap.bounding_box()
    assert box
    before = view(page)
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    first = page.locator(".card").first
    expect(first).to_be_in_viewport()
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    expect(page.locator(".card").last).to_be_in_viewport()
    expect(first).not_to_be_in_viewport()
    assert view(page) != before
    page.wait_for_url("**#at=*")

    page.keyboard.press("f")
    expect(minimap).to_be_hidden()


def test_a_phone_has_no_minimap(demo: Any, new_page: Callable[..., Page], training: str) -> None:
    page = new_page(viewport=PHONE)
    page.goto(f"{demo.url}/runs/{training}")
    expect(page.locator(".card")).to_have_count(57)
    page.keyboard.press("0")
    expect(page.locator(".canvas")).to_have_attribute("data-level", "2")
    expect(page.locator(".minimap")).to_be_hidden()


def test_the_keyboard_goes_back_where_it_came_from_and_to_both_ends(
    demo: Any, page: Page, training: str
) -> None:
    page.goto(f"{demo.url}/runs/{training}")
    expect(page.locator(".card")).to_have_count(57)
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile("^load_data"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    shard = focused(page)
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile("^fit_shard"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile("^average"))
    page.keyboard.press("ArrowLeft")
    assert focused(page) == shard
    page.keyboard.press("End")
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile("^evaluate"))


def test_e_leads_to_what_has_failed(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    expect(page.locator(".card")).to_have_count(len(demo.nodes(etl)))
    page.keyboard.press("e")
    expect(page.locator("#panel .exception").first).to_contain_text("is no date")


def test_cards_are_picked_with_ctrl_click_and_space_and_the_address_keeps_them(
    demo: Any, page: Page, etl: str
) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    cards = page.locator(".card")
    expect(cards).to_have_count(len(demo.nodes(etl)))
    cards.nth(0).click(modifiers=["Control"])
    cards.nth(2).click(modifiers=["Shift"])
    expect(page.locator(".card[aria-pressed=true]")).to_have_count(2)
    expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("Space")
    expect(page.locator(".card[aria-pressed=true]")).to_have_count(1)
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".picked")).to_contain_text(re.compile("[23] selected"))
    picked = page.locator(".card[aria-pressed=true]").count()
    page.reload()
    expect(page.locator(".card[aria-pressed=true]")).to_have_count(picked)
    page.get_by_role("button", name="Select none").click()
    expect(page.locator(".picked")).to_have_count(0)
