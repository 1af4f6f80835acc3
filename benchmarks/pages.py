"""Large runs in a database of their own, a server that shows them, and what goes from it to a browser."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from folding import Drawing
from kombu import Connection, Producer
from sqlalchemy import Table, bindparam, insert, update

from umbel.engine import embedded, store
from umbel.engine.conductor.live import EXCHANGE
from umbel.engine.evidence import CODES
from umbel.engine.store import models

NONE = ("reason", "sent", "received", "started", "finished", "runtime", "worker", "queue")
UNKNOWN = ("result_size", "result", "exception", "traceback")
TEXTS = {"evidence": "[]", "inputs": "null", "kwargs": "{}"}
CHUNK = 20_000  # nodes that are written at once


class Written:
    """A run in the database, which the benchmark changes as a conductor would: first there, then told."""

    def __init__(self, opened: store.Store, number: int, name: str, drawing: Drawing) -> None:
        self.opened = opened
        self.number = number
        self.id = name
        self.seq = 1
        self.chance = random.Random(number)
        self.began = time.time()
        self.states = ["PENDING"] * len(drawing.nodes)
        index = {node.id: place for place, node in enumerate(drawing.nodes)}
        run = {"number": number, "id": name, "kind": "conducted", "name": name, "state": "RUNNING"}
        run |= {"created": self.began, "started": self.began, "finished": None, "seq": 1, "structure": 1}
        run |= {"size": len(self.states), "counts": json.dumps(self.counts)}
        nodes = [self._node(place, node) for place, node in enumerate(drawing.nodes)]
        edges = [
            {"run": number, "parent": index[above], "child": index[below], "kind": kind, "position": -1}
            for above, below, kind in drawing.edges
        ]
        with opened.write() as connection:
            connection.execute(insert(models.Run), run)
            for table, rows in ((models.Node, nodes), (models.Edge, edges)):
                for first in range(0, len(rows), CHUNK):
                    connection.execute(insert(table), rows[first : first + CHUNK])

    def _node(self, place: int, node: Any) -> dict[str, Any]:
        made = dict.fromkeys(NONE + UNKNOWN) | TEXTS | {"options": json.dumps(node.options)}
        made |= {"run": self.number, "idx": place, "id": node.id, "task": node.task, "state": "PENDING"}
        return made | {"args": f"[{place}]", "seq": 1, "retries": 0, "immutable": False, "conducted": True}

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks are in which state."""
        return dict(Counter(self.states))

    def change(self, tell: Producer, indices: Iterable[int], state: str) -> None:
        """Let tasks come into a state, each at a time of its own: write it, then tell of it."""
        now = time.time()
        self.seq += 1
        times = {}
        for index in indices:
            finished = now - self.chance.uniform(0.0, 0.05)
            times[index] = finished - self.chance.uniform(0.1, 2.0), finished
            self.states[index] = state
        rows = [
            {"of": self.number, "at": index, "started": started, "finished": finished}
            for index, (started, finished) in times.items()
        ]
        with self.opened.write() as connection:
            mine = models.Node.run == bindparam("of"), models.Node.idx == bindparam("at")
            nodes = cast(Table, models.Node.__table__)
            connection.execute(update(nodes).where(*mine).values(state=state, seq=self.seq), rows)
            kept = {"seq": self.seq, "counts": json.dumps(self.counts)}
            connection.execute(update(models.Run).where(models.Run.number == self.number).values(**kept))
        run = {"id": self.id, "from": self.seq, "seq": self.seq, "structure": 1, "name": self.id}
        run |= {"kind": "conducted", "single": False, "root": None, "parent": None, "state": "RUNNING"}
        run |= {"nodes": len(self.states), "counts": self.counts, "created": self.began}
        run |= {"started": self.began, "finished": None, "by": None, "options": {}, "paused": None}
        run |= {"cancelled": None, "waits": {}}
        changes = [[index, CODES[state], *both, 0, 0, 0, None] for index, both in times.items()]
        message = {"at": now, "lag": 0.01, "runs": [run | {"changes": changes}]}
        tell.publish(message, routing_key="", delivery_mode=1, retry=False)


@contextmanager
def telling(url: str) -> Iterator[Producer]:
    """Give a publisher of ``umbel.live``."""
    with Connection(url) as connection:
        producer = Producer(connection.channel(), EXCHANGE, serializer="json")
        producer.declare()
        yield producer


@contextmanager
def serving(database: str, broker: str, log: Path) -> Iterator[int]:
    """Run ``umbel web``, which has looked at nothing yet; give its port."""
    port = embedded.free_port()
    umbel = Path(sys.executable).with_name("umbel")
    flags = ["--port", str(port), "--broker-url", broker, "--database-url", database]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UMBEL_")}
    with log.open("ab") as sink:
        process = subprocess.Popen([umbel, "web", *flags], stdout=sink, stderr=sink, env=clean)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 60
    try:
        while time.monotonic() < end and process.poll() is None:
            with suppress(OSError), opener.open(f"http://127.0.0.1:{port}/health", timeout=5):
                break
            time.sleep(0.05)
        else:
            raise SystemExit(f"umbel web did not start:\n{log.read_text()}")
        yield port
    finally:
        process.terminate()
        process.wait(30)


class Meter:
    """A way to a server that counts the bytes that come from it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ear = socket.create_server(("127.0.0.1", 0))
        self.port = self._ear.getsockname()[1]
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            with suppress(OSError):
                near, _ = self._ear.accept()
                far = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()
                continue
            return

    def _pass(self, source: socket.socket, sink: socket.socket, is_counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.count += len(data) if is_counted else 0
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take nobody any more."""
        self._ear.close()
