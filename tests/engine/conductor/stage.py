"""What the tests of the conductor share: a module of tasks, conductors, announcements by hand."""

import gc
import importlib
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from umbel.engine import protocol
from umbel.engine.conductor import Ending, run
from umbel.engine.settings import Settings

MODULE = """
import os
import time
from celery import Celery
from umbel.engine import watch

app = Celery("flow", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])
app.conf.task_send_sent_event = True
watch(app)

@app.task(name="flow.add", shared=False)
def add(*numbers):
    return 1

@app.task(name="flow.total", shared=False)
def total(numbers):
    return sum(numbers)

@app.task(name="flow.boom", shared=False)
def boom(*args):
    raise ValueError("no <b>luck</b>")

@app.task(name="flow.shaky", shared=False, bind=True, max_retries=5)
def shaky(self, *args):
    if self.request.retries < 2:
        raise self.retry(countdown=0.05, exc=RuntimeError("again"))
    return "steady"

@app.task(name="flow.nap", shared=False)
def nap(*args, seconds=0.3):
    time.sleep(seconds)
    return 1

@app.task(name="flow.tell", shared=False)
def tell(*args):
    return "told"
"""


@contextmanager
def conducting(broker_url: str, database_url: str, **more: Any) -> Iterator[Ending]:
    """Run a conductor in a thread."""
    ending = Ending()
    given: dict[str, Any] = {"broker_url": broker_url, "database_url": database_url, **more}
    settings = Settings(**given)
    thread = threading.Thread(target=run, args=[settings], kwargs={"ending": ending})
    thread.start()
    try:
        yield ending
    finally:
        ending.ask()
        thread.join(30)
    assert not thread.is_alive()


class ConductorProcess:
    """A conductor in a process of its own, which can be killed."""

    def __init__(self, broker_url: str, database_url: str, log: Path) -> None:
        self.log = log
        code = (
            "import logging; logging.basicConfig(level='INFO'); "
            "from umbel.engine.conductor import run; from umbel.engine.settings import Settings; "
            f"run(Settings(broker_url={broker_url!r}, database_url={database_url!r}))"
        )
        with log.open("wb") as sink:
            self.process = subprocess.Popen([sys.executable, "-c", code], stdout=sink, stderr=sink)

    def says(self, words: str) -> bool:
        """Whether it has logged ``words``."""
        return words in self.log.read_text()


def announced(*messages: dict[str, Any], run: str | None = None) -> tuple[dict[str, Any], list[Any]]:
    """Return headers and body of an announcement."""
    said = {
        "run": run or uuid.uuid4().hex,
        "at": time.time(),
        "origin": "test@here",
        "messages": list(messages),
    }
    return protocol.message(protocol.WATCH, uuid.uuid4().hex, said)


def member(
    task_id: str, task: str = "app.work", *, group: str | None = None, index: int = 0, **embed: Any
) -> dict:
    """Return the announced message of one task; ``chord=True`` for all members but the first."""
    headers: dict[str, Any] = {"id": task_id, "task": task, "root_id": task_id}
    if group is not None:
        headers |= {"group": group, "group_index": index}
    return {"headers": headers, "body": [[], {}, embed]}


def signature(task_id: str, task: str = "app.work") -> dict[str, Any]:
    """Return a signature as it travels in an embed."""
    options = {"task_id": task_id}
    return {
        "task": task,
        "args": [],
        "kwargs": {},
        "options": options,
        "subtask_type": None,
        "immutable": False,
    }


def write_module(folder: Path) -> Path:
    """Write the module above into ``folder``."""
    (folder / "flow.py").write_text(MODULE)
    return folder


@contextmanager
def imported(
    folder: Path, broker_url: str, name: str = "flow", *, results: str | None = None, **environment: str
) -> Iterator[Any]:
    """Give the module above, or another of ``folder``, with its app on ``broker_url``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELERY_BROKER_URL", broker_url)
        patch.setenv("CELERY_RESULT_BACKEND", results or broker_url)
        for variable, value in environment.items():
            patch.setenv(variable, value)
        patch.syspath_prepend(str(folder))
        sys.modules.pop(name, None)
        module = importlib.import_module(name)
    yield module
    # A result that is collected tells the broker, and would wait for it when it is gone.
    for pending in module.app.backend._pending_results:
        pending.clear()
    gc.collect()
    module.app.close()
    sys.modules.pop(name, None)  # another of that name may have been there, and gone, meanwhile
    _kept.append(module)


_kept: list[Any] = []  # Celery leaves closing its clients' sockets to the end of the process
