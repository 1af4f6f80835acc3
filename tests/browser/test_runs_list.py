"""The list of runs: its filters are the address, it is paged by the server, live, and never jumps."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# Nobody listens on the queue: these runs stay pending.
SEND = """
import sys
from celery import chain, signature
from umbel.webui.demo import tasks
for n in range({count}):
    step = signature("{task}", args=[n], app=tasks.app, immutable=True).set(queue="nowhere")
    print(chain(step, step).apply_async().id)
"""

# An app that is not watched sends a task by itself.
SEND_ALONE = """
import os
from celery import Celery
app = Celery(broker=os.environ["UMBEL_BROKER_URL"])
print(app.send_task("login.notify_user", ("someone", {}), queue="celery").id)
"""


@pytest.fixture(scope="module")
def bulk(demo: Any, eventually: Callable[..., Any]) -> str:
    """The name that 130 runs have."""
    demo.run_python(SEND.format(count=130, task="bulk.step"))

    def many():
        return len(demo.get("/runs?name=step&limit=200")["runs"]) >= 130

    eventually(many, 30, "130 runs")
    return "step"


def rows_of(page: Page) -> Any:
    """Return the rows."""
    return page.locator("tbody tr")


def test_a_press_on_a_state_filters_and_the_address_keeps_it(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/?task=etl.extract")  # among all runs it may be on a later page by now
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()
    page.get_by_role("group", name="States").get_by_role("button", name="failed").click()
    expect(page.locator("tbody tr:not([data-run-state=FAILURE])")).to_have_count(0)
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()
    assert "state=FAILURE" in page.url
    page.reload()
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()
    expect(page.locator("tbody tr:not([data-run-state=FAILURE])")).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    assert page.url == f"{demo.url}/"


def test_fields_filter_by_task_worker_text_and_time(demo: Any, page: Page, etl: str, training: str) -> None:
    page.goto(demo.url)
    worker = next(node["worker"] for node in demo.nodes(etl) if node["worker"])
    page.get_by_label("Worker", exact=True).fill(worker)
    page.get_by_label("Task", exact=True).fill("etl.extract")
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()
    expect(page.locator(f'[data-run="{training}"]')).to_have_count(0)
    assert "task=etl.extract" in page.url
    assert "worker=" in page.url
    page.get_by_label("Time").select_option("Last hour")
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()
    page.goto(f"{demo.url}/?q=is+no+date")
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()
    expect(page.get_by_label("Name or exception")).to_have_value("is no date")


def test_a_filter_that_no_run_fits_says_so_and_is_cleared(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/?q=no-such-thing&id=00000000-none")
    expect(page.locator(".empty h2")).to_have_text("No run fits this filter")
    page.get_by_role("button", name="Without id 00000000-none").click()
    assert page.url.endswith("?q=no-such-thing")
    page.get_by_role("button", name="Clear the filter").click()
    expect(rows_of(page).first).to_be_visible()


def test_older_runs_come_as_one_scrolls(demo: Any, page: Page, bulk: str) -> None:
    page.goto(f"{demo.url}/?name={bulk}")
    expect(rows_of(page)).to_have_count(100)
    rows_of(page).last.scroll_into_view_if_needed()
    expect(rows_of(page)).not_to_have_count(100)
    assert rows_of(page).count() >= 130


def test_new_runs_wait_while_somebody_reads_and_come_in_on_top(demo: Any, page: Page, bulk: str) -> None:
    page.goto(f"{demo.url}/?name={bulk}")
    expect(rows_of(page)).to_have_count(100)
    expect(page.locator("#fresh")).to_have_text("Live")
    rows_of(page).nth(40).scroll_into_view_if_needed()
    place = rows_of(page).nth(40).bounding_box()

    demo.run_python(SEND.format(count=2, task="bulk.step"))

    pill = page.get_by_role("button", name="2 new runs")
    expect(pill).to_be_visible()
    assert rows_of(page).nth(40).bounding_box() == place
    pill.click()
    expect(pill).to_be_hidden()
    expect(rows_of(page).first).to_be_in_viewport()

    demo.run_python(SEND.format(count=1, task="bulk.other"))
    demo.run_python(SEND.format(count=1, task="bulk.step"))
    first = demo.get(f"/runs?name={bulk}&limit=1")["runs"][0]["id"]
    expect(rows_of(page).first).to_have_attribute("data-run", first)


def test_a_run_that_no_longer_fits_leaves_and_one_that_begins_to_fit_comes(
    demo: Any, new_page: Callable[..., Page], start: Callable[..., str]
) -> None:
    running, failed, visitor = new_page(), new_page(), new_page()
    running.goto(f"{demo.url}/?state=RUNNING")
    failed.goto(f"{demo.url}/?state=FAILURE&task=etl.extract")  # which the page cannot judge by itself
    run = start(visitor, "nightly-etl")
    row = f'[data-run="{run}"]'
    expect(running.locator(row)).to_be_visible()
    expect(failed.locator(row)).to_have_count(0)
    expect(failed.locator(row)).to_be_visible(timeout=60_000)
    expect(running.locator(row)).to_have_count(0)


def test_single_tasks_are_behind_a_switch_with_their_count(
    demo: Any, page: Page, eventually: Callable[..., Any]
) -> None:
    task = demo.run_python(SEND_ALONE)
    eventually(lambda: demo.get(f"/nodes/{task}")["nodes"], 20, "the task")
    run = demo.get(f"/nodes/{task}")["nodes"][0]["run"]
    page.goto(demo.url)
    switch = page.get_by_role("switch", name="Single tasks")
    expect(page.locator(".switch")).to_contain_text(re.compile(r"Single tasks\s*\d+"))
    expect(page.locator(f'[data-run="{run}"]')).to_have_count(0)
    switch.check()
    expect(page.locator(f'[data-run="{run}"]')).to_be_visible()
    assert page.url.endswith("?singles=1")
    page.locator(f'[data-run="{run}"]').get_by_role("link").click()
    expect(page.locator(".run-title .tag")).to_have_text("inferred")
    expect(page.locator(".run-title .tag")).to_have_attribute("title", re.compile("events"))


@pytest.mark.parametrize("length", [36, 12])
def test_the_search_box_finds_a_task_by_its_id_or_how_it_begins(
    demo: Any, page: Page, etl: str, length: int
) -> None:
    failed = next(node for node in demo.nodes(etl) if node["state"] == "FAILURE")
    page.goto(f"{demo.url}/")
    page.keyboard.press("/")
    page.keyboard.type(failed["id"][:length])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{etl}#node={failed['id']}")
    expect(page.locator("#panel .exception").first).to_contain_text("is no date")


def test_the_search_box_finds_a_run_by_its_id(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/")
    page.get_by_role("search").first.get_by_role("searchbox").fill(etl[:13])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{etl}")


@pytest.mark.parametrize("text", ["is no date", "etl.extract"])
def test_any_other_text_in_the_search_box_filters_the_list(
    demo: Any, page: Page, etl: str, text: str
) -> None:
    page.goto(f"{demo.url}/")
    page.keyboard.press("/")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*&singles=1")
    expect(page.locator(f'[data-run="{etl}"]')).to_be_visible()


def test_runs_of_a_range_of_time_are_chosen_by_two_dates(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/?task=etl.extract&state=FAILURE")
    row = page.locator(f'[data-run="{etl}"]')
    expect(row).to_be_visible()
    page.get_by_label("Time").select_option("From … to …")
    page.get_by_label("From", exact=True).fill("2020-01-01T00:00")
    expect(page).to_have_url(re.compile(r"[?&]since=15778\d+"))
    expect(row).to_be_visible()
    page.get_by_label("To", exact=True).fill("2021-01-01T00:00")
    expect(row).to_have_count(0)
    page.reload()
    expect(page.get_by_label("To", exact=True)).to_have_value("2021-01-01T00:00")
    expect(page.locator(".empty h2")).to_have_text("No run fits this filter")
    page.get_by_label("Time").select_option("Any time")
    expect(row).to_be_visible()
    assert "state=FAILURE" in page.url
    assert "since" not in page.url
