"""How often random canvases go wrong: the same ones run by Celery itself and conducted by Umbel.

    python benchmarks/correctness.py [--canvases 1000]

A quarter of the canvases each is nested two or three deep, without or with one task that fails; on the whole
of each hangs an error callback. The task says in its result how it was called, so that a run spells all of
its values; what is right is spelled by the canvas's graph, by the rules that tests/native holds to be
Celery's own. Counted are canvases with a wrong value (an argument, or what the whole returns), with a task
that ran twice, which never end (``get()`` does not return, or a conducted run stays open), and with error
callbacks that did not come, or came too often. One worker with two processes, Redis as broker and result
backend. Prints a table in Markdown.
"""

import gc
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
from celery.exceptions import TimeoutError as NotReady
from celery.signals import before_task_publish
from processes import ROOT, started

from umbel.engine import embedded
from umbel.engine.canvas import to_dag
from umbel.engine.store import open_store, upgrade

sys.path += [str(ROOT / "tests" / "native"), str(ROOT / "tests" / "engine" / "canvas")]

import shapes
import symbolic
from conducted import Conducted
from right import FAULTS, Right, Shown, faults, right
from running import Native

BATCH = 50  # canvases that are sent before their calls are waited for
GET = 0.5  # seconds for get(), of a canvas of which nothing runs any more
NEVER = 3.0  # seconds after which a get() that heeds no timeout is interrupted
FAILING = {"none": 0, "one": 1}


class Kind(NamedTuple):
    """What the canvases of a row of the table have in common."""

    depth: int
    failing: str  # none or one

    def make(self, task: Any, seed: int) -> Any:
        """Return the canvas of a number."""
        every = 1 if self.failing == "one" else seed + 1
        return shapes.with_errbacks(task, seed, every=every, depth=self.depth)


KINDS = [Kind(depth, failing) for failing in FAILING for depth in (2, 3)]
# Numbers tell the kinds apart, and are never a multiple of one more than themselves.
SPACE = 1_000_000


class Natively:
    """Sends canvases as they are, and knows the ids of their tasks by the messages."""

    def __init__(self, url: str) -> None:
        self.native = Native(url)
        self.results: dict[int, Any] = {}
        self.tags: dict[int, dict[str, str]] = defaultdict(dict)
        self._number = 0

    def run(self, seeds: list[int], make: Callable[[int], Any]) -> None:
        """Send canvases, some at a time, until nothing runs any more."""
        before_task_publish.connect(self._note)
        for first in range(0, len(seeds), BATCH):
            for self._number in seeds[first : first + BATCH]:
                self.results[self._number] = make(self._number).apply_async()
            while not self.native.settled():
                time.sleep(0.05)
        before_task_publish.disconnect(self._note)

    def _note(self, headers: Any, body: Any, **_: Any) -> None:
        _, kwargs, embed = body
        self.tags[self._number] |= {headers["id"]: kwargs["tag"]} | dict(_tags(embed))

    def shown(self, seed: int) -> Shown:
        """Return what was seen of a canvas."""
        returned, hangs = None, False
        try:
            with _interrupted(NEVER):
                returned = symbolic.spell(self.results[seed].get(timeout=GET))
        except (NotReady, _Interrupted):
            hangs = True
        except Exception:  # what a task raised, or Celery did: it ends
            returned = None
        return Shown(self.native.calls[seed], self.tags[seed], returned, hangs)

    def close(self) -> None:
        """Forget the results: each that is collected tells the broker, which may be gone by then."""
        for results in self.native.app.backend._pending_results:
            results.clear()
        self.results.clear()
        gc.collect()
        self.native.app.close()


class _Interrupted(Exception):
    pass


@contextmanager
def _interrupted(seconds: float) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise _Interrupted

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _tags(part: Any) -> Iterator[tuple[str, str]]:
    """Yield the ids and tags of the tasks in what a message carries."""
    pending, seen = [part], set()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (list, tuple)):
            pending += part
        elif isinstance(part, dict):
            task_id, tag = (part.get("options") or {}).get("task_id"), (part.get("kwargs") or {}).get("tag")
            if task_id and tag:
                yield task_id, tag
            pending += part.values()


