"""A conducted run of two thousand tasks ends as if nothing had happened, whatever is killed meanwhile.

In each round the conductor, the web process, a worker's child, the whole worker, the broker and the database
are killed, each at a random moment, and started again. ``scripts/chaos`` does fifty rounds; CHAOS_ROUNDS and
CHAOS_SEED say how many, and which.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cluster
import pytest
from killable import Broker, Database, Process, Web, Worker
from ports import free_port
from sqlalchemy.exc import DBAPIError
from stage import imported
from story import LASTING, MODULE, Account, Kill, account, canvas, differences, explained

from umbel.engine import conduct
from umbel.engine.store import open_store, reads, upgrade

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "5"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(10**6)
END = 180.0  # seconds in which a run ends after the last kill
AWAY = 0.6  # seconds for which something is away, at most

#: A conductor that waits seconds where it usually waits a minute.
IMPATIENT = """
import functools
from umbel.engine.conductor import searching, term
term.Workers = functools.partial(term.Workers, silence=6.0)
term.Reaper = functools.partial(term.Reaper, silence=2.0, scan=1.0)
searching.ANSWER = 0.7
"""

pytestmark = pytest.mark.timeout(240 + 120 * ROUNDS)


class Stand:
    """All that Umbel is made of, running."""

    def __init__(self, folder: Path, database: Database | None) -> None:
        self.folder = folder
        self.book = folder / "book"
        self.book.touch()
        self.fallen = 0  # how often the worker ended because the broker did
        self._read, self._begun = 0, Counter[str]()
        (folder / "chaos.py").write_text(MODULE)
        self.database = database
        self.database_url = database.url if database else f"sqlite:///{folder}/umbel.db"
        upgrade(self.database_url)
        self.store = open_store(self.database_url, read_only=True)
        self.broker = Broker(free_port(), folder)
        self.broker.start()
        self.worker = Worker(
            folder, "chaos", "-E", CELERY_BROKER_URL=self.broker.url, CHAOS_BOOK=str(self.book)
        )
        where = ["--broker-url", self.broker.url, "--database-url", self.database_url]
        self.conductor = Process(folder / "conductor.log", "conductor", *where, before=IMPATIENT)
        self.web = Web(folder / "web.log", free_port(), *where)

    def end(self) -> None:
        """End everything."""
        self.store.close()
        for each in (self.worker, self.conductor, self.web, self.broker):
            each.kill()
        if self.database is not None:
            self.database.remove()

    def disasters(self, dice: random.Random) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
        """Return what can be killed: how it is, and how it is started again."""
        child = dice.randrange(100)
        found: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
            "conductor": (self.conductor.kill, self.conductor.start),
            "web": (self.web.kill, self.web.start),
            "child": (lambda: self.worker.kill_child(child), lambda: None),
            "worker": (self.worker.kill, self.worker.start),
            "broker": (self.broker.kill, self.broker.start),
        }
        if self.database is not None:
            found["database"] = (self.database.kill, self.database.restart)
        return found

    def supervise(self) -> None:
        """Start the worker again if it has ended by itself, as whoever runs it does."""
        assert self.conductor.process.poll() is None
        assert self.web.process.poll() is None
        if self.worker.process.poll() is not None:
            self.worker.start()
            self.fallen += 1

    def begun(self, run_id: str) -> int:
        """Return how many tasks of a run have begun, counted again where they did again."""
        with self.book.open("rb") as book:
            book.seek(self._read)
            whole, newline, _ = book.read().rpartition(b"\n")  # the last line may not be whole yet
        self._read += len(whole) + len(newline)
        self._begun.update(line.split()[0].decode() for line in whole.splitlines())
        return self._begun[run_id]

    def state(self, run_id: str) -> str | None:
        """Return the state of a run; None while nobody can say."""
        try:
            run = reads.run(self.store, run_id)
        except DBAPIError:
            return None
        return run["state"] if run else None


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Everything, started."""
    folder, database = cluster.programs(), None
    if folder is not None:
        database = Database(folder)
        database.start()
    made = Stand(tmp_path, database)
    yield made
    made.end()


