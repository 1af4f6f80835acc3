"""What watch(app) adds to sending: two apps in one process on one broker, one of them watched, taking turns.

    python benchmarks/watch.py [--rounds 20]

Prints milliseconds for each canvas or member, unwatched and watched, their difference and their ratio; first
by the clock, then by the processor, which tells the same on a busy machine.
"""

import gc
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from celery import Celery, chain, chord, group

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


def turn(send: Callable[[], Any], times: int, clock: Callable[[], float]) -> float:
    """Return the seconds that one call takes."""
    gc.collect()
    start = clock()
    for _ in range(times):
        send()
    return (clock() - start) / times


def measure(url: str, rounds: int) -> None:
    """Print a line for each case."""
    apps = [made(url, "unwatched"), made(url, "watched")]
    watch(apps[1])
    for clock, what in ((time.perf_counter, "elapsed"), (time.process_time, "processor")):
        click.echo(f"{what + ' ms':14}{'unwatched':>12}{'watched':>12}{'difference':>12}{'ratio':>8}")
        for send, times, messages in CASES:
            took: list[list[float]] = [[], []]
            for number in range(2 * rounds):
                seconds = turn(partial(send, apps[number % 2]), times, clock)
                took[number % 2].append(seconds / messages * 1000)
            # The quickest turn of each: whatever else the machine does comes on top of it.
            plain, watched = map(min, took)
            difference, ratio = watched - plain, watched / plain
            click.echo(f"{send.__name__:14}{plain:12.3f}{watched:12.3f}{difference:12.3f}{ratio:8.2f}")


@click.command(help=__doc__)
@click.option("--rounds", default=20, show_default=True)
def main(rounds: int) -> None:
    """Measure each case in turns."""
    with tempfile.TemporaryDirectory() as folder, embedded.broker(folder) as broker:
        measure(broker.url, rounds)
        gc.collect()  # the results of what was sent say goodbye to the broker


if __name__ == "__main__":
    main()