def natively(url: str, kinds: dict[Kind, list[int]], expected: dict[int, Right]) -> dict[Kind, Counter[str]]:
    """Return how often which fault was seen."""
    natively = Natively(url)
    for kind, seeds in kinds.items():
        natively.run(seeds, lambda seed, kind=kind: kind.make(natively.native.task, seed))
    natively.native.read()
    found = {kind: _count(seeds, natively.shown, expected) for kind, seeds in kinds.items()}
    natively.close()
    return found


def conducted(
    url: str, database: str, kinds: dict[Kind, list[int]], expected: dict[int, Right]
) -> dict[Kind, Counter[str]]:
    """Return how often which fault was seen."""
    store = open_store(database, read_only=True)
    client = Conducted(url, store)
    for kind, seeds in kinds.items():
        client.send(seeds, lambda seed, kind=kind: kind.make(client.task, seed))
    hanging = client.settle()
    client.read()
    found = {
        kind: _count(seeds, lambda seed: client.shown(seed, hangs=seed in hanging), expected)
        for kind, seeds in kinds.items()
    }
    client.close()
    store.close()
    return found


def _count(seeds: Iterable[int], shown: Callable[[int], Shown], expected: dict[int, Right]) -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in seeds:
        wrong = faults(shown(seed), expected[seed])
        if wrong:
            found["any"] += 1
        found.update(wrong)
    return found


def table(kinds: dict[Kind, list[int]], found: dict[str, dict[Kind, Counter[str]]]) -> str:
    """Return the table."""
    heads = ["wrong values", "a task ran twice", "never ends", "error callback lost", "too often"]
    lines = [
        f"| canvases | run by | wrong in any way | {' | '.join(heads)} |",
        "|---" * (3 + len(heads)) + "|",
    ]
    for kind, seeds in kinds.items():
        what = f"{len(seeds)}, depth {kind.depth}, {kind.failing} fails"
        for who, counts in found.items():
            shares = [_share(counts[kind][fault], len(seeds)) for fault in ("any", *FAULTS)]
            lines.append(f"| {what} | {who} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _share(number: int, of: int) -> str:
    return f"{100 * number / of:.1f} %" if number else "0"


@click.command(help=__doc__)
@click.option("--canvases", default=1000, show_default=True, help="How many, of all kinds together.")
@click.option("--seed", default=0, show_default=True, help="The first number.")
def main(canvases: int, seed: int) -> None:
    """Run all canvases both ways."""
    each = -(-canvases // len(KINDS))
    kinds = {
        kind: list(range(place * SPACE + seed + 1, place * SPACE + seed + 1 + each))
        for place, kind in enumerate(KINDS, 1)
    }
    task = symbolic.make_app("memory://").tasks["n"]
    expected = {seed: right(to_dag(kind.make(task, seed))) for kind, seeds in kinds.items() for seed in seeds}
    folder = Path(tempfile.mkdtemp(prefix="umbel-correctness-"))
    found = {}
    with embedded.broker(folder) as broker:
        found["Celery"] = _with_worker(folder, broker.url, lambda url: natively(url, kinds, expected))
        url = f"{broker.url.removesuffix('/0')}/1"
        database = f"sqlite:///{folder}/umbel.db"
        upgrade(database)
        command = [sys.executable, "-m", "umbel.webui.cli", "conductor"]
        flags = ["--broker-url", url, "--database-url", database]
        with started("conductor", [*command, *flags], folder):
            found["Umbel"] = _with_worker(folder, url, lambda url: conducted(url, database, kinds, expected))
    shutil.rmtree(folder)
    click.echo(table(kinds, found))
    if any(sum(counts.values()) for counts in found["Umbel"].values()):
        raise SystemExit(1)


def _with_worker(folder: Path, url: str, work: Callable[[str], Any]) -> Any:
    command = [sys.executable, "-m", "celery", "-A", "symbolic", "worker", "-c", "2", "-l", "INFO"]
    environment = {
        "CELERY_BROKER_URL": url,
        "CELERY_RESULT_BACKEND": url,
        "PYTHONPATH": str(ROOT / "tests/native"),
    }
    with started("worker", command, folder, environment) as worker:
        worker.says(" ready.")
        return work(url)


if __name__ == "__main__":
    main()
