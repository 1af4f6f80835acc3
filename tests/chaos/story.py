"""A conducted run of two thousand tasks that tell when they begin, and what became of it.

Whoever disturbs it compares it with one that nobody disturbed: each task ends the same, with the same result.
And each that began more than once has a reason: it was sent again by the conductor, or it was delivered again
around a moment at which something was killed.
"""

import json
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from celery import chain, chord, group
from sqlalchemy import text

from umbel.engine.store import Store

MODULE = """
import os
import random
import time

from celery import Celery

app = Celery("chaos", broker=os.environ["CELERY_BROKER_URL"], set_as_current=False)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
book = os.open(os.environ.get("CHAOS_BOOK", os.devnull), os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def begin(task):
    os.write(book, f"{task.request.root_id} {task.request.id} {time.time()}\\n".encode())
    time.sleep(random.random() * 0.005)

def weight(value):
    if isinstance(value, list):
        return sum(place * weight(each) for place, each in enumerate(value, 1))
    return 7 if value is None else value

@app.task(bind=True, name="chaos.total")
def total(self, *given, plus=0):
    begin(self)
    return (weight(list(given)) + plus) % 1_000_003

@app.task(bind=True, name="chaos.boom")
def boom(self, *given):
    begin(self)
    raise ValueError("as every time")

@app.task(bind=True, name="chaos.told")
def told(self, failed):
    begin(self)
    return 1
"""

WIDTH, LEVELS = 200, 7
BRANCHES = 110
DELIVERING = {"broker", "conductor", "database", "worker"}  # what lets a task be delivered again
AROUND = 20.0  # seconds around a kill in which what is delivered again has that reason
LASTING = ("FAILURE", "REVOKED", "SUCCESS")


def canvas(module: Any) -> Any:
    """Return a canvas of about two thousand tasks: wide levels one after another, and short branches.

    Each third branch fails in its middle, calls its error callback and cleans up; the last task takes what
    there is.
    """
    total = module.total
    steps: list[Any] = [total.si(1)]
    for level in range(LEVELS):
        steps += [group(total.s(plus=level * WIDTH + n) for n in range(WIDTH)), total.s(plus=level)]
    branches = [chain(*steps)]
    for number in range(BRANCHES):
        middle = total.s(plus=number)
        if number % 3 == 0:
            retry = {"max": 1, "backoff": 0.2}
            middle = module.boom.s().set(umbel={"retry": retry}).on_error(module.told.s())
        tidy = total.s(plus=3).set(umbel={"run_when": "all_done"})
        branches.append(chain(total.si(number), total.s(plus=1), middle, total.s(plus=2), tidy))
    last = total.s().set(umbel={"run_when": "all_done"})
    return chord(branches, last)


class Task(NamedTuple):
    """What became of one task of a run."""

    task: str
    state: str
    result: str | None


class Began(NamedTuple):
    """A worker began a task, of which this was an attempt."""

    node: int
    attempt: str
    at: float


class Kill(NamedTuple):
    """Something was killed, and started again."""

    what: str
    at: float
    again: float


class Account(NamedTuple):
    """What a run came to."""

    tasks: dict[int, Task]
    began: list[Began]
    reasons: dict[str, str]  # attempt -> why the conductor made it one of several

    @property
    def repeated(self) -> dict[int, list[Began]]:
        """What began more than once, in order."""
        found: dict[int, list[Began]] = {}
        for each in sorted(self.began, key=lambda each: each.at):
            found.setdefault(each.node, []).append(each)
        return {node: several for node, several in found.items() if len(several) > 1}

    @property
    def repeated_tasks(self) -> list[Task]:
        """What these are."""
        return [self.tasks[node] for node in self.repeated]


def account(store: Store, book: Path, run_id: str) -> Account:
    """Return what the database says of a run, and the book of its tasks."""
    nodes = (
        "SELECT n.idx, n.id, n.task, n.state, n.reason, n.result FROM nodes n JOIN runs r ON r.number = n.run"
    )
    attempts = "SELECT a.idx, a.id, a.state, a.reason FROM attempts a JOIN runs r ON r.number = a.run"
    with store.read() as connection:
        rows = connection.execute(text(f"{nodes} WHERE r.id = :id AND n.task IS NOT NULL"), {"id": run_id})
        found = list(rows)
        rows = connection.execute(text(f"{attempts} WHERE r.id = :id"), {"id": run_id})
        others = list(rows)
    owners = {row.id: row.idx for row in [*others, *found]}
    reasons = {row.id: f"{row.reason or row.state}" for row in others}
    began = [
        Began(owners.get(attempt, -1), attempt, float(at))
        for root, attempt, at in map(str.split, book.read_text().splitlines())
        if root == run_id
    ]
    tasks = {row.idx: Task(row.task, row.state, _value(row.result)) for row in found}
    return Account(tasks, began, reasons)


def _value(result: Any) -> str | None:
    value = json.loads(result) if isinstance(result, str) else result
    return None if value is None else json.dumps(value)


def explained(told: Account, kills: Iterable[Kill]) -> tuple[Counter[str], list[list[Began]]]:
    """Return how many tasks began again for which reason, and those for which there is none."""
    counts, without = Counter[str](), list[list[Began]]()
    kills = [kill for kill in kills if kill.what in DELIVERING]
    for several in told.repeated.values():
        for before, after in pairwise(several):
            if after.attempt != before.attempt:
                # The order in which two attempts began says nothing of the order in which they were sent.
                known = told.reasons.get(before.attempt) or told.reasons.get(after.attempt)
                if known is None:
                    without.append(several)
                else:
                    counts[f"sent again ({known})"] += 1
            elif any(kill.at - AROUND <= after.at <= kill.again + AROUND for kill in kills):
                counts["delivered again"] += 1
            else:
                without.append(several)
    unknown = [[each] for each in told.began if each.node < 0]
    return counts, without + unknown


def differences(told: Account, undisturbed: Account) -> list[str]:
    """Return how a run differs from one that nobody disturbed, and what ended without having begun."""
    if told.tasks.keys() != undisturbed.tasks.keys():
        return [f"{len(told.tasks)} tasks, not {len(undisturbed.tasks)}"]
    began = {each.node for each in told.began}
    found = [
        f"{idx}: {task} instead of {undisturbed.tasks[idx]}"
        for idx, task in told.tasks.items()
        if task != undisturbed.tasks[idx]
    ]
    found += [
        f"{idx}: {task} without having begun"
        for idx, task in told.tasks.items()
        if task.state == "SUCCESS" and idx not in began
    ]
    return found
