"""How long the database takes to answer pages when much has happened, and while old runs are deleted.

    python benchmarks/history.py [--runs 100000] [--database sqlite --database postgresql]

Fills a database with made-up runs (100,000 have 2,000,000 nodes), then asks what pages ask, each question
many times with other values, and prints the median and the 95th of a hundred, in milliseconds. PostgreSQL is
a server of its own in a temporary folder. Last, retention deletes nodes while a reader goes on asking.
"""

import gc
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import click
from cluster import postgresql, programs
from past import DAY, RARE, TASKS, WORKERS, Past, fill

from umbel.engine.conductor.retention import Retention
from umbel.engine.store import Store, open_store, reads, upgrade
from umbel.engine.store.filters import RunFilters

Question: TypeAlias = Callable[[random.Random], Any]


def questions(store: Store, past: Past) -> dict[str, Question]:
    """Return what pages ask, by what it is."""

    def number(chance: random.Random, *, wide: bool = False) -> int:
        if wide:
            return 1000 * chance.randint(1, past.runs // 1000)
        return 2 * chance.randint(1, past.runs // 2 - 1) if past.runs > 2 else 1

    def narrow(chance: random.Random) -> str:
        found = number(chance)
        return past.run_id(found + 2 if found % 1000 == 0 else found)

    def wide(chance: random.Random) -> str:
        return past.run_id(number(chance, wide=True))

    def listed(**given: Any) -> Question:
        def ask(chance: random.Random) -> Any:
            made: dict[str, Any] = {
                name: value(chance) if callable(value) else value for name, value in given.items()
            }
            return reads.runs(store, filters=RunFilters(**made))

        return ask

    def deep(chance: random.Random) -> Any:
        return reads.runs(store, before=str(number(chance)))

    def page(chance: random.Random) -> Any:
        run = narrow(chance)
        return reads.graph(store, run), reads.snapshot(store, run)

    def node(chance: random.Random) -> Any:
        found = number(chance, wide=True)
        return reads.node(store, past.run_id(found), past.node_id(found, chance.randrange(past.wide)))

    old = past.now - past.days * DAY
    return {
        "list, newest": listed(),
        "list, anywhere": deep,
        "list with runs of one task": listed(singles=True),
        "state FAILURE": listed(states=("FAILURE",)),
        "state REVOKED (few)": listed(states=("REVOKED",)),
        "state BLOCKED (none)": listed(states=("BLOCKED",)),
        "name": listed(name=lambda chance: f"Step_{chance.randrange(50)}"),
        "name (none)": listed(name="nowhere to be found"),
        "task": listed(task=lambda chance: chance.choice(TASKS)),
        "task (one run)": listed(task=RARE),
        "task and state REVOKED": listed(task=lambda chance: chance.choice(TASKS), states=("REVOKED",)),
        "worker": listed(worker=lambda chance: chance.choice(WORKERS)),
        "worker and state REVOKED": listed(worker=lambda chance: chance.choice(WORKERS), states=("REVOKED",)),
        "worker and a name (none)": listed(worker=WORKERS[3], name="nowhere to be found"),
        "an hour, long ago": listed(since=lambda chance: chance.uniform(old, old + DAY), until=old + DAY),
        "since yesterday": listed(since=past.now - DAY),
        "text in a name": listed(text=lambda chance: f"orders.step_{chance.randrange(50)}"),
        "text in an error": listed(
            text=lambda chance: f"order {33 * chance.randint(1, past.runs // 33)} WAS"
        ),
        "text in many errors": listed(text=lambda chance: f"by db-{chance.randrange(7)}"),
        "text (nowhere)": listed(text="nowhere to be found"),
        "everything at once": listed(
            text="refused", worker=WORKERS[5], states=("FAILURE",), since=old, name="shop", singles=True
        ),
        "by the id of a task": listed(id=lambda chance: past.node_id(number(chance), 0), singles=True),
        "by how an id begins": listed(id=lambda chance: past.node_id(number(chance), 0)[:10], singles=True),
        "find a task": lambda chance: reads.find(store, past.node_id(number(chance), 0)),
        "names to choose from": lambda chance: (reads.tasks(store), reads.workers(store)),
        "run page, 19 nodes": page,
        "run, 10,000 nodes": lambda chance: reads.run(store, wide(chance)),
        "snapshot, 10,000 nodes": lambda chance: reads.snapshot(store, wide(chance)),
        "changes of 10,000 nodes": lambda chance: reads.snapshot(store, wide(chance), past.wide - 20),
        "table, 10,000 nodes": lambda chance: reads.nodes(store, wide(chance), limit=100),
        "table by time, 10,000 nodes": lambda chance: reads.nodes(
            store,
            wide(chance),
            limit=100,
            sort="finished",
            descending=True,
            after=chance.randrange(past.wide),
        ),
        "table by text, 10,000 nodes": lambda chance: reads.nodes(
            store, wide(chance), limit=100, part=f"Step_{chance.randrange(50)}", states=("SUCCESS",)
        ),
        "a node of 10,000": node,
    }


def measure(question: Question, times: int) -> list[float]:
    """Return how many milliseconds each time took, the shortest first."""
    question(random.Random(0))  # the first of all is late for other reasons
    took = []
    for turn in range(times):
        chance = random.Random(turn)
        start = time.perf_counter()
        question(chance)
        took.append((time.perf_counter() - start) * 1000)
    return sorted(took)


def quantile(took: list[float], share: float) -> float:
    """Return the value that ``share`` of ``took``, which is sorted, do not exceed."""
    return took[min(len(took) - 1, int(share * len(took)))]


class Reader(threading.Thread):
    """Goes on asking until it is told to stop, and keeps how long each answer took."""

    def __init__(self, url: str, past: Past) -> None:
        super().__init__()
        self.store = open_store(url, read_only=True)
        self.asked = questions(self.store, past)
        self.done = threading.Event()
        self.took: list[tuple[float, str]] = []

    def run(self) -> None:
        """Ask every question in turn."""
        chance = random.Random(1)
        while not self.done.is_set():
            for name, question in self.asked.items():
                start = time.perf_counter()
                question(chance)
                self.took.append(((time.perf_counter() - start) * 1000, name))

    def stop(self) -> None:
        """Wait for the last answer."""
        self.done.set()
        self.join()
        self.store.close()


def delete(url: str, past: Past, nodes: int) -> tuple[int, float, list[float], list[tuple[float, str]]]:
    """Delete about ``nodes`` nodes; return how many, the seconds, milliseconds of steps and of answers."""
    store = open_store(url)
    total = sum(past.size(number) for number in range(1, past.runs + 1))
    rules: Any = SimpleNamespace(retention_days=0, retention_failed_days=0, retention_nodes=total - nodes)
    retention = Retention(store, rules)
    reader = Reader(url, past)
    reader.start()
    steps, deleted, start = [], 0, time.perf_counter()
    while True:
        began = time.perf_counter()
        step = retention.step(past.now)
        steps.append((time.perf_counter() - began) * 1000)
        deleted += step.nodes
        if not step:
            break
    seconds = time.perf_counter() - start
    reader.stop()
    store.close()
    return deleted, seconds, sorted(steps), sorted(reader.took)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a new database with its schema."""
    if kind == "sqlite":
        url = f"sqlite:///{folder}/umbel.db"
        upgrade(url)
        yield url
        return
    if (installed := programs()) is None:
        raise click.ClickException("PostgreSQL is not installed here.")
    with postgresql(installed) as url:
        upgrade(url)
        yield url


@click.command(help=__doc__)
@click.option("--runs", default=100_000, show_default=True)
@click.option("--wide", default=10_000, show_default=True, help="Nodes of each thousandth run.")
@click.option("--times", default=40, show_default=True, help="How often each question is asked.")
@click.option(
    "--delete", "nodes", default=100_000, show_default=True, help="How many nodes retention deletes."
)
@click.option("--database", "kinds", multiple=True, default=("sqlite", "postgresql"), show_default=True)
def main(runs: int, wide: int, times: int, nodes: int, kinds: tuple[str, ...]) -> None:
    """Measure each database."""
    for kind in kinds:
        past = Past(runs, wide)
        with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
            start = time.perf_counter()
            fill(url, past)
            click.echo(f"\n{kind}: {runs} runs filled in {time.perf_counter() - start:.0f} s")
            report(url, past, times, nodes)


def report(url: str, past: Past, times: int, nodes: int) -> None:
    """Print what was measured."""
    store = open_store(url, read_only=True)
    gc.collect()
    gc.freeze()  # as a web process does when it begins
    click.echo(f"{'milliseconds':32}{'median':>10}{'p95':>10}")
    for name, question in questions(store, past).items():
        took = measure(question, times)
        click.echo(f"{name:32}{quantile(took, 0.5):10.1f}{quantile(took, 0.95):10.1f}")
    store.close()
    deleted, seconds, steps, answers = delete(url, past, nodes)
    slowest, name = answers[-1]
    click.echo(
        f"{deleted} nodes deleted in {seconds:.1f} s, {len(steps)} steps, the longest {steps[-1]:.0f} ms; "
        f"of {len(answers)} answers meanwhile the slowest took {slowest:.0f} ms ({name})"
    )


if __name__ == "__main__":
    main()
