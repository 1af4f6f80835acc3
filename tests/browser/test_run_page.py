"""The page of one run: detail, keyboard, table, address."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

CARDS = 10_000  # ms until a graph is drawn


def node_of(demo: Any, run: str, **facts: Any) -> dict[str, Any]:
    """Return the first node of a run that has these facts."""
    return next(node for node in demo.nodes(run) if facts.items() <= node.items())


def focused(page: Page) -> str | None:
    """Return the task whose card has the keyboard."""
    return page.evaluate("document.activeElement?.dataset?.id ?? null")


def test_the_count_of_failures_leads_to_the_exception_and_its_traceback(
    demo: Any, page: Page, etl: str
) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    page.locator("[data-count=FAILURE]").click()
    panel = page.locator("#panel")
    expect(panel.locator(".exception").first).to_contain_text("is no date")
    expect(panel.locator(".traceback")).to_contain_text("Traceback (most recent call last)")
    expect(panel).to_contain_text("table")
    expect(panel).to_contain_text("customers")
    failed = node_of(demo, etl, state="FAILURE")
    assert f"node={failed['id']}" in page.url


def test_the_detail_tells_arguments_result_worker_times_and_history(demo: Any, page: Page, etl: str) -> None:
    first = node_of(demo, etl, task="etl.extract")
    page.goto(f"{demo.url}/runs/{etl}#node={first['id']}")
    panel = page.locator("#panel")
    for text in (first["id"], "Keyword arguments", "shop", "Result", "Worker", "Ran for", "Queue", "History"):
        expect(panel).to_contain_text(text)
    expect(panel.locator(".history li").last).to_contain_text("succeeded")


def test_the_detail_leads_along_the_edges_and_back_undoes_it(demo: Any, page: Page, etl: str) -> None:
    first = node_of(demo, etl, task="etl.extract")
    page.goto(f"{demo.url}/runs/{etl}#node={first['id']}")
    panel = page.locator("#panel")
    panel.locator(".neighbours a", has_text="clean").first.click()
    expect(panel.locator("h2")).to_contain_text("clean")
    expect(page.locator(".card[aria-current=true]")).to_have_attribute("aria-label", re.compile("^clean, "))
    page.go_back()
    expect(panel.locator("h2")).to_contain_text("extract")


def test_a_run_with_retries_shows_each_attempt(demo: Any, page: Page, finished: Callable[[str], str]) -> None:
    run = finished("new-device")
    busy = node_of(demo, run, task="login.call_risk_api")
    page.goto(f"{demo.url}/runs/{run}#node={busy['id']}")
    expect(page.locator("#panel .facts")).to_contain_text("Attempt")
    expect(page.locator("#panel .attempts > li")).to_have_count(3)


def test_a_card_is_spoken_with_name_state_and_duration(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    first = node_of(demo, etl, task="etl.extract")
    card = page.locator(f'.card[data-id="{first["id"]}"]')
    expect(card).to_have_attribute("role", "button")
    expect(card).to_have_attribute("aria-label", re.compile(r"^extract, succeeded, .* s$"))


def test_arrows_walk_along_the_edges_enter_opens_and_escape_closes(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    expect(page.locator(".card")).to_have_count(len(demo.nodes(etl)), timeout=CARDS)
    nodes = {node["id"]: node for node in demo.nodes(etl)}
    assert page.locator(".card[tabindex='0']").count() == 1

    page.keyboard.press("ArrowRight")
    assert nodes[focused(page) or ""]["task"] == "etl.extract"
    page.keyboard.press("ArrowRight")
    middle = focused(page)
    assert nodes[middle or ""]["task"] == "etl.clean"
    page.keyboard.press("ArrowDown")
    assert focused(page) != middle
    page.keyboard.press("ArrowLeft")
    assert nodes[focused(page) or ""]["task"] == "etl.extract"

    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#panel h2")).to_contain_text("extract")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert page.locator(".card[tabindex='0']").count() == 1


def test_question_mark_lists_the_shortcuts(demo: Any, page: Page, etl: str) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Walk along the edges")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_keyboard_zooms_and_fits(demo: Any, page: Page, training: str) -> None:
    page.goto(f"{demo.url}/runs/{training}")
    canvas = page.locator(".canvas")
    expect(page.locator(".card")).to_have_count(57, timeout=CARDS)
    expect(canvas).to_have_attribute("data-level", "1")  # all of it fits, names only
    page.keyboard.press("0")
    expect(canvas).to_have_attribute("data-level", "2")
    expect(page.locator(".card-module").first).to_be_visible()
    page.keyboard.press("f")
    expect(canvas).to_have_attribute("data-level", "1")
    for _ in range(6):
        page.keyboard.press("-")
    expect(canvas).to_have_attribute("data-level", "0")
    expect(page.locator(".card-face")).to_have_count(0)


def test_the_wheel_zooms_and_the_address_keeps_the_view(demo: Any, page: Page, training: str) -> None:
    page.goto(f"{demo.url}/runs/{training}")
    expect(page.locator(".card")).to_have_count(57, timeout=CARDS)
    page.mouse.move(700, 500)
    page.mouse.wheel(0, -600)
    expect(page.locator(".canvas")).to_have_attribute("data-level", "2")
    page.wait_for_url("**#at=*")
    transform = page.locator(".canvas > g").get_attribute("transform")
    page.reload()
    expect(page.locator(".card")).to_have_count(57, timeout=CARDS)
    expect(page.locator(".canvas")).to_have_attribute("data-level", "2")
    assert _numbers(page.locator(".canvas > g").get_attribute("transform")) == pytest.approx(
        _numbers(transform), abs=8
    )


def _numbers(transform: str | None) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", transform or "")]


def test_an_unknown_task_gets_a_page_that_says_so(demo: Any, page: Page, troubles: Any) -> None:
    troubles.expect("Failed to load resource: .* 404")
    page.goto(f"{demo.url}/task/no-such-task")
    expect(page.get_by_role("heading")).to_be_visible()
    expect(page.locator("main")).to_contain_text("no-such-task")
    page.get_by_role("link", name="Back to the runs").click()
    page.wait_for_url(f"{demo.url}/")
