"""A long past to measure with: runs as they are kept, made up without any conductor, written in bulk."""

import json
import random
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.engine import make_url

from umbel.engine.store.models import Edge, Node, Run, RunWord, Word

DAY = 86_400.0
TASKS = [
    f"shop.{part}.step_{number}" for part in ("orders", "mail", "stock", "bills") for number in range(50)
]
WORKERS = [f"celery@host-{number:02}" for number in range(40)]
RARE = "shop.audit.yearly"


class Made(NamedTuple):
    """All rows of one run, as tuples in the order of the tables' columns."""

    run: tuple[Any, ...]
    nodes: list[tuple[Any, ...]]
    edges: list[tuple[Any, ...]]
    words: set[tuple[str, str]]


@dataclass(slots=True)
class Past:
    """``runs`` runs over ``days`` days: half of one task, the others of 19, and each 1,000th of ``wide``."""

    runs: int
    wide: int = 10_000
    days: float = 30.0
    now: float = 1_800_000_000.0
    words: dict[tuple[str, str], int] = field(default_factory=dict)

    def size(self, number: int) -> int:
        """Return how many nodes run ``number`` has."""
        return self.wide if number % 1000 == 0 else 1 if number % 2 else 19

    def made(self) -> Iterator[Made]:
        """Yield every run, the oldest first."""
        for number in range(1, self.runs + 1):
            yield self._run(number)

    def run_id(self, number: int) -> str:
        """Return the id of a run."""
        return str(uuid.UUID(int=random.Random(number).getrandbits(128)))

    def node_id(self, number: int, index: int) -> str:
        """Return the id of a node."""
        return str(uuid.UUID(int=random.Random(number * 1_000_003 + index).getrandbits(128)))

    def created(self, number: int) -> float:
        """Return when a run was made."""
        return self.now - self.days * DAY * (1 - number / self.runs)

    def state(self, number: int) -> str:
        """Return the state of a run."""
        if number > self.runs - 20:
            return "RUNNING"
        return "REVOKED" if number % 5000 == 2 else "FAILURE" if number % 33 == 0 else "SUCCESS"

    def _run(self, number: int) -> Made:
        size, state, at = self.size(number), self.state(number), self.created(number)
        tasks = [TASKS[(number // 7 + step) % len(TASKS)] for step in range(3)]
        if number == self.runs // 3:
            tasks[0] = RARE
        words = {("task", task) for task in tasks[: min(size, 3)]}
        nodes, ended = [], "STARTED" if state == "RUNNING" else state
        for index in range(size):
            last = index == size - 1
            node = self._node(number, index, tasks[index % 3], ended if last else "SUCCESS", at)
            words.add(("worker", node[13]))
            nodes.append(node)
        if state == "FAILURE":
            words.add(("error", _error(number)))
        name = " → ".join(tasks[: min(size, 3)])
        finished = None if state == "RUNNING" else at + 60
        single, kind = size == 1, "inferred" if size == 1 else "native"
        counts = {"SUCCESS": size} if state == "SUCCESS" else {"SUCCESS": size - 1, ended: 1}
        row = (number, self.run_id(number), kind, name, state, at, at + 0.1, finished, size * 4, 1, size)
        row += (json.dumps(counts), single, name.casefold()[:255], nodes[0][2], None, None)
        edges = [(number, index, index + 1, "then", -1) for index in range(size - 1)]
        return Made(row, nodes, edges, words)

    def _node(self, number: int, index: int, task: str, state: str, at: float) -> tuple[Any, ...]:
        worker = WORKERS[(number + index) % len(WORKERS)]
        evidence = json.dumps(
            [
                [kind, at + step, worker, 0 if kind == "received" else None, None, None, at + step]
                for step, kind in enumerate(("sent", "received", "started", "succeeded"))
            ]
        )
        failed = state == "FAILURE"
        trace = f"Traceback (most recent call last):\n{'  in step' * 60}" if failed else None
        ended = None if state == "STARTED" else at + 3
        row = (number, index, self.node_id(number, index), state, "error" if failed else None, index + 1, 0)
        row += (at, at + 1, at + 2, ended, 0.5, False, task, worker, "celery", evidence, "null", 12)
        row += (f"[{index}, 17]", f'{{"order": {index}}}', '{"queue": "celery"}', '{"repr": "12345"}')
        return (*row, _error(number) if failed else None, trace, 0, None, None)


def _error(number: int) -> str:
    return f"ConnectionError('order {number} was refused by db-{number % 7}')"


TABLES: list[Any] = [model.__table__ for model in (Run, Node, Edge, Word, RunWord)]


LAST = {"runs": "parent_node", "nodes": "note"}  # what follows these is of conducted runs alone


def _names(table: Any) -> list[str]:
    names = [column.name for column in table.columns]
    return names[: names.index(LAST[table.name]) + 1] if table.name in LAST else names


def _columns(table: Any) -> str:
    return ", ".join(f'"{name}"' for name in _names(table))


def fill(url: str, past: Past) -> None:
    """Write the whole past into an empty database that has its schema."""
    assert [c.name for c in Node.__table__.columns][13:15] == ["task", "worker"]
    if make_url(url).get_backend_name() == "sqlite":
        _fill_sqlite(make_url(url).database or "", past)
    else:
        _fill_postgresql(make_url(url).set(drivername="postgresql"), past)


def _batches(past: Past, nodes: int = 100_000) -> Iterator[list[Made]]:
    batch: list[Made] = []
    for made in past.made():
        batch.append(made)
        if sum(len(each.nodes) for each in batch[-1:]) + len(batch) * 10 > nodes:
            yield batch
            batch = []
    yield batch


def _rows(batch: Iterable[Made]) -> list[list[tuple[Any, ...]]]:
    batch = list(batch)
    nodes = [row for each in batch for row in each.nodes]
    edges = [row for each in batch for row in each.edges]
    return [[each.run for each in batch], nodes, edges]


def _words(past: Past, batch: Iterable[Made]) -> tuple[list[tuple[Any, ...]], list[tuple[int, int]]]:
    """Return the rows of words that are new, and of which run has which."""
    new, of_runs = [], []
    for each in batch:
        for kind, value in sorted(each.words):
            number = past.words.get((kind, value))
            if number is None:
                number = past.words[kind, value] = len(past.words) + 1
                new.append((number, kind, value, value.casefold()))
            of_runs.append((each.run[0], number))
    return new, of_runs


def _fill_sqlite(path: str, past: Past) -> None:
    with sqlite3.connect(path, isolation_level=None) as database:
        for pragma in ("synchronous = OFF", "cache_size = -1000000", "foreign_keys = OFF"):
            database.execute(f"PRAGMA {pragma}")
        for batch in _batches(past):
            database.execute("BEGIN")
            words, of_runs = _words(past, batch)
            for table, rows in zip(TABLES, [*_rows(batch), words, of_runs], strict=True):
                marks = ", ".join("?" * len(_names(table)))
                database.executemany(f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({marks})", rows)
            database.execute("COMMIT")
    database.close()


def _fill_postgresql(url: Any, past: Past) -> None:
    with psycopg.connect(url.render_as_string(hide_password=False)) as database:
        for batch in _batches(past):
            words, of_runs = _words(past, batch)
            for table, rows in zip(TABLES, [*_rows(batch), words, of_runs], strict=True):
                copied = f"COPY {table.name} ({_columns(table)}) FROM STDIN"
                with database.cursor() as cursor, cursor.copy(copied) as copy:  # type: ignore[arg-type]
                    for row in rows:
                        copy.write_row(row)
            database.commit()
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as database:
        database.execute("VACUUM ANALYZE")  # as autovacuum does on its own
