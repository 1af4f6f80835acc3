"""A run of more than 500 tasks: cards of many, frames around repeats, opening in place."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from ports import free_port
from sqlalchemy import insert

from umbel.engine import store
from umbel.engine.store import models

PHONE = {"width": 360, "height": 740}
EMPTY = ("reason", "sent", "received", "started", "finished", "runtime", "worker", "queue")
UNKNOWN = ("result_size", "result", "exception", "traceback")
TEXTS = {"evidence": "[]", "inputs": "null", "args": "[]", "kwargs": "{}", "options": "{}"}

Tasks = list[tuple[str, str]]  # name and state
Edges = list[tuple[int, int]]


def _write(opened: store.Store, number: int, name: str, tasks: Tasks, edges: Edges) -> None:
    counts: dict[str, int] = {}
    for _, state in tasks:
        counts[state] = counts.get(state, 0) + 1
    run = {"number": number, "id": name, "kind": "native", "name": name, "state": "RUNNING", "created": 1e9}
    run |= {"started": 1e9, "finished": None, "seq": 1, "structure": 1, "size": len(tasks)}
    empty = (
        dict.fromkeys(EMPTY + UNKNOWN) | TEXTS | {"run": number, "seq": 1, "retries": 0, "immutable": False}
    )
    nodes = [
        empty | {"idx": index, "id": f"{name}-{index}", "task": task, "state": state}
        for index, (task, state) in enumerate(tasks)
    ]
    links = [
        {"run": number, "parent": parent, "child": child, "kind": "then", "position": -1}
        for parent, child in edges
    ]
    with opened.write() as connection:
        connection.execute(insert(models.Run), run | {"counts": json.dumps(counts)})
        connection.execute(insert(models.Node), nodes)
        connection.execute(insert(models.Edge), links)


def _documents(chains: int) -> tuple[Tasks, Edges]:
    """A task, then chains of three side by side, two of which failed, then another."""
    tasks: Tasks = [("ingest.start", "SUCCESS")]
    edges: Edges = []
    for chain in range(chains):
        first = len(tasks)
        bad = chain in (10, 20)
        ended = "BLOCKED" if bad else "SUCCESS"
        tasks += [("ingest.fetch", "SUCCESS"), ("ingest.parse", "FAILURE" if bad else "SUCCESS")]
        tasks += [("ingest.store", ended)]
        edges += [(0, first), (first, first + 1), (first + 1, first + 2)]
    last = len(tasks)
    edges += [(3 * chain + 3, last) for chain in range(chains)]
    return [*tasks, ("ingest.report", "BLOCKED")], edges


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]) -> Iterator[str]:
    """The address of pages with two large runs: ``documents`` and ``steps``, a row of 600 tasks."""
    folder: Path = tmp_path_factory.mktemp("folded")
    database = f"sqlite:///{folder / 'umbel.db'}"
    store.upgrade(database)
    opened = store.open_store(database)
    _write(opened, 1, "documents", *_documents(1000))
    steps: Tasks = [(f"etl.step{each}", "SUCCESS") for each in range(600)]
    _write(opened, 2, "steps", steps, [(each, each + 1) for each in range(599)])
    opened.close()
    port = free_port()
    umbel = str(Path(sys.executable).with_name("umbel"))
    flags = ["--port", str(port), "--broker-url", "memory://", "--database-url", database]
    process = subprocess.Popen([umbel, "web", *flags], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError), opener.open(f"{url}/api/v1/runs", timeout=10):
            return True
        return False

    try:
        eventually(answers, 60, "the pages")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def test_what_is_alike_is_one_card_that_names_its_failures(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    expect(page.get_by_text("3,002 tasks on 5 cards, folded by structure (series-parallel)")).to_be_visible()
    expect(page.get_by_role("button", name="parse \u00d71,000, 2 failed, 998 done")).to_be_visible()
    expect(page.locator(".many-failed")).to_have_text("2 failed")
    expect(page.locator(".frames")).to_have_text("\u00d71,000 side by side")
    assert page.locator(".canvas *").count() < 300


def test_a_card_of_like_tasks_leads_to_those_that_failed(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    page.get_by_role("button", name="parse \u00d71,000").click()
    expect(page.get_by_role("tab", name="Table")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#table")).to_contain_text("2 of 3,002")


def test_a_card_opens_under_the_pointer_and_folds_again(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/steps")
    many = page.locator(".card.many")
    closed = page.locator(".card").count()
    card = many.nth(many.count() // 2)
    name = card.get_attribute("data-card")
    assert name
    before = card.bounding_box()
    assert before
    card.click()
    first = page.locator(f'.card[data-card^="{name}/"], .card[data-id="{name}"]')
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)
    after = first.bounding_box()
    assert after
    assert abs(after["x"] - before["x"]) <= 5
    assert abs(after["y"] + after["height"] / 2 - before["y"] - before["height"] / 2) <= 5
    assert page.locator(".card").count() > closed
    assert "open=" in page.url

    page.reload()
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)
    page.get_by_role("button", name="Fold again").click()
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(1)
    assert "open=" not in page.url
    page.go_back()
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)


def test_a_card_opens_by_keyboard(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/steps")
    card = page.locator(".card.many").first
    name = card.get_attribute("data-card")
    card.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'.card[data-card="{name}"]')).to_have_count(0)
    expect(page.locator(".card:focus")).to_have_count(1)


def test_counts_follow_changes_and_not_the_number_of_nodes(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    tally = page.evaluate(
        """async () => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { Fold } = await import(loaded.find((name) => name.includes("/fold.js")));
            const card = { members: [[0, 10000]] };
            const codes = new Uint8Array(10000);
            const fold = new Fold({ cards: [card] }, codes);
            const next = codes.slice();
            next[4711] = 6;
            next[5] = 5;
            return [[...fold.update(next, [4711, 5])], fold.tally(0).told, fold.failed(0)];
        }"""
    )
    assert tally == [[0], [["FAILURE", 1], ["SUCCESS", 1], ["PENDING", 9998]], 1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_phone(
    folded: str, new_page: Callable[..., Page], violations: Callable[[Page], list[str]], scheme: str
) -> None:
    page = new_page(color_scheme=scheme, viewport=PHONE)
    page.goto(f"{folded}/runs/documents")
    expect(page.locator(".card")).to_have_count(5)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
