"""Changing what tasks are called with, before they run again: what is typed is checked and kept."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect


@pytest.fixture
def editor(page: Page, folded: str) -> Locator:
    """The editor of a task that failed."""
    page.goto(f"{folded}/runs/orders?plan=#node=orders-2")
    expect(page.locator(".card[data-state=RUN]")).to_have_count(4)
    return _open(page)


def _open(page: Page) -> Locator:
    expect(page.locator(".card")).to_have_count(7)
    expect(page.locator("#panel")).to_contain_text("Exception")
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Change price")
    expect(dialog.get_by_label("Queue")).to_have_value("gpu")
    return dialog


def _why(editor: Locator, field: str) -> Locator:
    return editor.locator(f"#edit-{field}-why")


def _different(editor: Locator) -> list[str]:
    return [" ".join(text.split()) for text in editor.locator(".edit-diff li").all_inner_texts()]


def test_what_is_typed_is_checked_beside_its_field_and_compared(
    page: Page, editor: Locator, troubles: Any, violations: Callable[..., Any]
) -> None:
    troubles.expect("Failed to load resource: .* 422")  # the server is asked while one types
    args = editor.get_by_label("Arguments", exact=False).first
    expect(args).to_have_value("[2]")
    args.fill('[2,\n {"a" 1}]')
    expect(_why(editor, "args")).to_have_text("This is no JSON: unexpected 1 at line 2, column 7.")
    args.fill('{"a": 1}')
    expect(_why(editor, "args")).to_have_text("Arguments are a list: [1, 2].")
    editor.locator("#edit-time_limit").fill("soon")
    expect(_why(editor, "time_limit")).to_have_text("This is no number of seconds.")
    expect(editor.get_by_role("button", name="Use for 1 task")).to_be_disabled()
    assert not violations(page)

    args.fill("[3]")
    editor.locator("#edit-time_limit").fill("30")
    editor.get_by_label("Keyword arguments").fill('{"size": 2, "dry": true}')
    editor.get_by_label("Queue").fill("x" * 300)
    expect(_why(editor, "queue")).to_have_text("Write the name of a queue: a text of 1 to 255 characters.")
    editor.get_by_label("Queue").fill("slow")
    expect(_why(editor, "queue")).not_to_contain_text("Write")
    assert _different(editor) == [
        "args[0] 2 3",
        "kwargs.dry true",
        'options.queue "gpu" "slow"',
        "options.time_limit 30",
    ]
    assert not violations(page)
    editor.get_by_role("button", name="Use for 1 task").click()
    expect(page.locator(".tray-chip > .cut")).to_have_text(["All that failed", "Changed price"])
    expect(page.locator(".card[data-id=orders-2]")).to_have_accessible_name(re.compile("changed"))

    again = page.locator(".tray-chip", has_text="Changed price").get_by_role("button").first
    again.click()
    expect(editor.get_by_label("Queue")).to_have_value("slow")
    expect(args).to_have_value("[3]")


def test_numbers_that_a_browser_would_round_are_refused_beside_their_field(
    page: Page, editor: Locator, troubles: Any
) -> None:
    troubles.expect("Failed to load resource: .* 422")
    args, said = editor.get_by_label("Arguments", exact=False).first, re.compile("would round a number")
    for whole in ("[1234567890123456789]", '[{"a": [1e999]}]'):
        args.fill(whole)
        expect(_why(editor, "args")).to_have_text(said)
    expect(editor.get_by_role("button", name="Use for 1 task")).to_be_disabled()
    args.fill("[9007199254740991, 0.5, -1e-9]")
    expect(_why(editor, "args")).not_to_have_text(said)
    editor.get_by_label("Keyword arguments").fill('{"id": 12345678901234567890}')
    expect(_why(editor, "kwargs")).to_have_text(said)


def test_nothing_typed_is_lost_by_a_reload_or_a_server_that_is_away(
    page: Page, editor: Locator, troubles: Any
) -> None:
    troubles.expect("Failed to load resource")
    args = editor.get_by_label("Arguments", exact=False).first
    args.fill("[2, unfinished")
    page.reload()
    editor = _open(page)
    expect(args).to_have_value("[2, unfinished")
    expect(editor).to_contain_text("What you typed before is back.")

    args.fill('["new"]')
    page.route("**/plan", lambda route: route.abort())
    editor.get_by_role("button", name="Use for 1 task").click()
    expect(page.locator("#tray").get_by_role("alert")).to_contain_text("What you chose and typed is kept.")
    expect(page.locator(".tray-chip > .cut").last).to_have_text("Changed price")
    page.unroute("**/plan")
    expect(page.locator("#tray").get_by_role("alert")).to_have_count(0)
    expect(page.locator(".tray-listed")).to_contain_text("args")

    _open(page)
    args.fill("[]")
    editor.get_by_role("button", name="Close").click()
    _open(page)
    expect(args).to_have_value("[]")
    editor.get_by_role("button", name="Start over").click()
    expect(args).to_have_value("[2]")


def test_an_editor_that_is_closed_and_opened_in_one_moment_loads(page: Page, editor: Locator) -> None:
    page.evaluate(
        """() => {
            document.querySelector("dialog[open]").close();
            document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "a", bubbles: true}));
        }"""
    )
    expect(editor.get_by_label("Queue")).to_have_value("gpu")


def test_several_tasks_get_what_is_filled_in_and_keep_the_rest(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/thousand#plan=failed&card=thousand-2&picked=202,402,602")
    expect(page.locator(".picked")).to_contain_text("3 selected")
    page.keyboard.press("a")
    editor = page.get_by_role("dialog", name="Change fetch \u00d73")
    editor.get_by_label("Keyword arguments").fill('{"dry": true}')
    editor.get_by_label("Retries").fill("2")
    expect(editor.locator(".edit-diff")).to_contain_text("for the first of 3")
    assert _different(editor) == ["kwargs.dry true", 'options.umbel {"retry":{"max":2}}']
    with page.expect_request("**/plan") as asked:
        editor.get_by_role("button", name="Use for 3 tasks").click()
    edits = asked.value.post_data_json["edits"]
    assert edits == [
        {
            "nodes": ["thousand-202", "thousand-402", "thousand-602"],
            "set": {"kwargs": {"dry": True}, "options": {"umbel": {"retry": {"max": 2}}}},
        }
    ]
    expect(page.locator(".tray-chip > .cut").last).to_have_text("Changed fetch \u00d73")


def test_what_is_masked_is_said_to_be_and_must_be_typed(page: Page, folded: str) -> None:
    page.goto(f"{folded}/runs/secret?plan=#node=secret-0")
    expect(page.locator(".tray-problems")).to_be_visible()
    expect(page.locator(".tray-confirm")).to_be_disabled()
    page.locator(".tray-problems").get_by_role("button", name="Give its arguments").click()
    editor = page.get_by_role("dialog", name="Change send")
    expect(editor).to_contain_text("A part of it is masked (***).")
    kwargs = editor.get_by_label("Keyword arguments")
    editor.get_by_label("Arguments", exact=False).first.fill("[]")
    kwargs.fill('{"password": "***", "size": 2}')
    expect(_why(editor, "kwargs")).to_contain_text("type the value itself")
    kwargs.fill('{"password": "real", "size": 2}')
    editor.get_by_role("button", name="Use for 1 task").click()
    expect(page.locator(".tray-confirm")).to_be_enabled()
