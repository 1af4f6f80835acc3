"""``GET /api/v1/runs/<id>/timeline``: the critical path, and how long the run may still take."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from umbel.engine import store
from umbel.engine.store import models, spells
from umbel.webui.api import timeline as timeline_api


def _timeline(client: FlaskClient, run: str) -> Any:
    return client.get(f"/api/v1/runs/{run}/timeline").json


def _ran(task: str, sent: float, started: float, finished: float, **more: Any) -> dict[str, Any]:
    times = {"sent": sent, "received": sent + 0.25, "started": started, "finished": finished}
    return {"task": task, "state": "SUCCESS"} | times | more


@pytest.fixture
def word(open_database: store.Store) -> Callable[..., None]:
    """``word("shop.pay", 1, 2)`` notes that these runs have the task."""

    def note(task: str, *numbers: int) -> None:
        with open_database.write() as connection:
            connection.execute(insert(models.Word), {"id": 1, "kind": "task", "value": task, "folded": task})
            connection.execute(insert(models.RunWord), [{"run": number, "word": 1} for number in numbers])

    return note


def test_the_critical_path_counts_from_what_happened_first(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    nodes = [_ran("shop.pay", 1000, 1001, 1003), _ran("shop.pack", 1000, 1000.5, 1009)]
    run = record(
        [*nodes, {"task": None, "state": "SUCCESS"}, _ran("shop.ship", 1010, 1012, 1015)],
        [(0, 2, "then", 0), (1, 2, "then", 1), (2, 3, "then", -1)],
        state="SUCCESS",
        seq=7,
    )
    told = _timeline(client, run)
    assert (told["run"], told["seq"], told["began"], told["estimate"]) == (run, 7, 1000, None)
    assert told["settled"] == []
    assert told["path"] == [[1, 0, 0, 500, 9000], [3, 9000, 10_000, 12_000, 15_000]]


def test_what_never_ran_is_over_when_what_it_waits_for_died(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    failed = _ran("shop.pay", 1000, 1001, 1003, state="FAILURE")
    run = record([failed, {"task": "shop.ship", "state": "BLOCKED"}], [(0, 1, "then", -1)], state="FAILURE")
    told = _timeline(client, run)
    assert told["settled"] == [[1, 3000]]
    assert told["path"] == [[0, 0, 0, 1000, 3000]]


def test_a_task_that_was_tried_again_was_in_the_queue_since_it_was_received_again(
    client: FlaskClient, record: Callable[..., str]
) -> None:
    run = record([_ran("shop.pay", 1000, 1008, 1009, received=1007, retries=1)], state="SUCCESS")
    assert _timeline(client, run)["path"] == [[0, 0, 7000, 8000, 9000]]


def test_a_run_that_never_began_has_no_times(client: FlaskClient, record: Callable[..., str]) -> None:
    told = _timeline(client, record(["shop.pay"]))
    assert (told["began"], told["path"], told["estimate"]) == (None, [], None)


def test_the_end_is_estimated_from_earlier_runs_of_the_same_tasks(
    client: FlaskClient, record: Callable[..., str], word: Callable[..., None]
) -> None:
    now = time.time()
    record([_ran("shop.pay", 100, 100, 100 + each) for each in (8, 10, 30)], state="SUCCESS")
    at_work = {"task": "shop.pay", "state": "STARTED", "sent": now - 4, "started": now - 4}
    run = record([at_work, "shop.pay"], [(0, 1, "then", -1)])
    word("shop.pay", 1, 2)
    found = _timeline(client, run)["estimate"]
    assert found["tasks"] == [["shop.pay", 3, 10]]
    assert found["left"] == pytest.approx(16, abs=0.5)
    assert found["parallelism"] == pytest.approx(1, abs=0.01)
    assert found["unknown"] == 0


@pytest.mark.parametrize("control", [{}, {"paused_at": 5.0}])
def test_without_history_and_of_a_paused_run_nothing_is_estimated(
    client: FlaskClient, record: Callable[..., str], word: Callable[..., None], control: dict[str, Any]
) -> None:
    record([_ran("shop.pay", 100, 100, 110)], state="SUCCESS")
    task = "shop.pay" if control else "shop.other"
    at_work = {"task": task, "state": "STARTED", "started": time.time() - 4}
    run = record([at_work], **control)
    word("shop.pay", 1, 2)
    assert _timeline(client, run)["estimate"] is None


def test_it_is_worked_out_once_for_each_state_of_a_run(
    client: FlaskClient, record: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record([_ran("shop.pay", 1000, 1001, 1003)], state="SUCCESS")
    asked: list[str] = []
    read = spells.spells

    def counting(opened: store.Store, run_id: str) -> Any:
        asked.append(run_id)
        return read(opened, run_id)

    monkeypatch.setattr(timeline_api.reads, "spells", counting)
    assert _timeline(client, run) == _timeline(client, run)
    assert asked == [run]


def test_the_timeline_of_no_run_is_not_found(client: FlaskClient) -> None:
    assert client.get("/api/v1/runs/nope/timeline").status_code == 404


def test_it_cannot_be_posted_to(client: FlaskClient) -> None:
    assert client.post("/api/v1/runs/x/timeline", json={}).status_code == 405


def test_history_is_looked_for_in_few_nodes(
    client: FlaskClient,
    record: Callable[..., str],
    word: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record([_ran("shop.pay", 100, 100, 190)], state="SUCCESS")
    record([_ran("shop.pay", 100, 100, 110)], state="SUCCESS")
    run = record([{"task": "shop.pay", "state": "STARTED", "started": time.time() - 4}])
    word("shop.pay", 1, 2, 3)
    monkeypatch.setattr(spells, "NODES", 2)
    assert _timeline(client, run)["estimate"]["tasks"] == [["shop.pay", 1, 10]]
