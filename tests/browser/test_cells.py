"""The members of a card as a grid of cells: order, filter, detail, keyboard, selection, address."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

PARSE = "[data-card=documents-2]"  # a thousand, two of which failed


def _open(page: Page, folded: str, where: str = "card=documents-2") -> Locator:
    """Show the cells of a card; return their canvas."""
    page.goto(f"{folded}/runs/documents#{where}")
    canvas = page.locator(".cells-canvas")
    expect(canvas).to_have_accessible_name(re.compile("^1,000 of parse[.]"))
    expect(page.locator(".drawer-failed")).to_have_text("2 failed")  # the states come after the graph
    return canvas


def _key(page: Page) -> list[str]:
    """Return what the legend says."""
    return [" ".join(text.split()) for text in page.locator(".cell-key li").all_inner_texts()]


def test_a_click_on_a_card_shows_its_members_failed_ones_first(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    page.locator(PARSE).click()
    drawer = page.get_by_role("region", name="Members of a card")
    expect(drawer.get_by_role("heading", name="parse \u00d71,000")).to_be_visible()
    expect(drawer.get_by_text("2 failed")).to_be_visible()
    expect(page.locator(PARSE)).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#cells-said")).to_have_text("parse 11 of 1,000, failed, 300 ms")
    assert "card=documents-2" in page.url
    assert page.locator(".canvas *, .drawer *").count() < 400
    drawer.get_by_role("button", name="Close the members").click()
    expect(drawer).to_be_hidden()
    expect(page.locator(PARSE)).to_be_focused()
    assert "card=" not in page.url


def test_a_cell_leads_to_its_detail(folded: str, page: Page) -> None:
    canvas = _open(page, folded)
    canvas.hover(position={"x": 8, "y": 8})
    expect(page.locator(".cells-tip")).to_contain_text("parse 11 of 1,000")
    expect(page.locator(".cells-tip")).to_contain_text("documents-32")
    expect(page.locator(".cells-tip")).to_contain_text("failed, 300 ms")
    canvas.click(position={"x": 8, "y": 8})
    expect(page.locator("#panel")).to_contain_text("documents-32")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#drawer")).to_be_visible()


def test_the_keyboard_walks_cells_opens_and_selects_them(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(f"{PARSE}.failing")).to_be_visible()
    page.locator(PARSE).focus()
    page.keyboard.press("Enter")
    said = page.locator("#cells-said")
    expect(page.locator(".cells-canvas")).to_be_focused()
    for key, number in (("ArrowRight", 21), ("End", 1000), ("Home", 11), ("PageDown", None), ("PageUp", 11)):
        page.keyboard.press(key)
        if number:
            expect(said).to_contain_text(f"parse {number:,} of 1,000")
    page.keyboard.press("Space")
    expect(said).to_have_text("parse 11 of 1,000, failed, 300 ms, selected")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("documents-62")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator(PARSE)).to_be_focused()


def test_cells_are_picked_by_a_rectangle_and_by_clicks(folded: str, page: Page) -> None:
    canvas = _open(page, folded)
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 30, steps=3)
    page.mouse.up()
    expect(page.get_by_text("4 selected")).to_be_visible()
    canvas.click(position={"x": 62, "y": 8}, modifiers=["ControlOrMeta"])
    expect(page.get_by_text("5 selected")).to_be_visible()
    canvas.click(position={"x": 98, "y": 8}, modifiers=["Shift"])
    expect(page.get_by_text("7 selected")).to_be_visible()
    assert "picked=" in page.url


def test_colours_tell_state_duration_worker_and_attempt(folded: str, page: Page) -> None:
    _open(page, folded, "card=documents-2&by=attempt")
    expect(page.locator(".cell-key")).to_contain_text("attempt 2 20")
    page.get_by_role("button", name="State").click()
    assert _key(page) == ["succeeded 998", "failed 2"]
    page.get_by_role("button", name="Duration").click()
    expect(page.locator(".cell-key li").last).to_have_text("up to 1.0 s 400")
    page.get_by_role("button", name="Worker").click()
    expect(page.locator(".cell-key")).to_contain_text("celery@c 1,000")
    assert "by=worker" in page.url


def test_one_that_fails_is_the_first_within_a_second(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    found = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { Cells } = await import(loaded.find((name) => name.includes("/cells.js")));
            const host = document.body.appendChild(document.createElement("div"));
            const ignore = () => undefined;
            let arranged = ignore;
            const to = { open: ignore, over: ignore, arranged: () => arranged() };
            const cells = new Cells(host, { has: () => false }, to);
            const columns = { started: new Float64Array(10000), finished: new Float64Array(10000) };
            const codes = new Uint8Array(10000).fill(5);
            const state = { ...columns, codes, retries: new Uint16Array(10000) };
            const members = Int32Array.from({ length: 10000 }, (_, index) => index);
            cells.show({ name: "resize", members, id: String, worker: () => null }, state);
            const before = cells.order[0];
            const later = codes.slice();
            later[4710] = 6;
            const next = new Promise((resolve) => { arranged = resolve; });
            const began = performance.now();
            cells.update({ ...state, codes: later });
            await next;
            const took = performance.now() - began;
            cells.stop();
            host.remove();
            return [before, cells.order[0], cells.spell(4710), took < 1000];
        }"""
    )
    assert found == [0, 4710, "resize 4,711 of 10,000, failed, 0 ms", True]


def test_the_order_and_the_id_that_is_looked_for_say_which_cell_is_first(folded: str, page: Page) -> None:
    _open(page, folded, "card=documents-2&sort=-duration")
    canvas, said = page.locator(".cells-canvas"), page.locator("#cells-said")
    canvas.focus()
    expect(said).to_contain_text(", 1.0 s")
    page.get_by_label("Order").select_option("In order")
    canvas.focus()
    page.keyboard.press("Home")
    expect(said).to_contain_text("parse 1 of 1,000")
    assert "sort=index" in page.url
    page.get_by_label("Find a member").fill("documents-299")
    expect(page.get_by_text("5 of 1,000", exact=True)).to_be_visible()
    page.get_by_label("Find a member").fill("711")
    canvas.focus()
    expect(said).to_have_text("parse 711 of 1,000, succeeded, 300 ms")


def test_the_table_lists_those_of_the_card_that_failed(folded: str, page: Page) -> None:
    _open(page, folded)
    page.locator("#drawer").get_by_role("button", name="Table").click()
    expect(page.get_by_role("tab", name="Table")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#table")).to_contain_text("2 of 3,002")
    expect(page.locator("#drawer")).to_be_hidden()
    page.get_by_role("tab", name="Graph").click()
    expect(page.locator("#drawer")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing_in_the_drawer(
    folded: str,
    new_page: Callable[..., Page],
    violations: Callable[[Page], list[str]],
    scheme: str,
    width: int,
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    _open(page, folded, "card=documents-2&by=duration&picked=32")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
