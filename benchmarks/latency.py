"""How long after a task ended Umbel tells of it: from the worker's clock to the message on ``umbel.live``.

    python benchmarks/latency.py [--rate 5 --rate 200] [--seconds 10] [--kind group]

A real worker runs tasks that do nothing, sent at a steady rate; five a second is what the demo does. Printed
is the time from the end of each, as its worker saw it, to when a listener has the conductor's message that
says so, after the commit. A page gets it from there within 0.1 s. Tasks that nobody announces (``plain``) are
held for a second, in which their announcement might still come.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from ear import listening, spread
from observe import KINDS, Load, conductor, wait_for, worker

from umbel.engine import embedded
from umbel.engine.evidence import CODES

SUCCESS = CODES["SUCCESS"]
MEMBERS = 10  # of a group, at most


def delays(url: str, load: Load, rate: float, seconds: float, ends: Any) -> tuple[list[float], int]:
    """Return the delay of each task that was told of, and how many were sent."""
    found: list[float] = []

    def hear(message: dict[str, Any]) -> None:
        now = time.time()
        for run in message["runs"]:
            found.extend(now - row[3] for row in run["changes"] if row[1] == SUCCESS and row[3] is not None)

    before, sent, began = ends.count(), 0, time.monotonic()
    members = max(1, min(MEMBERS, round(rate)))
    with listening(url, hear):
        while time.monotonic() < began + seconds:
            sent += len(load.send(members))
            if (early := began + sent / rate - time.monotonic()) > 0:
                time.sleep(early)
        wait_for(ends, before + sent)
        time.sleep(0.2)  # the message follows the commit
    return found, sent


@click.command(help=__doc__)
@click.option(
    "--rate", "rates", multiple=True, default=(5.0, 200.0), show_default=True, help="Tasks a second."
)
@click.option("--seconds", default=10.0, show_default=True, help="For how long.")
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, default=("group", "plain"))
def main(rates: tuple[float, ...], seconds: float, kinds: tuple[str, ...]) -> None:
    """Measure each kind at each rate."""
    complete = True
    with tempfile.TemporaryDirectory() as folder, embedded.broker(folder) as broker:
        place, url = Path(folder), broker.url
        with conductor(place, url) as (_, ends), worker(place, url):
            for kind in kinds:
                load = Load(url, kind)
                delays(url, load, 20, 1, ends)  # connections are made, code is loaded
                for rate in rates:
                    found, sent = delays(url, load, rate, seconds, ends)
                    complete &= len(found) >= sent
                    click.echo(f"{sent:6} {kind} tasks, {rate:g} a second: {spread(found)}")
    sys.exit(not complete)


if __name__ == "__main__":
    main()
