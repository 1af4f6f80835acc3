"""A run of more than 500 tasks: cards of many, frames around repeats, opening in place."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 360, "height": 740}
PARSE = "[data-card=documents-2]"  # a thousand, two of which failed


def test_what_is_alike_is_one_card_that_names_its_failures(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    expect(page.get_by_text("3,002 tasks on 5 cards, folded by structure (series-parallel)")).to_be_visible()
    expect(page.get_by_role("button", name="parse \u00d71,000, 2 failed, 998 done")).to_be_visible()
    expect(page.locator(PARSE)).to_have_accessible_name(re.compile("median 550 ms, max 1.0 s$"))
    expect(page.locator(".card-face.many", has_text="2 failed")).to_contain_text("550 ms, max 1.0 s")
    expect(page.locator(".many-failed")).to_have_text("2 failed")
    expect(page.locator(".frames")).to_have_text("\u00d71,000 side by side")
    assert page.locator(".canvas *").count() < 300


def test_the_edges_of_the_selected_task_stay_lit_when_the_keyboard_leaves_the_graph(
    folded: str, page: Page
) -> None:
    page.goto(f"{folded}/runs/documents#node=documents-3001")
    lit = page.locator(".edge.lit")
    expect(lit).to_have_attribute("d", re.compile("M"))
    mine = lit.get_attribute("d") or ""
    page.locator(PARSE).focus()
    expect(lit).not_to_have_attribute("d", mine)
    page.locator(PARSE).blur()
    expect(lit).to_have_attribute("d", mine)


def _opened_under_the_pointer(page: Page, press: Callable[[Locator], None]) -> str:
    """Open a card in the middle by ``press``; return its id."""
    many = page.locator(".card.many")
    many.first.wait_for()
    closed = page.locator(".card").count()
    card = many.nth(many.count() // 2)
    name = card.get_attribute("data-card")
    assert name
    before = card.bounding_box()
    assert before
    press(card)
    first = page.locator(f'.card[data-card^="{name}/"], .card[data-id="{name}"]')
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)
    after = first.bounding_box()
    assert after
    assert abs(after["x"] - before["x"]) <= 5
    assert abs(after["y"] + after["height"] / 2 - before["y"] - before["height"] / 2) <= 5
    assert page.locator(".card").count() > closed
    assert "open=" in page.url
    return name


def test_a_card_opens_under_the_pointer_and_folds_again(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/steps")

    def press(card: Locator) -> None:
        page.locator(f'.card-open[data-index="{card.get_attribute("data-index")}"]').click()

    name = _opened_under_the_pointer(page, press)
    page.reload()
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)
    page.get_by_role("button", name="Fold again").click()
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(1)
    assert "open=" not in page.url
    page.go_back()
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)


def test_a_card_whose_members_are_shown_opens_in_its_place(
    folded: str, new_page: Callable[..., Page]
) -> None:
    page = new_page(reduced_motion="reduce")  # what the drawer would hide has come into sight at once
    page.goto(f"{folded}/runs/steps")
    many = page.locator(".card.many")
    many.first.wait_for()
    many.nth(many.count() // 2).click()

    def press(card: Locator) -> None:
        page.locator("#drawer").get_by_role("button", name="Open in the graph").click()

    _opened_under_the_pointer(page, press)
    expect(page.locator("#drawer")).to_be_hidden()
    assert "card=" not in page.url


def test_a_card_opens_by_keyboard(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/steps")
    card = page.locator(".card.many").first
    name = card.get_attribute("data-card")
    card.focus()
    page.keyboard.press("o")
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)
    expect(page.locator(".card:focus")).to_have_count(1)


def test_what_failed_is_shown_apart_on_request(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    apart = page.get_by_role("button", name="Failed apart")
    apart.click()
    expect(page.locator(".card")).to_have_count(8)
    expect(page.get_by_role("button", name=re.compile("^parse \u00d72, 2 failed"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^parse \u00d7998, 998 done"))).to_be_visible()
    expect(page.locator(".frames text")).to_have_text(["\u00d7998 side by side", "\u00d72 side by side"])
    page.reload()
    expect(apart).to_have_attribute("aria-pressed", "true")
    apart.click()
    expect(page.locator(".card")).to_have_count(5)
    assert "apart=" not in page.url


def test_what_has_failed_since_is_told_apart_when_somebody_asks(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.get_by_role("button", name="Failed apart")).to_be_visible()
    told = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { FoldNote } = await import(loaded.find((name) => name.includes("/foldnote.js")));
            const asked = [];
            const host = document.createElement("div");
            const to = { part: () => 0, close: () => 0, refold: () => asked.push("refold") };
            const note = new FoldNote(host, to);
            const folding = { method: "x", cards: [], opened: [], shown: [], apart: { failed: 2 } };
            const run = { nodes: 900, counts: { FAILURE: 5 } };
            note.show({ graph: { folding }, run, retries: [] }, ["failed"]);
            const more = host.querySelector(".more");
            more.click();
            return [more.textContent, asked];
        }"""
    )
    assert told == ["3 more failed: show them too", ["refold"]]


