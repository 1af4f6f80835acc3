"""Runs that Umbel conducts, in a browser: paused, resumed, cancelled, run again; and why a task waits."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

PHONE = {"width": 360, "height": 740}
END = 60_000  # ms

# Its second step has an argument that is not kept, since it says that it is a secret.
SEND_SECRET = """
from celery import chain, signature
from umbel.webui.demo import tasks
steps = [
    signature("idle.step", kwargs=kwargs, app=tasks.app, immutable=True, queue="nowhere")
    for kwargs in ({}, {"password": "hunter2"})
]
print(chain(*steps).apply_async().parent.id)
"""


@pytest.fixture(scope="module")
def tell(demo: Any) -> Callable[..., Any]:
    """``tell("/runs/ID/pause", {})`` posts to the API, and returns what it answers."""

    def post(path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{demo.url}/api/v1{path}", json.dumps(body or {}).encode(), {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as response:
            return json.load(response)

    return post


@pytest.fixture(scope="module")
def conducted(tell: Callable[..., Any]) -> Callable[[str], str]:
    """``conducted("book")`` has a workflow conducted without a browser, and returns its run."""
    return lambda workflow: tell(f"/demo/{workflow}", {"conducted": True})["run"]


@pytest.fixture(scope="module")
def several(conducted: Callable[[str], str]) -> dict[str, str]:
    """Runs of some workflows, by name, which go on at the same time."""
    return {name: conducted(name) for name in ("book", "lost-refund", "busy-suppliers", "rented-machine")}


@pytest.fixture
def ended(demo: Any, several: dict[str, str], eventually: Callable[..., Any]) -> Callable[[str], str]:
    """``ended("book")`` returns that run once it is over."""

    def run(name: str) -> str:
        def over():
            return demo.get(f"/runs/{several[name]}")["finished"] is not None

        eventually(over, 60, f"the end of {name}")
        return several[name]

    return run


def nodes_of(demo: Any, run: str, task: str) -> list[dict[str, Any]]:
    """Return the nodes of a run with that task."""
    return [node for node in demo.nodes(run) if node["task"] == task]


def action(page: Page, name: str) -> Locator:
    """Return a button of the run's head."""
    return page.locator(".run-actions").get_by_role("button", name=name, exact=True)


def test_what_celery_gets_wrong_natively_goes_right_conducted(
    demo: Any, page: Page, several: dict[str, str]
) -> None:
    page.goto(demo.url)
    page.get_by_role("tab", name="Where Celery errs").click()
    page.get_by_role("button", name="Run it conducted: Three groups in a row").click()
    page.wait_for_url("**/runs/*")
    expect(page.locator("[data-run-state=SUCCESS]")).to_be_visible(timeout=END)
    expect(page.locator(".run-title .tag")).to_have_text("conducted")
    run = page.url.rpartition("/")[2]
    for node in nodes_of(demo, run, "film.upload"):
        detail = demo.get(f"/runs/{run}/nodes/{node['id']}")
        assert detail["result"]["json"]["cuts"] == ["short", "long"]
        assert not detail["repeated"]


def test_the_faults_of_the_demo_end_as_they_should_when_conducted(
    demo: Any, ended: Callable[[str], str]
) -> None:
    [bound] = nodes_of(demo, ended("book"), "press.bind")
    result = demo.get(f"/runs/{ended('book')}/nodes/{bound['id']}")["result"]
    assert result["json"]["book"] == ["cover", "page 1", "page 2", "page 3", "back"]
    states = {node["task"]: node["state"] for node in demo.nodes(ended("lost-refund"))}
    assert (states["shop.check_stock"], states["shop.confirm"]) == ("FAILURE", "BLOCKED")
    assert states["shop.refund"] == "SUCCESS"


