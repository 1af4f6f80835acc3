"""Make the pictures in the README: starts a demo, waits until there is something to see, and looks at it."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from umbel.engine import embedded
from umbel.webui.demo.workflows import AWAY

DOCS = Path(__file__).parent.parent / "docs"
SIZE = {"width": 1280, "height": 720}
LOW = {"width": 1280, "height": 524}  # where what lies below is empty, or would show paths of this machine
PATIENCE = 180.0  # seconds to wait for anything


def main() -> None:
    """Write ``docs/*.png``."""
    port = embedded.free_port()
    umbel = Path(sys.executable).with_name("umbel")
    with tempfile.TemporaryDirectory(prefix="umbel-screenshots-") as folder:
        demo = subprocess.Popen(
            [umbel, "demo", "--port", str(port), "--no-browser", "--data-dir", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            take(f"http://127.0.0.1:{port}")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def take(url: str) -> None:
    """Start workflows of the demo at ``url`` and take the pictures."""
    wait(lambda: ask(f"{url}/health"))
    failing, wide = start(url, "nightly-etl"), start(url, "training", conducted=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        wait(lambda: states(url, wide).get("SUCCESS", 0) >= 25)
        picture(browser, f"{url}/runs/{wide}", "run-light", "light")
        wait(lambda: states(url, failing).get("FAILURE"))
        failed = next(node for node in nodes(url, failing) if node["state"] == "FAILURE")
        picture(browser, f"{url}/runs/{failing}#node={failed['id']}", "failure-dark", "dark", LOW)
        large = start(url, "price-lists", conducted=True)
        wait(lambda: states(url, large).get("SUCCESS", 0) >= 5_500)
        picture(browser, f"{url}/runs/{large}", "folded-light", "light")
        ask(f"{url}/api/v1/runs/{large}/cancel", b"{}")
        ask(f"{url}/api/v1/runs/{start(url, 'letters', conducted=True)}/pause", b"{}")
        picture(browser, url, "runs-light", "light")
        mend(browser, url)
        browser.close()


def mend(browser: Browser, url: str) -> None:
    """Take the pictures of a plan, and of the board once a failure was resolved."""
    mended, failed = start(url, "invoices", conducted=True), start(url, "parcels", conducted=True)
    for run in (mended, failed):
        wait(lambda run=run: ask(f"{url}/api/v1/runs/{run}")["state"] == "FAILURE")
    picture(browser, f"{url}/runs/{mended}?plan=", "plan-light", "light")
    time.sleep(AWAY)
    plan = ask(f"{url}/api/v1/runs/{mended}/plan")
    choice = {"choice": plan["choice"], "hash": plan["hash"], "why": "the bank is back"}
    made = ask(f"{url}/api/v1/runs/{mended}/resubmit", json.dumps(choice).encode())["run"]
    wait(lambda: ask(f"{url}/api/v1/runs/{made}")["state"] == "SUCCESS")
    picture(browser, f"{url}/board", "board-dark", "dark", LOW)


def picture(browser: Browser, address: str, name: str, scheme: Any, size: Any = SIZE) -> None:
    """Write what a page looks like once it is live and drawn."""
    page = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page.goto(address)
    page.get_by_text("Live", exact=True).wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=DOCS / f"{name}.png")
    page.close()


def start(url: str, name: str, *, conducted: bool = False) -> str:
    """Start a workflow of the demo; return the id of its run."""
    body = {"conducted": True} if conducted else {}
    return ask(f"{url}/api/v1/demo/{name}", json.dumps(body).encode())["run"]


def states(url: str, run: str) -> dict[str, int]:
    """Return how many tasks of a run are in which state."""
    return ask(f"{url}/api/v1/runs/{run}")["counts"]


def nodes(url: str, run: str) -> list[dict[str, Any]]:
    """Return the tasks of a run."""
    return ask(f"{url}/api/v1/runs/{run}/nodes")["nodes"]


def ask(address: str, body: bytes | None = None) -> Any:
    """Return the JSON that an address answers with."""
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def wait(condition: Callable[[], Any]) -> None:
    """Wait until ``condition`` holds; a server that is not there yet counts as no."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("The demo did not get there in time; see what `umbel demo` prints.")


def chromium() -> str:
    """Return the path of Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise SystemExit("Chromium is missing. On Debian or Ubuntu: apt-get install chromium")


if __name__ == "__main__":
    main()
