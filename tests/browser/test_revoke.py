"""Revoking from the pages: what a dialog says will happen, and what it says has happened."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

# Nobody listens on the queue: the first stays on its way, the rest is never sent.
SEND = """
from celery import chain, signature
from umbel.webui.demo import tasks
steps = [
    signature("idle.step", args=[n], app=tasks.app, immutable=True, queue="nowhere") for n in range(3)
]
print(chain(*steps).apply_async().parent.parent.id)
"""


@pytest.fixture
def idle(demo: Any, eventually: Callable[..., Any]) -> str:
    """A run of three tasks that waits for ever."""
    task = demo.run_python(SEND)
    run = eventually(lambda: demo.get(f"/nodes/{task}")["nodes"], 20, "the run")[0]["run"]
    eventually(lambda: demo.get(f"/runs/{run}")["counts"] == {"SENT": 1, "PENDING": 2}, 20, "its states")
    return run


def open_run(demo: Any, page: Page, run: str) -> None:
    """Show a run of three tasks."""
    page.goto(f"{demo.url}/runs/{run}")
    expect(page.locator(".card")).to_have_count(3)


def test_revoking_a_whole_run_says_what_will_happen_and_then_what_has(
    demo: Any, page: Page, idle: str, violations: Callable[..., Any]
) -> None:
    open_run(demo, page, idle)
    page.get_by_role("button", name="Revoke this run").click()
    dialog = page.get_by_role("dialog", name="Revoke this run")
    expect(dialog).to_contain_text("1 task on the way: the workers drop it instead of running it.")
    expect(dialog).to_contain_text("2 tasks not sent yet")
    expect(dialog.get_by_role("checkbox")).to_have_count(0)  # nothing runs that could be terminated
    assert not violations(page)

    dialog.get_by_role("button", name="Revoke 3 tasks").click()

    expect(dialog.locator(".outcomes li")).to_have_count(3)
    expect(dialog.locator(".outcomes")).to_contain_text("The workers were told to drop it")
    for node in demo.nodes(idle):
        expect(dialog.locator(".outcomes")).to_contain_text(node["id"])
    assert not violations(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_what_is_picked_or_open_is_revoked_by_keyboard(demo: Any, page: Page, idle: str) -> None:
    open_run(demo, page, idle)
    page.locator(".card").nth(1).click(modifiers=["Control"])
    page.locator(".card").nth(2).click(modifiers=["Control"])
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Revoke 2 tasks")
    expect(dialog).to_contain_text("2 tasks not sent yet")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("group", name="Selected tasks").get_by_role("button", name="Revoke").click()
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Select none").click()

    page.locator(".card").first.click()
    page.locator("#panel").get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name="Revoke step")
    expect(dialog).to_contain_text("2 tasks further on will never run")
    dialog.get_by_role("button", name="Revoke 1 task").click()
    expect(dialog.locator(".outcomes li")).to_have_count(1)


def test_a_running_task_goes_on_unless_it_is_terminated(
    demo: Any, page: Page, start: Callable[..., str]
) -> None:
    run = start(page, "ceph-node")
    expect(page.locator(".card[data-state=STARTED]").first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Revoke this run").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("not sent yet")
    terminate = dialog.get_by_role("checkbox", name="Terminate what is running")
    if terminate.count():  # it may have ended just now
        terminate.check()
    dialog.get_by_role("button", name="Revoke").last.click()
    expect(dialog.locator(".outcomes li").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-run-state=REVOKED]")).to_be_visible(timeout=60_000)
    assert demo.get(f"/runs/{run}")["counts"]["REVOKED"] >= 1
    expect(page.get_by_role("button", name="Revoke this run")).to_have_count(0)


def test_a_conductor_that_does_not_answer_is_told_and_nothing_is_lost(
    demo: Any, page: Page, troubles: Any, idle: str
) -> None:
    troubles.expect("Failed to load resource: .* 503")
    refusal = {"error": {"code": "no_answer", "message": "No conductor answered within 5 s."}}
    page.route("**/revoke", lambda route: route.fulfill(status=503, json=refusal))
    open_run(demo, page, idle)
    page.get_by_role("button", name="Revoke this run").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Revoke 3 tasks").click()
    expect(dialog.get_by_role("alert")).to_have_text("No conductor answered within 5 s.")
    expect(dialog.get_by_role("button", name="Revoke 3 tasks")).to_be_enabled()
