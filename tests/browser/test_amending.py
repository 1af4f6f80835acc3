"""What of a conducted run has not begun is changed while it goes on: its frontier, and what is refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

# Nobody listens on the queue: the first stays on its way, the others ahead.
SEND = """
from celery import chain, signature
from umbel.engine import conduct
from umbel.webui.demo import tasks
steps = [
    signature(f"idle.step{n}", kwargs={"n": n}, app=tasks.app, immutable=True, queue="nowhere")
    for n in range(5)
]
print(conduct(chain(*steps), name="idle").id)
"""


@pytest.fixture
def idle(demo: Any, eventually: Callable[..., Any]) -> str:
    """A run of five tasks one after another, the first of which is out for ever."""
    run = demo.run_python(SEND)
    eventually(lambda: run in {each["id"] for each in demo.get("/runs")["runs"]}, 30, "the run")
    eventually(lambda: demo.get(f"/runs/{run}")["counts"] == {"SENT": 1, "PENDING": 4}, 30, "the first task")
    return run


def _step(page: Page, number: int) -> Locator:
    return page.locator(f".card[data-index='{number}']")


def _open(demo: Any, page: Page, run: str) -> None:
    page.goto(f"{demo.url}/runs/{run}")
    page.get_by_role("button", name="Change what is ahead").click()
    expect(page.locator(".frontier")).to_have_attribute("d", re.compile("M"))


def test_what_is_ahead_is_held_skipped_changed_and_released(
    demo: Any, page: Page, idle: str, violations: Callable[..., Any]
) -> None:
    _open(demo, page, idle)
    expect(_step(page, 0)).to_have_accessible_name("step0, past \u00b7 sent")
    expect(page.locator(".card.past")).to_have_count(1)
    expect(page.locator(".tray-counts")).to_contain_text("4")
    _step(page, 0).click(button="right")
    expect(page.get_by_role("menuitem", name="Hold")).to_be_disabled()
    page.keyboard.press("Escape")

    _step(page, 1).click(button="right")
    page.get_by_role("menuitem", name="Hold").click()
    _step(page, 2).click(button="right")
    page.get_by_role("menuitem", name="Change arguments…").click()
    editor = page.get_by_role("dialog", name="Change step2")
    editor.get_by_label("Keyword arguments").fill('{"n": 20}')
    editor.get_by_role("button", name="Use for 1 task").click()
    _step(page, 4).click(button="right")
    page.get_by_role("menuitem", name="Skip").click()
    expect(page.locator(".tray-chip > .cut")).to_have_text(["Skip step4", "Hold step1", "Changed step2"])
    assert not violations(page)
    page.locator("#plan-why").fill("wait for the new format")
    page.get_by_role("button", name="Change 3 tasks").click()

    expect(page.locator("#tray")).to_be_hidden()
    expect(_step(page, 1)).to_have_attribute("data-state", "HELD")
    expect(_step(page, 4)).to_have_attribute("data-state", "SKIPPED")
    _step(page, 1).click()
    expect(page.locator("#panel")).to_contain_text("It is held")
    nodes = {node["index"]: node["id"] for node in demo.nodes(idle)}
    assert demo.get(f"/runs/{idle}/nodes/{nodes[2]}")["kwargs"] == {"n": 20}

    page.keyboard.press("m")
    page.get_by_role("menuitem", name="Release").click()
    page.get_by_role("button", name="Change 1 task").click()
    expect(_step(page, 1)).to_have_attribute("data-state", "PENDING")


def test_of_two_who_change_the_same_task_one_is_told(
    demo: Any, page: Page, new_page: Callable[..., Page], troubles: Any, idle: str
) -> None:
    troubles.expect("Failed to load resource: .* 409")
    other = new_page()
    for each in (page, other):
        _open(demo, each, idle)
        _step(each, 2).click(button="right")
        each.get_by_role("menuitem", name="Hold").click()
        expect(each.get_by_role("button", name="Change 1 task")).to_be_enabled()
    page.get_by_role("button", name="Change 1 task").click()
    expect(page.locator("#tray")).to_be_hidden()

    other.locator("#plan-why").fill("because")
    other.locator(".tray-confirm").click()
    expect(other.locator("#tray")).to_contain_text("meanwhile")
    expect(other.locator("#plan-why")).to_have_value("because")
    expect(other.locator(".tray-chip > .cut")).to_have_text("Hold step2")
