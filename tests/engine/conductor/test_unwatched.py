"""Real tasks that nobody announced, and what tasks send, seen by events alone."""

from typing import Any

import pytest
from celery import chain, group
from stage import imported

from umbel.engine.store import reads

TASKS = """
import os
import time
from celery import Celery, chain, chord, group

app = Celery("bare", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])
if os.environ.get("BARE_WATCHED"):
    from umbel.engine import watch
    watch(app)

@app.task(name="bare.one", shared=False)
def one(*args):
    return 1

@app.task(name="bare.total", shared=False)
def total(numbers):
    return sum(numbers)

@app.task(name="bare.sends", shared=False)
def sends(*args):
    one.apply_async()
    (one.s() | one.s()).apply_async()

@app.task(name="bare.replaced", shared=False, bind=True)
def replaced(self, *args):
    return self.replace(one.s() | one.s())

@app.task(name="bare.adds", shared=False, bind=True)
def adds(self):
    self.add_to_chord(one.s())
    return 1
"""


@pytest.fixture
def start(tmp_path, broker_url, celery_worker_process):
    """Start a worker of the module above, with or without watch(app)."""
    (tmp_path / "bare.py").write_text(TASKS)
    opened = []

    def go(**environment):
        celery_worker_process("bare", "-E", folder=tmp_path, environment=environment)
        opened.append(imported(tmp_path, broker_url, "bare", **environment))
        return opened[-1].__enter__()

    yield go
    for each in opened:
        each.__exit__(None, None, None)


@pytest.fixture
def settled(database, eventually):
    """``settled(task_id, nodes)`` waits for the end of the run of that task, and returns its summary."""

    def wait(task_id, nodes):
        def look():
            found = [reads.run(database, each["run"]) for each in reads.find(database, task_id)]
            return next((run for run in found if run["finished"] and run["nodes"] == nodes), None)

        return eventually(look, 20, f"the end of a run of {nodes}")

    return wait


def tree(database, run):
    """Return the edges of a run by the last parts of its tasks' names."""
    graph = reads.graph(database, run["id"])
    names = {node["index"]: (node["task"] or "join").rpartition(".")[2] for node in graph["nodes"]}
    return sorted((names[parent], names[child]) for parent, child, _ in graph["edges"])


def test_what_runs_appears_as_runs_without_a_line_in_its_code(conductor, database, start, settled):
    bare = start()
    lone = bare.one.apply_async(args=["<b>"])
    chained: Any = chain(bare.one.s(), bare.one.s(), bare.one.s()).apply_async()
    fanned = chain(bare.one.s(), group(bare.one.s(), bare.one.s()), bare.total.s()).apply_async()
    run = settled(lone.id, 1)
    assert (run["id"], run["kind"], run["single"], run["state"]) == (lone.id, "inferred", True, "SUCCESS")
    run = settled(chained.id, 3)
    assert (run["id"], run["kind"], run["single"]) == (chained.parent.parent.id, "inferred", False)
    assert tree(database, run) == [("one", "one"), ("one", "one")]
    run = settled(fanned.id, 4)
    assert tree(database, run) == [("one", "one"), ("one", "one"), ("one", "total"), ("one", "total")]


@pytest.mark.parametrize("environment", [{}, {"BARE_WATCHED": "1"}], ids=["unwatched", "watched"])
def test_what_a_task_sends_or_is_replaced_by_is_part_of_its_run(
    conductor, database, start, settled, environment
):
    bare = start(**environment)
    sender, replaced = bare.sends.apply_async(), bare.replaced.apply_async()
    run = settled(sender.id, 4)
    assert tree(database, run) == [("one", "one"), ("sends", "one"), ("sends", "one")]
    run = settled(replaced.id, 2)
    assert [row["state"] for row in reads.nodes(database, run["id"])["nodes"]] == ["SUCCESS", "SUCCESS"]
    chorded = (
        bare.one.s() | group(bare.adds.s().set(immutable=True), bare.one.s()) | bare.total.s()
    ).apply_async()
    run = settled(chorded.id, 5)
    assert run["state"] == "SUCCESS"
    assert ("adds", "one") in tree(database, run)
