"""What it costs to see what runs: Umbel's conductor and Flower side by side on one broker, in one run.

    python benchmarks/observe.py [--tasks 10000] [--rate 1000] [--seconds 20] [--kind plain] [--no-flower]

First a real worker runs tasks that do nothing and sends Celery's events of them (received, started,
succeeded). Umbel's conductor writes what it sees to a SQLite database, Flower keeps it in memory. Printed
are the processor seconds of each while the tasks run (all threads, user and system), the most memory that it
held, and how many tasks it saw end. Then events come at a steady rate to a conductor that may use one core
alone: what of it it needs, and how old the oldest event of a batch is when it is committed.

``plain`` tasks are sent one by one, by an app that is not watched. A ``group`` is sent by a watched app.
Flower goes into a virtual environment of its own, ``build/flower``.
"""

import os
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import click
from celery import Celery, group
from ear import listening, spread
from processes import Cost, Started, fetch, flower_python, started
from redis import Redis

from umbel.engine import embedded, watch
from umbel.engine.store import upgrade

MEMBERS = 100  # of each group
WAIT = 30.0  # seconds without news after which what is missing counts as missed
KINDS = ("plain", "group")

TASKS = """
import os
from celery import Celery
app = Celery("bench", broker=os.environ["BENCH_BROKER"])
app.conf.task_ignore_result = True
@app.task(name="bench.nothing", shared=False)
def nothing(*args): ...
"""


class Load:
    """An app that sends tasks of one kind."""

    def __init__(self, url: str, kind: str) -> None:
        self.kind = kind
        self.app = Celery("bench", broker=url, set_as_current=False)
        self.app.conf.update(task_ignore_result=True, result_backend="disabled")
        if kind == "group":
            watch(self.app)

        @self.app.task(name="bench.nothing", shared=False, lazy=False)
        def nothing(*args: Any) -> None: ...

        self.task: Any = nothing

    def send(self, count: int) -> list[str]:
        """Send ``count`` tasks; their ids."""
        if self.kind == "plain":
            return [self.task.delay(number).id for number in range(count)]
        members: Any = group([self.task.s(number) for number in range(count)], app=self.app).apply_async()
        return [each.id for each in members.results]


