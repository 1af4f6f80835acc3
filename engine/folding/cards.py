"""What a folding is: cards, edges between them, and frames around what repeats. Value types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class CardEdge(NamedTuple):
    """Some member of ``child`` waits for some member of ``parent``; ``weight`` edges of the graph say so."""

    parent: str
    child: str
    kind: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Nodes that are drawn as one."""

    id: str
    label: str  # the task, or how the row of tasks begins and ends; empty for a join
    members: Sequence[str]  # ids of nodes, in the order of the graph
    counts: Mapping[str | None, int]  # how many members each task has; null: joins
    can_open: bool = False  # whether there is structure in it

    @property
    def count(self) -> int:
        """How many nodes it has."""
        return len(self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Cards that show ``times`` copies at once: side by side (``parallel``) or in a row (``series``)."""

    id: str
    cards: Sequence[str]
    how: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """A graph as cards. Every node is a member of one; the edges make no circle."""

    cards: Sequence[Card]
    edges: Sequence[CardEdge]
    frames: Sequence[Frame]
    method: str
    homes: Mapping[str, str] = field(repr=False)  # node id -> card id

    def to_json(self) -> dict[str, Any]:
        """Return the folding as JSON values, without ``homes``: the members say the same."""
        return {
            "method": self.method,
            "cards": [
                {"id": card.id, "label": card.label, "members": list(card.members)}
                | {
                    "counts": [[task, count] for task, count in card.counts.items()],
                    "can_open": card.can_open,
                }
                for card in self.cards
            ],
            "edges": [list(edge) for edge in self.edges],
            "frames": [
                {"id": frame.id, "cards": list(frame.cards), "how": frame.how, "times": frame.times}
                for frame in self.frames
            ],
        }
