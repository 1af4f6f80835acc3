"""A conductor that is killed at the worst moments, a standby, a broker that goes away: nothing is lost."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import chain, group
from redis import Redis
from stage import conducting, imported

from umbel.engine import conduct, embedded
from umbel.engine.choice import Choice
from umbel.engine.plan import plan as planned
from umbel.engine.store import open_store, planning, reads, upgrade

FOLDER = Path(__file__).parent

CONDUCTOR = """
import logging, os, signal
logging.basicConfig(level="INFO")
from umbel.engine.conductor import run, term
from umbel.engine.conductor.bulk import Bulks
from umbel.engine.conductor.outbox import Outbox
from umbel.engine.settings import Settings

def die():
    os.kill(os.getpid(), signal.SIGKILL)

count = {count}

def at(owner, name, *, before, when=lambda *args: True):
    real = getattr(owner, name)
    def instead(*args, **options):
        global count
        count -= when(*args)
        is_time = count == 0 and when(*args)
        if is_time and before:
            die()
        found = real(*args, **options)
        if is_time:
            die()
        return found
    setattr(owner, name, instead)

point = {point!r}
if point == "before commit":
    at(term, "save", before=False, when=lambda connection, staged, *rest: any(each.sent for each in staged))
elif point == "before a resubmission is committed":
    at(term, "save", before=False, when=lambda connection, staged, *rest: any(each.copy for each in staged))
elif point == "after a resubmission is committed":
    at(term.Term, "_committed", before=True,
       when=lambda own, batch: any(each.copy for each in batch.staged.values()))
elif point == "after an amendment is committed":
    at(term.Term, "_committed", before=True,
       when=lambda own, batch: any(each.marked for each in batch.staged.values() if not each.is_new))
elif point == "between commit and publish":
    at(Outbox, "add", before=False, when=lambda outbox, entries: bool(list(entries)))
elif point == "between publish and record":
    at(Outbox, "_succeeded", before=False)
elif point == "between resubmissions and their outcomes":
    at(Bulks, "record", before=True, when=lambda bulks, now: bool(bulks._outcomes))
elif point == "after outcomes":
    at(Bulks, "record", before=False, when=lambda bulks, now: bool(bulks._outcomes))
run(Settings(broker_url={broker!r}, database_url={database!r}))
"""


class World:
    """A broker with a worker, and a database for conductors that are started and killed."""

    def __init__(self, url, folder):
        self.url, self.folder = url, folder
        self.database_url = f"sqlite:///{folder}/umbel.db"
        upgrade(self.database_url)
        self.started = 0

    @contextmanager
    def conductor(self, point="", count=1):
        """Run a conductor that kills itself at a named point, when it comes there for the count-th time."""
        self.started += 1
        code = CONDUCTOR.format(point=point, count=count, broker=self.url, database=self.database_url)
        log = self.folder / f"conductor-{self.started}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen([sys.executable, "-c", code], stdout=sink, stderr=sink)
        try:
            yield process, log
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(20)


@contextmanager
def working(url, folder, results=None):
    """Run a worker, whose tasks tell what they do where ``results`` are, or its broker.

    Where it ends, it is started again: Celery's own does, at times, when its broker goes away.
    """
    worker = f"{shlex.quote(sys.executable)} -m celery -A conduct_tasks worker -c 2 -E"
    command = ["sh", "-c", f"while :; do {worker}; done"]
    environment = os.environ | {"CELERY_BROKER_URL": url, "CELERY_RESULT_BACKEND": results or url}
    with (folder / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            command, cwd=FOLDER, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture(scope="module")
def world(broker, tmp_path_factory):
    """Where everything is."""
    folder = tmp_path_factory.mktemp("killed")
    url = f"{broker.url.removesuffix('/0')}/1019"
    with working(url, folder):
        yield World(url, folder)


@pytest.fixture(scope="module")
def tasks(world):
    """The user's module."""
    with imported(FOLDER, world.url, "conduct_tasks") as module:
        yield module


@pytest.fixture
def database(world):
    """The conductors' database."""
    opened = open_store(world.database_url, read_only=True)
    yield opened
    opened.close()


def canvas(tasks):
    def s(name):
        return tasks.spell.s(name=name)

    return chain(s("A"), group(s("B"), s("C") | s("D"), s("E")), s("F"), s("G"))


SPELT = "G(F([B(A()),D(C(A())),E(A())]))"


def ran(url, run):
    """Return how often each task of a run ran."""
    with Redis.from_url(url, decode_responses=True) as client:
        return Counter(each.split()[0] for each in client.lrange(f"ran:{run.id}", 0, -1))


@pytest.mark.parametrize(
    ("point", "count"),
    [("before commit", 1), ("between commit and publish", 2), ("between publish and record", 2)],
)
def test_a_conductor_killed_at_any_point_loses_nothing_and_the_end_is_the_same(world, tasks, point, count):
    with world.conductor(point, count) as (process, _):
        run = conduct(canvas(tasks), app=tasks.app)
        assert process.wait(30) == -signal.SIGKILL
    with conducting(world.url, world.database_url):
        assert run.wait(60) == "SUCCESS"
        assert run.result() == SPELT
    found = ran(world.url, run)
    assert set(found) == set("ABCDEFG")
    if point == "between publish and record":
        assert sum(found.values()) <= 7 + 3  # what was just published may run twice
    else:
        assert set(found.values()) == {1}


