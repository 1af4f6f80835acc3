"""Each way in which a task can end, or not: a conducted run names it, and never hangs."""

import functools
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from celery import chain, group
from redis import Redis
from stage import conducting, imported

from umbel.engine import conduct
from umbel.engine.conductor import reaper, searching, term, workers
from umbel.engine.evidence import FINAL
from umbel.engine.store import open_store, reads, upgrade

MODULE = """
import os
import signal
import time
from celery import Celery
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded

app = Celery("ends", broker=os.environ["CELERY_BROKER_URL"], backend=os.environ["CELERY_RESULT_BACKEND"])

@app.task(name="ends.add", shared=False)
def add(*numbers):
    return 1

@app.task(name="ends.nap", shared=False)
def nap(*args, seconds=600):
    time.sleep(seconds)
    return 1

@app.task(name="ends.boom", shared=False)
def boom(*args):
    raise ValueError("no luck")

@app.task(name="ends.hard", shared=False, time_limit=1)
def hard(*args):
    time.sleep(600)

@app.task(name="ends.soft", shared=False, soft_time_limit=1)
def soft(*args):
    time.sleep(600)

@app.task(name="ends.killed", shared=False)
def killed(*args):
    os.kill(os.getpid(), signal.SIGKILL)

@app.task(name="ends.killed_late", shared=False, acks_late=True)
def killed_late(*args):
    os.kill(os.getpid(), signal.SIGKILL)

@app.task(name="ends.killed_once", shared=False, bind=True, acks_late=True, reject_on_worker_lost=True)
def killed_once(self, *args):
    if not self.request.delivery_info["redelivered"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return 1

@app.task(name="ends.ignored", shared=False)
def ignored(*args):
    raise Ignore()

@app.task(name="ends.rejected", shared=False, acks_late=True)
def rejected(*args):
    raise Reject("not mine", requeue=False)

@app.task(name="ends.unspeakable", shared=False)
def unspeakable(*args):
    return object()

@app.task(name="ends.gone", shared=False)
def gone(*args):
    raise SystemExit(3)

@app.task(name="ends.mute", shared=False, bind=True)
def mute(self, *args):
    self.request.callbacks = self.request.errbacks = None
    return {"a": [1, "two"]}

@app.task(name="ends.mute_kept_nowhere", shared=False, bind=True, ignore_result=True)
def mute_kept_nowhere(self, *args):
    self.request.callbacks = self.request.errbacks = None
    return 1

@app.task(name="ends.mute_boom", shared=False, bind=True)
def mute_boom(self, *args):
    self.request.callbacks = self.request.errbacks = None
    raise ValueError("in silence")

@app.task(name="ends.expired", shared=False)
def expired(*args):
    return 1

@app.task(name="ends.revoked", shared=False)
def revoked(*args):
    time.sleep(600)

@app.task(name="ends.replaced", shared=False, bind=True)
def replaced(self, *args):
    from celery import chord
    raise self.replace(chord([nap.si(seconds=4), add.si()], add.si()))
"""

#: task -> state, reason
ENDS = {
    "add": ("SUCCESS", None),
    "boom": ("FAILURE", "error"),
    "hard": ("FAILURE", "timeout"),
    "soft": ("FAILURE", "timeout"),
    "killed": ("FAILURE", "lost"),
    "killed_late": ("FAILURE", "lost"),
    "killed_once": ("SUCCESS", None),
    "ignored": ("SKIPPED", "ignored"),
    "rejected": ("FAILURE", "refused"),
    "unspeakable": ("FAILURE", "error"),
    "gone": ("FAILURE", "lost"),
    "mute": ("SUCCESS", None),
    "mute_kept_nowhere": ("FAILURE", "lost"),
    "mute_boom": ("FAILURE", "error"),
    "replaced": ("SUCCESS", None),
    "nowhere": ("FAILURE", "unregistered"),
    "expired": ("REVOKED", "expired"),
    "revoked": ("REVOKED", "revoked"),
}


