"""What pages ask of the database, and exactly the shapes that they get."""

import pytest

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Outcome, Run, Seen
from umbel.engine.store import reads
from umbel.engine.store.writes import Staged, load_run, save

ROW = ("index", "id", "task", "state", "reason", "sent", "received", "started", "finished", "runtime")
ROW += ("worker", "queue", "retries", "repeated", "conducted", "attempt", "due", "mark", "held")
SUMMARY = (
    "made_from",
    "lineage",
    "left",
    "resolved_by",
    "id",
    "name",
    "kind",
    "state",
    "nodes",
    "counts",
    "created",
    "started",
    "finished",
    "seq",
    "structure",
    "single",
    "root",
    "parent",
    "by",
    "options",
    "paused",
    "cancelled",
    "waits",
)


@pytest.fixture
def etl(keep):
    """Two members into a body, one of them failed."""
    run = Run(id="etl", number=1, created=1.0)
    nodes = [
        Spec(id="m0", task="x.extract", args=[1], kwargs={"a": {"b": None}}, options={"queue": "q"}),
        Spec(id="gid", task=None),
        Spec(id="body", task="x.load", inputs="gid", immutable=True),
        Spec(id="m1", task="x.extract"),
    ]
    edges = [("m0", "gid", "then", 0), ("gid", "body", "then", None), ("m1", "gid", "then", 1)]
    keep(run, Announced(1.0, nodes, edges))
    keep(
        run,
        Seen("m0", Evidence("received", 2.0, "w", 0)),
        Seen("m0", Evidence("started", 3.0, "w")),
        Seen(
            "m0",
            Evidence("succeeded", 4.0, "w", None, None, {"runtime": 0.5}),
            Outcome(result='{"repr":"7"}', result_size=1),
        ),
    )
    outcome = Outcome(exception="E()", traceback="T")
    return keep(run, Seen("m1", Evidence("failed", 5.0, "v", None, "error"), outcome))


def test_a_summary_has_exactly_its_members(store, etl):
    summary = reads.run(store, "etl")
    assert summary is not None
    assert summary == {
        "id": "etl",
        "name": "extract → load",
        "kind": "native",
        "state": "FAILURE",
        "nodes": 3,
        "counts": {"SUCCESS": 1, "FAILURE": 1, "BLOCKED": 1},
        "created": 1.0,
        "started": 3.0,
        "finished": 5.0,
        "seq": 3,
        "structure": 1,
        "single": False,
        "root": None,
        "parent": None,
        "by": None,
        "options": {},
        "paused": None,
        "cancelled": None,
        "waits": {},
        "made_from": None,
        "lineage": None,
        "left": 0,
        "resolved_by": None,
    }
    assert set(summary) == set(SUMMARY)


def test_where_a_run_came_from_and_what_became_of_a_node_is_kept(store, keep):
    run = Run(id="r", number=1, created=1.0, kind="inferred", root="a", parent_run="p", parent_node="n")
    keep(run, Announced(1.0, [Spec(id="a", task="t")], []))
    run.nodes[0] = run.nodes[0]._replace(repeated=2, lost_at=3.0, note="its worker is gone")
    with store.write() as connection:
        save(connection, [Staged(run=run, known=1, is_new=False, touched={0})])
    summary, detail = reads.run(store, "r"), reads.node(store, "r", "a")
    assert (summary["root"], summary["parent"]) == ("a", {"run": "p", "node": "n"})
    assert (summary["kind"], summary["single"]) == ("inferred", True)
    assert (detail["repeated"], detail["lost_at"], detail["note"]) == (2, 3.0, "its worker is gone")
    with store.read() as connection:
        kept = load_run(connection, 1)
    assert (kept.root, kept.parent_run, kept.parent_node, kept.kind) == ("a", "p", "n", "inferred")
    assert (kept.nodes[0].repeated, kept.nodes[0].lost_at, kept.nodes[0].note) == (
        2,
        3.0,
        "its worker is gone",
    )


def test_runs_come_newest_first_page_by_page(store, keep):
    for number in range(1, 8):
        keep(Run(id=f"r{number}", number=number, created=1.0), Announced(1.0, [Spec(id="a", task="t")], []))
    first = reads.runs(store, limit=3)
    second = reads.runs(store, limit=3, before=first["next"])
    third = reads.runs(store, limit=3, before=second["next"])
    ids = [[run["id"] for run in page["runs"]] for page in (first, second, third)]
    assert ids == [["r7", "r6", "r5"], ["r4", "r3", "r2"], ["r1"]]
    assert third["next"] is None
    assert reads.runs(store, limit=7)["next"] is None


