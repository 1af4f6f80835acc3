"""Which nodes are alike, what repeats, and what of it is seen: see :func:`fold`."""

from collections import Counter, deque
from collections.abc import Collection, Hashable, Iterator, Mapping

from ..dag import Dag
from .cards import Card, CardEdge, Folding, Frame
from .core import classes
from .labels import Labels, label, signatures
from .opening import Box, card_id, opened
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
        What tells a node from its like, by node id: nodes with different marks are never one card while
        there is room. ``{failed_id: "failed"}`` shows failed members, and what hangs on them, beside the rest.

    Returns
    -------
    folding
        Its ``cards`` partition the nodes. Its ``edges`` lead from each card to later ones only, so that there
        is no circle. A ``frame`` says that what its cards show is there several times, side by side or one
        after another. ``method`` is ``series-parallel``, or says how what is not was put together.

    Notes
    -----
    1. The graph is reduced to a tree of parts in series and in parallel (:mod:`.parts`; Valdes, Tarjan and
       Lawler 1982). Where results meet in joins nearly every canvas is such a graph.
    2. Parts of equal structure get equal labels (:mod:`.labels`; hash-consing over task, options and
       callbacks, arguments aside), and repeats in a row are found (:mod:`.repeats`).
    3. What is not series-parallel is put together by colour refinement, coarsened in stated steps until it
       fits (:mod:`.core`).
    4. The tree is opened from the top until the budget is full (:mod:`.opening`). A node that has no like is
       opened to first, so that one odd node among thousands is a card of its own.

    Time is O(n + m) up to the sorting of members, but for the core: at most ``ROUNDS`` times O(m log m) there.
    The result depends on nothing but the arguments. A card is named by its first node and its level, so what
    is added elsewhere in the graph renames nothing.

    Examples
    --------
    >>> from celery import Celery, chord
    >>> from umbel.engine import fold, to_dag
    >>> app = Celery(set_as_current=False)
    >>> resize, pack = (app.task(lambda *_: None, name=name) for name in ("resize", "pack"))
    >>> folding = fold(to_dag(chord([resize.si(n) for n in range(10_000)], pack.s())))
    >>> [(card.label, card.count) for card in folding.cards]
    [('resize', 10000), ('pack', 1)]
    """
    if budget < 2:
        raise ValueError(f"A folding has two cards at least, so the budget cannot be {budget}.")
    graph = _Graph(dag)
    if not graph.ids:
        return Folding(cards=[], edges=[], frames=[], method="series-parallel", homes={})
    told = signatures(graph.nodes, graph.callbacks, marks or {})
    odd = _odd(told, budget)
    labels = Labels()
    core = reduce(graph.parents, graph.children)
    for to in core.values():
        for part in to.values():
            if part is not None:
                label(part, told, labels, odd)
    method, root = _root(core, graph.tasks, labels, budget)
    top = opened(root, labels, budget=budget, wanted=frozenset(opened_cards), names=graph.ids)
    return _folding(top, method, graph)


class _Graph:
    """A graph by the places of its nodes, 0 to n - 1."""

    def __init__(self, dag: Dag) -> None:
        self.nodes = dag.nodes
        self.ids = [node.id for node in self.nodes]
        self.tasks = [node.task for node in self.nodes]
        self.index = {node_id: place for place, node_id in enumerate(self.ids)}
        self.parents: list[list[int]] = [[] for _ in self.ids]
        self.children: list[list[int]] = [[] for _ in self.ids]
        self.callbacks: list[set[str]] = [set() for _ in self.ids]  # kinds of edges that lead there, but then
        self.edges = [(self.index[tail], self.index[head], kind) for tail, head, kind in dag.edges]
        for tail, head, kind in self.edges:
            self.parents[head].append(tail)
            self.children[tail].append(head)
            if kind != "then":
                self.callbacks[head].add(kind)


def _odd(signatures: list[Hashable], budget: int) -> set[Hashable]:
    """Return the signatures of nodes that have no like, if these are few."""
    odd = {signature for signature, count in Counter(signatures).items() if count == 1}
    return odd if len(odd) <= budget // ODD else set()


def _root(core: Core, tasks: list[str | None], labels: Labels, budget: int) -> tuple[str, View]:
    whole = core[SOURCE].get(SINK)
    if len(core) == 2 and whole is not None:
        return "series-parallel", View([[whole]])
    method, views = classes(core, tasks, labels, budget)
    return method, views[0] if len(views) == 1 else View([], "stretch", views)


def _folding(top: Box, method: str, graph: _Graph) -> Folding:
    homes = [0] * len(graph.ids)
    cards = []
    for place, box in enumerate(top.leaves()):
        members = sorted(box.view.nodes())
        for node in members:
            homes[node] = place
        cards.append(
            Card(
                id=card_id(box, graph.ids),
                label=_label(box, members, graph.tasks),
                members=[graph.ids[node] for node in members],
                counts=Counter(graph.tasks[node] for node in members),
                can_open=not box.view.is_node,
            )
        )
    found: Counter[tuple[int, int, str]] = Counter()
    for parent, child, kind in graph.edges:
        if homes[parent] < homes[child]:  # what leads back is one copy's way to the next: a frame says so
            found[homes[parent], homes[child], kind] += 1
    return Folding(
        cards=cards,
        edges=[CardEdge(cards[a].id, cards[b].id, kind, count) for (a, b, kind), count in sorted(found.items())],
        frames=list(_frames(top, graph.ids)),
        method=method,
        homes={node_id: cards[home].id for node_id, home in zip(graph.ids, homes, strict=True)},
    )


def _frames(top: Box, ids: list[str]) -> Iterator[Frame]:
    """Yield what is around cards that show several copies, the outermost first."""
    due = deque([top])
    while due:
        box = due.popleft()
        due.extend(box.inside)
        view = box.view
        if view.times > 1 and not box.is_spread and view.how in ("parallel", "series"):
            cards = [card_id(leaf, ids) for leaf in box.leaves()]
            yield Frame(id=card_id(box, ids), cards=cards, how=view.how, times=view.times)


def _label(box: Box, members: list[int], tasks: list[str | None]) -> str:
    """Return what a card is called: its task, or the first of its tasks and how many more there are."""
    named = list(dict.fromkeys(task for node in members if (task := tasks[node]) is not None))
    between = " \u2192 " if box.view.is_in_order else " + "
    more = f" + {len(named) - NAMED} more" if len(named) > NAMED else ""
    return between.join(named[:NAMED]) + more