@pytest.fixture(scope="module")
def impatient():
    """Workers count as gone after a few seconds, and what is silent for one is looked for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(term, "Workers", functools.partial(workers.Workers, silence=5))
        patch.setattr(term, "Reaper", functools.partial(reaper.Reaper, silence=1.0, scan=0.5))
        patch.setattr(searching, "ANSWER", 0.5)
        yield


class World:
    """A broker's database, a conductor, a module of tasks and its workers."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        self.database_url = f"sqlite:///{folder}/umbel.db"
        upgrade(self.database_url)
        self.database = open_store(self.database_url, read_only=True)
        self._workers: list[subprocess.Popen[bytes]] = []
        (folder / "ends.py").write_text(MODULE)

    def work(self, *arguments: str, app: str = "ends") -> subprocess.Popen[bytes]:
        """Start a worker."""
        number = len(self._workers)
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-n", f"e{number}@here"]
        urls = {"CELERY_BROKER_URL": self.url, "CELERY_RESULT_BACKEND": self.url}
        with (self.folder / f"worker-{number}.log").open("wb") as log:
            worker = subprocess.Popen(
                [*command, *arguments],
                cwd=self.folder,
                env=os.environ | urls,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._workers.append(worker)
        return worker

    def end(self):
        """End the workers."""
        self.database.close()
        for worker in self._workers:
            kill(worker)

    def rows(self, run):
        """Return the nodes of a run by the name of their task."""
        found = reads.nodes(self.database, run) or {"nodes": []}
        return {str(row["task"]).removeprefix("ends."): row for row in found["nodes"]}

    def state(self, run):
        """Return the state of a run."""
        found = reads.run(self.database, run)
        return found and found["state"]


def kill(worker):
    """End a worker and its pool at once."""
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory, impatient):
    """A worker with events, and a conductor that looks at the result backend."""
    made = World(tmp_path_factory.mktemp("ends"), f"{broker.url.removesuffix('/0')}/1022")
    made.work("-c", "4", "-E")
    with conducting(made.url, made.database_url, result_backend=made.url):
        yield made
    made.end()


@pytest.fixture(scope="module")
def ends(world):
    """The module of tasks."""
    with imported(world.folder, world.url, "ends") as module:
        yield module


@pytest.fixture(scope="module")
def everything(world, ends, eventually):
    """A run of all of them, which has ended: its nodes by task."""
    tasks = {name: ends.app.signature(f"ends.{name}") for name in ENDS}
    tasks["expired"].set(expires=-5)
    run = conduct(group(tasks.values()), app=ends.app).id
    eventually(lambda: world.rows(run).get("revoked", {}).get("state") == "STARTED", 30, "its beginning")
    ends.app.control.revoke(world.rows(run)["revoked"]["id"], terminate=True)

    def left():
        return {name: row["state"] for name, row in world.rows(run).items() if row["state"] not in FINAL}

    eventually(lambda: not left(), 45, "the end of the run")
    return run, world.rows(run)


@pytest.mark.parametrize("task", ENDS)
def test_a_task_ends_as_the_table_says(task, everything):
    _, rows = everything
    assert (rows[task]["state"], rows[task]["reason"]) == ENDS[task], rows[task]


def test_what_a_lost_callback_would_have_brought_is_what_the_result_backend_keeps(everything, world):
    run, rows = everything
    assert reads.node(world.database, run, rows["mute"]["id"])["result"]["json"] == {"a": [1, "two"]}
    assert reads.node(world.database, run, rows["mute_boom"]["id"])["exception"] == "ValueError('in silence')"
    assert "is kept nowhere" in reads.node(world.database, run, rows["mute_kept_nowhere"]["id"])["note"]


