"""Foldings for the pages: by the indices of nodes, remembered by structure, large ones in a child process.

Any thread may call. What a folding depends on is spelled as JSON without ids or arguments, so that runs of
the same shape share it; the same text is what the child process is asked.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from . import dot
from .dag import Dag, Node
from .dot import DeadlineError
from .folding import Card, Folding, fold
from .folding.forms import IGNORED
from .remembered import Remembered
from .stretches import stretches

__all__ = ["FORM", "answer", "folded"]

FORM = "folding"  # what the child process calls it, beside the forms of Graphviz
ALOUD = 5_000  # nodes; more are folded in a child process
REMEMBERED = 64  # foldings that are kept


def folded(
    graph: Mapping[str, Any], *, opened: Collection[str] = (), deadline: float = 5.0
) -> dict[str, Any]:
    """Fold a run's graph, as ``store.reads.graph`` returns it.

    Parameters
    ----------
    graph
        ``nodes`` with ``index``, ``id``, ``task``, ``immutable`` and ``options``, in order; ``edges`` as
        triples of parent, child (indices) and kind.
    opened
        Ids of cards that are to be open; those that are none are ignored.
    deadline
        Seconds after which to give up, for graphs of more than ``ALOUD`` nodes.

    Returns
    -------
    folding
        ``{"method", "cards", "edges", "frames", "opened"}``: a card's ``members`` are pairs of a first index
        and how many follow each other, edges and frames name cards by their places.

    Raises
    ------
    DeadlineError
        There was not enough time.
    LayoutError
        The child process failed.
    """
    nodes = graph["nodes"]
    source = _spell(nodes, graph["edges"], _by_index(opened, nodes))
    if not (spelled := _memory.get(source)):
        spelled = _memory.put(source, _elsewhere(source, deadline) if len(nodes) > ALOUD else answer(source))
    found = json.loads(spelled)
    ids = {str(node["index"]): node["id"] for node in nodes}
    for card in found["cards"]:
        card["id"] = _named(card["id"], ids)
    return found | {"opened": [_named(each, ids) for each in found["opened"]]}


def _elsewhere(source: str, deadline: float) -> str:
    try:
        with dot.turn(deadline) as ask:
            return ask(source, FORM).decode()
    except DeadlineError:
        message = f"The graph was not folded within {deadline:g} s: it is too large, or others are in work."
        raise DeadlineError(message) from None


def _spell(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Sequence[Any]], opened: Sequence[str]) -> str:
    told = [[node["index"], node["task"], node["immutable"], _telling(node["options"])] for node in nodes]
    return json.dumps([told, edges, opened])


def _telling(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (options or {}).items() if name not in IGNORED}


def _by_index(opened: Collection[str], nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    if not opened:
        return []
    indices = {node["id"]: str(node["index"]) for node in nodes}
    found = set[str]()
    for card in opened:
        # A card has the id of its first node, and a number behind it where it is part of one that is open.
        first, _, part = card.rpartition("/")
        if card in indices:
            found.add(indices[card])
        elif first in indices and part.isdecimal():
            found.add(f"{indices[first]}/{part}")
    return sorted(found)


def _named(card: str, ids: Mapping[str, str]) -> str:
    first, slash, part = card.partition("/")
    return f"{ids[first]}{slash}{part}"


def answer(source: str) -> str:
    """Fold what ``source`` spells; return the folding as JSON, with indices of nodes for their ids. Pure."""
    nodes, edges, opened = json.loads(source)
    dag = Dag(
        (
            Node(id=str(index), task=task, immutable=immutable, options=options)
            for index, task, immutable, options in nodes
        ),
        [(str(parent), str(child), kind) for parent, child, kind in edges],
    )
    return json.dumps(_told(fold(dag, opened_cards=opened), opened))


def _told(folding: Folding, opened: Sequence[str]) -> dict[str, Any]:
    places = {card.id: place for place, card in enumerate(folding.cards)}
    return {
        "method": folding.method,
        "cards": [_card(card) for card in folding.cards],
        "edges": [
            [places[parent], places[child], kind, count] for parent, child, kind, count in folding.edges
        ],
        "frames": [
            {"how": frame.how, "times": frame.times, "cards": [places[card] for card in frame.cards]}
            for frame in folding.frames
        ],
        "opened": [each for each in opened if each not in places],
    }


def _card(card: Card) -> dict[str, Any]:
    tasks = list(card.counts)
    one = tasks[0] if len(tasks) == 1 else None
    kind = "join" if tasks == [None] else "task" if card.count == 1 else "many"
    return {
        "id": card.id,
        "label": one or card.label,
        "task": one,
        "members": list(stretches(sorted(map(int, card.members)))),
        "count": card.count,
        "can_open": card.can_open and card.count > 1,
        "kind": kind,
    }


_memory = Remembered[str](REMEMBERED)