class Ends:
    """The tasks whose final state is in the database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def count(self) -> int:
        """How many there are."""
        return self._ask("SELECT count(*) FROM nodes WHERE state = 'SUCCESS'")[0][0]

    def ids(self) -> set[str]:
        """Which they are."""
        return {row[0] for row in self._ask("SELECT id FROM nodes WHERE state = 'SUCCESS'")}

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def conductor(folder: Path, url: str, *before: str) -> Iterator[tuple[Started, Ends]]:
    """A conductor with a new database; ``before`` stands before its command."""
    path = folder / "umbel.db"
    upgrade(f"sqlite:///{path}")
    code = "from umbel.webui.cli import umbel; umbel()"
    command = [*before, sys.executable, "-c", code, "conductor", "--database-url", f"sqlite:///{path}"]
    with started("conductor", command, folder, {"UMBEL_BROKER_URL": url}) as process:
        process.says("Conducting")
        with Redis.from_url(url) as client:  # what is told before it listens, nobody hears
            process.until(lambda: client.pubsub_numpat() > 0, "ear for events")
        yield process, Ends(path)


@contextmanager
def flower(folder: Path, url: str) -> Iterator[tuple[Started, str]]:
    """A Flower, and the address of its metrics."""
    address = f"127.0.0.1:{embedded.free_port()}"
    host, port = address.split(":")
    command = [str(flower_python()), "-m", "celery", "flower", f"--address={host}", f"--port={port}"]
    with started("flower", command, folder, {"CELERY_BROKER_URL": url}) as process:
        process.answers(f"http://{address}/metrics")
        yield process, f"http://{address}/metrics"


@contextmanager
def worker(folder: Path, url: str) -> Iterator[Started]:
    """A worker that sends events."""
    (folder / "bench_tasks.py").write_text(TASKS)
    command = [sys.executable, "-m", "celery", "-A", "bench_tasks", "worker"]
    command += ["-E", "-c", "2", "-l", "WARNING"]
    environment = {"BENCH_BROKER": url, "PYTHONPATH": str(folder)}
    with started("worker", command, folder, environment) as process:
        with Celery(broker=url, set_as_current=False) as asking:
            process.until(lambda: bool(asking.control.ping(timeout=0.5)), "worker")
        yield process


def flower_saw(metrics: str) -> int:
    """Return how many tasks Flower saw succeed."""
    lines = re.findall(r'^flower_events_total\{.*type="task-succeeded".*\} (\S+)', fetch(metrics) or "", re.M)
    return round(sum(map(float, lines)))


def side_by_side(folder: Path, url: str, kind: str, tasks: int, *, with_flower: bool) -> bool:
    """Print what both cost for ``tasks`` tasks; whether everything was seen."""
    with ExitStack() as stack:
        ours, ends = stack.enter_context(conductor(folder, url))
        processes = [ours]
        metrics = ""
        if with_flower:
            theirs, metrics = stack.enter_context(flower(folder, url))
            processes.append(theirs)
        stack.enter_context(worker(folder, url))
        load, before, began = Load(url, kind), [each.cost for each in processes], time.monotonic()
        sent = [task_id for _ in range(tasks // MEMBERS) for task_id in load.send(MEMBERS)]
        seen = wait_for(ends, len(sent))
        took = time.monotonic() - began
        after = [each.cost for each in processes]
        missed = [len(set(sent) - ends.ids()), len(sent) - flower_saw(metrics) if metrics else 0]
    click.echo(f"\n{len(sent)} {kind} tasks, all ended and seen after {took:.1f} s" if seen else "")
    click.echo(f"{'':12}{'start-up CPU s':>16}{'CPU s':>10}{'ms a task':>12}{'peak MB':>10}{'missed':>9}")
    for name, first, last, lost in zip(("Umbel", "Flower"), before, after, missed, strict=False):
        cpu = last.cpu - first.cpu
        each = cpu / len(sent) * 1000
        click.echo(f"{name:12}{first.cpu:16.2f}{cpu:10.2f}{each:12.3f}{last.peak:10.1f}{lost:9}")
    if with_flower:
        click.echo(f"{'ratio':12}{ratio(before, after)}")
    return not missed[0]


def ratio(before: list[Cost], after: list[Cost]) -> str:
    """Return Umbel's share of Flower's, in the columns of the table."""
    ours, theirs = (last.cpu - first.cpu for first, last in zip(before, after, strict=True))
    start = before[0].cpu / before[1].cpu
    return f"{start:16.2f}{ours / theirs:10.2f}{'':12}{after[0].peak / after[1].peak:10.2f}"


def wait_for(ends: Ends, count: int) -> bool:
    """Wait until ``count`` tasks have ended in the database, or nothing is heard for a while."""
    found, heard = 0, time.monotonic()
    while (now := ends.count()) < count and time.monotonic() < heard + WAIT:
        if now > found:
            found, heard = now, time.monotonic()
        time.sleep(0.25)
    return now >= count


def sustained(folder: Path, url: str, kind: str, rate: int, seconds: float) -> bool:
    """Print what a steady ``rate`` of events costs on one core, and the lag; whether everything was seen."""
    core = str(min(os.sched_getaffinity(0)))
    lags: list[float] = []

    def hear(message: dict[str, Any]) -> None:
        if message["lag"] is not None:
            lags.append(message["lag"])

    with conductor(folder, url, "taskset", "--cpu-list", core) as (process, ends), listening(url, hear):
        before, began = process.cost, time.monotonic()
        sent, events = pour(Load(url, kind), rate, seconds)
        poured = time.monotonic() - began
        wait_for(ends, len(sent))
        took, after = time.monotonic() - began, process.cost
        missed = len(set(sent) - ends.ids())
    cpu = after.cpu - before.cpu
    speed = f"{poured:.1f} s ({events / poured:.0f} a second)"
    click.echo(f"\n{events} events of {kind} tasks in {speed}, on core {core} alone")
    titles = ("CPU s", "of the core", "ms an event", "peak MB", "missed", "behind s")
    click.echo("".join(f"{title:>13}" for title in titles))
    share, each, behind = cpu / took, cpu / events * 1000, took - poured
    click.echo(f"{cpu:13.2f}{share:13.0%}{each:13.3f}{after.peak:13.1f}{missed:13}{behind:13.2f}")
    click.echo(f"lag: {spread(lags)}")
    return not missed


def pour(load: Load, rate: int, seconds: float) -> tuple[list[str], int]:
    """Send events at ``rate``, as a worker does, of tasks that nobody runs; their ids and how many events."""
    sent: list[str] = []
    with load.app.connection_for_write() as connection:
        worker = load.app.events.Dispatcher(
            connection, hostname="celery@bench", buffer_group=frozenset({"task"}), buffer_limit=24
        )
        began, events = time.monotonic(), 0
        while time.monotonic() < began + seconds:
            sent += (ids := load.send(MEMBERS))
            for part in (ids[start : start + 10] for start in range(0, len(ids), 10)):
                for task_id in part:
                    told(worker, task_id)
                worker.flush()
                events += 3 * len(part)
                if (early := began + events / rate - time.monotonic()) > 0:
                    time.sleep(early)
        worker.close()
    return sent, events


def told(worker: Any, task_id: str) -> None:
    """Tell of a task what a worker does."""
    worker.send("task-received", uuid=task_id, name="bench.nothing", args="(1,)", kwargs="{}", retries=0,
                root_id=task_id, parent_id=None, eta=None, expires=None)  # fmt: skip
    worker.send("task-started", uuid=task_id)
    worker.send("task-succeeded", uuid=task_id, result="None", runtime=0.0001)


@click.command(help=__doc__)
@click.option("--tasks", default=10_000, show_default=True, help="How many tasks both look at.")
@click.option("--rate", default=1_000, show_default=True, help="Events a second, of the second part.")
@click.option("--seconds", default=20.0, show_default=True, help="Length of the second part; 0: none.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, default=KINDS, help="Which tasks.")
@click.option("--flower/--no-flower", "with_flower", default=True, help="Whether Flower is there.")
def main(tasks: int, rate: int, seconds: float, kinds: tuple[str, ...], with_flower: bool) -> None:
    """Measure each kind."""
    complete = True
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder, embedded.broker(folder) as broker:
            complete &= side_by_side(Path(folder), broker.url, kind, tasks, with_flower=with_flower)
        if seconds:
            with tempfile.TemporaryDirectory() as folder, embedded.broker(folder) as broker:
                complete &= sustained(Path(folder), broker.url, kind, rate, seconds)
    sys.exit(not complete)


if __name__ == "__main__":
    main()
