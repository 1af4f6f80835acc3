"""What a browser shows of large runs, how soon, and at what cost: Chromium on this machine.

    python benchmarks/view.py [--short] [--repeat 3]

First, for runs of 1,000 to 100,000 tasks: how long after an address was entered the first graph is painted,
with a server that has just started and a browser that knows nothing (the best of ``--repeat``); how many
cards it has; and the most elements that the page has at any zoom.

Then 10,000 changes of state in five seconds, which the benchmark writes into the database and tells on
``umbel.live`` as a conductor does, twenty times a second: the longest task of the page's main thread (those
under 50 ms count as none), paints of the graph a second, bytes that come over the wire for each change (with
headers and heartbeats, as a meter between server and browser counts them), whether what is seen in the end is
what the database says, and the memory of the page's scripts. Then one member fails, and a card is opened and
folded again.

Beside each figure stands what it should be. With ``--short`` the runs are small, for the tests.
"""

import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
from folding import Drawing, chords, layered
from pages import Meter, Written, serving, telling
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from umbel.engine import embedded, store

WINDOW: Any = {"width": 1440, "height": 900}
FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
PATIENCE = 120_000  # ms
BEAT = 0.05  # seconds between two messages, as the conductor's
WORDS = {"failed": "FAILURE", "done": "SUCCESS", "running": "STARTED", "pending": "PENDING"}

# Notes when the first card is painted, each long task, and each frame in which the graph changed.
WATCH = """
window.seen = { painted: null, long: [], paints: 0 };
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) seen.long.push(duration);
}).observe({ type: "longtask", buffered: true });
let changed = false;
const look = () => {
  if (seen.painted === null && document.querySelector(".card")) {
    seen.painted = 0;
    requestAnimationFrame(() => setTimeout(() => { seen.painted = performance.now(); }));
  }
  if (changed) seen.paints += 1;
  changed = false;
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
new MutationObserver((all) => {
  changed ||= all.some(({ target }) => target instanceof Element && target.closest(".canvas"));
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""


class Shape(NamedTuple):
    """A run to look at, and what is asked of it."""

    name: str
    draw: Callable[[Drawing, int], None]
    nodes: int
    seconds: float
    cards: int


SHAPES = (
    Shape("ten chords", chords, 1_000, 1.0, 40),
    Shape("ten chords", chords, 10_000, 2.0, 60),
    Shape("random layers", layered, 10_000, 2.0, 60),
    Shape("ten chords", chords, 100_000, 5.0, 60),
)
SHORT = (Shape("ten chords", chords, 600, 1.0, 40),)
ELEMENTS = 1_500


def steps(drawing: Drawing, nodes: int) -> None:
    """Draw a row of tasks of which none is like another: its cards open."""
    last: list[str] = []
    for number in range(nodes):
        last = [drawing.add(f"shop.step_{number}", *last)]


class Stage:
    """The database with all runs, the broker and the browser."""

    def __init__(self, folder: Path, browser: Browser, broker: str) -> None:
        self.folder = folder
        self.browser = browser
        self.broker = broker
        self.url = f"sqlite:///{folder / 'umbel.db'}"
        store.upgrade(self.url)
        self.opened = store.open_store(self.url)
        self.runs: dict[str, Written] = {}

    def write(self, name: str, draw: Callable[[Drawing, int], None], nodes: int) -> Written:
        """Write a run into the database, once."""
        key = f"{name} {nodes}".replace(" ", "-")
        if key not in self.runs:
            draw(drawing := Drawing(), nodes)
            self.runs[key] = Written(self.opened, len(self.runs) + 1, key, drawing)
        return self.runs[key]

    def page(self) -> Page:
        """Open a page in a browser that knows nothing."""
        page = self.browser.new_context(viewport=WINDOW).new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH)
        return page

    def serving(self) -> Any:
        """Serve what is in the database, afresh."""
        return serving(self.url, self.broker, self.folder / "web.log")


def first_paint(stage: Stage, run: str) -> tuple[float, int, int]:
    """Return the seconds to the first graph, its cards, and the most elements at any zoom."""
    with stage.serving() as port:
        page = stage.page()
        page.goto(f"http://127.0.0.1:{port}/runs/{run}")
        _until(page, "seen.painted > 0")
        seconds = page.evaluate("seen.painted") / 1000
        cards = page.locator(".card").count()
        page.wait_for_load_state("networkidle")
        elements = max(_zooms(page))
        page.context.close()
    return seconds, cards, elements


def _until(page: Page, expression: str) -> None:
    """Wait until something holds; what the browser has for that is against the pages' security policy."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise SystemExit(f"It did not come about that {expression}.")
        time.sleep(0.02)


