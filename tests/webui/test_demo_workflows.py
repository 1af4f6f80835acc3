"""The sample workflows are what the demo says they are."""

import pytest

from umbel.engine import to_dag
from umbel.webui.demo.tasks import app
from umbel.webui.demo.workflows import FIRST, WORKFLOWS

SIZES = {"ceph-node": 8, "new-device": 5, "nightly-etl": 10, "training": 57, "video-series": 23}


def test_each_has_as_many_tasks_as_it_should() -> None:
    assert {workflow.name: workflow.tasks for workflow in WORKFLOWS} == SIZES


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_task_is_one_that_the_worker_has(workflow) -> None:
    named = {node.task for node in to_dag(workflow.build()) if not node.is_join}
    assert named <= set(app.tasks)


def test_five_chords_of_ten_are_chained() -> None:
    [training] = [workflow for workflow in WORKFLOWS if workflow.name == "training"]
    names = [node.task for node in to_dag(training.build())]
    assert names.count("training.fit_shard") == 50
    assert names.count("training.average") == 5


def test_what_runs_at_the_start_is_in_the_catalogue() -> None:
    assert set(FIRST) <= set(SIZES)


def test_canvases_are_made_anew_each_time() -> None:
    for workflow in WORKFLOWS:
        assert workflow.build() is not workflow.build()
