"""What it costs to have a canvas conducted, beside Celery's own way and beside no orchestration at all.

    python benchmarks/orchestration.py [--rounds 5] [--short] [--no-native] [--no-events]

All columns run on one broker and one prefork worker (``-c 2``), with a conductor that writes SQLite, and with
Celery's events on unless ``--no-events``. Tasks do nothing and ignore their results. ``plain`` is as many
independent tasks, sent one by one over one connection: the bound for whatever orders them. ``native`` is the
same canvas run by Celery. Each figure is the median of the rounds, in which the columns take turns; a native
canvas that takes longer than a quarter of a minute is run once. celery-dyrygent is compared where it is
installed.

A conducted or native run is over when its last task has run, plain tasks when nothing is left in the broker.
"""

import gc
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click
from celery import Celery, chain, chord
from processes import Started, started
from redis import Redis

from umbel.engine import conduct, embedded
from umbel.engine.store import upgrade

SLOW = 15.0  # seconds: a native canvas that takes longer is run once
WITHIN = 900.0  # seconds that a canvas may take

TASKS = """
import os
from importlib.util import find_spec
from celery import Celery
from redis import Redis

app = Celery("bench", broker=os.environ["BENCH_BROKER"], backend=os.environ["BENCH_BROKER"])
app.conf.task_ignore_result = True
app.conf.worker_enable_remote_control = os.environ.get("BENCH_EVENTS") != "off"  # else events are asked for
redis = Redis.from_url(os.environ["BENCH_BROKER"])

@app.task(name="bench.nothing", shared=False)
def nothing(*args): ...

@app.task(name="bench.end", shared=False)
def end(*args, key):
    redis.lpush(key, 1)

if find_spec("celery_dyrygent"):
    from celery_dyrygent.tasks import register_workflow_processor
    register_workflow_processor(app)
"""

CLIENT = """
import json, uuid
from celery import Celery, chain, chord
from umbel.engine import conduct

app = Celery("bench", broker={url!r}, set_as_current=False)

def nothing():
    return app.signature("bench.nothing")

key = f"bench:{{uuid.uuid4().hex}}"
steps = [chord([nothing() for _ in range(1_000)], nothing(), app=app) for _ in range(10)]
last = app.signature("bench.end", kwargs=dict(key=key))
conduct(chain(nothing(), *steps, last, app=app), app=app)
# Not getrusage(): that counts what the process was forked from, too.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([key, int(peak.split()[1]) / 1024]))
"""


class Bench:
    """An app that sends, and an ear for the end."""

    def __init__(self, url: str) -> None:
        self.app = Celery("bench", broker=url, backend=url, set_as_current=False)
        self.app.conf.task_ignore_result = True

        @self.app.task(name="bench.nothing", shared=False, lazy=False)
        def nothing(*args: Any) -> None: ...

        @self.app.task(name="bench.end", shared=False, lazy=False)
        def end(*args: Any, key: str) -> None: ...

        self.nothing: Any = nothing
        self.end: Any = end
        self.redis = Redis.from_url(url, socket_timeout=None)

    def last(self) -> tuple[Any, str]:
        """Return the task that says that it is over, and where it says so."""
        key = f"bench:{uuid.uuid4().hex}"
        return self.end.s(key=key), key

    def over(self, key: str) -> bool:
        """Wait for the end."""
        return self.redis.blpop([key], timeout=int(WITHIN)) is not None

    def drained(self) -> None:
        """Wait until no task is left in the broker."""
        while self.redis.llen("celery") or self.redis.hlen("unacked"):
            time.sleep(0.005)

    @property
    def received(self) -> int:
        """Bytes that went into the broker so far."""
        return self.redis.info("stats")["total_net_input_bytes"]


Made = tuple[Any, str]


