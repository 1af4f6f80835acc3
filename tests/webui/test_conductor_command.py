"""``umbel conductor``: whether one is at work, and what it knows of the user's app."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from umbel.engine import store
from umbel.engine.conductor.lease import Lease
from umbel.webui.commands.conductor import conductor as conductor_command

Command = Callable[..., Any]

MODULE = """
from celery import Celery
app = Celery("shop", broker={url!r})
app.conf.task_default_queue = "counter"
app.conf.task_routes = {{"shop.bake": {{"queue": "oven"}}}}

@app.task(name="shop.bake", time_limit=40)
def bake(): ...
"""


def test_where_no_conductor_is_at_work_the_check_says_so(command: Command) -> None:
    told = command("conductor", "--check")
    assert told.code == 69
    assert "No conductor is active." in told.err


def test_a_conductor_that_is_silent_is_not_at_work(command: Command, database_url: str) -> None:
    opened = store.open_store(database_url)
    lease = Lease(opened)
    assert lease.take()
    opened.close()
    told = command("conductor", "--check")
    assert told.code == 69
    assert f"The conductor {lease.holder} holds the lease, and was not heard of for 3 s." in told.err


def test_a_conductor_at_work_passes_the_check_without_a_broker(
    command: Command, conductor: None, database_url: str
) -> None:
    deadline = time.monotonic() + 20
    while (told := command("conductor", "--check", database=True)).code and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (told.code, told.out) == (0, "A conductor is at work.\n")


def test_an_app_that_is_none_is_one_line(command: Command) -> None:
    told = command("conductor", "-A", "no_such_module")
    assert told.code == 64
    assert "no_such_module gives no Celery app" in told.err


@pytest.fixture
def shop(
    tmp_path: Path, broker_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Redis]:
    """A conductor that was started with ``-A``, on the app's broker."""
    from umbel.engine.conductor import Ending, run

    (tmp_path / "shop_app.py").write_text(MODULE.format(url=broker_url))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    ending = Ending()
    started: list[str] = []

    def conduct(settings: Any, *, app: Any) -> None:
        import threading

        started.append(settings.broker_url)
        threading.Thread(target=run, args=[settings], kwargs={"ending": ending, "app": app}).start()

    monkeypatch.setattr("umbel.engine.conductor.run", conduct)
    conductor_command.main(["-A", "shop_app", "--database-url", database_url], standalone_mode=False)
    assert started == [broker_url]
    with Redis.from_url(broker_url) as client:
        yield client
    ending.ask()


def test_a_raw_canvas_gets_what_the_app_says_of_its_tasks(shop: Redis, broker_url: str) -> None:
    with Celery("somebody", broker=broker_url, set_as_current=False) as anyone:
        canvas = anyone.signature("shop.bake") | anyone.signature("shop.sell")
        anyone.send_task("umbel.run", [canvas], task_id=str(uuid.uuid4()), queue="umbel")
        found = shop.brpop(["oven"], timeout=20)
        assert found
        message = json.loads(found[1])
        assert message["headers"]["task"] == "shop.bake"
        assert message["headers"]["timelimit"] == [40, None]
        anyone.send_task("umbel.run", [anyone.signature("shop.sell")], queue="umbel")
        sold = shop.brpop(["counter"], timeout=20)
        assert sold
        assert json.loads(sold[1])["headers"]["task"] == "shop.sell"
