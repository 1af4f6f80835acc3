"""kill -9, standing by, taking over, brokers and databases that are away: nothing announced is lost."""

import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu import Connection, Producer
from stage import announced, conducting, member, signature

from umbel.engine import embedded, protocol
from umbel.engine.conductor.inbox import queue
from umbel.engine.store import reads


def names(database):
    return {run["id"] for run in reads.runs(database, limit=1000)["runs"]}


def test_a_conductor_killed_in_the_middle_loses_nothing_announced(
    conductor_process, send, database, eventually
):
    first = conductor_process()
    eventually(lambda: first.says("Conducting"), 20, "the conductor")
    done = threading.Event()
    sent: list[str] = []

    def announce() -> None:
        while not done.wait(0.005):
            run = f"run-{len(sent)}"
            send(*announced(member(f"{run}-a", chain=[signature(f"{run}-b")]), run=run))
            sent.append(run)

    thread = threading.Thread(target=announce)
    thread.start()
    eventually(lambda: len(names(database)) > 50, 20, "runs")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    eventually(lambda: len(sent) > len(names(database)) + 50, 20, "more, while nobody conducts")
    second = conductor_process()
    eventually(lambda: second.says("Conducting"), 15, "the second conductor")
    done.set()
    thread.join()
    eventually(lambda: len(reads.runs(database, limit=100_000)["runs"]) == len(sent), 20, "every run")
    everything = reads.runs(database, limit=100_000)["runs"]
    assert {run["id"] for run in everything} == set(sent)
    assert {run["nodes"] for run in everything} == {2}


def test_a_second_conductor_stands_by_and_takes_over_within_ten_seconds(
    conductor_process, send, database, eventually
):
    first = conductor_process()
    eventually(lambda: first.says("Conducting (epoch 1)"), 20, "the first conductor")
    second = conductor_process()
    eventually(lambda: second.says("Standing by: another conductor is active."), 20, "the standby")
    send(*announced(member("a"), run="before"))
    eventually(lambda: names(database) == {"before"}, 10, "the first run")
    assert not second.says("Conducting")
    first.process.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    send(*announced(member("b"), run="after"))
    eventually(lambda: names(database) == {"before", "after"}, 10, "the second run")
    assert time.monotonic() - killed < 10
    assert second.says("Conducting (epoch ")  # 2, unless the first one was starved of time meanwhile


def test_a_conductor_that_stops_in_order_leaves_the_lease_to_the_next_at_once(conductor_process, eventually):
    first = conductor_process()
    eventually(lambda: first.says("Conducting (epoch 1)"), 20, "the first conductor")
    second = conductor_process()
    eventually(lambda: second.says("Standing by"), 20, "the standby")
    first.process.terminate()
    assert first.process.wait(10) == 0
    assert first.says("The conductor has stopped.")
    eventually(lambda: second.says("Conducting (epoch 2"), 3, "the standby's turn")


def test_one_that_was_paused_stands_down_and_what_it_had_taken_is_not_lost(
    conductor_process, send, database, eventually
):
    first = conductor_process()
    eventually(lambda: first.says("Conducting (epoch 1)"), 20, "the first conductor")
    second = conductor_process()
    eventually(lambda: second.says("Standing by"), 20, "the standby")
    first.process.send_signal(signal.SIGSTOP)
    eventually(lambda: second.says("Conducting (epoch 2"), 10, "the standby's turn")
    first.process.send_signal(signal.SIGCONT)
    for number in range(50):
        send(*announced(member(f"n{number}"), run=f"run-{number}"))
    eventually(lambda: first.says("Another conductor has taken over from epoch 1."), 10, "its end")
    eventually(lambda: len(names(database)) == 50, 15, "every run")


def test_a_locked_database_is_waited_for(conductor, send, database, database_url, eventually, caplog):
    send(*announced(member("a"), run="before"))
    eventually(lambda: names(database) == {"before"}, 10, "the first run")
    locker = sqlite3.connect(Path(database_url.removeprefix("sqlite:///")), isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    send(*announced(member("b"), run="after"))
    with pytest.raises(BaseException, match="not within"):
        eventually(lambda: "after" in names(database), 1)
    locker.execute("COMMIT")
    locker.close()
    eventually(lambda: "after" in names(database), 10, "the second run")


def test_a_broker_that_is_away_at_the_start_and_later_is_waited_for(
    tmp_path, database_url, database, unused_port, eventually, caplog
):
    caplog.set_level("INFO")
    url = f"redis://127.0.0.1:{unused_port}/0"

    @contextmanager
    def server():
        options = ["--port", str(unused_port), "--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""]
        command = [str(embedded.find_binary()), *options, "--dir", str(tmp_path)]
        with (tmp_path / "server.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        yield
        process.terminate()
        process.wait(10)

    def announce(run):
        with Connection(url) as connection:
            headers, body = announced(member("a"), run=run)
            producer = Producer(connection.default_channel, serializer="json")
            producer.publish(
                body, headers=headers, exchange="", routing_key=protocol.QUEUE, declare=[queue()], retry=True
            )

    with conducting(url, database_url):
        eventually(lambda: "The broker cannot be read (inbox)" in caplog.text, 10, "a clear line")
        with server():
            eventually(lambda: "The broker is back (inbox)." in caplog.text, 10, "the broker")
            announce("first")
            eventually(lambda: names(database) == {"first"}, 10, "the first run")
        with server():
            announce("second")
            eventually(lambda: names(database) == {"first", "second"}, 15, "the second run")


def test_what_is_announced_again_changes_nothing(conductor, send, database, hear, eventually):
    message = announced(member("a", chain=[signature("b")]), run="once")
    send(*message)
    eventually(lambda: names(database) == {"once"}, 10, "the run")
    before = reads.graph(database, "once")
    send(*message)
    send(*announced(member("z"), run="later"))
    eventually(lambda: names(database) == {"once", "later"}, 10, "the later run")
    assert reads.graph(database, "once") == before
    told = [run["id"] for message in hear for run in message["runs"]]
    assert told.count("once") <= 1


def test_ten_thousand_members_in_twenty_announcements_write_each_node_once(
    conductor, send, database, eventually
):
    body = signature("body")
    for part in range(20):
        chord = [body if not part and not n else True for n in range(500)]
        send(
            *announced(
                *(
                    member(f"m{part * 500 + n}", group="gid", index=part * 500 + n, chord=chord[n])
                    for n in range(500)
                ),
                run="big",
            )
        )
    run = eventually(
        lambda: (found := reads.run(database, "big")) and found["nodes"] == 10_001 and found, 30, "all nodes"
    )
    assert run["name"] == "work → work"
    rows, after = [], -1
    while after is not None:
        page = reads.nodes(database, "big", after=after, limit=5_000)
        rows += page["nodes"]
        after = page["next"]
    assert len(rows) == 10_001
    first = reads.snapshot(database, "big", since=1)["changes"]
    assert len(first) <= 10_001 - 499  # what came first was never written again
    detail = reads.node(database, "big", "body")
    assert detail["parents_total"] == 10_000
    assert [parent["id"] for parent in detail["parents"][:3]] == ["m0", "m1", "m2"]