def chords(bench: Bench, count: int, width: int) -> Made:
    """Return chained chords between a first and a last task."""
    last, key = bench.last()
    nothing = bench.nothing.s
    steps = [chord([nothing() for _ in range(width)], nothing(), app=bench.app) for _ in range(count)]
    return chain(nothing(), *steps, last, app=bench.app), key


def one_chord(bench: Bench, width: int) -> Made:
    """Return one chord."""
    last, key = bench.last()
    return chord([bench.nothing.s() for _ in range(width)], last, app=bench.app), key


def line(bench: Bench, length: int) -> Made:
    """Return a chain."""
    last, key = bench.last()
    return chain(*(bench.nothing.s() for _ in range(length - 1)), last, app=bench.app), key


class Shape(NamedTuple):
    """A canvas to measure."""

    name: str
    tasks: int
    make: Callable[[Bench], Made]


SHAPES = {
    "ten chords of 400": Shape("ten chained chords of 400", 4_012, lambda bench: chords(bench, 10, 400)),
    "ten chords of 1000": Shape(
        "ten chained chords of 1,000", 10_012, lambda bench: chords(bench, 10, 1_000)
    ),
    "chord of 5000": Shape("one chord of 5,000", 5_001, lambda bench: one_chord(bench, 5_000)),
    "chain of 200": Shape("chain of 200", 200, lambda bench: line(bench, 200)),
    "chain of 1000": Shape("chain of 1,000", 1_000, lambda bench: line(bench, 1_000)),
    "five chords of ten": Shape("five chained chords of ten", 57, lambda bench: chords(bench, 5, 10)),
}
SHORT = {
    "ten chords of 40": Shape("ten chained chords of 40", 412, lambda bench: chords(bench, 10, 40)),
    "chain of 50": Shape("chain of 50", 50, lambda bench: line(bench, 50)),
    "five chords of ten": SHAPES["five chords of ten"],
}


# --- the columns

Column = Callable[[Bench, Shape], float]


def plain(bench: Bench, shape: Shape) -> float:
    """Return the seconds that as many independent tasks take."""
    began = time.monotonic()
    with bench.app.producer_or_acquire() as producer:
        for _ in range(shape.tasks):
            bench.nothing.apply_async(producer=producer)
    bench.drained()
    return time.monotonic() - began


def native(bench: Bench, shape: Shape) -> float:
    """Return the seconds that the canvas takes when Celery runs it."""
    canvas, key = shape.make(bench)
    began = time.monotonic()
    canvas.apply_async()
    return _took(bench, key, began)


def conducted(bench: Bench, shape: Shape) -> float:
    """Return the seconds that the canvas takes when it is conducted."""
    canvas, key = shape.make(bench)
    began = time.monotonic()
    conduct(canvas, app=bench.app)
    return _took(bench, key, began)


def dyrygent(bench: Bench, shape: Shape) -> float:
    """Return the seconds that the canvas takes when celery-dyrygent runs it.

    It looks at results to see what has ended, so its tasks keep them.
    """
    from celery_dyrygent.tasks import register_workflow_processor  # type: ignore[import-not-found]
    from celery_dyrygent.workflows import Workflow  # type: ignore[import-not-found]

    canvas, key = shape.make(bench)
    register_workflow_processor(bench.app)
    began = time.monotonic()
    workflow = Workflow()
    workflow.add_celery_chain(canvas)
    for node in workflow.nodes.values():
        node.signature.set(ignore_result=False)
    workflow.apply_async()
    return _took(bench, key, began)


def _took(bench: Bench, key: str, began: float) -> float:
    if not bench.over(key):
        raise click.ClickException(f"not over within {WITHIN:g} s")
    return time.monotonic() - began


# --- the stage


class Recorded:
    """What the conductor has written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def changes(self) -> int:
        """Return how often it has changed a run."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute("SELECT sum(seq) FROM runs").fetchone()[0] or 0


