"""The table of a run: every task, sorted and filtered as the address says, saved as CSV."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect


def column(page: Page, place: int) -> list[str]:
    """Return the texts of a column, row by row as they stand."""
    rows = page.locator(".table-row").evaluate_all(
        "(rows, place) => rows.sort((a, b) => a.dataset.row - b.dataset.row)"
        ".map((row) => row.children[place].textContent.trim())",
        place,
    )
    return list(rows)


def rows_of(page: Page) -> Any:
    """Return the rows in sight."""
    return page.locator(".table-row")


def test_the_table_lists_every_task_and_opens_its_detail(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    page.get_by_role("tab", name="Table").click()
    expect(rows_of(page)).to_have_count(len(demo.nodes(etl)))
    assert "tab=table" in page.url
    page.locator(".table-row[data-state=FAILURE]").click()
    expect(page.locator("#panel .exception").first).to_contain_text("is no date")
    page.reload()
    expect(page.locator(".table-row[aria-current=true]")).to_have_attribute("data-state", "FAILURE")
    expect(page.locator("#graph")).to_be_hidden()


def test_the_table_tells_which_worker_ran_a_task(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}#tab=table")
    first = next(node for node in demo.nodes(etl) if node["worker"])
    row = page.locator(f'.table-row[data-id="{first["id"]}"]')
    expect(row).to_contain_text(first["worker"])


def test_a_press_on_a_head_sorts_up_then_down_and_the_address_keeps_it(
    demo: Any, page: Page, training: str
) -> None:
    page.goto(f"{demo.url}/runs/{training}#tab=table")
    head = page.get_by_role("columnheader", name="Task")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    names = column(page, 2)
    assert names == sorted(names)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    page.reload()
    expect(page.get_by_role("columnheader", name="Task")).to_have_attribute("aria-sort", "descending")
    expect(page.locator('.table-row[data-row="0"]')).to_contain_text("load_data")


def test_the_filter_keeps_what_contains_the_text_or_has_the_state(demo: Any, page: Page, etl: str) -> None:
    nodes = demo.nodes(etl)
    page.goto(f"{demo.url}/runs/{etl}#tab=table")
    expect(rows_of(page)).to_have_count(len(nodes))
    page.get_by_placeholder("Find in this run").fill("CUSTOMERS")
    expect(rows_of(page)).not_to_have_count(len(nodes))
    expect(page.locator(".table-row[data-state=FAILURE]")).to_be_visible()
    assert "q=CUSTOMERS" in page.url
    page.get_by_placeholder("Find in this run").fill("")
    page.get_by_role("group", name="States").get_by_role("button", name="failed").click()
    expect(rows_of(page)).to_have_count(1)
    expect(page.locator(".table-count")).to_have_text(f"1 of {len(nodes)} tasks")
    page.reload()
    expect(rows_of(page)).to_have_count(1)


def test_a_filter_that_nothing_fits_says_so_and_is_undone(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}#tab=table&q=no-such-thing")
    expect(page.locator(".table-none")).to_contain_text("No task fits.")
    page.get_by_role("button", name="Show all").click()
    expect(rows_of(page)).to_have_count(len(demo.nodes(etl)))


def test_what_the_table_shows_is_saved_as_csv(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}#tab=table&state=SUCCESS&sort=task")
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV").click()
    assert saving.value.suggested_filename == f"umbel-{etl[:8]}.csv"
    saved = list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text())))
    wanted = [node for node in demo.nodes(etl) if node["state"] == "SUCCESS"]
    assert {row["id"]: row["worker"] for row in saved} == {node["id"]: node["worker"] for node in wanted}
    assert all(re.fullmatch(r"\d+\.\d{3}", row["seconds"]) for row in saved)


def test_rows_are_picked_with_ctrl_shift_and_space(demo: Any, page: Page, training: str) -> None:
    page.goto(f"{demo.url}/runs/{training}#tab=table")

    def row(place):
        return page.locator(f'.table-row[data-row="{place}"]')

    row(1).click(modifiers=["Control"])
    row(4).click(modifiers=["Shift"])
    picked = page.locator(".table-row[aria-selected=true]")
    expect(picked).to_have_count(4)
    expect(page.locator(".picked")).to_contain_text("4 selected")
    expect(page.locator("#panel")).to_be_hidden()
    row(4).focus()
    page.keyboard.press("Space")
    expect(picked).to_have_count(3)
    page.keyboard.press("Shift+ArrowDown")
    expect(picked).to_have_count(5)
    page.reload()
    expect(picked).to_have_count(5)
    page.keyboard.press("Escape")
    expect(picked).to_have_count(0)
    assert "picked" not in page.url


def test_one_task_or_one_worker_is_listed_alone(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/pictures#tab=table")
    count = page.locator(".table-count")
    expect(count).to_have_text("602 tasks")
    page.get_by_label("Task", exact=True).select_option(label="resize")
    expect(count).to_have_text("600 of 602 tasks")
    page.get_by_label("Worker", exact=True).select_option("celery@b")
    expect(count).to_have_text("200 of 602 tasks")
    expect(page.locator('.table-row[data-row="0"]')).to_contain_text('"0.jpg"')
    page.reload()
    expect(count).to_have_text("200 of 602 tasks")
    page.get_by_label("Worker", exact=True).select_option(label="All workers")
    expect(count).to_have_text("600 of 602 tasks")


def test_the_table_of_a_large_run_sorts_by_every_column(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/pictures#tab=table&task=media.resize")
    first = page.locator('.table-row[data-row="0"]')
    wanted = {
        "#": ["600", "1"],
        "State": ["failed", "succeeded"],
        "Task": ["resize", "resize"],
        "Arguments": ['"0.jpg"', '"99.jpg"'],
        "Worker": ["celery@a", "celery@c"],
        "Started": ["0.jpg", "590.jpg"],
        "Duration": ["1.0 s", "1.0 s"],
        "Attempt": ["0.jpg", "0.jpg"],
    }
    expect(page.locator(".table-count")).to_have_text("600 of 602 tasks")
    for name, texts in wanted.items():
        for text in texts:
            page.get_by_role("columnheader", name=name).get_by_role("button").click()
            expect(first).to_contain_text(text)


def test_what_the_table_shows_is_saved_as_json(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/pictures#tab=table&task=media.resize&worker=celery@c&sort=-arguments")
    expect(page.locator(".table-count")).to_have_text("200 of 602 tasks")
    with page.expect_download() as saving:
        page.get_by_role("button", name="JSON").click()
    assert saving.value.suggested_filename == "umbel-pictures.json"
    saved = json.loads(Path(saving.value.path()).read_text())
    assert [row["arguments"] for row in saved] == sorted((row["arguments"] for row in saved), reverse=True)
    assert saved[0] == {
        "index": 98,
        "id": "pictures-98",
        "task": "media.resize",
        "state": "SUCCESS",
        "reason": None,
        "worker": "celery@c",
        "queue": None,
        "attempt": 1,
        "sent": 1e9 + 2,
        "received": 1e9 + 11,
        "started": 1e9 + 11.5,
        "finished": 1e9 + 12.5,
        "seconds": 1.0,
        "arguments": '"97.jpg" "format": "png"',
    }
