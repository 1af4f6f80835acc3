"""How long it takes to fold a graph, and how that grows with its size.

    python benchmarks/folding.py [--nodes 1000 --nodes 10000 --nodes 100000] [--repeat 3] [--collect]

Folds graphs of three shapes: ten chords in a row, chains of 20 side by side, and a random graph in forty
layers with three edges for each node. Tasks have options, and ids are as long as Celery's. Prints the cards,
how they came about and the CPU seconds of the best of three; then by what power of the nodes these grow from
one size to the next (1 is linear).

Python's garbage collector is off meanwhile, as it is in the child process that folds for the pages: it would
go through all nodes again and again, and find nothing. ``--collect`` leaves it on.
"""

import gc
import math
import random
import time
from collections.abc import Callable
from itertools import pairwise

import click

from umbel.engine import Dag, Folding, Node, fold

LAYERS = 40


class Drawing:
    """A graph in the making."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        self.nodes: list[Node] = []
        self.edges: dict[tuple[str, str, str], None] = {}

    def add(self, task: str, *parents: str) -> str:
        """Add a node that waits for ``parents``; return its id."""
        node = Node(
            id=f"{self.chance.getrandbits(128):032x}", task=task, options={"queue": "bulk", "priority": 3}
        )
        self.nodes.append(node)
        self.edges |= {(parent, node.id, "then"): None for parent in parents}
        return node.id


def chords(drawing: Drawing, nodes: int) -> None:
    """Draw ten chords, each after the one before."""
    last: list[str] = []
    for _ in range(10):
        last = [
            drawing.add("shop.pack", *[drawing.add("shop.resize", *last) for _ in range(nodes // 10 - 1)])
        ]


def chains(drawing: Drawing, nodes: int) -> None:
    """Draw chains of 20."""
    for _ in range(nodes // 20):
        last: list[str] = []
        for step in range(20):
            last = [drawing.add(f"shop.step_{step}", *last)]


def layered(drawing: Drawing, nodes: int) -> None:
    """Draw layers, with edges from each to the next."""
    rows = [
        [drawing.add(f"shop.task_{drawing.chance.randrange(3)}") for _ in range(nodes // LAYERS)]
        for _ in range(LAYERS)
    ]
    ways = list(pairwise(rows))
    while len(drawing.edges) < 3 * nodes:
        above, below = drawing.chance.choice(ways)
        drawing.edges[drawing.chance.choice(above), drawing.chance.choice(below), "then"] = None


SHAPES: dict[str, Callable[[Drawing, int], None]] = {
    "ten chords": chords,
    "chains of 20": chains,
    "random layers": layered,
}


def measured(dag: Dag, repeat: int, *, collect: bool) -> tuple[Folding, float]:
    """Return the folding and the CPU seconds of the fastest of ``repeat``."""
    folding, best = fold(dag), math.inf
    for _ in range(repeat):
        gc.collect()
        if not collect:
            gc.disable()
        began = time.process_time()
        folding = fold(dag)
        best = min(best, time.process_time() - began)
        gc.enable()
    return folding, best


@click.command()
@click.option("--nodes", multiple=True, type=int, default=(1_000, 10_000, 100_000), show_default=True)
@click.option("--repeat", default=3, show_default=True)
@click.option("--collect", is_flag=True, help="Leave the garbage collector on.")
def main(nodes: tuple[int, ...], repeat: int, collect: bool) -> None:
    """Print how long folding takes."""
    click.echo("| shape | nodes | edges | cards | method | CPU seconds | grows with the power |")
    click.echo("|---|---|---|---|---|---|---|")
    for name, draw in SHAPES.items():
        before: tuple[int, float] | None = None
        for count in sorted(nodes):
            draw(drawing := Drawing(), count)
            dag = Dag(drawing.nodes, drawing.edges)
            folding, seconds = measured(dag, repeat, collect=collect)
            size = f"{len(dag):,} | {len(drawing.edges):,}"
            power = math.log(seconds / before[1]) / math.log(len(dag) / before[0]) if before else math.nan
            shown = f"{power:.2f}" if before else ""
            click.echo(
                f"| {name} | {size} | {len(folding.cards)} | {folding.method} | {seconds:.3f} | {shown} |"
            )
            before = len(dag), seconds


if __name__ == "__main__":
    main()
