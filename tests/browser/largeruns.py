"""Pages with runs of more than 500 tasks, written into a database as a conductor would."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ports import free_port
from sqlalchemy import insert

from umbel.engine import store
from umbel.engine.machine import STATES
from umbel.engine.store import models

EMPTY = ("reason", "sent", "received", "started", "finished", "runtime", "worker", "queue")
UNKNOWN = ("result_size", "result", "exception", "traceback")
TEXTS = {"evidence": "[]", "inputs": "null", "args": "[]", "kwargs": "{}", "options": "{}"}
BEGAN = 1e9  # seconds since the epoch

TRACEBACK = 'Traceback:\n  File "/app/ingest/parse.py", line 12, in read\n    raise no\n'

Tasks = list[tuple[str, str]]  # name and state
Edges = list[tuple[int, int]]
Times = dict[str, Any]


@contextmanager
def serving(folder: Path, eventually: Callable[..., Any]) -> Iterator[str]:
    """Serve ``documents``, ``steps`` (a row of 600 tasks) and ``states`` (tasks in each state, and a row).

    Also ``pictures``, a run of 602 with all its times, ``going``, which has 40 s of the same tasks to go, and
    ``waiting``, of which nothing has begun.
    """
    database = f"sqlite:///{folder / 'umbel.db'}"
    store.upgrade(database)
    opened = store.open_store(database)
    _write(opened, 1, "documents", *_documents(1000))
    steps: Tasks = [(f"etl.step{each}", "SUCCESS") for each in range(600)]
    _write(opened, 2, "steps", steps, [(each, each + 1) for each in range(599)])
    _write(opened, 3, "states", *_states())
    _write(opened, 4, "pictures", *_pictures(), state="FAILURE", finished=BEGAN + 62.5)
    _write(opened, 6, "going", *_going(time.time()))
    mended: dict[str, Any] = {"kind": "conducted", "state": "FAILURE", "finished": BEGAN + 60}
    _write(opened, 7, "orders", *_orders(), **mended)
    _write(opened, 8, "thousand", *_thousand(), **mended)
    secret = {"kwargs": json.dumps({"password": "***", "size": 2})}
    mails: Tasks = [("mail.send", "FAILURE"), ("mail.tell", "BLOCKED")]
    _write(opened, 9, "secret", mails, [(0, 1)], [secret], state="FAILURE", finished=BEGAN + 1)
    _note(opened, "media.resize", 4, 6)
    _write(opened, 5, "waiting", [("etl.load", "PENDING")] * 2, [(0, 1)], state="PENDING", started=None)
    opened.close()
    with pages(database, eventually) as url:
        yield url


@contextmanager
def pages(database: str, eventually: Callable[..., Any]) -> Iterator[str]:
    """Serve what a database has, without a broker."""
    port = free_port()
    umbel = str(Path(sys.executable).with_name("umbel"))
    flags = ["--port", str(port), "--broker-url", "memory://", "--database-url", database]
    process = subprocess.Popen([umbel, "web", *flags], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with suppress(OSError), opener.open(f"{url}/api/v1/runs", timeout=10):
            return True
        return False

    try:
        eventually(answers, 60, "the pages")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _documents(chains: int) -> tuple[Tasks, Edges]:
    """A task, then chains of three side by side, two of which failed, then another."""
    tasks: Tasks = [("ingest.start", "SUCCESS")]
    edges: Edges = []
    for chain in range(chains):
        first = len(tasks)
        bad = chain in (10, 20)
        ended = "BLOCKED" if bad else "SUCCESS"
        tasks += [("ingest.fetch", "SUCCESS"), ("ingest.parse", "FAILURE" if bad else "SUCCESS")]
        tasks += [("ingest.store", ended)]
        edges += [(0, first), (first, first + 1), (first + 1, first + 2)]
    last = len(tasks)
    edges += [(3 * chain + 3, last) for chain in range(chains)]
    return [*tasks, ("ingest.report", "BLOCKED")], edges


def _states() -> tuple[Tasks, Edges]:
    """Sixty like tasks, six in each state, then a row of 600."""
    tasks: Tasks = [("a.start", "SUCCESS"), *(("a.many", state) for state in STATES for _ in range(6))]
    first = len(tasks)
    edges = [edge for each in range(1, first) for edge in ((0, each), (each, first))]
    tasks += [(f"b.step{each}", "PENDING") for each in range(600)]
    return tasks, [*edges, *((each, each + 1) for each in range(first, len(tasks) - 1))]


def _pictures() -> tuple[Tasks, Edges, list[Times]]:
    """A task of 1.5 s, 600 of 1 s, ten at a time, one of which failed, and one that waits for all of them."""
    tasks: Tasks = [
        ("media.list", "SUCCESS"),
        *[("media.resize", "SUCCESS")] * 600,
        ("media.pack", "BLOCKED"),
    ]
    tasks[137] = ("media.resize", "FAILURE")
    edges = [edge for each in range(1, 601) for edge in ((0, each), (each, 601))]
    times = [
        _times(2, 2.5 + each // 10, 3.5 + each // 10) | {"args": json.dumps([f"{each}.jpg"])}
        for each in range(600)
    ]
    return tasks, edges, [_times(0, 0.5, 2), *times, {}]


def _going(now: float) -> tuple[Tasks, Edges, list[Times]]:
    """One task that runs, and forty that are to run after it, one at a time."""
    tasks: Tasks = [("media.resize", "STARTED"), *[("media.resize", "PENDING")] * 40]
    return tasks, [(0, each) for each in range(1, 41)], [{"sent": now - 9, "started": now - 9}]


def _orders() -> tuple[Tasks, Edges, list[Times]]:
    """Seven tasks that Umbel sent, the third of which failed and blocks three."""
    names = ("fetch", "parse", "price", "stock", "pack", "mail", "report")
    states = ("SUCCESS", "SUCCESS", "FAILURE", "SUCCESS", "BLOCKED", "BLOCKED", "BLOCKED")
    tasks = [(f"shop.{name}", state) for name, state in zip(names, states, strict=True)]
    queues = {"price": "gpu", "mail": "post"}
    options = [json.dumps({"queue": queues[name]} if name in queues else {}) for name in names]
    times = [_sent(each, state) | {"options": options[each]} for each, state in enumerate(states)]
    return tasks, [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (4, 6)], times


def _thousand() -> tuple[Tasks, Edges, list[Times]]:
    """Two tasks, 480 rows of two side by side, three of which failed, one for all and 37 after that."""
    tasks: Tasks = [("bulk.list", "SUCCESS"), ("bulk.start", "SUCCESS")]
    edges: Edges = [(0, 1)]
    for row in range(480):
        bad = row in (100, 200, 300)
        first = len(tasks)
        tasks += [
            ("bulk.fetch", "FAILURE" if bad else "SUCCESS"),
            ("bulk.store", "BLOCKED" if bad else "SUCCESS"),
        ]
        edges += [(1, first), (first, first + 1), (first + 1, 962)]
    tasks += [("bulk.report", "BLOCKED")] + [("bulk.mail", "BLOCKED")] * 37
    edges += [(962, each) for each in range(963, 1000)]
    return tasks, edges, [_sent(each, state) for each, (_, state) in enumerate(tasks)]


def _sent(number: int, state: str) -> Times:
    """Return what is kept of a task that Umbel sent: what it was called with, and its result."""
    kept: Times = {"conducted": True, "args": json.dumps([number]), "kwargs": json.dumps({"size": number})}
    done = {"result": f'{{"json":{number}}}', "result_size": len(str(number))}
    return kept | (done if state == "SUCCESS" else {})


def _note(opened: store.Store, task: str, *runs: int) -> None:
    """Note that runs have a task, as is done for each that is written."""
    with opened.write() as connection:
        connection.execute(insert(models.Word), {"id": 1, "kind": "task", "value": task, "folded": task})
        connection.execute(insert(models.RunWord), [{"run": run, "word": 1} for run in runs])


def _times(sent: float, started: float, finished: float) -> Times:
    """Return when a task was what; it was received half a second before it began."""
    told = {"sent": sent, "received": started - 0.5, "started": started, "finished": finished}
    return {name: BEGAN + at for name, at in told.items()} | {"retries": 0}


def _write(
    opened: store.Store,
    number: int,
    name: str,
    tasks: Tasks,
    edges: Edges,
    times: Sequence[Times] = (),
    **columns: Any,
) -> None:
    counts: dict[str, int] = {}
    for _, state in tasks:
        counts[state] = counts.get(state, 0) + 1
    run = {"number": number, "id": name, "kind": "native", "name": name, "state": "RUNNING", "created": BEGAN}
    run |= {"started": BEGAN, "finished": None, "seq": 1, "structure": 1, "size": len(tasks)}
    nodes = [
        node_row(number, name, index, *task) | own
        for index, (task, own) in enumerate(zip_longest(tasks, times, fillvalue={}))
    ]
    links = [
        {"run": number, "parent": parent, "child": child, "kind": "then", "position": -1}
        for parent, child in edges
    ]
    with opened.write() as connection:
        connection.execute(insert(models.Run), run | {"counts": json.dumps(counts)} | columns)
        connection.execute(insert(models.Node), nodes)
        connection.execute(insert(models.Edge), links)


def node_row(number: int, run: str, index: int, task: str, state: str) -> dict[str, Any]:
    """Return a row of ``nodes``, with times and, of what failed, an exception."""
    node = dict.fromkeys(EMPTY + UNKNOWN) | TEXTS
    node |= {"run": number, "seq": 1, "retries": 0, "immutable": False}
    node |= {"idx": index, "id": f"{run}-{index}", "task": task, "state": state}
    if state in ("SUCCESS", "FAILURE"):  # took a tenth of a second for each of ten, round and round
        node |= {"started": BEGAN + 1, "finished": BEGAN + 1 + 0.1 * (index % 10 + 1)}
        node |= {"worker": f"celery@{'abc'[index % 3]}", "retries": int(index % 50 == 7)}
        node |= {"kwargs": json.dumps({"format": "tiff" if state == "FAILURE" else "png"})}
    if state == "FAILURE":
        node |= {"exception": f"ValueError('no <b>text</b> in document {index}')", "traceback": TRACEBACK}
    return node
