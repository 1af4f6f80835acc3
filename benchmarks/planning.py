"""What planning a resubmission takes: from the database to the JSON that a page is told.

    python benchmarks/planning.py [--nodes 10000] [--times 7] [--database sqlite --database postgresql]

A run of chains side by side, a hundred of them, of which three have failed halfway: conducted by Umbel, and
watched. The last column says what a node of such a run costs, in times of what one of a run a tenth as large
does.
"""

import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import click
from history import database
from writing import Kept, ended, failed

from umbel.engine.choice import Choice
from umbel.engine.machine import Changes, Node
from umbel.engine.plan import plan
from umbel.engine.store import Store, open_store, planning

WIDE = 100  # chains
FAILED = 3  # of them


def make(store: Store, number: int, nodes: int, kind: str) -> str:
    """Keep a run of that size, and return its id."""
    kept = Kept(store, nodes, nodes)
    kept.run.id, kept.run.number, kept.run.kind = f"r{number}", number, kind
    submitted = kept.submit()
    for idx, spec in submitted.specs.items():
        object.__setattr__(spec, "id", f"{number}{spec.id[1:]}")
        submitted.nodes[idx] = submitted.nodes[idx]._replace(id=spec.id, conducted=kind == "conducted")
        if idx >= WIDE:
            object.__setattr__(spec, "inputs", submitted.specs[idx - WIDE].id)
    submitted.edges = [(*edge[:3], -1) for edge in submitted.edges]
    kept.commit(submitted)
    middle = nodes // WIDE // 2

    def end(changes: Changes, node: Node) -> None:
        row, column = divmod(node.idx, WIDE)
        if column >= FAILED or row < middle:
            ended(changes, node)
        elif row == middle:
            failed(changes, node)
        else:
            changes.nodes[node.idx] = node._replace(state="BLOCKED")

    for changes in kept.batches(end):
        kept.commit(changes)
    return kept.run.id


def spent(times: int, act: Callable[[], object]) -> float:
    """Return the milliseconds that ``act`` takes, in the middle of some times."""

    def once() -> float:
        begun = time.perf_counter()
        act()
        return 1e3 * (time.perf_counter() - begun)

    return median(once() for _ in range(times))


def measure(store: Store, runs: dict[int, str], times: int) -> None:
    """Print what planning each of these runs takes."""
    costs = []
    for nodes, run in runs.items():
        past = planning.past(store, run)
        assert past is not None
        made = plan(past, Choice(failed=True))
        read = spent(times, lambda run=run: planning.past(store, run))

        def planned(run: str = run) -> str:
            known = planning.past(store, run)
            assert known is not None
            return json.dumps(plan(known, Choice(failed=True)).to_json())

        whole = spent(times, planned)
        costs.append(whole / nodes)
        click.echo(f"{nodes:>8}{read:12.1f}{whole:12.1f}{costs[-1] / costs[0]:12.2f}   {made.label}")


@click.command(help=__doc__)
@click.option("--nodes", default=10_000, show_default=True)
@click.option("--times", default=7, show_default=True, help="How often each plan is made.")
@click.option("--database", "kinds", multiple=True, default=("sqlite", "postgresql"), show_default=True)
def main(nodes: int, times: int, kinds: tuple[str, ...]) -> None:
    """Measure each database."""
    for database_kind in kinds:
        with tempfile.TemporaryDirectory() as folder, database(database_kind, Path(folder)) as url:
            store = open_store(url)
            for place, kind in enumerate(("conducted", "native")):
                sizes = [nodes // 10, nodes]
                runs = {size: make(store, 2 * place + at + 1, size, kind) for at, size in enumerate(sizes)}
                click.echo(f"\n{database_kind}, {kind}")
                click.echo(f"{'nodes':>8}{'read, ms':>12}{'plan, ms':>12}{'a node':>12}")
                gc.collect()
                gc.freeze()  # as a web process does when it begins
                measure(store, runs, times)
            store.close()


if __name__ == "__main__":
    main()
