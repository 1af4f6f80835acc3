"""A run that is over, replayed: graph, counts and timeline as they were at a moment."""

import re
from collections.abc import Callable

import pytest
from largeruns import BEGAN
from playwright.sync_api import Page, expect

PHONE = {"width": 360, "height": 740}


def test_an_address_with_a_moment_shows_the_run_as_it_was(folded: str, page: Page) -> None:
    """At 20.25 s the first 170 of 600 have finished, one of them failed, ten run, the rest wait."""
    page.goto(f"{folded}/runs/pictures#t={BEGAN + 20.25:.3f}")
    expect(page.get_by_role("region", name="Replay")).to_contain_text("The past, as it was at")
    expect(page.locator("[data-count=SUCCESS] b")).to_have_text("170")
    expect(page.locator("[data-count=FAILURE] b")).to_have_text("1")
    expect(page.locator("[data-count=STARTED] b")).to_have_text("10")
    expect(page.locator("[data-count=RECEIVED] b")).to_have_text("10")
    expect(page.locator("[data-count=SENT] b")).to_have_text("410")
    expect(page.locator(".run-then")).to_contain_text("running at")
    card = page.locator(".card.many")
    expect(card).to_have_attribute(
        "aria-label", re.compile("1 failed, 10 running, 169 done, 10 received, 410 sent")
    )
    expect(page.get_by_role("button", name=re.compile("^Revoke|^Cancel"))).to_have_count(0)

    page.keyboard.press("Escape")
    expect(page.locator(".replay")).to_be_hidden()
    expect(page.locator(".run-state")).to_have_text("failed")
    expect(page.locator("[data-count=SUCCESS] b")).to_have_text("600")
    assert "t=" not in page.url


def test_it_plays_and_pauses_and_is_moved_by_keys(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/pictures")
    expect(page.locator(".card.many")).to_be_visible()
    page.get_by_role("button", name="Replay", exact=True).click()
    slider = page.get_by_role("slider", name="Moment")
    expect(page.get_by_role("button", name="Pause the replay")).to_be_visible()
    expect(slider).not_to_have_value("0")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    expect(slider).to_have_value("0")
    expect(page.locator("[data-count=PENDING] b")).to_have_text("601")  # one was sent
    expect(page.locator(".card.many")).to_have_attribute("aria-label", re.compile("600 pending"))
    page.keyboard.press("End")
    expect(page.locator(".run-then")).to_contain_text("failed at")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".run-then")).to_contain_text("running at")
    expect(page).to_have_url(re.compile(r"t=1000000062\.18"))
    page.get_by_role("combobox", name="Speed").select_option("1000")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".run-then")).to_contain_text("failed at")  # it ends there by itself
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator(".run-state")).to_have_text("failed")
    page.keyboard.press("y")
    expect(slider).to_be_focused()
    page.keyboard.press("y")
    expect(slider).to_be_hidden()


def test_the_timeline_has_a_line_at_the_moment_and_its_axis_leads_there(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/pictures#tab=timeline&t={BEGAN + 31:.3f}")
    line = page.locator(".timeline-moment")
    expect(line).to_be_visible()
    axis = page.locator(".timeline-ticks").bounding_box()
    at = line.bounding_box()
    assert axis
    assert at
    assert abs(at["x"] + 1 - axis["x"] - (axis["width"] - 10) * 31 / (62.5 * 1.02)) < 3
    page.mouse.click(axis["x"] + axis["width"] * 0.2, axis["y"] + 10)
    expect(page.locator(".run-then")).to_contain_text("running at")
    moved = line.bounding_box()
    assert moved
    assert abs(moved["x"] - axis["x"] - axis["width"] * 0.2) < 3
    expect(page).to_have_url(re.compile(r"tab=timeline&t=10000000(12|13)\."))


def test_a_run_that_goes_on_is_not_replayed(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents#t={BEGAN + 1:.3f}")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_role("button", name="Replay", exact=True)).to_have_count(0)
    expect(page.locator(".replay")).to_be_hidden()


def test_any_way_to_a_moment_leads_to_the_same(folded: str, page: Page) -> None:
    """Forwards, backwards and in one step: what is kept by change equals what is counted anew."""
    page.goto(f"{folded}/runs/waiting")
    expect(page.locator(".card")).to_have_count(2)
    wrong = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { Moments } = await import(loaded.find((name) => name.includes("/moments.js")));
            const size = 400;
            let seed = 1;
            const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
            const column = (missing) => Float64Array.from({ length: size }, () =>
                random() < missing ? NaN : 1000 + Math.floor(random() * 50) / 4);
            const [sent, received, started, finished] = [0.2, 0.3, 0.2, 0.3].map(column);
            const codes = Uint8Array.from({ length: size }, (_, at) => (at % 50 ? 5 + (at % 5) : 255));
            const run = { finished: 1013 };
            const state = { codes, started, finished, retries: new Uint16Array(size), run };
            const spells = { sent, received, settled: new Map([[3, 1004]]), began: 1000 };
            const walked = new Moments(state, spells);
            const wrong = [];
            for (const at of [1003, 1009, 1001, 1013, 1000, 1006.5, 1006.25, 1012]) {
                const before = walked.codes.slice();
                const touched = walked.go(at);
                const fresh = new Moments(state, spells);
                fresh.go(at);
                for (const name of ["codes", "started", "finished", "counts"])
                    if (String(walked[name]) !== String(fresh[name])) wrong.push([at, name]);
                before.forEach((code, index) => {
                    if (code !== walked.codes[index] && !touched.has(index)) wrong.push([at, index]);
                });
            }
            walked.go(1013);
            if (String(walked.codes) !== String(codes)) wrong.push("the end");
            return wrong;
        }"""
    )
    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_the_timeline_it_is_accessible_and_fits_a_phone(
    folded: str, new_page: Callable[..., Page], violations: Callable[[Page], list[str]], scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport=PHONE)
    page.goto(f"{folded}/runs/pictures#tab=timeline&t={BEGAN + 31:.3f}")
    expect(page.get_by_role("slider", name="Moment")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