def test_what_must_run_however_the_rest_ends_does(demo: Any, page: Page, ended: Callable[[str], str]) -> None:
    run = ended("rented-machine")
    states = {node["task"]: node["state"] for node in demo.nodes(run)}
    assert states["tests.report"] == "BLOCKED"
    assert states["tests.give_back"] == states["tests.call_somebody"] == "SUCCESS"
    [back] = nodes_of(demo, run, "tests.give_back")
    page.goto(f"{demo.url}/runs/{run}#node={back['id']}")
    expect(page.locator("#panel .facts")).to_contain_text("all before it ended, however")


def test_a_task_that_the_conductor_tried_again_shows_its_rule_and_each_attempt_with_its_id(
    demo: Any, page: Page, ended: Callable[[str], str], violations: Callable[[Page], list[str]]
) -> None:
    run = ended("busy-suppliers")
    asked = nodes_of(demo, run, "parts.ask_supplier")[0]
    page.goto(f"{demo.url}/runs/{run}#node={asked['id']}")
    panel = page.locator("#panel")
    expect(panel.locator(".facts")).to_contain_text("up to 5 times more, after 1 s, doubled each time")
    attempts = panel.locator(".attempts > li")
    expect(attempts.first).to_contain_text("503 Service Unavailable")
    expect(attempts.last).to_contain_text("succeeded")
    assert attempts.last.locator(".attempt-id .cut").text_content() not in (None, "", asked["id"])
    expect(page.locator(f'.card[data-id="{asked["id"]}"]')).to_have_attribute(
        "aria-label", re.compile(r"attempt \d")
    )
    assert not violations(page)


def test_a_run_is_paused_says_why_nothing_goes_on_and_is_resumed_and_cancelled(
    demo: Any,
    new_page: Callable[..., Page],
    conducted: Callable[[str], str],
    tell: Callable[..., Any],
    violations: Callable[[Page], list[str]],
) -> None:
    page, phone = new_page(), new_page(viewport=PHONE, color_scheme="dark")
    run = conducted("letters")
    tell(f"/runs/{run}/pause")  # or it might be over before the page is there
    page.goto(f"{demo.url}/runs/{run}")
    action(page, "Resume this run").click()
    # What holds those that could be sent stands in the head, and on their cards.
    expect(page.locator(".run-mark", has_text="rate write_letter 2/s")).to_be_visible(timeout=END)
    expect(page.locator('.card[aria-label*="held: rate 2/s"]').first).to_be_attached()

    action(page, "Pause this run").click()

    expect(page.locator(".run-title .paused")).to_be_visible()
    expect(page.locator(".run-mark", has_text="paused by")).to_be_visible()
    held = page.locator('.card[aria-label*="held: paused"]').first
    expect(held).to_be_attached()
    held.click()
    waits = page.locator("#panel .waits")
    expect(waits).to_contain_text("Why is it not running?")
    expect(waits.locator("[data-wait=paused]")).to_contain_text("The run is paused, by")
    page.keyboard.press("Escape")
    [last] = nodes_of(demo, run, "post.send")
    page.locator(f'.card[data-id="{last["id"]}"]').click()
    waits.locator("[data-wait=parents] a").first.click()  # what it waits for is a click away
    expect(page.locator("#panel h2")).to_contain_text("print_letter")

    phone.goto(demo.url)
    expect(phone.locator(f'[data-run="{run}"] .paused')).to_be_visible()
    phone.goto(f"{demo.url}/runs/{run}")
    expect(phone.locator(".run-title .paused")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not violations(phone)

    action(page, "Resume this run").click()
    expect(page.locator(".run-title .paused")).to_have_count(0)
    expect(action(page, "Pause this run")).to_be_visible()

    action(page, "Cancel this run").click()
    dialog = page.get_by_role("dialog", name="Cancel this run")
    expect(dialog).to_contain_text("not sent yet: Umbel does not send them.")
    dialog.get_by_role("button", name="Cancel the run").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-run-state=REVOKED]")).to_be_visible(timeout=END)
    expect(page.locator(".run-mark", has_text="cancelled by")).to_be_visible()
    page.locator(".run-title .tag").first.click()
    done = page.locator("#about .actions li")
    for place, word in enumerate(("paused", "resumed", "paused", "resumed", "cancelled")):
        expect(done.nth(place)).to_contain_text(f"{word} it")
    expect(page.locator("#about")).to_contain_text("6 tasks out at a time")
    assert not violations(page)


