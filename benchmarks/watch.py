"""What watch(app) adds to sending: two apps in one process on one broker, one of them watched, taking turns.

    python benchmarks/watch.py [--rounds 20]

Prints milliseconds for each canvas or member, unwatched and watched, their difference and their ratio, of the
quickest turns; and how far the medians differ. By the clock, and by the processor, which tells the same on a
busy machine.
"""

import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from celery import Celery, chain, chord, group
from celery.signals import before_task_publish

from umbel.engine import embedded, watch

MEMBERS = 500


def made(url: str, name: str) -> Celery:
    """Return an app with one task."""
    app = Celery(name, broker=url, backend=url, set_as_current=False)

    @app.task(name="task", shared=False, lazy=False)
    def nothing(*args: Any) -> None: ...

    return app


def short_chain(app: Celery) -> None:
    """Send a chain of three."""
    task = app.tasks["task"]
    chain(task.s(1), task.s(2), task.s(3)).apply_async()


def long_chain(app: Celery) -> None:
    """Send a chain of a hundred."""
    task = app.tasks["task"]
    chain(*[task.s(number) for number in range(100)]).apply_async()


def linked(app: Celery) -> None:
    """Send one task with two links and an errback."""
    task = app.tasks["task"]
    task.apply_async((1,), link=[task.s(2), task.s(3)], link_error=[task.s(4)])


def wide_group(app: Celery) -> None:
    """Send a group."""
    task = app.tasks["task"]
    group([task.s(number) for number in range(MEMBERS)], app=app).apply_async()


def wide_chord(app: Celery) -> None:
    """Send a chord with a body of two."""
    task = app.tasks["task"]
    chord([task.s(number) for number in range(MEMBERS)], task.s() | task.s(), app=app).apply_async()


def lone(app: Celery) -> None:
    """Send one task."""
    app.tasks["task"].delay(1)


CASES: list[tuple[Callable[[Celery], None], int, int]] = [  # what, how often in a turn, messages in each
    (lone, 100, 1),
    (short_chain, 50, 1),
    (long_chain, 5, 1),
    (linked, 50, 1),
    (wide_group, 1, MEMBERS),
    (wide_chord, 1, MEMBERS),
]


def turn(send: Callable[[], Any], times: int) -> tuple[float, float]:
    """Return the milliseconds of one call: by the clock, and of the processor, all threads together."""
    gc.collect()
    start, used = time.perf_counter(), time.process_time()
    for _ in range(times):
        send()
    elapsed, processor = time.perf_counter() - start, time.process_time() - used
    return elapsed / times * 1000, processor / times * 1000


def compare(apps: list[Celery], send: Callable[[Celery], None], times: int, rounds: int) -> list[Any]:
    """Return what each turn took of an unwatched app and of a watched one."""
    took: list[Any] = [[], []]
    watcher = vars(apps[1])["_umbel_watcher"]
    for number in range(2 * rounds):
        watched = number % 2
        # A signal that nobody listens to costs nothing, and so it is without Umbel.
        if watched:
            before_task_publish.connect(watcher.on_publish)
        took[watched].append(turn(partial(send, apps[watched]), times))
        before_task_publish.disconnect(watcher.on_publish)
    return took


def measure(url: str, rounds: int) -> None:
    """Print two lines for each case."""
    apps = [made(url, "unwatched"), made(url, "watched")]
    watch(apps[1])
    columns = "".join(
        f"{word:>12}" for word in ("unwatched", "watched", "difference", "ratio", "median diff.")
    )
    click.echo(f"{'ms':24}{columns}")
    for send, times, messages in CASES:
        plain, watched = compare(apps, send, times, rounds)
        for what, index in (("elapsed", 0), ("processor", 1)):
            without, with_ = ([turn[index] / messages for turn in turns] for turns in (plain, watched))
            # The quickest turn of each: whatever else the machine does comes on top of it.
            least, most = min(without), min(with_)
            middle = statistics.median(with_) - statistics.median(without)
            figures = f"{least:12.4f}{most:12.4f}{most - least:12.4f}{most / least:12.2f}{middle:12.4f}"
            click.echo(f"{send.__name__ + ', ' + what:24}{figures}")


def imports(rounds: int) -> None:
    """Print what importing costs beyond importing Celery."""
    both = "import time, celery, celery.signals; start = time.perf_counter(); "
    code = both + "from umbel.engine import watch; print(time.perf_counter() - start)"
    took = [float(subprocess.check_output([sys.executable, "-c", code])) * 1000 for _ in range(rounds)]
    click.echo(f"import beyond Celery's own: {min(took):.1f} ms, median {statistics.median(took):.1f} ms")


@click.command(help=__doc__)
@click.option("--rounds", default=20, show_default=True)
def main(rounds: int) -> None:
    """Measure each case in turns."""
    with tempfile.TemporaryDirectory() as folder, embedded.broker(folder) as broker:
        imports(rounds)
        measure(broker.url, rounds)
        gc.collect()  # the results of what was sent say goodbye to the broker


if __name__ == "__main__":
    main()