def test_picked_members_are_shown_with_their_chains_while_the_rest_stays_folded(
    folded: str, page: Page
) -> None:
    page.goto(f"{folded}/runs/documents#card=documents-2")
    expect(page.locator(".drawer-failed")).to_be_visible()
    page.locator(".cells-canvas").focus()
    page.keyboard.press("ControlOrMeta+a")
    expect(page.get_by_role("button", name="Show up to 20 in the graph")).to_be_disabled()
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("button", name="Show these in the graph").click()
    expect(page.locator(".card")).to_have_count(11)
    for node in (31, 32, 33, 61, 62, 63):
        expect(page.locator(f".card[data-id=documents-{node}]")).to_be_visible()
    expect(page.locator(".card[data-id=documents-32]")).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("^parse \u00d7998"))).to_be_visible()
    expect(page.locator("#drawer")).to_be_hidden()
    assert "show=32,62" in page.url
    expect(page.get_by_role("button", name="Show these in the graph")).to_have_count(0)
    page.get_by_role("button", name="Fold again").click()
    expect(page.locator(".card")).to_have_count(5)


def test_counts_follow_changes_and_not_the_number_of_nodes(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    tally = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { Fold } = await import(loaded.find((name) => name.includes("/fold.js")));
            const card = { members: [[0, 10000]] };
            const codes = new Uint8Array(10000);
            const fold = new Fold({ cards: [card] }, codes);
            const next = codes.slice();
            next[4711] = 6;
            next[5] = 5;
            const changed = [...fold.update(next, [4711, 5])];
            const { told, over } = fold.tally(0);
            return [changed, told, fold.failed(0), over];
        }"""
    )
    assert tally == [[0], [["FAILURE", 1], ["SUCCESS", 1], ["PENDING", 9998]], 1, 0.0002]


def test_durations_are_exact_and_reckoned_once_a_second_at_most(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    told = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { CardTimes } = await import(loaded.find((name) => name.includes("/cardtimes.js")));
            const times = new CardTimes([{ kind: "many", members: [[1, 2], [5, 3]] }]);
            const started = new Float64Array(8).fill(100);
            const finished = Float64Array.of(NaN, 101, 104, 900, 900, 102, NaN, 103);
            const first = [...times.refresh({ started, finished })];
            times.touch([0]);
            return [first, times.took[0], [...times.refresh({ started, finished })], times.wait > 0];
        }"""
    )
    assert told == [[0], {"median": 2.5, "max": 4}, [], True]


def _widest(page: Page) -> float:
    """Return how wide the frames around repeats are, in the drawing's own px."""
    return page.locator(".frames").evaluate("(frames) => frames.getBBox().width")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_phone(
    folded: str,
    new_page: Callable[..., Page],
    violations: Callable[[Page], list[str]],
    eventually: Callable[..., None],
    scheme: str,
) -> None:
    page = new_page(color_scheme=scheme, viewport=PHONE)
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    expect(page.locator(".canvas")).to_have_attribute("data-level", "2")  # names, counts, durations
    box = page.locator(PARSE).bounding_box()
    assert box
    assert box["width"] >= 150
    page.locator(".card").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(PARSE)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".card[data-card=documents-1]")).to_be_focused()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1000, "height": 740})
    eventually(lambda: _widest(page) > 400, 10, "a graph from left to right")
