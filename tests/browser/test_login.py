"""The login page in a real browser: in with the password, back to where one wanted to go, out on expiry."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from ports import free_port

from umbel.engine import store

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]) -> Iterator[str]:
    """The address of an ``umbel web`` that has a password."""
    folder = tmp_path_factory.mktemp("door")
    database, port = f"sqlite:///{folder / 'umbel.db'}", free_port()
    store.upgrade(database)
    (folder / "password").write_text(PASSWORD)
    given = {
        "UMBEL_DATABASE_URL": database,
        "UMBEL_BROKER_URL": "redis://127.0.0.1:1/0",  # nothing is said live in these tests
        "UMBEL_PASSWORD_FILE": str(folder / "password"),
    }
    log = folder / "web.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "umbel.webui.cli", "web", "--port", str(port)],
            stdout=sink,
            stderr=sink,
            cwd=folder,
            env=os.environ | given,
        )
    try:
        eventually(lambda: "Listening at" in log.read_text() or process.poll() is not None, 30, "a server")
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _type(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, {"width": 360, "height": 740}])
def test_the_password_opens_what_was_asked_for(
    door: str, new_page: Callable[..., Page], troubles: Any, viewport: dict[str, int]
) -> None:
    troubles.expect("401")  # the browser notes the answer to the wrong password
    page = new_page(viewport=viewport)
    page.goto(f"{door}/?name=pay#here")
    expect(page).to_have_title(re.compile("Log in"))
    expect(page.get_by_label("Password")).to_be_focused()

    _type(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]

    _type(page, PASSWORD)
    page.wait_for_url(re.compile(r"/\?name=pay#here$"))
    expect(page).to_have_title(re.compile("Runs"))
    assert page.evaluate("document.cookie") == ""


def test_no_script_of_the_address_runs(door: str, new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.goto(f"{door}/login?next=javascript:alert(1)")
    _type(page, PASSWORD)
    page.wait_for_url(f"{door}/")


def test_the_login_page_is_readable_in_the_dark(
    door: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = new_page(color_scheme="dark")
    page.goto(f"{door}/login")
    ground, text = page.locator("#login").evaluate(
        "(card) => [getComputedStyle(card).backgroundColor, getComputedStyle(card).color]"
    )
    assert ground != text
    page.screenshot(path=tmp_path / "login.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_on_the_login_page(
    door: str, new_page: Callable[..., Page], violations: Callable[..., Any], scheme: str, width: int
) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(f"{door}/login")
    assert not violations(page)


def test_a_session_that_has_ended_leads_to_the_login_page_and_back_to_the_same_view(
    door: str, page: Page, troubles: Any
) -> None:
    troubles.expect("401")
    page.goto(f"{door}/login")
    _type(page, PASSWORD)
    page.wait_for_url(f"{door}/")
    expect(page.locator(".empty")).to_be_visible()
    # A socket that is still on its way would be refused without a session, and lead to the login page itself.
    expect(page.locator("#fresh")).to_have_attribute("data-fresh", "quiet")
    page.context.clear_cookies()

    page.get_by_role("group", name="States").get_by_role("button", name="failed").click()

    page.wait_for_url("**/login?next=*")
    _type(page, PASSWORD)
    page.wait_for_url(f"{door}/?state=FAILURE")
    failed = page.get_by_role("group", name="States").get_by_role("button", name="failed")
    expect(failed).to_have_attribute("aria-pressed", "true")


def test_a_socket_that_is_refused_for_want_of_a_login_leads_to_the_login_page(
    door: str, page: Page, troubles: Any
) -> None:
    troubles.expect("401")
    troubles.expect("WebSocket connection to .* failed")
    troubles.expect("Failed to load resource: net::ERR")  # what the page asks for while it is offline
    page.goto(f"{door}/login")
    _type(page, PASSWORD)
    page.wait_for_url(f"{door}/")
    expect(page.locator("#fresh")).not_to_have_text("Connecting")

    page.context.set_offline(True)
    expect(page.locator("#fresh")).to_have_attribute("data-fresh", "stale", timeout=15_000)
    page.context.clear_cookies()
    page.context.set_offline(False)

    page.wait_for_url("**/login?next=*", timeout=15_000)


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, {"width": 360, "height": 740}])
def test_logging_out_ends_the_session(
    door: str, new_page: Callable[..., Page], viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    page.goto(f"{door}/login")
    _type(page, PASSWORD)
    page.wait_for_url(f"{door}/")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{door}/login")
    page.goto(f"{door}/?singles=1")
    expect(page).to_have_title(re.compile("Log in"))
