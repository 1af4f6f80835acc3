"""``umbel doctor``: each thing that can be wrong, and what it says of it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from umbel.webui import doctor

Doctor = Callable[..., tuple[int, dict[str, str]]]
WORKER = "from celery import Celery\napp = Celery('shop')\n"


@pytest.fixture
def examine(command: Callable[..., Any], broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Run ``umbel doctor``; return its exit code and its marks by subject."""
    monkeypatch.setattr(doctor, "LISTEN_SECONDS", 2.5)

    def call(*arguments: str, broker: str = broker_url, database: bool = True) -> tuple[int, dict[str, str]]:
        told = command("doctor", "--broker-url", broker, *arguments, database=database)
        assert told.err == ""
        call.said = told.out  # type: ignore[attr-defined]
        lines = re.findall(r"^(ok|warn|fail) +(\w+) ", told.out, re.MULTILINE)
        return told.code, {subject: mark for mark, subject in lines}

    return call


def test_all_is_well(
    examine: Doctor, conductor: None, celery_worker_process: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(WORKER)
    celery_worker_process("shop", "-E", concurrency=1)
    code, marks = examine()
    subjects = ("versions", "database", "broker", "conductor", "queue", "workers", "events", "clock")
    assert marks == dict.fromkeys(subjects, "ok"), examine.said  # type: ignore[attr-defined]
    assert code == 0


def test_nothing_but_the_broker_runs(examine: Doctor, broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as client:
        client.lpush("umbel", "{}", "{}")
        client.sadd("_kombu.binding.umbel", "umbel\x06\x16\x06\x16umbel")
    code, marks = examine()
    assert (marks["broker"], marks["conductor"], marks["queue"], marks["workers"]) == (
        "ok",
        "fail",
        "warn",
        "warn",
    )
    assert code == os.EX_UNAVAILABLE
    said = examine.said  # type: ignore[attr-defined]
    assert "umbel up" in said
    assert "2 messages wait" in said
    assert "worker -E" in said


def test_a_worker_that_sent_no_events_and_one_whose_clock_is_off(
    examine: Doctor,
    celery_worker_process: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "shop.py").write_text(WORKER)
    celery_worker_process("shop", concurrency=1)
    now = doctor.time.time
    monkeypatch.setattr(doctor.time, "time", lambda: now() - 90)
    _, marks = examine()
    assert marks["events"] == "warn"
    assert marks["clock"] == "warn"
    said = examine.said  # type: ignore[attr-defined]
    assert re.search(r"is (89|90)\.\d s ahead of ours", said)
    _, marks = examine()
    assert marks["events"] == "ok", "the worker was asked the first time"


def test_a_broker_that_is_not_there(examine: Doctor, unused_port: int) -> None:
    code, marks = examine(broker=f"redis://:s3cret@127.0.0.1:{unused_port}/0")
    assert (code, marks["broker"]) == (os.EX_UNAVAILABLE, "fail")
    said = examine.said  # type: ignore[attr-defined]
    assert "UMBEL_BROKER_URL" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("url", ["nonsense://host", "redis://127.0.0.1:1/x", "amqp://"])
def test_a_broker_url_that_cannot_be_used(examine: Doctor, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, marks = examine(broker=url)
    assert (code, marks["broker"]) == (os.EX_UNAVAILABLE, "fail")


def test_a_database_that_is_not_there(examine: Doctor, tmp_path: Path, unused_port: int) -> None:
    nowhere = f"redis://127.0.0.1:{unused_port}/0"
    url = f"sqlite:///{tmp_path}/nope.db"
    code, marks = examine("--database-url", url, broker=nowhere, database=False)
    assert (code, marks["database"]) == (os.EX_UNAVAILABLE, "fail")
    assert "umbel db upgrade" in examine.said  # type: ignore[attr-defined]


def test_a_database_that_cannot_be_written(
    examine: Doctor, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is refused anything as root, which tests may run as.
    monkeypatch.setattr(doctor.os, "access", lambda _path, mode, **_: not mode & os.W_OK)
    _, marks = examine(broker=f"redis://127.0.0.1:{unused_port}/0")
    assert marks["database"] == "fail"


def test_a_disk_that_is_almost_full(
    examine: Doctor, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 2**63)
    _, marks = examine(broker=f"redis://127.0.0.1:{unused_port}/0")
    assert (marks["database"], marks["disk"]) == ("ok", "warn")


@pytest.mark.parametrize(
    ("told", "old"), [("5.7.0", 0), ("5.3.0rc1", 0), ("5.2.7", 1), ("4.4.7", 1), ("", 0), ("x.y", 0)]
)
def test_an_old_celery_is_said(told: str, old: int) -> None:
    assert len(list(doctor._old({"w": {"sw_ver": told}}))) == old