def _zooms(page: Page) -> list[int]:
    """Return how many elements there are at each of some zooms, from the whole to the largest."""
    found = []
    page.locator(".card").first.focus()
    for key in ("f", "-", "-", "0", *"+" * 6):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
        found.append(page.locator("*").count())
    return found


def views(stage: Stage, shapes: tuple[Shape, ...], repeat: int) -> None:
    """Print the first table."""
    click.echo("| run | tasks | first graph, cold | asked | cards | asked | elements | asked |")
    click.echo("|---|---|---|---|---|---|---|---|")
    for name, draw, nodes, asked, most in shapes:
        run = stage.write(name, draw, nodes)
        found = [first_paint(stage, run.id) for _ in range(repeat)]
        seconds, cards = min(each[0] for each in found), found[0][1]
        elements = max(each[2] for each in found)
        click.echo(
            f"| {name} | {len(run.states):,} | {seconds:.2f} s | <= {asked:g} s | {cards} | <= {most} "
            f"| {elements:,} | <= {ELEMENTS:,} |"
        )


class Figure(NamedTuple):
    """Something measured, beside what it should be."""

    what: str
    found: str
    asked: str


def stream(stage: Stage, run: Written, seconds: float) -> list[Figure]:
    """Change each task of a run once within ``seconds`` while a page shows it; then let one fail."""
    figures = []
    with stage.serving() as port, telling(stage.broker) as tell:
        meter, page = Meter(port), stage.page()
        page.goto(f"http://127.0.0.1:{meter.port}/runs/{run.id}")
        page.locator("#fresh:not([data-fresh=connecting])").wait_for()
        page.wait_for_load_state("networkidle")
        page.evaluate("seen.long = []; seen.paints = 0")
        tasks, before = len(run.states), meter.count
        heap = _Heap(page)
        took = _change(run, tell, seconds, heap.look)
        page.wait_for_timeout(1_000)
        long, paints = page.evaluate("[seen.long, seen.paints]")
        heap.look()
        wire = (meter.count - before) / tasks
        figures += [
            Figure("changes of state", f"{tasks:,} in {took:.1f} s", f"in {seconds:g} s"),
            Figure("longest task of the main thread", f"{max(long, default=0):.0f} ms", "<= 100 ms"),
            Figure("paints of the graph a second", f"{paints / took:.1f}", "<= 10"),
            Figure("bytes a change on the wire", f"{wire:.1f}", "<= 8"),
            Figure("what is seen is what the database says", _agrees(page, run), "yes"),
            Figure("memory of the scripts", f"{heap.most / 1e6:.0f} MB", "<= 250 MB"),
        ]
        figures += _fail(page, run, tell)
        meter.close()
        page.context.close()
    return figures


def _change(run: Written, tell: Any, seconds: float, between: Callable[[], None]) -> float:
    """Let each task succeed, spread over ``seconds``; return how long that took."""
    order = list(range(len(run.states)))
    run.chance.shuffle(order)
    began, count, told = time.monotonic(), len(order), 0
    while told < count:
        due = min(count, int(count * (time.monotonic() - began + BEAT) / seconds))
        run.change(tell, order[told:due], "SUCCESS")
        told = due
        between()
        time.sleep(max(0.0, BEAT - (time.monotonic() - began) % BEAT))
    return time.monotonic() - began


class _Heap:
    """How much memory the scripts of a page have, at most."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._due = 0.0
        self.most = 0.0

    def look(self) -> None:
        """Look, but not more than twice a second."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + 0.5
            self.most = max(self.most, self._session.send("Runtime.getHeapUsage")["usedSize"])


