"""Random canvases that a watched app sends, and real workers run, as the conductor's database shows them."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import pairwise
from typing import Any

import drawing
import pytest
import shapes
from kombu import Connection, Consumer, Queue

from umbel.engine import watch
from umbel.engine.canvas import assemble, fragment
from umbel.engine.conductor.live import EXCHANGE
from umbel.engine.dag import Dag, Node
from umbel.engine.store import open_store, reads, upgrade

COUNT = int(os.environ.get("NATIVE_WATCHED", "100"))
FIRST = 1_000_000  # seeds that the other tests do not use
PROMISED = 0.1  # seconds from the return of a send to a whole graph in the database
# Times that on a machine that does other things: for half of the canvases, and for each.
USUAL, SLACK = 4, 20


@pytest.fixture
def database(tmp_path, broker_url):
    """The database of a conductor that runs in a process of its own."""
    url = f"sqlite:///{tmp_path}/umbel.db"
    upgrade(url)
    command = [sys.executable, "-m", "umbel.webui.cli", "conductor"]
    flags = ["--broker-url", broker_url, "--database-url", url]
    log = tmp_path / "conductor.log"
    with log.open("wb") as sink:
        process = subprocess.Popen([*command, *flags], stdout=sink, stderr=sink)
    opened = open_store(url, read_only=True)
    yield opened
    opened.close()
    process.terminate()
    assert process.wait(30) == 0, log.read_text()


@pytest.fixture
def heard(broker_url, database, eventually):
    """When the conductor told first of how many tasks of a run, by run: it tells after each commit."""
    runs: dict[str, dict[int, float]] = {}
    beats, done = [], threading.Event()

    def note(body: Any, _: Any) -> None:
        beats.append(body["at"])
        for run in body["runs"]:
            runs.setdefault(run["id"], {}).setdefault(run["nodes"], body["at"])

    def listen() -> None:
        with Connection(broker_url) as connection:
            ear = Queue(exchange=EXCHANGE, durable=False, exclusive=True, auto_delete=True)
            with Consumer(connection, [ear], callbacks=[note], no_ack=True):
                while not done.is_set():
                    try:
                        connection.drain_events(timeout=0.1)
                    except TimeoutError:
                        continue

    thread = threading.Thread(target=listen)
    thread.start()
    eventually(lambda: beats, 30, "the conductor")
    yield runs
    done.set()
    thread.join(10)


@pytest.mark.parametrize("native", [["-E"]], indirect=True)
def test_watched_canvases_are_whole_at_once_and_end_in_the_right_states(
    native, database, heard, eventually, count
):
    watch(native.app)
    seeds = range(FIRST, FIRST + COUNT)
    returned: dict[int, float] = {}
    for seed in seeds:
        native.send([seed], lambda seed: shapes.failing(native.task, seed, every=3))
        returned[seed] = time.time()
        drawn = _drawn(native.messages[seed])
        eventually(lambda drawn=drawn: _run(database, drawn) is not None, 30, f"canvas {seed}")
    eventually(native.settled, 120, "all calls")
    native.read()

    runs = {seed: _run(database, _drawn(native.messages[seed])) or "" for seed in seeds}
    eventually(lambda: all(_ended(database, run) for run in runs.values()), 30, "the end of each run")
    problems, states = [], Counter()
    for seed in seeds:
        try:
            states += judge(database, runs[seed], native, seed)
        except AssertionError as problem:
            problems.append(f"canvas {seed}, {shapes.failing(native.task, seed, every=3)!r}: {problem}")
    assert not problems, f"{len(problems)} differ:\n" + "\n".join(problems[:10])

    whole = {seed: heard[run][len(_tasks(_graph(database, run)))] for seed, run in runs.items()}
    single = [seed for seed in seeds if len(native.messages[seed]) == 1]
    before = sum(whole[seed] <= min(call["start"] for call in native.calls[seed]) for seed in single)
    waits = sorted(whole[seed] - returned[seed] for seed in seeds if seed not in single)
    median, most = 1000 * waits[len(waits) // 2], 1000 * waits[-1]
    count(
        f"{COUNT} watched canvases, {dict(states)}: of {len(single)} that begin with a task, {before} were "
        f"whole in the database before it started; {len(waits)} groups and chords were whole {median:.0f} ms "
        f"(median), {most:.0f} ms (most) after the send returned"
    )
    assert waits[len(waits) // 2] < USUAL * PROMISED
    assert waits[-1] < SLACK * PROMISED


def judge(database: Any, run: str, native: Any, seed: int) -> Counter[str]:
    """Return how many tasks of a run ended in which state, all of them the right one."""
    calls, shown, said = native.calls[seed], _graph(database, run), _drawn(native.messages[seed])
    assert _tasks(shown) == _tasks(said), "other tasks are shown"
    assert drawing.edges(shown) == drawing.edges(said), "other edges are shown"
    assert {call["id"] for call in calls} <= set(_tasks(shown)), "other tasks ran"
    right = dict.fromkeys(_tasks(shown), "BLOCKED")
    right |= {call["id"]: "FAILURE" if call["failed"] else "SUCCESS" for call in calls}
    rows = {row["id"]: row for row in reads.nodes(database, run)["nodes"]}
    assert {name: rows[name]["state"] for name in right} == right
    ended = "FAILURE" if "FAILURE" in right.values() else "SUCCESS"
    assert reads.run(database, run)["state"] == ended
    for row in rows.values():
        times = [row[word] for word in ("sent", "received", "started", "finished") if row[word]]
        assert all(a <= b + 0.05 for a, b in pairwise(times)), f"times out of order: {row}"
    return Counter(right.values())


def _drawn(messages: list[dict[str, Any]]) -> Dag:
    pieces = [fragment(message) for message in messages]
    return assemble(
        (node for piece in pieces for node in piece.nodes), (edge for piece in pieces for edge in piece.edges)
    )


def _run(database: Any, drawn: Dag) -> str | None:
    """Return the run that shows all tasks of a graph."""
    tasks = _tasks(drawn)
    found = {each["run"] for each in reads.find(database, next(iter(tasks)))}
    return next((run for run in found if (reads.run(database, run) or {})["nodes"] == len(tasks)), None)


def _ended(database: Any, run: str) -> bool:
    return (reads.run(database, run) or {})["finished"] is not None


def _graph(database: Any, run: str) -> Dag:
    """Return a run's graph as the database has it."""
    shown = reads.graph(database, run)
    names = {node["index"]: node["id"] for node in shown["nodes"]}
    words = ("id", "task", "args", "kwargs", "immutable", "options", "inputs")
    nodes = (Node.from_json({word: node[word] for word in words}) for node in shown["nodes"])
    return Dag(nodes, ((names[parent], names[child], kind) for parent, child, kind in shown["edges"]))


def _tasks(dag: Dag) -> dict[str, str]:
    """Return the tags of the tasks by id."""
    return {node.id: node.kwargs["tag"] for node in dag if not node.is_join}
