"""Scripts of a user, and what they announced."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

FOLDER = Path(__file__).parent


class Announced:
    """What lies in the queue ``umbel``, and what the tasks of ``sample_app`` told."""

    def __init__(self, client: redis.Redis) -> None:
        self.client: Any = client

    def all(self) -> list[dict[str, Any]]:
        """Return the announcements, oldest first."""
        found = []
        for raw in reversed(self.client.lrange("umbel", 0, -1)):
            message = json.loads(raw)
            assert message["content-type"] == "application/json"
            assert message["headers"]["task"] == "umbel.watch"
            (announcement,), kwargs, embed = json.loads(base64.b64decode(message["body"]))
            assert kwargs == {}
            assert not any(embed.values())
            found.append(announcement)
        return found

    def messages(self) -> list[dict[str, Any]]:
        """Return the messages of all announcements, oldest first."""
        return [message for announcement in self.all() for message in announcement["messages"]]

    def runs(self) -> dict[str, list[dict[str, Any]]]:
        """Return the messages by token."""
        found: dict[str, list[dict[str, Any]]] = {}
        for announcement in self.all():
            found.setdefault(announcement["run"], []).extend(announcement["messages"])
        return found

    def tags(self) -> list[list[str]]:
        """Return, for each token, the tags of the messages themselves."""
        return [[message["body"][1].get("tag") for message in run] for run in self.runs().values()]

    def ids(self) -> dict[str, set[str | None]]:
        """Return the ids that were announced for each tag, at any depth."""
        found: dict[str, set[str | None]] = {}
        for message in self.messages():
            args, kwargs, embed = message["body"]
            if "tag" in kwargs:
                found.setdefault(kwargs["tag"], set()).add(message["headers"]["id"])
            _ids_in([args, embed], found)
        return found

    def calls(self) -> list[tuple[str, str]]:
        """Return ``(id, tag)`` of each task that ran."""
        return [tuple(json.loads(raw)) for raw in self.client.lrange("calls", 0, -1)]

    def called(self) -> dict[str, set[str]]:
        """Return the ids under which each tag ran."""
        found: dict[str, set[str]] = {}
        for task_id, tag in self.calls():
            found.setdefault(tag, set()).add(task_id)
        return found


def _ids_in(value: Any, found: dict[str, set[str | None]]) -> None:
    if isinstance(value, list):
        for part in value:
            _ids_in(part, found)
    elif isinstance(value, dict):
        if value.get("subtask_type") is None and "options" in value and "tag" in value["kwargs"]:
            found.setdefault(value["kwargs"]["tag"], set()).add(value["options"].get("task_id"))
        for part in value.values():
            _ids_in(part, found)


@pytest.fixture
def announced(broker_url: str) -> Iterator[Announced]:
    """What was announced, on the test's broker."""
    with redis.Redis.from_url(broker_url) as client:
        yield Announced(client)


@pytest.fixture
def script(broker_url: str) -> Callable[..., str]:
    """``script(text, **environment)`` runs Python in a process of its own and returns what it printed."""

    def run(text: str, **environment: str) -> str:
        urls = {"CELERY_BROKER_URL": broker_url, "CELERY_RESULT_BACKEND": broker_url}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", text],
            env={**os.environ, "PYTHONPATH": str(FOLDER), **urls, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def sample_folder() -> Path:
    """Where the module ``sample_app`` is."""
    return FOLDER
