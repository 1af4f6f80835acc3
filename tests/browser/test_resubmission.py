"""A failed run is resubmitted from its page: confirmed, refused when it changed, and followed in its line."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

END = 60_000  # ms

# One of two tables cannot be cleaned, so that nothing is reported.
SEND = """
from celery import chain, chord
from umbel.engine import conduct
from umbel.webui.demo import tasks
rows = {"rows": {"orders": 5000, "customers": 900}}
tables = [
    chain(tasks.clean.s(rows, table=table), tasks.load_table.s()) for table in ("orders", "customers")
]
print(conduct(chord(tables, tasks.report.s()), name="night.load").id)
"""


@pytest.fixture(scope="module")
def failed(demo: Any, eventually: Callable[..., Any]) -> str:
    """A run of five tasks, two of which succeeded and one of which failed."""
    run = demo.run_python(SEND)
    eventually(lambda: run in {each["id"] for each in demo.get("/runs")["runs"]}, 30, "the run")
    eventually(lambda: demo.get(f"/runs/{run}")["state"] == "FAILURE", 60, "the failure")
    return run


def _plan(demo: Any, page: Page, run: str) -> None:
    page.goto(f"{demo.url}/runs/{run}?plan=")
    expect(page.locator(".tray-confirm")).to_have_text("Resubmit 1 failed + 2 blocked, reuse 2")


def test_of_two_pages_that_confirm_the_same_plan_one_is_told_and_loses_nothing(
    demo: Any, page: Page, new_page: Callable[..., Page], troubles: Any, failed: str
) -> None:
    troubles.expect("Failed to load resource: .* 409")
    other = new_page()
    for each in (page, other):
        _plan(demo, each, failed)
        each.locator("#plan-why").fill("the supplier has mended the file")
    page.locator(".tray-confirm").click()
    page.wait_for_url(lambda url: failed not in url)
    expect(page.get_by_role("navigation", name="Attempts")).to_contain_text("Attempt 2")

    other.locator(".tray-confirm").click()
    expect(other.locator("#tray")).to_contain_text("The run changed meanwhile")
    expect(other.locator("#plan-why")).to_have_value("the supplier has mended the file")
    expect(other.locator(".tray-confirm")).to_be_enabled()
    assert failed in other.url
    assert len(demo.get(f"/runs/{failed}/plan")["resubmissions"]) == 1


def test_a_run_is_mended_with_other_arguments_and_its_line_is_seen_on_all_pages(
    demo: Any, page: Page, failed: str, violations: Callable[..., Any]
) -> None:
    _plan(demo, page, failed)
    page.locator(".card[data-state=RUN]").first.click(button="right")
    page.get_by_role("menuitem", name="Change arguments…").click()
    editor = page.get_by_role("dialog", name="Change clean")
    editor.get_by_label("Queue").fill("nowhere")
    expect(editor.locator("#edit-queue-why")).to_contain_text("No worker")  # told, and allowed
    editor.get_by_label("Queue").fill("")
    editor.get_by_label("Keyword arguments").fill('{"tabel": "orders"}')
    expect(editor.locator("#edit-kwargs-why")).to_contain_text("tabel")
    editor.get_by_label("Keyword arguments").fill('{"table": "orders"}')
    expect(editor.locator("#edit-kwargs-why")).to_be_empty()
    editor.get_by_role("button", name="Use for 1 task").click()
    expect(page.locator(".tray-listed")).to_contain_text("kwargs")
    page.locator("#plan-why").fill("customers come tomorrow")
    page.locator(".tray-confirm").click()
    page.wait_for_url(lambda url: failed not in url)

    expect(page.locator(".card[data-state=REUSED]")).to_have_count(2)
    line = page.get_by_role("navigation", name="Attempts")
    expect(line).to_contain_text("customers come tomorrow")
    expect(page.locator("[data-run-state=SUCCESS]")).to_be_visible(timeout=END)
    expect(page.locator(".card[data-state=REUSED]")).to_have_count(2)
    assert not violations(page)
    page.locator(".card[data-state=REUSED]").first.click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("Its result was taken over: it did not run again.")
    panel.get_by_role("link", name="Where it ran").click()
    expect(page).to_have_url(re.compile(failed))
    expect(page.locator("#panel")).to_contain_text("Ran for")
    expect(line).to_contain_text("resolved by attempt")
    assert not violations(page)


def test_a_conductor_that_is_away_is_told_and_what_was_typed_stays(
    demo: Any, page: Page, troubles: Any, failed: str
) -> None:
    troubles.expect("Failed to load resource: .* 503")
    refusal = {"error": {"code": "no_answer", "message": "No conductor answered within 10 s."}}
    page.route("**/resubmit", lambda route: route.fulfill(status=503, json=refusal))
    _plan(demo, page, failed)
    page.locator("#plan-why").fill("because")
    page.locator(".tray-confirm").click()
    alert = page.locator("#tray").get_by_role("alert")
    expect(alert).to_contain_text("No conductor answered within 10 s. What you chose and typed is kept.")
    page.reload()
    expect(page.locator("#plan-why")).to_have_value("because")


def test_the_first_of_a_line_shows_it_as_soon_as_another_is_made_of_it(
    demo: Any, page: Page, new_page: Callable[..., Page], failed: str
) -> None:
    page.goto(f"{demo.url}/runs/{failed}")
    attempts = page.get_by_role("navigation", name="Attempts").get_by_role("listitem")
    expect(attempts.first).to_be_visible()
    before = attempts.count()
    other = new_page()
    _plan(demo, other, failed)
    other.locator(".card[data-state=RUN]").first.click(button="right")
    other.get_by_role("menuitem", name="Mark success with a result…").click()
    dialog = other.get_by_role("dialog", name="Mark as succeeded")
    expect(dialog).to_contain_text("Another clean returned")
    dialog.get_by_role("button", name="Use it").click()
    dialog.get_by_role("button", name="Mark as succeeded").click()
    expect(other.locator(".tray-confirm")).to_have_text("Resubmit 2 blocked, reuse 2, mark 1 done")
    other.locator(".tray-confirm").click()
    expect(attempts).to_have_count(before + 1)
    expect(other.locator(".card[data-state=FORCED]")).to_have_count(1)
