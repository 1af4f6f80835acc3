"""What it costs to keep a conducted run of 10,000 tasks: CPU of this process for each change of a task.

    python benchmarks/writing.py [--nodes 10000] [--batch 500] [--database sqlite --database postgresql]

The changes come in batches, as a busy conductor makes them, and each batch is one transaction.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from history import database

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Changes, Node, Outcome, Run, apply
from umbel.engine.rules import Rules
from umbel.engine.run import Action
from umbel.engine.store import Store, open_store, outbox
from umbel.engine.store.writes import Staged, load_run, save

RULES = Rules(timeout=60.0, lock="disk")


class Kept:
    """A run whose changes are kept, and how long that takes."""

    def __init__(self, store: Store, nodes: int, batch: int) -> None:
        self.store = store
        self.size = nodes
        self.batch = batch
        self.run = Run(id="r", number=1, created=1.0, kind="conducted")
        self.number = 1

    def commit(self, changes: Changes) -> None:
        """Keep ``changes`` in one transaction."""
        staged = Staged(run=self.run, known=len(self.run.nodes), is_new=self.run.seq == 0)
        apply(self.run, changes)
        staged.add(changes, self.number)
        self.number += len(changes.sent)
        self.run.seq += 1
        with self.store.write() as connection:
            if changes.sent:
                outbox.published(connection, self.number - len(changes.sent) - 1)
            save(connection, [staged], self.store.keeping)

    def submit(self) -> Changes:
        """Return a run of chords: each hundred tasks wait for the hundred before."""
        specs = {
            idx: Spec(
                id=f"{idx:08x}-aaaa-bbbb-cccc-0123456789ab",
                task="shop.orders.step",
                args=[idx, "x" * 20],
                kwargs={"order": idx},
                options={"queue": "celery", "priority": 3},
            )
            for idx in range(self.size)
        }
        changes = Changes(specs=dict(specs), touched=set(specs))
        for idx, spec in specs.items():
            changes.nodes[idx] = Node(idx, spec.id, spec.task, conducted=True, rules=RULES)
            if idx >= 100:
                changes.edges.append((idx - 100, idx, "then", 0))
        return changes

    def batches(self, change: Callable[[Changes, Node], None]) -> Iterator[Changes]:
        """Yield what ``change`` adds for each node, in batches."""
        for first in range(0, self.size, self.batch):
            changes = Changes()
            for node in self.run.nodes[first : first + self.batch]:
                changes.touched.add(node.idx)
                change(changes, node)
            yield changes


def sent(changes: Changes, node: Node) -> None:
    """The conductor sends it."""
    changes.nodes[node.idx] = node._replace(state="SENT", sent=1e9)
    changes.sent.append((node.idx, node.id))


def started(changes: Changes, node: Node) -> None:
    """A worker begins with it."""
    seen = (Evidence("received", 1e9, "celery@host", 0, seen=1e9), Evidence("started", 1e9, "celery@host"))
    changes.nodes[node.idx] = node._replace(state="STARTED", started=1e9, worker="celery@host", evidence=seen)


def ended(changes: Changes, node: Node) -> None:
    """It returns something."""
    changes.nodes[node.idx] = node._replace(state="SUCCESS", finished=1e9, runtime=0.1)
    changes.outcomes[node.idx] = Outcome('{"json":{"order":12,"items":["a","b","c"]}}', 33)


def failed(changes: Changes, node: Node) -> None:
    """It raises."""
    changes.nodes[node.idx] = node._replace(state="FAILURE", reason="error", finished=1e9)
    changes.outcomes[node.idx] = Outcome(None, None, "ConnectionError('refused')", "Traceback\n" * 30)


def spent(what: str, nodes: int, act: Callable[[], object]) -> None:
    """Print the time that ``act`` takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    click.echo(f"{what:32}{1e6 * cpu / nodes:12.1f}{1e6 * wall / nodes:12.1f}{wall:12.2f}")


def measure(store: Store, nodes: int, batch: int) -> None:
    """Print what each kind of change costs."""
    kept = Kept(store, nodes, batch)

    def all_of(change: Callable[[Changes, Node], None]) -> Callable[[], object]:
        return lambda: [kept.commit(changes) for changes in kept.batches(change)]

    def cancelled() -> None:
        changes = Changes(actions=[Action(1e9, "ann", "cancel", {"terminate": False})])
        for node in kept.run.nodes:
            changes.nodes[node.idx] = node._replace(state="REVOKED", reason="revoked", finished=1e9)
        changes.touched = set(changes.nodes)
        kept.commit(changes)

    def load() -> None:
        with store.read() as connection:
            load_run(connection, 1)

    click.echo(f"{'':32}{'CPU, us':>12}{'wall, us':>12}{'all, s':>12}")
    spent("submitted, at once", nodes, lambda: kept.commit(kept.submit()))
    for change in (sent, started, ended, failed):
        spent((change.__doc__ or "").rstrip("."), nodes, all_of(change))
    spent("cancelled, at once", nodes, cancelled)
    spent("loaded", nodes, load)


@click.command(help=__doc__)
@click.option("--nodes", default=10_000, show_default=True)
@click.option("--batch", default=500, show_default=True, help="Changes in one transaction.")
@click.option("--database", "kinds", multiple=True, default=("sqlite",), show_default=True)
def main(nodes: int, batch: int, kinds: tuple[str, ...]) -> None:
    """Measure each database."""
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
            click.echo(f"\n{kind}: a change of one task of {nodes}, {batch} in a transaction")
            store = open_store(url)
            measure(store, nodes, batch)
            store.close()


if __name__ == "__main__":
    main()
