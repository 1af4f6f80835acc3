"""Real canvases, a real worker, a real database: what is announced and seen ends up right."""

from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from celery import chain, chord, group
from servers import PAIRS, Pair, paired
from stage import conducting, imported, write_module
from working import working

from umbel.engine.store import open_store, reads


class World(NamedTuple):
    """Where everything is."""

    folder: Path
    pair: Pair


@pytest.fixture(scope="module", params=PAIRS)
def world(request, broker, tmp_path_factory):
    """A broker, a worker, a conductor and its database, for all tests of this file."""
    folder = write_module(tmp_path_factory.mktemp("world"))
    url = f"{broker.url.removesuffix('/0')}/1023"  # the last one: tests that take a new one each count from 1
    with (
        paired(request, url, folder) as pair,
        conducting(pair.broker, pair.database),
        working("flow", folder, folder / "log", broker=pair.broker, results=pair.results),
    ):
        yield World(folder, pair)


@pytest.fixture(scope="module")
def flow(world):
    """The module of tasks, watched."""
    with imported(world.folder, world.pair.broker, results=world.pair.results) as module:
        yield module


@pytest.fixture
def broker_url(world):
    """The broker of this file, for the ear on umbel.live."""
    return world.pair.broker


@pytest.fixture
def database(world):
    """The database of this file."""
    opened = open_store(world.pair.database, read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def ended(database, eventually):
    """``ended(result, nodes)`` waits for the end of the run that has that task and so many nodes."""

    def wait(result, nodes):
        def look():
            found = [reads.run(database, each["run"]) for each in reads.find(database, result.id)]
            return next((run for run in found if run["finished"] and run["nodes"] == nodes), None)

        return eventually(look, 20, "the run's end")

    return wait


def test_a_chain_of_a_group_and_its_total_is_seen_whole_and_ends_well(database, flow, ended):
    canvas = chain(flow.add.s(1), group(flow.add.s(n) for n in range(5)), flow.total.s())
    run = ended(canvas.apply_async(), 7)
    assert (run["state"], run["counts"]) == ("SUCCESS", {"SUCCESS": 7})
    assert run["name"] == "add → total"
    assert run["created"] <= run["started"] <= run["finished"]
    shape = reads.graph(database, run["id"])
    parents = [[edge[0] for edge in shape["edges"] if edge[1] == node["index"]] for node in shape["nodes"]]
    assert sorted(map(len, parents)) == [0, *[1] * 5, 5]
    total = next(node for node in shape["nodes"] if node["task"] == "flow.total")
    detail = reads.node(database, run["id"], total["id"])
    assert detail["result"]["repr"] == "5"
    assert detail["parents_total"] == 5
    assert {parent["task"] for parent in detail["parents"]} == {"flow.add"}
    assert detail["worker"]
    assert [state for state, _ in detail["history"]][-3:] == ["RECEIVED", "STARTED", "SUCCESS"]
    assert set(reads.snapshot(database, run["id"])["states"]) == {"5", "-"}
    first = reads.node(database, run["id"], reads.nodes(database, run["id"])["nodes"][0]["id"])
    assert first["children_total"] == 5


def test_a_failing_header_fails_the_run_and_blocks_the_body_while_its_callback_goes_unseen(
    database, flow, ended
):
    body = flow.total.s().on_error(flow.tell.s())
    run = ended(chord([flow.add.s(), flow.boom.s()], body).apply_async(), 4)
    assert run["state"] == "FAILURE"
    rows = {row["task"]: row for row in reads.nodes(database, run["id"])["nodes"]}
    assert {task: (row["state"], row["reason"]) for task, row in rows.items()} == {
        "flow.add": ("SUCCESS", None),
        "flow.boom": ("FAILURE", "error"),
        "flow.total": ("BLOCKED", None),
        "flow.tell": ("SKIPPED", "unseen"),
    }
    detail = reads.node(database, run["id"], rows["flow.boom"]["id"])
    assert detail["exception"] == "ValueError('no <b>luck</b>')"
    assert "Traceback" in detail["traceback"]


def test_a_task_that_retries_keeps_its_attempts(database, flow, ended):
    run = ended(chain(flow.add.s(), flow.shaky.s(), flow.add.s()).apply_async(), 3)
    assert run["state"] == "SUCCESS"
    row = next(row for row in reads.nodes(database, run["id"])["nodes"] if row["task"] == "flow.shaky")
    assert (row["retries"], row["queue"]) == (2, "celery")
    tries = reads.node(database, run["id"], row["id"])["attempts"]
    assert [(each["state"], each["exception"]) for each in tries] == [
        ("RETRY", "RuntimeError('again')"),
        ("RETRY", "RuntimeError('again')"),
        ("SUCCESS", None),
    ]


def test_a_task_that_no_worker_knows_says_so(database, flow, ended):
    run = ended(chain(flow.add.s(), flow.app.signature("flow.nowhere"), flow.add.s()).apply_async(), 3)
    rows = reads.nodes(database, run["id"])["nodes"]
    assert [(row["state"], row["reason"]) for row in rows] == [
        ("SUCCESS", None),
        ("FAILURE", "unregistered"),
        ("BLOCKED", None),
    ]


def test_a_revoked_task_blocks_what_waits_for_it(database, flow, ended):
    result: Any = chain(flow.add.s().set(countdown=1), flow.add.s()).apply_async()
    flow.app.control.revoke(result.parent.id)
    run = ended(result, 2)
    assert (run["state"], run["counts"]) == ("REVOKED", {"BLOCKED": 1, "REVOKED": 1})
    assert reads.nodes(database, run["id"])["nodes"][0]["reason"] == "revoked"


def test_a_lone_task_is_a_run_of_its_own_though_nobody_announces_it(database, flow, ended):
    lone = flow.add.apply_async(ignore_result=True)
    run = ended(lone, 1)
    assert (run["id"], run["kind"], run["single"], run["root"]) == (lone.id, "inferred", True, lone.id)


def test_a_canvas_object_applied_twice_makes_two_runs_that_both_end(database, flow, ended, eventually):
    # Celery keeps the task ids in the object: both runs have the same ones.
    again = flow.add.s() | flow.add.s()
    ended(again.apply_async(), 2)
    result = again.apply_async()
    both = eventually(lambda: len(found := reads.find(database, result.id)) == 2 and found, 10, "two runs")
    for each in both:
        eventually(lambda each=each: reads.run(database, each["run"])["state"] == "SUCCESS", 10, "its end")


def test_what_is_told_live_is_what_the_database_says(database, flow, hear, ended, eventually):
    run = ended(chain(group(flow.add.s(n) for n in range(20)), flow.total.s()).apply_async(), 21)

    def told():
        return [told for message in hear for told in message["runs"] if told["id"] == run["id"]]

    eventually(lambda: told() and told()[-1]["seq"] == run["seq"], 5, "the last message")
    assert [each["from"] for each in told()] == [1, *(each["seq"] + 1 for each in told()[:-1])]
    codes = {}
    for each in told():
        codes |= {index: code for index, code, *_ in each["changes"]}
    seen = reads.snapshot(database, run["id"])
    assert codes == {index: code for index, code, *_ in seen["changes"]}
    assert {name: told()[-1][name] for name in run} == run
    late = reads.snapshot(database, run["id"], since=told()[-1]["from"] - 1)
    assert late["changes"] == told()[-1]["changes"]


def test_a_heartbeat_comes_every_second_when_nothing_happens(world, hear, eventually):
    eventually(lambda: len(hear) >= 3, 6, "three heartbeats")
    assert all(message["runs"] == [] and message["lag"] is None for message in hear)
    assert max(after["at"] - before["at"] for before, after in pairwise(hear)) < 1.5