class Stage:
    """Broker, worker and conductor, for as long as a table takes."""

    def __init__(self, bench: Bench, recorded: Recorded, conductor: Started, *, events: bool) -> None:
        self.bench = bench
        self.recorded = recorded
        self.conductor = conductor
        self.events = events

    def measure(self, columns: Iterable[Column], shape: Shape, rounds: int) -> dict[Column, float]:
        """Return the median of what each column takes; they take turns, as a machine has its moods."""
        taken: dict[Column, list[float]] = {column: [] for column in columns}
        for _ in range(rounds):
            for column, found in taken.items():
                if found and column in (native, dyrygent) and found[-1] > SLOW:
                    continue
                found.append(column(self.bench, shape))
                self.quiet()
        return {column: statistics.median(found) for column, found in taken.items()}

    def quiet(self) -> None:
        """Wait until the conductor has dealt with all that there is."""
        self.bench.drained()
        before = None
        while (now := (self.bench.redis.llen("umbel"), self.recorded.changes())) != before:
            before = now
            time.sleep(0.4)


@contextmanager
def stage(folder: Path, url: str, *, events: bool, profile: Path | None = None) -> Iterator[Stage]:
    """Start worker and conductor."""
    (folder / "bench_tasks.py").write_text(TASKS)
    path = folder / "umbel.db"
    upgrade(f"sqlite:///{path}")
    code = "from umbel.webui.cli import umbel; umbel()"
    if profile is not None:
        code = f"import cProfile; cProfile.run({code!r}, {str(profile)!r})"
    command = [sys.executable, "-c", code, "conductor", "--database-url", f"sqlite:///{path}"]
    worker = [sys.executable, "-m", "celery", "-A", "bench_tasks", "worker", "-c", "2", "-l", "WARNING"]
    worker += ["-E"] if events else []
    environment = {"BENCH_BROKER": url, "BENCH_EVENTS": "on" if events else "off", "PYTHONPATH": str(folder)}
    bench = Bench(url)
    with (
        started("conductor", command, folder, {"UMBEL_BROKER_URL": url}) as conductor,
        started("worker", worker, folder, environment),
    ):
        conductor.says("Conducting")
        there = Stage(bench, Recorded(path), conductor, events=events)
        for column in (plain, conducted):  # connections are made, code is loaded
            column(bench, SHAPES["five chords of ten"])
        there.quiet()
        yield there
        # Results of native canvases tell the broker, when they go, that nobody waits for them.
        pending: Any = bench.app.backend
        for results in pending._pending_results:
            results.clear()
        gc.collect()


# --- the tables


class Row(NamedTuple):
    """One comparison: what, seconds, against what, seconds, and what the ratio must be."""

    shape: str
    ours: float
    against: str
    theirs: float
    must: str

    def __str__(self) -> str:
        ratio = self.ours / self.theirs
        faster = f"{1 / ratio:.1f}x as fast" if ratio < 0.5 else f"{ratio:.2f}x its time"
        return (
            f"| {self.shape} | {self.ours:.2f} s | {self.against}: {self.theirs:.2f} s | {faster} "
            f"| {self.must} |"
        )


COMPARED = [
    ("ten chords of 400", plain, "<= 1.3x"),
    ("ten chords of 400", native, ">= 25x faster"),
    ("ten chords of 1000", plain, "<= 1.3x"),
    ("chord of 5000", native, "faster"),
    ("chain of 200", native, "<= 1.0x"),
    ("chain of 1000", native, ">= 3x faster"),
    ("five chords of ten", native, "<= 1.0x"),
    ("five chords of ten", dyrygent, ">= 50x faster"),
]
COMPARED_SHORT = [
    ("ten chords of 40", plain, "<= 1.3x"),
    ("ten chords of 40", native, "faster"),
    ("chain of 50", native, "<= 1.0x"),
    ("five chords of ten", native, "<= 1.0x"),
]


