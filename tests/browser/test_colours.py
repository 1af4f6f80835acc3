"""States are told apart by who sees no red, no green or no blue, and in grey: what the page itself paints.

Fills look different (CIEDE2000 of 13 or more) in normal, protan, deutan and tritan vision. In grey there is
lightness, and the mark on the fill: the pictures of any two states differ by 8 or more of L*, as the root
of the mean square of their pixels, at every size that a cell has. A blocked task has the fill of a pending
one, a skipped or reused one that of the page: hatching, and a dashed or green outline tell them. What waits
in a queue looks the same, sent or received.
"""

from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from math import sqrt
from typing import Any

import pytest
from colours import VISIONS, Colour, ciede2000, difference, lightness, parse
from playwright.sync_api import Page, expect

from umbel.engine.machine import STATES

APART = 13.0  # CIEDE2000
GREY = 8.0  # L*
FILLED = [state for state in STATES if state not in ("RECEIVED", "BLOCKED", "SKIPPED")]
SIZES = (8, 11, 14, 16, 20, 24, 30, 38)  # px, of cells
SHADES, HUES = 6, 7
MARKED = ["REUSED", "KEPT", "FORCED", "HELD"]  # looks on a run that was made of another
PLANNED = ["RUN", "STANDBY", "REUSED", "KEPT", "FORCED", "SKIPPED", "LEFT"]  # in a plan

Painted = Mapping[str, list[Colour]]  # the pixels of a picture, by what it tells


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, new_page: Callable[..., Page], folded: str) -> Page:
    """The members of a card with tasks in every state, as cells."""
    page = new_page(color_scheme=request.param)
    page.goto(f"{folded}/runs/states#card=states-1")
    expect(page.locator(".cell-key li")).to_have_count(len(STATES))
    return page


def _painted(page: Page, kinds: list[str], size: int, *, failed: bool = False) -> Painted:
    """Return the pixels of cells on the page's surface, as the page paints them."""
    pictures: dict[str, Any] = page.evaluate(
        """async ([kinds, size, failed]) => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { Ink } = await import(loaded.find((name) => name.includes("/cellink.js")));
            const drawer = document.querySelector(".drawer");
            const host = drawer.appendChild(document.createElement("div"));
            host.className = "cell-probes";
            const ink = new Ink(host);
            const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const read = (kind) => {
                pen.fillStyle = getComputedStyle(drawer).backgroundColor;
                pen.fillRect(0, 0, size, size);
                pen.drawImage(ink.picture(kind, failed, size, 1), 0, 0);
                return [...pen.getImageData(0, 0, size, size).data];
            };
            const found = Object.fromEntries(kinds.map((kind) => [kind, read(kind)]));
            host.remove();
            return found;
        }""",
        [kinds, size, failed],
    )
    return {
        kind: [(data[at], data[at + 1], data[at + 2]) for at in range(0, len(data), 4)]
        for kind, data in pictures.items()
    }


def _close(fills: Mapping[str, Colour]) -> list[str]:
    """Return the pairs that some eye can hardly tell apart."""
    return [
        f"{one} and {other}, {vision}: {difference(fills[one], fills[other], vision):.1f}"
        for one, other in combinations(fills, 2)
        for vision in VISIONS
        if difference(fills[one], fills[other], vision) < APART
    ]


def _alike_in_grey(one: list[Colour], other: list[Colour]) -> float:
    """Return how far two pictures are apart in lightness."""
    squares = [(lightness(a) - lightness(b)) ** 2 for a, b in zip(one, other, strict=True)]
    return sqrt(sum(squares) / len(squares))


def test_the_difference_of_colours_is_that_of_the_paper() -> None:
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (50, 0, -2.5)) == pytest.approx(4.3065, abs=1e-4)
    assert ciede2000((50, -0.001, 2.49), (50, 0.001, -2.49)) == pytest.approx(4.8045, abs=1e-4)
    assert ciede2000((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619)) == pytest.approx(
        2.0373, abs=1e-4
    )


def test_fills_of_states_are_told_apart_in_every_vision(page: Page) -> None:
    for state in FILLED:
        page.locator(f".card-face .many-bar[data-state={state}]").first.wait_for(state="attached")
    glyphs, bars = page.evaluate(
        """() => {
            const read = (selector, name) => Object.fromEntries([...document.querySelectorAll(selector)]
                .map((each) => [each.dataset.state, getComputedStyle(each)[name]]));
            return [read(".cell-key .glyph", "backgroundColor"), read(".card-face .many-bar", "fill")];
        }"""
    )
    cells = _painted(page, FILLED, 38)
    for fills in (
        {state: parse(glyphs[state]) for state in FILLED},
        {state: parse(bars[state]) for state in FILLED},
        {state: pixels[4 * 38 + 4] for state, pixels in cells.items()},
    ):
        assert not _close(fills)


def test_what_a_plan_does_is_told_apart_by_fill_or_outline_in_every_vision(page: Page) -> None:
    cells = _painted(page, [*PLANNED, "SUCCESS"], 38)
    fills = {look: cells[look][4 * 38 + 4] for look in ("RUN", "STANDBY", "FORCED", "REUSED")}
    assert not _close(fills)
    middle = 19 * 38  # a point of the left rim
    rims = {"REUSED": cells["REUSED"][middle], "page": cells["REUSED"][4 * 38 + 4]}
    assert difference(rims["REUSED"], rims["page"]) >= APART
    assert cells["FORCED"][4 * 38 + 4] == cells["SUCCESS"][4 * 38 + 4]


@pytest.mark.parametrize("looks", [[*STATES, *MARKED], PLANNED], ids=["of a run", "in a plan"])
def test_in_grey_the_marks_on_cells_tell_states_at_every_size(page: Page, looks: list[str]) -> None:
    told = [look for look in looks if look != "RECEIVED"]
    for size in SIZES:
        painted = _painted(page, told, size)
        far = {pair: _alike_in_grey(painted[pair[0]], painted[pair[1]]) for pair in combinations(told, 2)}
        assert {pair: apart for pair, apart in far.items() if apart < GREY} == {}, f"cells of {size} px"


def test_shades_go_one_way_and_hues_are_told_apart_and_a_failure_shows_on_each(page: Page) -> None:
    shades = [f"shade {at}" for at in range(SHADES)]
    hues = [f"hue {at}" for at in range(HUES)]
    cells = {kind: pixels[4 * 38 + 4] for kind, pixels in _painted(page, [*shades, *hues], 38).items()}
    light = [lightness(cells[shade]) for shade in shades]
    steps = [after - before for before, after in pairwise(light)]
    assert all(step > GREY for step in steps) or all(step < -GREY for step in steps)
    assert not _close({hue: cells[hue] for hue in hues})
    for size in (min(SIZES), max(SIZES)):
        plain = _painted(page, [*shades, *hues], size)
        failed = _painted(page, [*shades, *hues], size, failed=True)
        assert min(_alike_in_grey(plain[kind], failed[kind]) for kind in plain) >= GREY
