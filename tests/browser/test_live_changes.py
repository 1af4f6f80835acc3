"""What the socket tells of nodes: a page reads what the server spells."""

import random
from typing import Any

import pytest
from changed import read_changes
from playwright.sync_api import Page, expect

from umbel.webui.changes import spell


def _chosen(chance: random.Random) -> list[list[Any]]:
    def moment() -> float | None:
        return chance.choice([None, chance.randrange(4 * 10**11) / 100, 1.79e9 + chance.randrange(900) / 100])

    def count() -> int:
        return chance.choice([0, 0, 0, 1, 61, 62, 1983, 1984, 61_565, 61_566])

    return [
        [index, chance.randrange(10), moment(), moment(), count(), count(), count(), moment()]
        for index in sorted(chance.sample(range(5000), 40))
    ]


def test_a_page_reads_the_changes_that_the_server_spells(folded: str, page: Page) -> None:
    page.goto(f"{folded}/runs/waiting")
    expect(page.locator(".card")).to_have_count(2)
    chance = random.Random(4)
    texts = ["", *(spell(_chosen(chance)) for _ in range(40))]
    read = page.evaluate(
        """async (texts) => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { readChanges } = await import(loaded.find((name) => name.includes("/changes.js")));
            return texts.map((text) => {
                const found = [];
                readChanges(text, (each) => found.push({ ...each }));
                return found;
            });
        }""",
        texts,
    )
    for text, found in zip(texts, read, strict=True):
        wanted = [[float("nan") if part is None else part for part in row] for row in read_changes(text)]
        assert [list(each.values()) for each in found] == [pytest.approx(row, nan_ok=True) for row in wanted]