@pytest.mark.parametrize("key", ["", "x", "-1", "1e3", "9" * 50, "²", "\x00"])
def test_a_key_that_is_none_of_ours_gives_an_empty_page(store, etl, key):
    page = reads.runs(store, before=key)
    assert (page["runs"], page["next"]) == ([], None)


def test_a_graph_has_its_joins_contracted(store, etl):
    shape = reads.graph(store, "etl")
    assert shape["run"]["id"] == "etl"
    assert shape["nodes"][0] == {
        "index": 0,
        "id": "m0",
        "task": "x.extract",
        "kind": "task",
        "args": [1],
        "kwargs": {"a": {"b": None}},
        "immutable": False,
        "options": {"queue": "q"},
        "inputs": None,
    }
    assert {node["id"]: node["inputs"] for node in shape["nodes"]}["body"] in (["m0", "m1"], None)
    assert sorted(shape["edges"]) == [[0, 2, "then"], [3, 2, "then"]]


def test_a_snapshot_has_a_digit_for_each_node_and_what_changed_since(store, etl):
    snapshot = reads.snapshot(store, "etl")
    assert snapshot["states"] == "5-86"
    assert snapshot["changes"] == [
        [0, 5, 3.0, 4.0, 0, 0, 0, None],
        [2, 8, None, None, 0, 0, 0, None],
        [3, 6, None, 5.0, 0, 0, 0, None],
    ]
    assert [row[0] for row in reads.snapshot(store, "etl", since=1)["changes"]] == [0, 2, 3]
    assert [row[0] for row in reads.snapshot(store, "etl", since=2)["changes"]] == [2, 3]
    assert reads.snapshot(store, "etl", since=3)["changes"] == []


def test_nodes_come_in_order_page_by_page_without_joins(store, etl):
    first = reads.nodes(store, "etl", limit=2)
    assert [row["id"] for row in first["nodes"]] == ["m0", "body"]
    assert set(first["nodes"][0]) == set(ROW)
    rest = reads.nodes(store, "etl", after=first["next"], limit=2)
    assert ([row["id"] for row in rest["nodes"]], rest["next"]) == (["m1"], None)


def test_a_node_is_told_in_full(store, etl):
    detail = reads.node(store, "etl", "m0")
    assert {name: detail[name] for name in ROW} == reads.nodes(store, "etl")["nodes"][0]
    assert detail["result"] == {"repr": "7", "size": 1, "cut": False}
    assert (detail["result_size"], detail["runtime"]) == (1, 0.5)
    assert detail["history"] == [["RECEIVED", 2.0], ["STARTED", 3.0], ["SUCCESS", 4.0]]
    (attempt,) = detail["attempts"]
    assert (attempt["state"], attempt["started"], attempt["finished"]) == ("SUCCESS", 3.0, 4.0)
    assert detail["children"] == [{"index": 2, "id": "body", "task": "x.load", "state": "BLOCKED"}]
    assert (detail["parents"], detail["parents_total"], detail["children_total"]) == ([], 0, 1)
    failed = reads.node(store, "etl", "m1")
    assert (failed["exception"], failed["attempts"][0]["traceback"]) == ("E()", "T")
    body = reads.node(store, "etl", "body")
    assert [parent["id"] for parent in body["parents"]] == ["m0", "m1"]
    assert (body["parents_total"], body["immutable"], body["attempts"]) == (2, True, [])


def test_a_join_has_no_state_of_its_own_to_show(store, etl):
    assert reads.node(store, "etl", "gid")["state"] is None


def test_a_task_is_found_in_every_run_newest_first(store, etl, keep):
    keep(Run(id="again", number=2, created=2.0), Announced(1.0, [Spec(id="m0", task="t")], []))
    assert reads.find(store, "m0") == [{"run": "again", "index": 0}, {"run": "etl", "index": 0}]
    assert reads.find(store, "nobody") == []


def test_what_is_not_there_is_none(store, etl):
    assert reads.run(store, "x") is None
    assert reads.graph(store, "x") is None
    assert reads.snapshot(store, "x") is None
    assert reads.nodes(store, "x") is None
    assert reads.node(store, "x", "m0") is None
    assert reads.node(store, "etl", "x") is None


@pytest.mark.parametrize("strange", ["\x00", "\ud800", "x" * 10_000, "'; DROP TABLE runs; --"])
def test_strange_ids_find_nothing_and_break_nothing(store, etl, strange):
    assert reads.run(store, strange) is None
    assert reads.node(store, "etl", strange) is None
    assert reads.find(store, strange) == []
