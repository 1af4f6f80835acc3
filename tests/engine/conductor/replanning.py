"""Old runs that the machine has really driven, choices about them, and the new runs that come of these."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from world import Script, World

from umbel.engine.canvas import Placed, assemble
from umbel.engine.choice import Choice
from umbel.engine.conductor.resubmitting import MARKS
from umbel.engine.conductor.submission import announcement
from umbel.engine.dag import Inputs, leaves
from umbel.engine.dag import Node as Spec
from umbel.engine.machine import Cancelled, Node, Planned, Run
from umbel.engine.plan import Plan
from umbel.engine.planning.forecast import NONE
from umbel.engine.planning.past import Past

ENDS = ["ok", "ok", "ok", "ok", "fail", "fail", "vanish", "unregistered", "expired"]
RULES = [{}, {}, {}, {"run_when": "all_done"}, {"run_when": "any_failed"}, {"retry": 1}]


@st.composite
def scripts(draw, ends=ENDS) -> Script:
    """A graph with joins, error callbacks, links and rules, and what becomes of each task."""
    specs, edges = [], []
    names = [f"n{number}" for number in range(draw(st.integers(1, 9)))]
    for place, name in enumerate(names):
        is_join = place > 0 and draw(st.integers(0, 3)) == 0
        parents = draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=3)) if place else []
        parents = parents or names[:1] * is_join
        kind = "then" if is_join or draw(st.integers(0, 4)) else "link"
        edges += [(parent, name, kind, at if is_join else None) for at, parent in enumerate(parents)]
        taken: Inputs = [*parents] if is_join else draw(st.sampled_from([None, *parents, parents[::-1]]))
        options = {} if is_join else {"umbel": draw(st.sampled_from(RULES))}
        specs.append(Spec(id=name, task=None if is_join else f"app.{name}", options=options, inputs=taken))
    tasks = [spec.id for spec in specs]
    for number in range(draw(st.integers(0, 2))):
        options = {"umbel": {"in_worker": True}} if draw(st.integers(0, 3)) == 0 else {}
        specs.append(Spec(id=f"e{number}", task="app.report", options=options))
        edges += [(caller, f"e{number}", "error", None) for caller in draw(_some(tasks, 1, 2))]
        if draw(st.booleans()):
            rules = {"umbel": draw(st.sampled_from(RULES))}
            specs.append(Spec(id=f"f{number}", task="app.after", options=rules, inputs=f"e{number}"))
            edges.append((f"e{number}", f"f{number}", "then", None))
    told = {spec.id: draw(st.lists(st.sampled_from(ends), min_size=1, max_size=2)) for spec in specs}
    return Script(specs, edges, told)


def _some(names: Sequence[Any], least: int, most: int):
    return st.lists(st.sampled_from(names), unique=True, min_size=least, max_size=most)


@st.composite
def pasts(draw) -> tuple[Script, Past]:
    """A run that has ended, well or badly, or was cancelled in the middle; some results of it are lost."""
    script = draw(scripts())
    world = World(script)
    for _ in range(draw(st.integers(0, 12))):
        if world.run.ready:
            world.send(draw(st.sampled_from(sorted(world.run.ready))))
        elif world.coming or world.running or world.queue:
            break
    if draw(st.integers(0, 3)) == 0:
        world.tell(Cancelled(world.now, "ada", terminate=draw(st.booleans())))
    world.finish()
    done = [node.idx for node in world.run.nodes if node.state == "SUCCESS" and node.task]
    unkept = set(draw(_some(done, 0, len(done)))) if done and draw(st.booleans()) else set()
    past = past_of(world.run, script, unkept)
    return script, replace(past, kind=draw(st.sampled_from(["conducted", "conducted", "native"])))


def past_of(run: Run, script: Script, unkept: Iterable[int] = ()) -> Past:
    """Return a run as its plans see it."""
    specs = {spec.id: spec for spec in script.specs}
    return Past(
        id=run.id,
        kind=run.kind,
        open=bool(run.open),
        ids=[node.id for node in run.nodes],
        tasks=[node.task for node in run.nodes],
        states=[node.state for node in run.nodes],
        reasons=[node.reason for node in run.nodes],
        edges=sorted(run.edges),
        inputs=[json.dumps(specs[node.id].inputs) for node in run.nodes],
        run_when={
            node.idx: node.rules.run_when
            for node in run.nodes
            if node.rules and node.rules.run_when not in (None, "all_success")
        },
        unkept=frozenset(unkept),
    )


def endings(script: Script):
    """What becomes of each task when it runs once more."""
    return st.fixed_dictionaries({spec.id: st.sampled_from([["ok"], ["fail"]]) for spec in script.specs})


@st.composite
def choices(draw, past: Past) -> Choice:
    """Something that somebody wants of it."""
    tasks = [node for node, task in zip(past.ids, past.tasks, strict=True) if task]
    few = st.just([]) | _some(tasks, 1, 2)
    said = {"failed": draw(st.booleans()), "from": draw(few), "only": draw(few), "skip": draw(few)}
    if forced := draw(few):
        said["results"] = [{"nodes": forced, "value": 7}]
    if edited := draw(few):
        new = {"umbel": draw(st.sampled_from(RULES))}
        how = draw(st.sampled_from([{"args": [1]}, {"set": {"options": new}}, {"options": new}]))
        said["edits"] = [{"nodes": edited, **how}]
    return Choice.from_json(said)


class NewRun(World):
    """The run that a plan makes; everything in it succeeds, but for what ``ends`` says."""

    def __init__(
        self, script: Script, past: Past, plan: Plan, ends: dict[str, list[str]] | None = None
    ) -> None:
        kept = {node for node, action in zip(past.ids, plan.actions, strict=True) if action != NONE}
        specs = {place: spec for place, spec in enumerate(script.specs) if spec.id in kept}
        edges = [edge for edge in script.edges if edge[0] in kept and edge[1] in kept]
        made = list(plan.choice.edited(specs).values())
        if past.kind != "conducted":
            told = announcement(assemble(made, [Placed(*edge) for edge in edges]), 1.0)
            made, edges = [*told.nodes], [*told.edges]
        super().__init__(Script(made, edges, {spec.id: ["ok"] for spec in made} | (ends or {})))
        marks = {past.ids[idx]: MARKS[action] for idx, action in enumerate(plan.actions) if action in MARKS}
        self.tell(Planned(1.0, marks))

    def _errbacks(self, node: Node) -> list[str]:
        nodes = self.run.nodes
        return [each for each in super()._errbacks(node) if not nodes[self.run.index[each]].evidence]

    @property
    def executed(self) -> set[str]:
        """What was sent, and what a worker called."""
        return set(self.published) | set(self.called)

    def given(self, node: str) -> list[str]:
        """Return the tasks whose results a task is called with."""
        spec = next(spec for spec in self.script.specs if spec.id == node)
        found = list[str]()
        for each in leaves(spec.inputs):
            inner = self.run.nodes[self.run.index[each]]
            found += [each] if inner.task else self.given(each)
        return found
