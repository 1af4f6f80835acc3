"""Nodes that stand in the same place of a graph, in rows and columns.

A chord of 300 is a needle when each of its members has a line of its own: nothing of it can be read. Members
that wait for the same nodes, and that the same nodes wait for, are drawn as a *block* instead: Graphviz
places one box, the edges lead to the box, and the members stand in it in their order.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

COLUMN = 24  # alike nodes that still stand one below the other
SPACE = 12  # px between members, and around them
SHAPE = 1.6  # width of a block by its height, about: that of a screen

Box = tuple[Hashable, float, float]  # id, width, height


@dataclass(frozen=True, eq=False)
class Block:
    """Boxes of one size, in rows of ``columns``."""

    members: tuple[Hashable, ...]
    columns: int
    box: tuple[float, float]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in px."""
        rows = math.ceil(len(self.members) / self.columns)
        width, height = self.box
        return self.columns * (width + SPACE) + SPACE, rows * (height + SPACE) + SPACE

    def places(self, x: float, y: float) -> Iterable[tuple[Hashable, tuple[float, float]]]:
        """Yield each member with its centre, when the block's own is at ``x``, ``y``."""
        width, height = self.box
        left, top = (centre - length / 2 + SPACE for centre, length in zip((x, y), self.size, strict=True))
        for number, member in enumerate(self.members):
            row, column = divmod(number, self.columns)
            across, down = column * (width + SPACE) + width / 2, row * (height + SPACE) + height / 2
            yield member, (round(left + across, 1), round(top + down, 1))


def find(nodes: Sequence[Box], edges: Iterable[tuple[Hashable, Hashable]]) -> list[Block]:
    """Return the blocks of a graph: more than 24 nodes of one size with the same parents and children."""
    parents: dict[Hashable, set[Hashable]] = defaultdict(set)
    children: dict[Hashable, set[Hashable]] = defaultdict(set)
    for parent, child in edges:
        parents[child].add(parent)
        children[parent].add(child)
    alike: dict[Hashable, list[Hashable]] = defaultdict(list)
    for node, *size in nodes:
        alike[(*size, frozenset(parents[node]), frozenset(children[node]))].append(node)
    sizes = {node: (width, height) for node, width, height in nodes}
    return [_block(tuple(group), sizes[group[0]]) for group in alike.values() if len(group) > COLUMN]


def _block(members: tuple[Hashable, ...], box: tuple[float, float]) -> Block:
    width, height = (length + SPACE for length in box)
    return Block(members, math.ceil(math.sqrt(len(members) * SHAPE * height / width)), box)