def _agrees(page: Page, run: Written) -> str:
    """Say whether each card counts what the database has."""
    folding = page.evaluate("fetch(`/api/v1${location.pathname}/graph`).then((it) => it.json())")["folding"]
    wrong = 0
    for place, card in enumerate(folding["cards"]):
        if card["kind"] != "many":
            continue
        members = (index for first, count in card["members"] for index in range(first, first + count))
        wanted = Counter(run.states[index] for index in members)
        said = page.locator(f'.card[data-index="{place}"]').get_attribute("aria-label") or ""
        told = {WORDS[word]: int(count.replace(",", "")) for count, word in re.findall(TOLD, said)}
        wrong += told != wanted
    return "yes" if not wrong else f"no: {wrong} cards are wrong"


TOLD = rf"([\d,]+) ({'|'.join(WORDS)})"


def _fail(page: Page, run: Written, tell: Any) -> list[Figure]:
    """Let the 4,711th task fail, or one in the middle of a small run."""
    index = min(4_711, len(run.states) // 2 + 3)
    began = time.monotonic()
    run.change(tell, [index], "FAILURE")
    failing = page.locator(".card.failing")
    failing.wait_for()
    seconds = time.monotonic() - began
    said = failing.get_attribute("aria-label") or ""
    failing.click()
    cells = page.locator(".cells-canvas")
    cells.focus()
    page.keyboard.press("Home")
    _until(page, "document.querySelector('.cells-said').textContent !== ''")
    first = page.locator(".cells-said").inner_text()
    named = "yes" if "1 failed" in said else f"no: {said}"
    listed = "yes" if "failed" in first else f"no: {first}"
    return [
        Figure("one fails: its card says so", f"{named}, after {seconds:.2f} s", "yes, <= 1 s"),
        Figure("and lists it first", listed, "yes"),
    ]


def opening(stage: Stage, run: Written) -> list[Figure]:
    """Open a card and fold it again; tell how far it has moved from where it was."""
    with stage.serving() as port:
        page = stage.page()
        page.goto(f"http://127.0.0.1:{port}/runs/{run.id}")
        page.locator(".card.many").first.wait_for()
        page.wait_for_load_state("networkidle")
        many = page.locator(".card.many")
        name = many.nth(many.count() // 2).get_attribute("data-card") or ""
        before = _middle(page, f'.card[data-card="{name}"]')
        page.locator(f'.card[data-card="{name}"]').press("o")
        page.locator(f'.card[data-card="{name}"]').wait_for(state="detached")
        page.wait_for_timeout(500)
        inside = f'.card[data-card^="{name}/"], .card[data-id="{name}"]'
        opened = _far(before, _middle(page, inside))
        before = _middle(page, inside)
        page.get_by_role("button", name="Fold again").click()
        page.locator(f'.card[data-card="{name}"]').wait_for()
        page.wait_for_timeout(500)
        closed = _far(before, _middle(page, f'.card[data-card="{name}"]'))
        page.context.close()
    return [
        Figure("an opened card has moved by", f"{opened:.1f} px", "<= 5 px"),
        Figure("a folded one by", f"{closed:.1f} px", "<= 5 px"),
    ]


def _middle(page: Page, selector: str) -> tuple[float, float]:
    """Return the left edge and the middle of a card's height."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"], box["y"] + box["height"] / 2


def _far(before: tuple[float, float], after: tuple[float, float]) -> float:
    return max(abs(one - other) for one, other in zip(before, after, strict=True))


def shown(figures: list[Figure]) -> list[Figure]:
    """Print figures, and return them."""
    for figure in figures:
        click.echo(f"| {' | '.join(figure)} |")
    return figures


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("Chromium is missing. On Debian or Ubuntu: apt-get install chromium")
    return found


@click.command(help=__doc__)
@click.option("--short", is_flag=True, help="Small runs, one look at each.")
@click.option("--repeat", default=3, show_default=True, help="Looks at each run.")
def main(short: bool, repeat: int) -> None:
    """Print both tables."""
    shapes = SHORT if short else SHAPES
    size, seconds = (600, 1.0) if short else (10_000, 5.0)
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.broker(folder) as broker,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        stage = Stage(Path(folder), browser, broker.url)
        views(stage, shapes, 1 if short else repeat)
        click.echo("\n| figure | found | asked |\n|---|---|---|")
        figures = shown(stream(stage, stage.write("ten chords", chords, size), seconds))
        figures += shown(opening(stage, stage.write("steps", steps, size)))
        browser.close()
        stage.opened.close()
    sys.exit(not all("no: " not in figure.found for figure in figures))


if __name__ == "__main__":
    main()
