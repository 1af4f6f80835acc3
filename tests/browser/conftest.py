"""Real Chromium, real demo: what a visitor gets, in a page that fails its test on any error it reports."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boardruns
import pytest
from axe_playwright_python.sync_playwright import Axe
from largeruns import serving
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, expect, sync_playwright
from ports import free_port

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
START_SECONDS = 90.0
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]

shared = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep one demo and one browser for all tests of this folder: starting them takes longer than most."""
    config.stash[shared] = ExitStack()
    expect.set_options(timeout=15_000)  # what is measured says its own limit


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End them after the last test here, so that they take nothing from the tests of other folders."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        item.config.stash[shared].close()


@dataclass
class Demo:
    """An ``umbel demo`` that runs, with its own port and data folder."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> Any:
        """Return the JSON of an address below /api/v1."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/api/v1{path}", timeout=10) as response:
            return json.load(response)

    def nodes(self, run: str) -> list[dict[str, Any]]:
        """Return every task of a run as the server tells it."""
        found, after = [], -1
        while after is not None:
            page = self.get(f"/runs/{run}/nodes?after={after}")
            found += page["nodes"]
            after = page["next"]
        return found

    def pid(self, part: str) -> int | None:
        """Return the process id of ``web``, ``worker`` or ``conductor``; None while there is none."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal() and _parent(folder) == self.process.pid:
                words = _read(folder / "cmdline").split(b"\0")
                if b"umbel.webui.demo.child" in words and part.encode() in words:
                    return int(folder.name)
        return None

    def kill(self, part: str) -> None:
        """End a part as the kernel's memory killer would."""
        pid = self.pid(part)
        assert pid is not None, f"the demo runs no {part}"
        os.kill(pid, signal.SIGKILL)

    def run_python(self, code: str, *, given: str = "") -> str:
        """Run ``code`` as a program of a user whose Celery app is the demo's; return what it prints.

        ``given`` is what it can read from its standard input.
        """
        pid = self.pid("worker")
        assert pid is not None
        lines = _read(Path(f"/proc/{pid}/environ")).decode().split("\0")
        settings = dict(line.split("=", 1) for line in lines if line.startswith("UMBEL_"))
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **settings},
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # the process has just ended


def _parent(folder: Path) -> int | None:
    after_name = _read(folder / "stat").rpartition(b")")[2].split()
    return int(after_name[1]) if after_name else None


@pytest.fixture(scope="session")
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]
) -> Demo:
    """The demo that all tests share; what they start stays in its list."""
    running = _demo(tmp_path_factory.mktemp("demo"), eventually)
    return request.config.stash[shared].enter_context(running)


@contextmanager
def _demo(folder: Path, eventually: Callable[..., Any]) -> Iterator[Demo]:
    log = folder / "demo.log"
    port = free_port()
    command = [str(Path(sys.executable).with_name("umbel")), "demo", "--port", str(port), "--no-browser"]
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("UMBEL_", "CELERY_"))}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / "data")], stdout=sink, stderr=subprocess.STDOUT, env=kept
        )
    try:
        eventually(
            lambda: "Umbel is at" in log.read_text() or process.poll() is not None, START_SECONDS, "a demo"
        )
        assert process.poll() is None, log.read_text()
        yield Demo(f"http://127.0.0.1:{port}", process, log)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def folded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]
) -> str:
    """The address of pages with large runs that all tests share; see :mod:`largeruns`."""
    served = serving(tmp_path_factory.mktemp("folded"), eventually)
    return request.config.stash[shared].enter_context(served)


@pytest.fixture(scope="session")
def board(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, eventually: Callable[..., Any]
) -> str:
    """The address of a board with runs in every column."""
    served = boardruns.serving(tmp_path_factory.mktemp("board"), eventually)
    return request.config.stash[shared].enter_context(served)


@dataclass
class Troubles:
    """What pages complained of, less what a test expects."""

    seen: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Let complaints that match ``pattern`` pass."""
        self.expected.append(pattern)

    def note(self, text: str) -> None:
        """Take a complaint down."""
        self.seen.append(text)

    def unexpected(self) -> list[str]:
        """Return the complaints that no pattern matches."""
        return [text for text in self.seen if not any(re.search(each, text) for each in self.expected)]


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> Browser:
    """The system's Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium on this machine")
    assert found, "install chromium"
    stack = request.config.stash[shared]
    playwright = stack.enter_context(sync_playwright())
    return stack.enter_context(playwright.chromium.launch(executable_path=found, args=FLAGS))


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    """Fails the test at its end for each console error, page error and policy violation of its pages."""
    found = Troubles()
    yield found
    assert not found.unexpected()


@pytest.fixture
def new_page(chromium: Browser, troubles: Troubles) -> Iterator[Callable[..., Page]]:
    """Open a page in a fresh profile: ``new_page(color_scheme="dark", viewport=PHONE)``."""
    contexts: list[BrowserContext] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            troubles.note(f"{message.type}: {message.text}")

    def dialog(shown: Dialog) -> None:
        troubles.note(f"a script ran: {shown.message}")
        shown.dismiss()

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": DESKTOP, "color_scheme": "light", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", console)
        page.on("pageerror", lambda error: troubles.note(f"page error: {error}"))
        page.on("dialog", dialog)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))"
        )
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # what is still fetched would fail a later test
        context.close()


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """``violations(page)`` returns what axe finds against accessibility in what the page shows now."""

    def look(page: Page) -> list[str]:
        # A colour that still fades is none that anybody has chosen.
        page.evaluate(
            "() => Promise.allSettled(document.getAnimations()"
            ".filter((each) => each.effect.getComputedTiming().endTime !== Infinity)"
            ".map((each) => each.finished))"
        )
        found = Axe().run(page).response["violations"]
        return [f"{page.url} {each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    return look


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of desktop size."""
    return new_page()


@pytest.fixture
def start(demo: Demo) -> Callable[[Page, str], str]:
    """``start(page, "training")`` presses that workflow's button and returns the run, whose page is open."""

    def press(page: Page, workflow: str) -> str:
        page.goto(f"{demo.url}/")
        page.locator(f"[data-workflow={workflow}] [data-start=natively]").click()
        page.wait_for_url("**/runs/*")
        return page.url.rpartition("/")[2].partition("#")[0]

    return press


@pytest.fixture(scope="session")
def finished(demo: Demo, eventually: Callable[..., Any]) -> Callable[[str], str]:
    """``finished("nightly-etl")`` starts a workflow without a browser and returns its run once it is over."""
    known: dict[str, str] = {}

    def run(workflow: str) -> str:
        if workflow not in known:
            request = urllib.request.Request(
                f"{demo.url}/api/v1/demo/{workflow}", b"{}", {"Content-Type": "application/json"}
            )
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=20) as response:
                known[workflow] = json.load(response)["run"]

        def over():
            return demo.get(f"/runs/{known[workflow]}")["finished"] is not None

        eventually(over, 90, f"the end of {workflow}")
        return known[workflow]

    return run


@pytest.fixture(scope="session")
def etl(finished: Callable[[str], str]) -> str:
    """The run that fails in one branch, over."""
    return finished("nightly-etl")


@pytest.fixture(scope="session")
def training(finished: Callable[[str], str]) -> str:
    """Five chords of ten, over."""
    return finished("training")