def times(there: Stage, rounds: int, *, short: bool, with_native: bool) -> Iterator[Row]:
    """Yield the comparisons, shape by shape."""
    shapes = SHORT if short else SHAPES
    compared: dict[str, dict[Column, str]] = {}
    for name, column, must in COMPARED_SHORT if short else COMPARED:
        is_there = find_spec("celery_dyrygent") if column is dyrygent else with_native or column is plain
        if is_there:
            compared.setdefault(name, {})[column] = must
    for name, columns in compared.items():
        found = there.measure([conducted, *columns], shapes[name], rounds)
        for column, must in columns.items():
            yield Row(shapes[name].name, found[conducted], column.__name__, found[column], must)


def traffic(there: Stage, shape: Shape, rounds: int) -> float:
    """Return the kB that go into the broker for each task."""
    before = there.bench.received
    for _ in range(rounds):
        conducted(there.bench, shape)
    there.bench.drained()
    return (there.bench.received - before) / shape.tasks / rounds / 1000


def memory(folder: Path, url: str) -> tuple[float, float]:
    """Return the MB at most of a conductor that has conducted 10,012 tasks, and of who submitted them."""
    with stage(folder, url, events=True) as there:
        asked = subprocess.run(
            [sys.executable, "-c", CLIENT.format(url=url)], capture_output=True, check=True
        )
        key, client = json.loads(asked.stdout)
        there.bench.over(key)
        there.quiet()
        return there.conductor.cost.peak, client


@click.command(help=__doc__)
@click.option("--rounds", default=5, show_default=True, help="Of each figure the median of so many is taken.")
@click.option("--short", is_flag=True, help="Small shapes, one round: whether it works, in half a minute.")
@click.option("--native/--no-native", "with_native", default=True, help="Compare with Celery's own canvases.")
@click.option("--events/--no-events", default=True, help="Whether the worker sends Celery's events.")
@click.option("--only", help="One shape alone, against plain tasks.")
@click.option("--profile", type=click.Path(path_type=Path), help="Keep a profile of the conductor here.")
def main(
    rounds: int, short: bool, with_native: bool, events: bool, only: str | None, profile: Path | None
) -> None:
    """Print the tables."""
    rounds = 1 if short else rounds
    with tempfile.TemporaryDirectory() as temporary, embedded.broker(temporary) as broker:
        folder = Path(temporary)
        with stage(folder, broker.url, events=events, profile=profile) as there:
            if only:
                shape = (SHAPES | SHORT)[only]
                costs = [there.conductor.cost.cpu]
                taken = []
                for column in (plain, conducted):
                    taken.append(there.measure([column], shape, rounds)[column])
                    costs.append(there.conductor.cost.cpu)
                click.echo(Row(shape.name, taken[1], "plain", taken[0], "<= 1.3x"))
                each = [(after - before) / shape.tasks / rounds * 1000 for before, after in pairwise(costs)]
                click.echo(f"ms of the conductor's CPU a task: {each[1]:.2f}, plain {each[0]:.2f}")
                return
            click.echo(f"\nEvents {'on' if events else 'off'}; cores: {os.cpu_count()}\n")
            click.echo("| canvas | conducted | against | that is | must be |\n|---|---|---|---|---|")
            for row in times(there, rounds, short=short, with_native=with_native):
                click.echo(row)
            small = traffic(there, SHAPES["five chords of ten"], 2 if short else 20)
            large = traffic(there, (SHORT["ten chords of 40"] if short else SHAPES["ten chords of 1000"]), 1)
            limit = "<= 8 kB" if events else "<= 6 kB"
            click.echo(f"| into the broker, a task | {small:.1f} kB, of many {large:.1f} kB | | | {limit} |")
        if not short:
            (other := folder / "memory").mkdir()
            ours, client = memory(other, f"{broker.url.removesuffix('/0')}/1")
            click.echo(f"| memory at 10,012 tasks | {ours:.0f} MB | | | <= 200 MB |")
            click.echo(f"| memory to submit them | {client:.0f} MB | | | <= 100 MB |")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