def run(module: Any) -> str:
    """Have the canvas conducted; its run's id."""
    retry = {"max": 5, "backoff": 0.2}
    return conduct(canvas(module), app=module.app, name="chaos", on_lost="resend", retry=retry).id


def ended(stand: Stand, run_id: str) -> Account:
    """Wait for the end of a run."""
    began = time.monotonic()
    while stand.state(run_id) not in LASTING:
        assert time.monotonic() < began + END, f"{run_id} hangs: {open_tasks(stand, run_id)}"
        stand.supervise()
        time.sleep(0.1)
    return account(stand.store, stand.book, run_id)


def open_tasks(stand: Stand, run_id: str) -> list[Any]:
    """Return what has not ended."""
    rows = reads.nodes(stand.store, run_id, limit=5000)["nodes"]
    wanted = ("id", "state", "reason", "note", "worker")
    return [
        {name: row.get(name) for name in wanted}
        for row in rows
        if row["state"] not in (*LASTING, "BLOCKED", "SKIPPED", "PENDING")
    ][:20]


def disturb(stand: Stand, run_id: str, dice: random.Random, size: int) -> list[Kill]:
    """Kill everything once while a run goes on, each at another moment."""
    disasters = list(stand.disasters(dice).items())
    dice.shuffle(disasters)
    moments = sorted(dice.uniform(0.01, 0.9) * size for _ in disasters)
    kills = []
    for moment, (what, (kill, start)) in zip(moments, disasters, strict=True):
        since = time.monotonic()
        while stand.begun(run_id) < moment and time.monotonic() < since + 20:
            stand.supervise()
            time.sleep(0.02)
        at = time.time()
        kill()
        time.sleep(dice.uniform(0.0, AWAY))
        start()
        kills.append(Kill(what, at, time.time()))
    return kills


def test_whatever_is_killed_the_run_ends_as_if_nothing_had_happened(
    stand: Stand, eventually: Any, count: Callable[[str], None]
) -> None:
    dice = random.Random(SEED)
    counts, kills, tasks, began = Counter[str](), list[Kill](), 0, time.monotonic()
    eventually(lambda: stand.conductor.says("Conducting"), 20, "the conductor")

    def judge(number: int, run_id: str) -> int:
        told = ended(stand, run_id)
        reasons, without = explained(told, kills)
        story = f"round {number} of seed {SEED}: {[(kill.what, kill.at) for kill in kills[-12:]]}"
        assert differences(told, undisturbed) == [], story
        assert without == [], story
        eventually(lambda: stand.web.ask(f"/api/v1/runs/{run_id}")[0] == 200, 20, "its page")
        counts.update(reasons)
        return len(told.tasks)

    with imported(stand.folder, stand.broker.url, "chaos") as module:
        undisturbed = ended(stand, run(module))
        assert {each.task for each in undisturbed.repeated_tasks} <= {"chaos.boom"}
        before = None
        for number in range(ROUNDS):  # each begins while the one before comes to its end
            run_id = run(module)
            kills += disturb(stand, run_id, dice, len(undisturbed.tasks))
            tasks += judge(number - 1, before) if before is not None else 0
            before = run_id
        if before is not None:
            tasks += judge(ROUNDS - 1, before)
    counts["the worker ended when its broker did"] = stand.fallen
    said = ", ".join(f"{why} {times} times" for why, times in sorted(counts.items()))
    victims = Counter(kill.what for kill in kills)
    killed = ", ".join(f"{what} {times} times" for what, times in sorted(victims.items()))
    count(
        f"Chaos, seed {SEED}: {ROUNDS} rounds in {time.monotonic() - began:.0f} s, {tasks} tasks; killed: "
        f"{killed}. Lost 0, hanging 0, ended differently 0, began again without a reason 0; with one: {said}."
    )
