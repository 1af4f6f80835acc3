"""Foldings for the pages: by the indices of nodes, remembered by structure, large ones in a child process.

Any thread may call. What a folding depends on is text without ids or arguments (see ``store.structure``), so
that runs of the same shape share it; the same text is what the child process is asked.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from . import dot
from .dot import DeadlineError
from .folding import Card, Folding
from .folding.fold import BUDGET, ODD, Understood, see, understand
from .folding.graph import Graph
from .remembered import Remembered
from .shape import read
from .stretches import stretches

__all__ = ["FORM", "answer", "folded", "graph", "understood"]

FORM = "folding"  # what the child process calls it, beside the forms of Graphviz
ALOUD = 5_000  # tasks; runs of more are folded in a child process
REMEMBERED = 64  # foldings that are kept


def folded(
    structure: str,
    *,
    size: int,
    opened: Collection[str] = (),
    apart: Mapping[str, Sequence[int]] = MappingProxyType({}),
    shown: Collection[int] = (),
    deadline: float = 5.0,
) -> dict[str, Any]:
    """Fold a run's graph.

    Parameters
    ----------
    structure
        The text of a :class:`umbel.engine.store.structure.Structure`.
    size
        How many tasks it has.
    opened
        Ids of cards that are to be open; those that are none are ignored.
    apart
        Indices of nodes that are to be told from their like, by what they have in common.
    shown
        Indices of nodes that are to be cards of their own, each with what hangs on it; on top of the budget.
    deadline
        Seconds after which to give up, for graphs of more than ``ALOUD`` tasks.

    Returns
    -------
    folding
        ``{"method", "cards", "edges", "frames", "opened"}``: a card's ``members`` are pairs of a first index
        and how many follow each other, edges and frames name cards by their places. The id of a card is the
        index of its first node, and ``/1`` and so on behind it where it is part of one that is open.

    Raises
    ------
    DeadlineError
        There was not enough time.
    LayoutError
        The child process failed.
    """
    wanted = [sorted(set(opened)), sorted((mark, sorted(each)) for mark, each in apart.items())]
    source = f"{json.dumps([*wanted, sorted(set(shown))])}\n{structure}"
    if not (spelled := _memory.get(source)):
        spelled = _memory.put(source, _elsewhere(source, deadline) if size > ALOUD else answer(source))
    return json.loads(spelled)


def _elsewhere(source: str, deadline: float) -> str:
    try:
        with dot.turn(deadline) as ask:
            return ask(source, FORM).decode()
    except DeadlineError:
        message = f"The graph was not folded within {deadline:g} s: it is too large, or others are in work."
        raise DeadlineError(message) from None


def answer(source: str, find: Callable[[str, str], Understood] | None = None) -> str:
    """Fold what ``source`` spells; return the folding as JSON. Pure, if ``find`` is.

    ``find`` is :func:`understood`, or remembers what that has returned: most of the time is taken by it,
    and it is the same for a graph whatever is open.
    """
    asked, _, structure = source.partition("\n")
    opened, *told_apart = json.loads(asked)
    found = (find or understood)(structure, json.dumps(told_apart))
    return json.dumps(_told(see(found, opened), opened))


def understood(structure: str, told_apart: str) -> Understood:
    """Return what is alike in a structure, where some nodes are told from their like."""
    apart, shown = json.loads(told_apart)
    marks = {index: mark for mark, indices in reversed(apart) for index in indices}
    marks |= {index: f"shown {index}" for index in shown}
    return understand(graph(structure, marks), BUDGET + ODD * len(shown))


def graph(structure: str, marks: Mapping[int, str] = MappingProxyType({})) -> Graph:
    """Return the graph of a structure; a node is called by its index, and may have a mark."""
    tasks, kinds, edges = read(structure)
    indices = sorted(tasks)
    place = {index: at for at, index in enumerate(indices)}
    return Graph(
        [str(index) for index in indices],
        [tasks[index] for index in indices],
        [(kinds[index], marks.get(index)) for index in indices],
        ((place[parent], place[child], kind) for parent, child, kind in edges),
    )


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
