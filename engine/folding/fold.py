"""Which nodes are alike, what repeats, and what of it is seen: see :func:`fold`."""

from collections import Counter, deque
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..dag import Dag
from .cards import Card, CardEdge, Folding, Frame
from .core import classes
from .forms import Forms, node_forms, shape
from .graph import Graph
from .opening import Box, opened
from .parts import SINK, SOURCE, Core, reduce
from .views import View

BUDGET = 60
ODD = 6  # cards for each node that is opened to because it has no like
NAMED = 3  # tasks that the label of a row names


def fold(
    dag: Dag,
    *,
    budget: int = BUDGET,
    opened_cards: Collection[str] = (),
    marks: Mapping[str, Hashable] | None = None,
) -> Folding:
    """Fold a graph: show its structure on a few cards.

    Parameters
    ----------
    dag
        A graph of n nodes and m edges.
    budget
        How many cards there are at most, 2 or more; what is opened on top of that has as much room again.
    opened_cards
        Ids of cards of an earlier folding of the same graph that are to be opened.
    marks
        What tells a node from its like, by node id: nodes with different marks are never one card while there
        is room. ``{failed_id: "failed"}`` shows failed members, and what hangs on them, beside the rest.

    Returns
    -------
    folding
        Its ``cards`` partition the nodes. Its ``edges`` lead from each card to later ones only, so that there
        is no circle. A ``frame`` says that what its cards show is there several times, side by side or one
        after another. ``method`` is ``series-parallel``, or what tells apart the parts of what is not:
        ``colour refinement`` (up to some ``round k``), ``depth and signature``, ``depth and task``,
        ``depth``, ``bands of depth``; ``as a whole`` if nothing does.

    Raises
    ------
    ValueError
        The budget is less than 2.

    Notes
    -----
    1. The graph is reduced to a tree of parts in series and in parallel (J. Valdes, R. E. Tarjan and E. L.
       Lawler, "The Recognition of Series Parallel Digraphs", SIAM Journal on Computing 11 (1982)). Where
       results meet in joins nearly every canvas is such a graph.
    2. Parts of equal structure get equal forms (hash-consing over task, options and callbacks, arguments
       aside), and repeats in a row are found.
    3. What is not series-parallel is put together by colour refinement (A. Cardon and M. Crochemore,
       "Partitioning a graph in O(|A| log2 |V|)", Theoretical Computer Science 19 (1982)), coarsened in
       stated steps until it has room.
    4. The tree is opened from the top until the budget is full. A node that has no like is opened to first,
       so that one odd node among thousands is a card of its own.

    Time is O(n + m) up to sorting, with up to eight rounds over what is not series-parallel. The result
    depends on nothing but the arguments. A card is named by its first node, so what is added elsewhere in the
    graph renames nothing; where the budget runs out, it may leave less room to open the rest.

    Examples
    --------
    >>> from celery import chord, signature
    >>> from umbel.engine import fold, to_dag
    >>> resize = [signature("resize", (number,), immutable=True) for number in range(1_000)]
    >>> folding = fold(to_dag(chord(resize, signature("pack"))))
    >>> [(card.label, card.count) for card in folding.cards]
    [('resize', 1000), ('pack', 1)]
    >>> folding.method
    'series-parallel'
    """
    if budget < 2:
        raise ValueError(f"A folding has two cards at least, so the budget cannot be {budget}.")
    return see(understand(Graph.of(dag, marks or {}), budget), opened_cards)


class Understood(NamedTuple):
    """A graph of which is known what is alike and what repeats, whatever of it is seen."""

    graph: Graph
    budget: int
    forms: Forms
    method: str
    root: View | None  # None where there are no nodes


def understand(graph: Graph, budget: int = BUDGET) -> Understood:
    """Find what is alike in a graph, and what repeats."""
    forms = Forms()
    if not graph.ids:
        return Understood(graph, budget, forms, "series-parallel", None)
    nodes = node_forms(graph.signatures(), forms, budget // ODD)
    core = reduce(graph.parents, graph.children, graph.hanging)
    for to in core.values():
        for part in to.values():
            if part is not None:
                shape(part, nodes, forms)
    return Understood(graph, budget, forms, *_root(core, graph.tasks, budget))


def see(found: Understood, opened_cards: Collection[str] = ()) -> Folding:
    """Return the folding of a graph with these cards open."""
    graph, budget, forms, method, root = found
    if root is None:
        return Folding(cards=[], edges=[], frames=[], method=method, homes={})
    top = opened(root, forms, budget=budget, wanted=frozenset(opened_cards), names=graph.ids)
    return _folding(top, method, graph)


def _root(core: Core, tasks: Sequence[str | None], budget: int) -> tuple[str, View]:
    whole = core[SOURCE].get(SINK)
    if len(core) == 2 and whole is not None:
        return "series-parallel", View([whole])
    method, views = classes(core, tasks, budget)
    return method, views[0] if len(views) == 1 else View([], how="stretch", views=views)


def _folding(top: Box, method: str, graph: Graph) -> Folding:
    homes = [0] * len(graph.ids)
    cards: list[Card] = []
    for place, box in enumerate(top.leaves()):
        members = sorted(box.view.nodes())
        for node in members:
            homes[node] = place
        counts = Counter([graph.tasks[node] for node in members])
        cards.append(
            Card(
                id=box.name(graph.ids),
                label=_label(box, counts),
                members=[graph.ids[node] for node in members],
                counts=counts,
                can_open=not box.view.is_node,
            )
        )
    found = Counter((homes[parent], homes[child], kind) for parent, child, kind in graph.edges())
    return Folding(
        cards=cards,
        edges=[
            CardEdge(cards[parent].id, cards[child].id, kind, count)
            for (parent, child, kind), count in sorted(found.items())
            if parent < child  # what leads back is one copy's way to the next: a frame says so
        ],
        frames=_frames(top, graph.ids),
        method=method,
        homes={node_id: cards[home].id for node_id, home in zip(graph.ids, homes, strict=True)},
    )


def _frames(top: Box, ids: Sequence[str]) -> list[Frame]:
    """Return what is around cards that show several copies, the outermost first."""
    found = [box for box in _boxes(top) if _is_frame(box)]
    inner: Counter[int] = Counter()
    frames: list[Frame] = []
    for box in reversed(found):  # numbered from within, so that what is put around renames nothing
        first = box.view.first
        cards = [leaf.name(ids) for leaf in box.leaves()]
        frames.append(
            Frame(id=f"{ids[first]}.{inner[first]}", cards=cards, how=box.view.how, times=box.view.times)
        )
        inner[first] += 1
    return frames[::-1]


def _boxes(top: Box) -> Iterator[Box]:
    due = deque([top])
    while due:
        yield (box := due.popleft())
        due.extend(box.inside)


def _is_frame(box: Box) -> bool:
    return box.view.times > 1 and not box.is_spread and box.view.how in ("parallel", "series")


def _label(box: Box, counts: Mapping[str | None, int]) -> str:
    """Return what a card is called: its task, or the first of its tasks and how many more there are."""
    named = [task for task in counts if task is not None]
    between = " \u2192 " if box.view.is_in_order else " + "
    more = f" + {len(named) - NAMED} more" if len(named) > NAMED else ""
    return between.join(named[:NAMED]) + more
