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

from umbel.engine import embedded, store

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]) -> Iterator[str]:
    """The address of an ``umbel web`` that has a password."""
    folder = tmp_path_factory.mktemp("door")
    database, port = f"sqlite:///{folder / 'umbel.db'}", embedded.free_port()
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