def test_a_run_of_two_thousand_is_cancelled_and_the_list_tells_priority_and_kind(
    demo: Any, page: Page, conducted: Callable[[str], str]
) -> None:
    run = conducted("stamps")
    page.goto(f"{demo.url}/runs/{run}")
    expect(page.locator(".card.many")).to_be_visible(timeout=END)
    expect(page.locator(".run-mark", has_text="window 40")).to_be_visible(timeout=END)
    action(page, "Cancel this run").click()
    dialog = page.get_by_role("dialog", name="Cancel this run")
    dialog.get_by_role("checkbox", name="Terminate what is running").check()
    dialog.get_by_role("button", name="Cancel and terminate the run").click()
    expect(page.locator("[data-run-state=REVOKED]")).to_be_visible(timeout=END)

    page.goto(demo.url)
    page.get_by_label("Kind", exact=True).select_option("Conducted")
    row = page.locator(f'[data-run="{run}"]')
    expect(row.locator(".tag")).to_have_text(["conducted", "priority -1"])
    assert page.url.endswith("?kind=conducted")
    page.get_by_label("Kind", exact=True).select_option("Native")
    expect(row).to_have_count(0)


def test_a_native_run_says_why_it_cannot_be_paused_and_is_run_again_conducted(
    demo: Any, page: Page, etl: str
) -> None:
    page.goto(f"{demo.url}/runs/{etl}")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_role("button", name="Pause this run")).to_have_count(0)
    page.locator(".run-title .tag").first.click()
    expect(page.locator("#about")).to_contain_text("It can be revoked, but not paused")
    page.keyboard.press("Escape")

    action(page, "Run again, conducted").click()
    dialog = page.get_by_role("dialog", name="Run again, conducted")
    expect(dialog).to_contain_text("10 tasks are sent to your workers again")
    dialog.get_by_role("button", name="Run 10 tasks").click()

    page.wait_for_url(lambda address: "/runs/" in address and etl not in address)
    expect(page.locator(".run-title .tag")).to_have_text("conducted")
    expect(page.locator("[data-run-state=FAILURE]")).to_be_visible(timeout=END)
    again = page.url.rpartition("/")[2]
    assert demo.get(f"/runs/{again}")["counts"] == demo.get(f"/runs/{etl}")["counts"]


def test_a_run_that_is_not_exactly_known_is_refused_and_the_tasks_are_named(
    demo: Any, page: Page, troubles: Any, eventually: Callable[..., Any]
) -> None:
    troubles.expect("Failed to load resource: .* 422")
    task = demo.run_python(SEND_SECRET)
    run = eventually(lambda: demo.get(f"/nodes/{task}")["nodes"], 20, "the run")[0]["run"]
    page.goto(f"{demo.url}/runs/{run}")
    expect(page.locator(".card")).to_have_count(2)
    action(page, "Run again, conducted").click()
    dialog = page.get_by_role("dialog", name="Run again, conducted")
    dialog.get_by_role("button", name="Run 2 tasks").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    inexact = dialog.locator(".inexact li")
    expect(inexact).to_have_count(1)
    expect(inexact).to_contain_text("masked")
    inexact.get_by_role("link").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#panel h2")).to_contain_text("step")


def test_a_failure_without_an_exception_says_so(
    demo: Any, page: Page, several: dict[str, str], ended: Callable[[str], str]
) -> None:
    [failed] = nodes_of(demo, ended("lost-refund"), "shop.check_stock")
    missing = {"exception": None, "traceback": None, "note": None, "repeated": 1}

    def without(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(json=answer.json() | missing)

    page.route(f"**/nodes/{failed['id']}", without)
    page.goto(f"{demo.url}/runs/{several['lost-refund']}#node={failed['id']}")
    expect(page.locator("#panel .failure")).to_contain_text("Failed, details unavailable")
    expect(page.locator("#panel .panel-note")).to_contain_text("once more after it had ended")
