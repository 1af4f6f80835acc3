"""What cards are called: by the ids of nodes for those who ask, by their indices where they are folded.

A card has the id of its first node, and a number behind it where it is part of one that is open: ``id/1``.
"""

from collections.abc import Collection, Mapping
from typing import Any

from ...engine.store import Store, structure


def by_index(store: Store, run_id: str, opened: Collection[str]) -> list[str]:
    """Return what these are called where they are folded; those of no node are left out."""
    ids = {part for card in opened for part in (card, card.rpartition("/")[0])}
    return sorted(_told(opened, structure.indices(store, run_id, ids)))


def _told(opened: Collection[str], indices: Mapping[str, int]) -> set[str]:
    found: set[str] = set()
    for card in opened:
        first, _, part = card.rpartition("/")
        if card in indices:
            found.add(str(indices[card]))
        elif first in indices and part.isdecimal():
            found.add(f"{indices[first]}/{part}")
    return found


def by_id(store: Store, run_id: str, folding: dict[str, Any]) -> dict[str, Any]:
    """Return a folding whose cards have the ids of their nodes."""
    cards = [card["id"] for card in folding["cards"]]
    ids = structure.ids(store, run_id, {_first(card) for card in (*cards, *folding["opened"])})

    def named(card: str) -> str:
        _, slash, part = card.partition("/")
        return f"{ids[_first(card)]}{slash}{part}"

    return folding | {
        "cards": [card | {"id": named(card["id"])} for card in folding["cards"]],
        "opened": [named(card) for card in folding["opened"]],
    }


def _first(card: str) -> int:
    return int(card.partition("/")[0])