@pytest.mark.parametrize("point", ["before a resubmission is committed", "after a resubmission is committed"])
def test_a_conductor_killed_while_it_resubmits_makes_one_run_and_runs_each_task_once(
    world, tasks, database, point
):
    with Redis.from_url(world.url) as client, ThreadPoolExecutor() as pool:
        client.sadd("broken", "B")
        with world.conductor(point) as (process, _):
            run = conduct(tasks.spell.s(name="A") | tasks.fragile.s(name="B"), app=tasks.app)
            assert run.wait(30) == "FAILURE"
            client.srem("broken", "B")
            past = planning.past(database, run.id)
            assert past is not None
            plan = planned(past, Choice(failed=True))
            asked = pool.submit(run.resubmit, plan=plan.hash)
            assert process.wait(30) == -signal.SIGKILL
        with conducting(world.url, world.database_url):
            made = asked.result(60)
            assert made.wait(60) == "SUCCESS"
            assert made.result() == "B(A())"
    assert ran(world.url, made) == {"B": 1}
    runs = reads.runs(database)["runs"]
    assert [each["id"] for each in runs if each["made_from"] == run.id] == [made.id]
    assert [each["what"] for each in reads.actions(database, run.id)] == ["resubmit"]


def test_a_conductor_killed_after_an_amendment_says_that_it_is_made_and_makes_it_once(world, tasks, database):
    with ThreadPoolExecutor() as pool:
        with world.conductor("after an amendment is committed") as (process, _):
            run = conduct(tasks.spell.s(name="A", seconds=0.2) | tasks.spell.s(name="B"), app=tasks.app)
            run.wait(0)
            [b] = [row["id"] for row in reads.nodes(database, run.id)["nodes"] if row["state"] == "PENDING"]
            asked = pool.submit(run.amend, {"hold": [b]})
            assert process.wait(30) == -signal.SIGKILL
        with conducting(world.url, world.database_url):
            assert asked.result(30) == 1
            assert run.wait(1) == "RUNNING"
            assert run.amend({"release": [b]}) == 1
            assert run.result(30) == "B(A())"
    assert [each["what"] for each in reads.actions(database, run.id)] == ["amend", "amend"]
    assert ran(world.url, run) == {"A": 1, "B": 1}


def test_a_standby_takes_over_within_ten_seconds_and_the_run_goes_on(world, tasks, eventually):
    with world.conductor() as (first, log):
        eventually(lambda: "Conducting (epoch" in log.read_text(), 20, "an active conductor")
        with world.conductor() as (_, other):
            eventually(lambda: "Standing by" in other.read_text(), 20, "a standby")
            slow = chain(*(tasks.spell.s(name=name, seconds=0.2) for name in "ABCDE"))
            run = conduct(slow, app=tasks.app)
            eventually(lambda: ran(world.url, run)["B"], 20, "a run under way")
            os.kill(first.pid, signal.SIGSTOP)  # silent, and yet there
            stopped = time.monotonic()
            eventually(lambda: "Conducting (epoch" in other.read_text(), 12, "the takeover")
            assert time.monotonic() < stopped + 10
            assert run.wait(60) == "SUCCESS"
            os.kill(first.pid, signal.SIGCONT)
            eventually(lambda: "has taken over" in log.read_text(), 20, "the first that stands back")
    found = ran(world.url, run)
    assert set(found) == set("ABCDE")
    assert sum(found.values()) <= 6  # one may have been published, and not recorded as published yet


def test_a_broker_that_goes_away_in_mid_run_is_waited_for(tmp_path, broker_url, eventually):
    (tmp_path / "broker").mkdir()
    port = embedded.free_port()
    binary = embedded.find_binary()
    command = [str(binary), "--port", str(port), "--dir", str(tmp_path / "broker")]
    command += ["--appendonly", "yes", "--save", ""]
    url = f"redis://127.0.0.1:{port}/0"

    def start():
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        try:
            with Redis.from_url(url) as client:
                return client.ping()
        except Exception:  # loading, or not there yet
            return False

    server = start()
    eventually(answers, 10, "a broker")
    try:
        made = World(url, tmp_path)
        with (
            working(url, tmp_path, results=broker_url),  # or tasks would fail themselves
            imported(FOLDER, url, "conduct_tasks", results=broker_url) as tasks,
            made.conductor() as (_, log),
        ):
            run = conduct(
                chain(*(group([tasks.spell.s(name=f"{name}{n}") for n in range(5)]) for name in "ABCDEF")),
                app=tasks.app,
                on_lost="resend",  # what began and was cut off is lost otherwise
            )
            eventually(lambda: len(ran(broker_url, run)) >= 6, 60, "a run under way")
            server.kill()
            server.wait()
            eventually(lambda: "Trying again" in log.read_text(), 10, "a word about it")
            server = start()
            eventually(answers, 10, "the broker again")
            database = open_store(made.database_url, read_only=True)
            eventually(
                lambda: reads.run(database, run.id)["state"] not in ("PENDING", "RUNNING"), 150, "its end"
            )
            nodes = [
                reads.node(database, run.id, row["id"]) for row in reads.nodes(database, run.id)["nodes"]
            ]
            told = ("state", "reason", "exception", "note", "worker", "sent", "started")
            ended = [{name: node[name] for name in told} for node in nodes]
            assert [each for each in ended if each["state"] not in ("SUCCESS", "BLOCKED")] == []
            assert reads.run(database, run.id)["counts"] == {"SUCCESS": 30}
            database.close()
    finally:
        server.kill()
        server.wait()
