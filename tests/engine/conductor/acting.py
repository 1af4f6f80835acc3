"""A conducted run without anything around it: what it is told, and what it tells."""

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence, dump, load
from umbel.engine.machine import (
    Action,
    Announced,
    Attempt,
    Changes,
    Completed,
    Node,
    Outcome,
    Run,
    Seen,
    Sent,
    apply,
    reduce,
    restore,
)
from umbel.engine.rules import RunOptions

ONE = Outcome('{"json":1}', 1)
NOTHING = Outcome()


def make(nodes: str, *edges: str, **rules: dict) -> Announced:
    """``make("a b +j", "a>b", "a!e", "a]b", b={...})``: + is a join, > then, ] into a list, ! error."""
    specs = []
    for name in nodes.split():
        is_join, name = name[0] == "+", name.lstrip("+")
        options = {"umbel": rules[name]} if name in rules else {}
        specs.append(Spec(id=name, task=None if is_join else f"app.{name}", options=options))
    placed = []
    for edge in edges:
        sign = next(sign for sign in ">]!~" if sign in edge)
        parent, child = edge.split(sign)
        kind = {">": "then", "]": "then", "!": "error", "~": "link"}[sign]
        placed.append((parent, child, kind, 0 if sign == "]" else None))
    return Announced(1.0, specs, placed, conducted=True)


class Play:
    """A run, and all that the conductor was told to do."""

    def __init__(self, announced: Announced, **options) -> None:
        self.run = Run(
            id="run", number=1, created=0.0, kind="conducted", options=RunOptions.from_json(options)
        )
        self.sent: list[str] = []
        self.revoked: list[tuple[str, bool]] = []
        self.actions: list[Action] = []
        self.rows: dict[tuple[str, int], Attempt] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.tell(announced)

    def tell(self, *messages) -> Changes:
        changes = Changes()
        for message in messages:
            changes = reduce(self.run, message)
            apply(self.run, changes)
            self.sent += [task_id for _, task_id in changes.sent]
            self.revoked += changes.revoked
            self.actions += changes.actions
            self.rows |= {(self.run.nodes[idx].id, each.number): each for idx, each in changes.attempts}
            self.outcomes |= {self.run.nodes[idx].id: each for idx, each in changes.outcomes.items()}
        return changes

    def send(self, *names: str, at: float = 2.0) -> "Play":
        self.tell(*(Sent(name, name, at) for name in names))
        return self

    def done(self, *names: str, at: float = 5.0) -> "Play":
        for name in names:
            self.send(name).tell(Completed(name, True, at, ONE))
        return self

    def failed(self, *names: str, at: float = 5.0) -> "Play":
        for name in names:
            self.send(name).tell(Completed(name, False, at))
        return self

    def node(self, name: str) -> Node:
        return self.run.nodes[self.run.index[name]]

    def states(self, *names: str) -> list:
        """States, with the reason where there is one."""
        found = [self.node(name) for name in names]
        return [(node.state, node.reason) if node.reason else node.state for node in found]

    @property
    def ready(self) -> set[str]:
        return {self.run.nodes[index].id for index in self.run.ready}

    @property
    def out(self) -> set[str]:
        return {self.run.nodes[index].id for index in self.run.out}


def event(task_id: str, kind: str, at: float, outcome: Outcome = NOTHING, **more) -> Seen:
    return Seen(task_id, Evidence(kind, at, "w", **more), outcome)


def restored(play: Play) -> Run:
    """The run as it comes back from what is stored of it."""
    known = play.run
    run = Run(id="run", number=1, created=0.0, kind="conducted", options=known.options, started=known.started)
    nodes = []
    for node in known.nodes:
        rows = tuple(each for (name, _), each in sorted(play.rows.items()) if name == node.id)
        evidence = load(dump(node.evidence))
        nodes.append(node._replace(tally=type(node.tally)(), past=rows, evidence=evidence))
    restore(run, nodes, list(known.edges))
    return run
