"""Why a conducted task failed, told by its worker where that watches, and who failed where it does not."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from umbel.engine import watch
from umbel.engine.conductor.callbacks import callbacks
from umbel.engine.watching import failures

RUN = "run"


@pytest.fixture
def send(broker_url: str, sample_folder: Path) -> Callable[..., None]:
    """``send(name, id, **kwargs)`` sends a task as the conductor would."""
    app = Celery("sender", broker=broker_url, set_as_current=False)

    def go(name: str, task_id: str, **kwargs: Any) -> None:
        done, failed = callbacks(RUN, task_id, "redis")
        called: dict[str, Any] = {"link": [done], "link_error": [failed]}
        app.send_task(name, (), kwargs, task_id=task_id, root_id=RUN, **called)

    return go


def told(broker_url: str) -> list[tuple[dict[str, Any], list[Any]]]:
    """Return headers and body of what lies in the queue, oldest first."""
    with redis.Redis.from_url(broker_url) as client:
        waiting: Any = client.lrange("umbel", 0, -1)
    messages = [json.loads(raw) for raw in reversed(waiting)]
    return [(each["headers"], json.loads(base64.b64decode(each["body"]))) for each in messages]


def test_a_watched_worker_tells_exception_and_traceback_in_the_message_itself(
    celery_worker_process, sample_folder, broker_url, send, eventually
):
    worker = celery_worker_process("sample_app", folder=sample_folder)
    send("n", "task-1", tag="boom!")
    send("n", "task-2", tag="fine")
    eventually(lambda: len(told(broker_url)) == 2, 20, "both callbacks")
    found = {headers["id"]: (headers, body) for headers, body in told(broker_url)}
    headers, (args, kwargs, _) = found["failed:task-1"]
    assert (headers["task"], headers["root_id"], args) == ("umbel.failed", RUN, ["task-1", RUN, "task-1"])
    assert kwargs["exception"] == "ValueError('boom!')"
    assert kwargs["traceback"].startswith("Traceback")
    assert "raise ValueError(tag)" in kwargs["traceback"]
    assert found["done:task-2"][1][0] == ["fine()", RUN, "task-2"]
    assert "not told" not in worker.log.read_text()


def test_a_worker_that_does_not_watch_sends_the_ordinary_callback(
    celery_worker_process, sample_folder, broker_url, send, eventually
):
    celery_worker_process("sample_app", folder=sample_folder, environment={"SAMPLE_UNWATCHED": "1"})
    send("n", "task-1", tag="boom!")
    ((headers, (args, kwargs, _)),) = eventually(lambda: told(broker_url), 20, "the callback")
    assert (headers["task"], args, kwargs) == ("umbel.failed", ["task-1", RUN, "task-1"], {})


class Request:
    id = "task-1"


class Unspeakable(Exception):
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_whatever_failed_is_told_in_bounded_size(broker_url):
    app = Celery("user", broker=broker_url, set_as_current=False)
    watch(app)
    callback: Any = app.tasks["umbel.failed"]
    callback(Request, ValueError("x" * 1_000_000), "t" * 1_000_000, RUN, "a")
    callback(Request, Unspeakable(), None, RUN, "b")
    (_, (_, large, _)), (_, (_, strange, _)) = told(broker_url)
    assert (len(large["exception"]), len(large["traceback"])) == (failures.EXCEPTION, failures.TRACEBACK + 4)
    assert strange["traceback"] is None
    assert "Unspeakable" in strange["exception"]


def test_a_broker_that_is_away_is_no_error_of_the_worker(unused_port):
    app = Celery("user", broker=f"redis://127.0.0.1:{unused_port}/0", set_as_current=False)
    app.conf.task_publish_retry_policy = {"max_retries": 0}
    app.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    watch(app)
    app.tasks["umbel.failed"](Request, ValueError(), None, RUN, "a")


def test_a_queue_that_is_full_of_announcements_takes_failures_all_the_same(broker_url):
    app = Celery("user", broker=broker_url, set_as_current=False)
    watch(app, limit=0)
    with redis.Redis.from_url(broker_url) as client:
        client.lpush("umbel", "something")
    app.tasks["umbel.failed"](Request, ValueError(), None, RUN, "a")
    with redis.Redis.from_url(broker_url) as client:
        assert client.llen("umbel") == 2


def test_the_callback_belongs_to_the_watched_app_alone(broker_url):
    watched, other = Celery("a", set_as_current=False), Celery("b", set_as_current=False)
    watch(watched)
    assert "umbel.failed" in watched.tasks
    assert "umbel.failed" not in other.tasks
