"""How fresh the page is: said on every page, with what to do; relative times agree with durations."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect


def say_instead(page: Page, **beat: Any) -> None:
    """Let the page hear other beats than the server sends."""

    def relay(socket: Any) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if isinstance(message, str) and message.startswith('42["beat"'):
                name, said = json.loads(message[2:])
                message = "42" + json.dumps([name, {**said, **beat}])
            socket.send(message)

        server.on_message(pass_on)

    page.route_web_socket("**/socket.io/**", relay)


@pytest.mark.parametrize("path", ["/", "/runs/{run}", "/nowhere"])
def test_every_page_says_that_the_conductor_is_silent_and_what_to_do(
    demo: Any, page: Page, troubles: Any, etl: str, path: str
) -> None:
    troubles.expect("Failed to load resource: .* 404")
    say_instead(page, conductor=30.0)
    page.goto(demo.url + path.format(run=etl))
    fresh = page.locator("#fresh")
    expect(fresh).to_have_text(re.compile(r"Conductor silent since \d\d:\d\d:\d\d"))
    fresh.click()
    expect(page.locator("#fresh-more")).to_contain_text("umbel conductor")
    expect(page.locator("#fresh-more").get_by_role("button", name="Copy")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#fresh-more")).to_be_hidden()


def test_a_lag_is_told(demo: Any, page: Page) -> None:
    say_instead(page, lag=12.04)
    page.goto(demo.url)
    expect(page.locator("#fresh")).to_have_text("12.0 s behind")
    page.locator("#fresh").click()
    expect(page.locator("#fresh-more")).to_contain_text("backlog")


def test_a_conductor_that_was_never_heard_is_told(demo: Any, page: Page) -> None:
    say_instead(page, conductor=None)
    page.goto(demo.url)
    expect(page.locator("#fresh")).to_have_text("Conductor not heard yet")


def test_how_long_ago_a_run_started_agrees_with_its_duration(
    demo: Any, new_page: Callable[..., Page], start: Callable[..., str], eventually: Callable[..., Any]
) -> None:
    visitor, watcher = new_page(), new_page()
    watcher.goto(demo.url)
    run = start(visitor, "ceph-node")
    row = watcher.locator(f'[data-run="{run}"]')
    expect(row).to_have_attribute("data-run-state", "RUNNING")
    watcher.evaluate(
        """(run) => {
            window.pairs = [];
            setInterval(() => {
                const row = document.querySelector(`[data-run="${run}"]`);
                const text = (part) => row.querySelector(part).innerText;
                window.pairs.push([text(".runs-when"), text(".runs-time")]);
            }, 50);
        }""",
        run,
    )
    expect(row.locator(".runs-when")).to_have_text("4 s ago", timeout=20_000)
    pairs = watcher.evaluate("window.pairs")
    ago = [(re.match(r"(\d+) s ago", when), re.match(r"([\d.]+) s$", lasted)) for when, lasted in pairs]
    both = [(int(when[1]), float(lasted[1])) for when, lasted in ago if when and lasted]
    assert both
    assert all(abs(int(lasted) - when) <= 0 or abs(lasted - when) < 0.3 for when, lasted in both), both
