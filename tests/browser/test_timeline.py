"""The timeline of a run: a row for each card, the critical path, zoom, and what leads from it."""

import re

from playwright.sync_api import Page, expect


def _open(page: Page, folded: str, run: str) -> None:
    name, _, more = run.partition("&")
    page.goto(f"{folded}/runs/{name}#tab=timeline&{more}")
    expect(page.locator(".timeline-sum")).not_to_have_text("Loading…")


def test_many_tasks_are_one_row_with_their_figures_and_failures(folded: str, page: Page) -> None:
    _open(page, folded, "pictures")
    rows = page.get_by_role("option")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_have_attribute(
        "aria-label",
        "resize \u00d7600, 1 failed, ran 1.0 s, "
        "half were in a queue for 30.0 s or less, 2.0 s after the beginning, on the critical path",
    )
    expect(rows.nth(1)).to_contain_text("1 failed")
    assert page.locator("#timeline *").count() < 300


def test_the_critical_path_is_summed_up_and_marked(folded: str, page: Page) -> None:
    _open(page, folded, "pictures")
    expect(page.locator(".timeline-sum")).to_have_text(
        re.compile(r"1m 02s in all . critical path of 2 tasks:\s+ran 2.5 s, in queues 1m 00s, between 0 ms")
    )
    expect(page.get_by_role("option", name="list, ")).to_have_attribute(
        "aria-label", re.compile("critical path$")
    )
    expect(page.get_by_role("option", name="pack, blocked")).not_to_have_attribute(
        "aria-label", re.compile("critical path")
    )


def test_rows_are_walked_and_opened_by_keyboard(folded: str, page: Page) -> None:
    _open(page, folded, "pictures")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".timeline-row:focus")).to_have_attribute("data-row", "0")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("list")
    expect(page.locator('.timeline-row[aria-selected="true"]')).to_have_attribute("data-row", "0")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_be_visible()
    assert "card=" in page.url
    assert "tab=timeline" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()


def test_time_is_zoomed_by_keys_and_wheel_and_shown_whole_again(folded: str, page: Page) -> None:
    _open(page, folded, "pictures")
    ticks = page.locator(".timeline-ticks span")
    expect(ticks.first).to_have_text("0 s")
    whole = ticks.all_text_contents()
    page.keyboard.press("+")
    expect(ticks.first).not_to_have_text("0 s")
    page.keyboard.press("f")
    expect(ticks.first).to_have_text("0 s")
    assert ticks.all_text_contents() == whole
    page.locator(".timeline-ticks").hover()
    page.mouse.wheel(0, -400)
    expect(ticks.first).not_to_have_text("0 s")
    page.get_by_role("button", name="Show all of its time").click()
    expect(ticks.first).to_have_text("0 s")


def test_what_failed_is_named_under_the_pointer_and_a_click_opens_it(folded: str, page: Page) -> None:
    _open(page, folded, "pictures")
    chart = page.locator(".timeline-plot").bounding_box()
    row = page.get_by_role("option", name="resize").bounding_box()
    assert chart
    assert row
    failed = chart["x"] + chart["width"] * (2.5 + 136 // 10 + 1) / (62.5 * 1.02)
    page.mouse.move(failed, row["y"] + 16)
    expect(page.locator(".timeline-tip")).to_contain_text("failed here: pictures-137")
    page.mouse.click(failed, row["y"] + 16)
    expect(page.locator("#panel")).to_contain_text("pictures-137")


def test_how_long_a_run_may_still_take_is_told_with_what_it_is_known_from(folded: str, page: Page) -> None:
    _open(page, folded, "going")
    left = page.locator(".timeline-left")
    expect(left).to_have_text(re.compile("^about [34]0 s left, from 200 earlier resize$"))
    expect(left).to_have_attribute(
        "title", re.compile("1.0 s, of 200.* 40.0 s of work, 1.0 s in the longest")
    )


def test_what_is_looked_for_is_counted_on_the_rows(folded: str, page: Page) -> None:
    _open(page, folded, "pictures&q=pictures-137")
    expect(page.get_by_role("option", name=re.compile("^resize .*, 1 found, on the"))).to_be_visible()


def test_a_run_that_has_not_begun_says_so(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/waiting#tab=timeline")
    expect(page.locator(".timeline-none")).to_contain_text("Nothing has begun yet.")


def test_ticks_are_no_finer_than_they_are_read(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/waiting")
    expect(page.locator(".card")).to_have_count(2)
    found = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { ticks, zoomed } = await import(loaded.find((name) => name.includes("/timescale.js")));
            const labels = (from, to) => ticks({ from, to }, 4).map(({ label }) => label);
            const near = zoomed({ from: 0, to: 102 }, 2, 25.5, 100);
            const far = zoomed(near, 1e-9, 3, 100);
            return [labels(0, 0.004), labels(0, 3), labels(55, 130), labels(3590, 7300), near, far];
        }"""
    )
    assert found == [
        ["0.000 s", "0.001 s", "0.002 s", "0.003 s", "0.004 s"],
        ["0 s", "1 s", "2 s", "3 s"],
        ["1m 00s", "1m 30s", "2m 00s"],
        ["1h 00m", "1h 30m", "2h 00m"],
        {"from": 12.75, "to": 63.75},
        {"from": 0, "to": 102},
    ]
