"""Random canvases in a simulated world: what runs, and who calls error callbacks, is what is right."""

from collections import Counter

import pytest
import shapes
from right import right
from symbolic import make_app
from world import Script, World

from umbel.engine.canvas import to_dag
from umbel.engine.conductor.submission import announcement

COUNT = 150
ENDS = ["fail", "killed", "unregistered", "expired", "hang"]

pytestmark = pytest.mark.filterwarnings("ignore:task_allow_error_cb_on_chord_header")


@pytest.mark.parametrize("end", ENDS)
def test_error_callbacks_are_called_once_by_worker_or_conductor_however_a_task_fails(end):
    task = make_app().tasks["n"]
    for seed in range(3_000_000, 3_000_000 + COUNT // len(ENDS)):
        dag = to_dag(shapes.with_errbacks(task, seed, every=1))
        expected = right(dag)
        announced = announcement(dag, 1.0)
        ends = {node.id: [end if node.kwargs.get("fail") else "ok"] for node in dag}
        world = World(Script([*announced.nodes], [*announced.edges], ends))
        world.finish()

        tags = {node.id: node.kwargs.get("tag") for node in dag}
        states = {tags[name]: state for name, (state, _) in world.picture().items() if tags[name]}
        ran = {tag for tag, state in states.items() if state not in ("BLOCKED", "SKIPPED", "PENDING")}
        assert {tag for tag in ran if not tag.endswith(".e")} == expected.texts.keys(), seed
        run = world.run
        callers = [caller for name in world.called for caller in run.callers[run.index[name]]]
        assert Counter(tags[run.nodes[caller].id] for caller in callers) == expected.called, seed