def test_no_conclusion_is_drawn_of_a_task_that_waits_in_a_queue_nobody_reads_until_it_is_purged(
    world, ends, eventually
):
    # Where a machine is so busy that its workers are not heard for a while, nobody can say what had begun.
    run = conduct(ends.add.s().set(queue="elsewhere"), app=ends.app, on_lost="resend").id
    with Redis.from_url(world.url) as client:
        eventually(lambda: client.llen("elsewhere") == 1, 10, "its message")
        with pytest.raises(BaseException, match="not within"):
            eventually(lambda: world.rows(run)["add"]["attempt"], 4)
        client.delete("elsewhere")
        eventually(lambda: client.llen("elsewhere") == 1, 20, "its message, again")
    ends.app.control.add_consumer("elsewhere", reply=True)
    eventually(lambda: world.state(run) == "SUCCESS", 10, "its end")
    ends.app.control.cancel_consumer("elsewhere", reply=True)
    detail = reads.node(world.database, run, world.rows(run)["add"]["id"])
    assert [each["reason"] for each in detail["attempts"] if each["id"] == detail["id"]] == ["lost"]


def test_what_ran_on_a_killed_worker_is_lost_and_what_it_had_not_begun_is_sent_again(world, ends, eventually):
    # A queue of its own: the worker of all tests has nothing to do with it.
    victim = world.work("-c", "1", "-E", "-Q", "own")
    tasks = [ends.nap.si().set(queue="own"), ends.add.si().set(queue="own")]
    run = conduct(group(tasks), app=ends.app).id
    wanted = {"nap": "STARTED", "add": "RECEIVED"}
    eventually(lambda: {name: row["state"] for name, row in world.rows(run).items()} == wanted, 20, "both")
    kill(victim)
    eventually(lambda: world.rows(run)["nap"]["state"] == "FAILURE", 30, "it is lost")
    assert world.rows(run)["nap"]["reason"] == "lost"
    eventually(lambda: world.rows(run)["add"]["attempt"] == 1, 20, "another attempt")
    world.work("-c", "1", "-E", "-Q", "own")
    eventually(lambda: world.state(run) == "FAILURE", 20, "the end of the run")
    assert world.rows(run)["add"]["state"] == "SUCCESS"


def test_a_native_task_that_raises_ignore_ends_as_ignored(world, ends, eventually):
    lone = ends.ignored.delay()
    eventually(lambda: reads.find(world.database, lone.id), 10, "its run")
    eventually(lambda: world.rows(lone.id)["ignored"]["state"] == "SKIPPED", 20, "its end")
    assert world.rows(lone.id)["ignored"]["reason"] == "ignored"


def test_a_native_task_that_replaces_itself_by_a_chord_is_not_ignored_while_the_chord_goes_on(
    world, ends, eventually
):
    result: Any = chain(ends.add.s(), ends.replaced.s()).apply_async()
    assert result.get(timeout=30) == 1
    first = result.parent.id
    eventually(lambda: world.state(first) == "SUCCESS", 20, "the end of the run")
    assert "SKIPPED" not in {row["state"] for row in world.rows(first).values()}


def test_without_events_and_answers_callbacks_tell_the_end_and_a_timeout_of_what_has_none(
    world, ends, eventually
):
    (world.folder / "deaf.py").write_text(
        "from ends import app\napp.conf.update(worker_enable_remote_control=False, task_default_queue='deaf')"
    )
    world.work("-c", "2", app="deaf")
    tasks = [ends.add.s(), ends.boom.s(), ends.ignored.s().set(umbel={"timeout": 6}), ends.killed.s()]
    run = conduct(group(each.set(queue="deaf") for each in tasks), app=ends.app).id
    eventually(lambda: world.state(run) == "FAILURE", 30, "the end of the run")
    found = {name: (row["state"], row["reason"]) for name, row in world.rows(run).items()}
    assert found["add"] == ("SUCCESS", None)
    assert found["ignored"] == ("FAILURE", "timeout")
    assert {found["boom"][0], found["killed"][0]} == {"FAILURE"}
