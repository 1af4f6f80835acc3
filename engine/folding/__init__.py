"""Folding: a graph of thousands of nodes as a few cards, by what is alike and what repeats."""

from .cards import Card, CardEdge, Folding, Frame
from .fold import fold

__all__ = [
    "Card",
    "CardEdge",
    "Folding",
    "Frame",
    "fold",
]
