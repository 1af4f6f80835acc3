"""Changes in the making, over a run that stays as it is. Pure."""

from collections import Counter, deque
from collections.abc import Iterable

from .dag import Node as Spec
from .errors import DagError
from .messages import Announced
from .parents import (
    Signal,
    connected,
    explained,
    is_retold,
    retold,
    settled,
    signal,
    waits_unseen,
    with_callback,
)
from .rules import Rules
from .run import LIVE, UNKNOWN, Changes, EdgeRow, Node, Run


class Draft:
    """What one message changes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.changes = Changes()
        self.index: dict[str, int] = {}
        self.edges: set[EdgeRow] = set()
        self.children: dict[int, list[tuple[int, str]]] = {}
        self.told: deque[tuple[Node, Signal, Signal]] = deque()

    def node(self, index: int) -> Node:
        return self.changes.nodes.get(index) or self.run.nodes[index]

    def find(self, node_id: str) -> int | None:
        return self.index.get(node_id, self.run.index.get(node_id))

    def offspring(self, index: int) -> Iterable[tuple[int, str]]:
        if index < len(self.run.children):
            yield from self.run.children[index]
        yield from self.children.get(index, ())

    def announce(self, message: Announced) -> None:
        for spec in message.nodes:
            self._merge(spec, message.conducted)
        self.spread()
        for parent, child, kind, position in message.edges:
            self._connect(parent, child, kind, -1 if position is None else position)

    # what follows from them

    def _merge(self, spec: Spec, conducted: bool) -> None:
        index = self.find(spec.id)
        if index is None:
            index = len(self.run.nodes) + len(self.index)
            self.index[spec.id] = index
            self.changes.specs[index] = spec
            rules = rules_of(self.run, spec) if conducted and spec.task is not None else None
            self.changes.nodes[index] = Node(index, spec.id, spec.task, conducted=conducted, rules=rules)
        elif _is_better(spec.task, (old := self.node(index)).task):
            # An edge, a group's member or the task's end came before the task itself.
            self.changes.specs[index] = spec
            self.put(settled(old._replace(task=spec.task)))

    def _connect(self, parent: str, child: str, kind: str, position: int) -> None:
        for end in (parent, child):
            if self.find(end) is None:
                self._merge(Spec(id=end, task=None), conducted=False)
        above, below = self.find(parent), self.find(child)
        assert above is not None
        assert below is not None
        edge = (above, below, kind, position)
        if edge in self.run.edges or edge in self.edges:
            return
        self.edges.add(edge)
        self.changes.edges.append(edge)
        if kind == "error" and self.node(above).conducted:
            self.put(with_callback(self.node(above)))
            self.spread()
        self.children.setdefault(above, []).append((below, kind))
        cause = self.node(above)
        node = connected(self.node(below), cause, kind, position)
        self.put(explained(settled(node), cause))
        self.spread()

    def put(self, node: Node) -> None:
        index = node.idx
        old = self.changes.nodes.get(index) or self.run.nodes[index]
        self.changes.nodes[index] = node
        if old[:-1] != node[:-1]:
            self.changes.touched.add(index)
        before, after = signal(old), signal(node)
        if before != after:
            self.told.append((node, before, after))

    def spread(self) -> None:
        """Tell children what became of their parents. It ends even in a circle, which only a forger sends."""
        rest = 8 * (len(self.run.nodes) + len(self.index)) + 64
        while self.told and rest:
            rest -= 1
            cause, before, after = self.told.popleft()
            for child, kind in self.offspring(cause.idx):
                if is_retold(kind, before, after):
                    node = self.node(child)
                    node = node._replace(tally=retold(node.tally, kind, before, after))
                    self.put(explained(settled(node), cause))
        self.told.clear()

    # the end

    def finish(self) -> Changes:
        self.changes.touched |= self.changes.specs.keys()
        self.changes.settles = self.is_quiet()
        return self.changes

    def is_quiet(self) -> bool:
        """Whether all that is open are error callbacks that may have run, and what waits for them."""
        waiting = {idx for idx, node in self.changes.nodes.items() if waits_unseen(node)}
        if not waiting and not self.run.waiting:
            return False
        counts = self._counts()
        if any(counts[state] for state in LIVE):
            return False
        waiting |= self.run.waiting - self.changes.nodes.keys()
        if not waiting:
            return False
        reached, pending = set(waiting), list(waiting)
        while pending:
            for child, _ in self.offspring(pending.pop()):
                if child not in reached and self.node(child).state == "PENDING":
                    reached.add(child)
                    pending.append(child)
        return sum(self.node(each).task is not None for each in reached) == counts["PENDING"]

    def _counts(self) -> Counter[str]:
        counts = self.run.counts.copy()
        for idx, node in self.changes.nodes.items():
            if idx < len(self.run.nodes) and (old := self.run.nodes[idx]).task is not None:
                counts[old.state] -= 1
            if node.task is not None:
                counts[node.state] += 1
        return counts


def _is_better(task: str | None, known: str | None) -> bool:
    return task is not None and task != known and known in (None, UNKNOWN)


def rules_of(run: Run, spec: Spec) -> Rules | None:
    """Return the rules of a conducted task. What is none was refused before; here it must not harm."""
    assert spec.task is not None
    own = spec.options.get("umbel")
    try:
        return run.options.of(spec.task, None if own is None else Rules.from_json(own))
    except DagError:
        return run.options.of(spec.task)
