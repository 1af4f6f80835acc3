"""From a graph to Python source that builds a canvas of the same meaning.

A canvas is made of steps, one behind the other, and of what stands side by side. A graph is taken apart in
the same way: where all that is open reaches all that comes next, it is cut into steps, and what hangs
together in a step by nothing else is a member of a group.
"""

from collections import defaultdict
from collections.abc import Hashable

from ..dag import Dag, Inputs, Node
from .printing import Piece, Printer
from .signatures import brief
from .steps import ANY, Incoming, Part, Value, leaves, members, no_canvas, steps
from .trampoline import Call, run


def to_python(dag: Dag) -> str:
    """Return the source of a module whose ``canvas`` has the meaning of ``dag``.

    The ids of its tasks are not in it: they are new each time that the canvas is sent.

    Raises
    ------
    CanvasError
        No canvas has that meaning: chains, groups, chords and callbacks cannot say all its edges.
    """
    source = _Source(dag)
    whole = run(source.whole())
    if left := len(source.tasks) - source.written:
        raise no_canvas(f"{left} of its tasks stand outside")
    return source.printer.module(whole)


class _Source:
    """The tasks of a graph, what each waits for, and which of them are callbacks."""

    def __init__(self, dag: Dag) -> None:
        from networkx import lexicographical_topological_sort  # heavy: see engine.dag

        self.dag = dag
        self.printer = Printer()
        self.written = 0
        self.tasks: dict[str, Incoming] = {}
        self._lists: dict[str, tuple[frozenset[str], Value]] = {}  # the tasks that a join stands for
        self._main: list[str] = []
        self._callbacks: dict[tuple[str, frozenset[str]], list[str]] = defaultdict(list)
        owners: dict[str, Hashable] = {}
        for name in lexicographical_topological_sort(dag.graph, key=_places(dag).__getitem__):
            node = dag[name]
            if node.is_join:
                self._lists[name] = self._leaves(node), self._value(node.inputs)
            else:
                self.tasks[name] = self._incoming(node)
                self._sort(node, owners)

    def _leaves(self, node: Node) -> frozenset[str]:
        parents = [
            self._lists.get(name) or (frozenset((name,)),) for name in self.dag.graph.predecessors(node.id)
        ]
        # The set of a join that many tasks wait for is one object, and compared at once.
        return parents[0][0] if len(parents) == 1 else frozenset().union(*(leaves[0] for leaves in parents))

    def _value(self, inputs: Inputs) -> Value:
        if isinstance(inputs, list):
            return tuple(map(self._value, inputs))
        return self._lists[inputs][1] if inputs in self._lists else inputs

    def _incoming(self, node: Node) -> Incoming:
        kinds = {kind for _, _, kind in self.dag.graph.in_edges(node.id, data="kind")}
        if len(kinds) > 1:
            raise no_canvas(f"{brief(str(node.task))} is a step and a callback at once")
        return Incoming(self._leaves(node), kinds.pop() if kinds else "then", self._value(node.inputs))

    def _sort(self, node: Node, owners: dict[str, Hashable]) -> None:
        """Tell the tasks of the canvas itself from those of its callbacks."""
        parents, kind, _ = self.tasks[node.id]
        found: set[Hashable] = {(kind, parents)} if kind != "then" else {owners[name] for name in parents}
        if len(found) > 1:
            raise no_canvas(f"{brief(str(node.task))} waits for a callback and for others")
        owners[node.id] = owner = found.pop() if found else None
        (self._callbacks[owner] if isinstance(owner, tuple) else self._main).append(node.id)

    def whole(self) -> Call[Piece]:
        """Return the source of the whole canvas."""
        if self._main:
            value = self._value(self.dag.outputs)
            return (yield self._series(Part(self._main, Incoming(), value)))
        return Piece("chain()" if self.dag.outputs is None else "group()")

    def _series(self, part: Part, *, inner: bool = False) -> Call[Piece]:
        """Return the source of a part; as a member of a group (``inner``) it must not be a group itself."""
        if isinstance(part.value, tuple) and len(part.value) == 1 and not inner:
            # At the end of a chain a group of one would be its member; around the chain it stays a group.
            return self.printer.group([(yield self._series(part._replace(value=part.value[0]), inner=True))])
        found = list(steps(self.tasks, part))
        items: list[Piece] = []
        bare = False  # whether the last item is a group
        while found:
            # A list is the header of a chord. Its body is the next step, which may be such a header itself.
            count = next((number for number, step in enumerate(found) if step.is_task), len(found) - 1)
            headers, last = found[:count], found[count]
            bare = not headers and not last.is_task
            item = yield self._task(last) if last.is_task else self._group(last, bare=bare)
            for header in reversed(headers):
                item = self.printer.chord((yield self._members(members(self.tasks, header))), item)
            items.append(item)
            del found[: count + 1]
        # In a group, a group is flattened and a chain of it alone is not.
        return items[0] if len(items) == 1 and not (inner and bare) else self.printer.chain(items)

    def _group(self, step: Part, *, bare: bool) -> Call[Piece]:
        found = members(self.tasks, step)
        if bare and len(found) == 1:
            raise no_canvas("a list of one result stands where none can be made")
        inner = yield self._members(found)
        if len(inner) > 1 and inner[0].calls and not any(member.calls for member in inner[1:]):
            raise no_canvas("a callback of a group's first member would be read as the group's own")
        return self.printer.group(
            inner, (yield self._linked("link", frozenset(leaves(step.value)), step.value))
        )

    def _members(self, group: list[Part]) -> Call[list[Piece]]:
        pieces = []
        for member in group:
            pieces.append((yield self._series(member, inner=True)))
        return pieces

    def _task(self, step: Part) -> Call[Piece]:
        name, incoming = step.names[0], step.incoming
        node, (parents, kind, value) = self.dag[name], self.tasks[name]
        nothing = not parents and value == ()  # the list of the results of no tasks
        if parents != incoming.parents or kind != incoming.kind:
            raise no_canvas(f"{brief(str(node.task))} waits for more or less than what stands beside it")
        if not nothing and value != (ANY if node.immutable else incoming.value):
            raise no_canvas(f"{brief(str(node.task))} gets something else than what stands beside it")
        self.written += 1
        here = frozenset((name,))
        links = yield self._linked("link", here, name)
        errors = yield self._linked("error", here, ANY)
        piece = self.printer.signature(node, links, errors)
        return self.printer.chord([], piece) if nothing else piece

    def _linked(self, kind: str, parents: frozenset[str], value: Value) -> Call[list[Piece]]:
        """Return the sources of the callbacks that are given ``value`` when ``parents`` are done."""
        names = self._callbacks.get((kind, parents), [])
        pieces = []
        for part in members(self.tasks, Part(names, Incoming(parents, kind, value), ANY)):
            given = {self.tasks[name].value for name in part.names if self.tasks[name].parents == parents}
            if given <= {ANY, (), value}:  # else it is a callback of the list of one, or of its only member
                pieces.append((yield self._series(part)))
        return pieces


def _places(dag: Dag) -> dict[str, int]:
    return {name: place for place, name in enumerate(dag.graph)}
