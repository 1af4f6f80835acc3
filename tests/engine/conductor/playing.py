"""News played to a memory and a database, batch by batch, without a broker."""

from umbel.engine.conductor.batch import Batch
from umbel.engine.conductor.held import Held
from umbel.engine.conductor.inference import Unannounced
from umbel.engine.conductor.memory import Memory
from umbel.engine.conductor.post import Announcement
from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Origin, Outcome, Seen
from umbel.engine.store import moves, reads
from umbel.engine.store.writes import save
from umbel.engine.values import dumps


class Play:
    """``play(*news)`` commits them as one batch."""

    def __init__(self, store):
        self.store, self.memory, self.held = store, Memory(store), Held()
        self.memory.fill()
        self.sent = 0

    def __call__(self, *news):
        batch = Batch(news)
        batch._first = self.sent
        batch.reduce(self.memory, self.held, 0.0)
        batch.number()
        with self.store.write() as connection:
            moves.drop(connection, batch.gone)
            save(connection, batch.staged.values())
        self.sent += len(batch.entries)
        return batch

    def leave(self):
        """Commit what was held as what nobody announces."""
        return self(*(Unannounced(events) for events in self.held.leave(1e9)))


def said(run, *tasks, edges=(), at=1.0):
    specs = [Spec(id=task, task=None if task.startswith("+") else f"app.{task}") for task in tasks]
    return Announcement(run, Announced(at, specs, [(a, b, "then", None) for a, b in edges]))


def seen(task, kind, at, root=None, **more):
    return Seen(task, Evidence(kind, at, "w", **more), Outcome(result='{"repr":"1"}'), root)


def came(task, at, *, root=None, parent=None, args="()", kind="received", name=None):
    """Return the receipt of a task, with all that it says of where the task comes from."""
    origin = Origin(name or f"app.{task}", parent, args, "{}")
    return Seen(task, Evidence(kind, at, "w"), Outcome(), root or task, origin)


def ended(task, at, result="1"):
    """Return the good end of a task."""
    return Seen(task, Evidence("succeeded", at, "w"), Outcome(result=dumps({"repr": result})))


def shape(store, run):
    """Return the edges of a run as pages draw them, by id."""
    graph = reads.graph(store, run)
    ids = {node["index"]: node["id"] for node in graph["nodes"]}
    return {(ids[parent], ids[child]) for parent, child, _ in graph["edges"]}


def states(store, run):
    return {row["id"]: row["state"] for row in reads.nodes(store, run)["nodes"]}
