"""What users send: text that anybody may have written, and runs too large to draw task by task."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

SCRIPTS = (
    "<script>window.owned = 1</script>",
    "\"><img src=x onerror='window.owned = 1'>",
    "javascript:window.owned=1//",
    "{{constructor.constructor('window.owned=1')()}}",
    "</script><svg onload=window.owned=1>",
    "=1+1",
    "\u202eright to left\u202c مهمة",
    "\U0001f984 \U0001f469\u200d\U0001f469\u200d\U0001f467 e\u0301\u0302\u0303",
    "a" * 5000,
    "<img src=x onerror='window.owned = 1'>" * 27_000,  # a megabyte
)

# The first is run by the demo's worker, and returns what it got; nobody listens on the queue of the rest.
SEND_HOSTILE = """
import json, sys
from celery import chain, group, signature
from umbel.webui.demo import tasks
texts = json.load(sys.stdin)
first = tasks.set_downtime.si(texts[0], minutes=1)
options = {"app": tasks.app, "immutable": True, "queue": "nowhere"}
rest = [signature(text[:200], args=[text], kwargs={text[:1000]: 1}, **options) for text in texts]
print(chain(first, group(rest)).apply_async().parent.id)
"""

SEND_MANY = """
from celery import group, signature
from umbel.webui.demo import tasks
wide = group(signature("wide.step", args=[n], app=tasks.app).set(queue="nowhere") for n in range({size}))
print(wide.apply_async().results[0].id)
"""


# Two tasks with one lock, of which one goes out and the other waits; names and all else are hostile.
CONDUCT_HOSTILE = """
import json, sys
from celery import group, signature
from umbel.engine import conduct
from umbel.webui.demo import tasks
text = json.load(sys.stdin)
steps = [signature(text, app=tasks.app, immutable=True, queue="nowhere") for _ in range(2)]
said = {"name": text, "by": text, "locks": {text: text}, "rates": {text: "1/h"}, "priority": 9}
run = conduct(group(steps), app=tasks.app, **said)
run.pause()
print(run.id)
"""


def recorded(demo: Any, task: str, size: int, eventually: Callable[..., Any]) -> str:
    """Return the run that holds a task, once all of its nodes are there."""
    run = eventually(lambda: demo.get(f"/nodes/{task}")["nodes"], 20, "the run")[0]["run"]
    eventually(lambda: demo.get(f"/runs/{run}")["nodes"] == size, 20, f"{size} nodes")
    return run


@pytest.fixture(scope="module")
def hostile(demo: Any, eventually: Callable[..., Any]) -> str:
    """A run of hostile tasks."""
    task = demo.run_python(SEND_HOSTILE, given=json.dumps(SCRIPTS))
    return recorded(demo, task, 1 + len(SCRIPTS), eventually)


def test_hostile_names_arguments_and_results_stay_text(
    demo: Any, page: Page, hostile: str, eventually: Callable[..., Any]
) -> None:
    run = hostile
    eventually(lambda: demo.get(f"/runs/{run}")["counts"].get("SUCCESS") == 1, 20, "its first result")

    page.goto(f"{demo.url}/")
    expect(page.locator(f'[data-run="{run}"]')).to_be_visible()
    page.goto(f"{demo.url}/runs/{run}")
    expect(page.locator(".card")).to_have_count(1 + len(SCRIPTS))
    expect(page.locator(".card-name", has_text="<script>").first).to_be_visible()
    for node in demo.nodes(run):
        page.locator(f'.card[data-id="{node["id"]}"]').hover()
        page.locator(f'.card[data-id="{node["id"]}"]').click()
        expect(page.locator("#panel .panel-id")).to_contain_text(node["id"])
        expect(page.locator("#panel")).to_contain_text("Arguments")
    first = demo.nodes(run)[0]
    page.locator(f'.card[data-id="{first["id"]}"]').click()
    expect(page.locator("#panel .value").first).to_contain_text("<script>window.owned = 1</script>")
    page.get_by_role("tab", name="Table").click()
    expect(page.locator(".table-row")).to_have_count(1 + len(SCRIPTS))
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV").click()
    saved = list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text())))
    assert "'=1+1" in {row["task"] for row in saved}, "a spreadsheet would take it for a formula"

    assert page.evaluate("window.owned") is None
    assert page.locator("main script, main img, .card script").count() == 0


def test_a_value_of_a_megabyte_is_shown_in_part_and_whole_on_request(
    demo: Any, page: Page, hostile: str
) -> None:
    node = demo.nodes(hostile)[-1]
    page.goto(f"{demo.url}/runs/{hostile}#node={node['id']}")
    arguments = page.locator("#panel .value", has_text="Arguments").first
    expect(arguments.locator(".cap")).to_contain_text("This is a part of 1,")
    arguments.get_by_role("button", name="Show the whole value").click()
    expect(arguments.get_by_role("button", name="Show the whole value")).to_have_count(0)
    expect(arguments.locator(".more")).to_contain_text("characters shown")
    assert page.evaluate("window.owned") is None


def test_hostile_text_breaks_neither_accessibility_nor_width(
    demo: Any, new_page: Callable[..., Page], hostile: str, violations: Callable[..., Any]
) -> None:
    nodes = demo.nodes(hostile)
    for width, scheme in ((1440, "dark"), (360, "light")):
        page = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        for path in (f"#node={nodes[0]['id']}", f"#tab=table&node={nodes[-1]['id']}"):
            page.goto("about:blank")  # or another fragment alone would load nothing
            page.goto(f"{demo.url}/runs/{hostile}{path}")
            expect(page.locator(".card, .table-row").first).to_be_attached()
            expect(page.locator("#panel .facts")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert not violations(page)


def test_what_is_said_of_a_conducted_run_stays_text_and_fits_a_phone(
    demo: Any, new_page: Callable[..., Page], violations: Callable[..., Any]
) -> None:
    text = "<img src=x onerror='window.owned = 1'>" + "W" * 200
    run = demo.run_python(CONDUCT_HOSTILE, given=json.dumps(text))
    page = new_page(viewport={"width": 360, "height": 740})
    page.goto(demo.url)
    expect(page.locator(f'[data-run="{run}"]')).to_contain_text(text[:20])
    page.goto(f"{demo.url}/runs/{run}#node={demo.nodes(run)[1]['id']}")
    expect(page.locator("#panel .waits")).to_contain_text("The run is paused")
    expect(page.locator("#panel .facts")).to_contain_text(text)
    page.keyboard.press("Escape")
    page.locator(".run-title .tag").first.click()
    expect(page.locator("#about .actions")).to_contain_text("paused it")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('#about').scrollWidth") <= 336
    assert page.locator("main script, main img, .card script").count() == 0
    assert page.evaluate("window.owned") is None
    assert not violations(page)


@pytest.mark.parametrize("text", [text for text in SCRIPTS if len(text) < 200])
def test_what_an_address_says_stays_text(demo: Any, page: Page, troubles: Any, etl: str, text: str) -> None:
    troubles.expect("Failed to load resource: .* 40[04]")
    said = quote(text, safe="")
    page.goto(f"{demo.url}/?q={said}&name={said}&id={said}&task={said}&worker={said}&kind=native")
    expect(page.locator(".empty, .notice")).to_be_visible()
    page.goto(
        f"{demo.url}/runs/{etl}#tab=table&q={said}&node={said}&sort={said}&picked={said}&at={said}&open={said}"
    )
    expect(page.locator("#panel [role=alert]")).to_be_visible()
    page.goto(f"{demo.url}/task/{said}")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert page.evaluate("window.owned") is None


def test_a_run_of_more_than_500_tasks_is_folded_and_listed_row_by_row(
    demo: Any, page: Page, eventually: Callable[..., Any]
) -> None:
    task = demo.run_python(SEND_MANY.format(size=640))
    run = recorded(demo, task, 640, eventually)

    page.goto(f"{demo.url}/runs/{run}")

    expect(page.locator(".fold-note")).to_contain_text("640 tasks on 1 card")
    expect(page.locator("#notice")).to_be_hidden()
    page.get_by_role("tab", name="Table").click()
    expect(page.locator("#graph")).to_be_hidden()
    rows = page.locator(".table-row")
    expect(rows.first).to_be_visible()
    assert rows.count() < 80, "only rows in sight exist"
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "641")
    rows.first.focus()
    page.keyboard.press("End")
    expect(page.locator('.table-row[data-row="639"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_contain_text("step")
