"""The sample workflows are what the demo says they are."""

import time
from dataclasses import replace

import pytest

from umbel.engine import to_dag
from umbel.engine.rules import Rules, RunOptions
from umbel.webui.demo import crowds, mendable
from umbel.webui.demo.tasks import app
from umbel.webui.demo.workflows import FIRST, PICTURES, PRODUCTS, WORKFLOWS

EVERYDAY = {"ceph-node": 8, "new-device": 5, "nightly-etl": 10, "training": 57, "video-series": 23}
FAULTS = {"three-groups": 6, "book": 6, "lost-refund": 6}
RULES = {"busy-suppliers": 4, "rented-machine": 7, "letters": 25, "stamps": 2000}
LARGE = {"gallery": 1000, "price-lists": 10_000}
MENDABLE = {"invoices": 15, "parcels": 6}
SIZES = EVERYDAY | MENDABLE | FAULTS | RULES | LARGE


def test_each_has_as_many_tasks_as_it_should() -> None:
    assert {workflow.name: workflow.tasks for workflow in WORKFLOWS} == SIZES


def test_what_is_known_of_one_is_so() -> None:
    for workflow in WORKFLOWS:
        if workflow.known:
            counted = replace(workflow, known=None)
            assert workflow.known == (counted.tasks, counted.run_name)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_task_is_one_that_the_worker_has(workflow) -> None:
    named = {node.task for node in to_dag(workflow.build()) if not node.is_join}
    assert named <= set(app.tasks)


def test_five_chords_of_ten_are_chained() -> None:
    [training] = [workflow for workflow in WORKFLOWS if workflow.name == "training"]
    names = [node.task for node in to_dag(training.build())]
    assert names.count("training.fit_shard") == 50
    assert names.count("training.average") == 5


def test_those_with_rules_of_the_conductor_are_not_run_natively() -> None:
    for workflow in WORKFLOWS:
        rules = [node.options["umbel"] for node in to_dag(workflow.build()) if "umbel" in node.options]
        assert workflow.native == (not rules and not workflow.options)
        for each in rules:
            Rules.from_json(each)
        RunOptions.from_json(dict(workflow.options))


def test_few_tasks_of_the_large_ones_fail_and_for_one_argument() -> None:
    formats = [crowds.format_of(picture) for picture in range(1, PICTURES + 1)]
    assert formats.count("tiff") == 9
    with pytest.raises(crowds.NoSuchFormat):
        crowds.fetch_picture.run(7, format="tiff")
    assert crowds.shrink_picture.run(crowds.fetch_picture.run(8, format="png"), size=320)["size"] == 320

    bad = [product for product in range(1, PRODUCTS + 1) if crowds.currency_of(product) == "XAU"]
    assert bad == [11, 261, 511, 761]
    with pytest.raises(crowds.NoRate):
        crowds.price.run(11, country="AT", currency="XAU")
    with pytest.raises(ZeroDivisionError):  # and once for another reason
        crowds.price.run(711, country="ES", currency="EUR")
    assert crowds.price.run(711, country="AT", currency="EUR") == 711.0
    assert crowds.close_list.run([1.0, None], country="AT")["prices"] == 1


def test_what_can_be_mended_succeeds_when_it_is() -> None:
    asked = {"month": {"month": "May"}, "order": 7, "currency": "JPY"}
    with pytest.raises(mendable.RatesAway):
        mendable.invoice.run(**asked, bank_opens=time.time() + 60)
    assert mendable.invoice.run(**asked, bank_opens=time.time() - 1)["currency"] == "JPY"
    with pytest.raises(mendable.BadPostcode):
        mendable.label.run(1, postcode="5O667")
    assert mendable.label.run(1, postcode="50667")["postcode"] == "50667"


def test_what_runs_at_the_start_is_in_the_catalogue() -> None:
    assert set(FIRST) <= set(SIZES)


def test_canvases_are_made_anew_each_time() -> None:
    for workflow in WORKFLOWS:
        assert workflow.build() is not workflow.build()
