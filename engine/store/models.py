"""The tables.

``runs``   one row a run; ``number`` grows with each new one and keys everything that belongs to it.
``nodes``  one row a node, keyed by (run, idx); ``seq`` is the run's sequence number when it last changed.
           A join (``task`` null) is a row too, with the state that its parents give it.
``edges``  who waits for whom, by idx. ``position`` is -1 where a member has none.
``lease``  one row: which conductor is the active one. ``beat`` grows with each renewal, so that a standby
           needs no common clock to see that its holder is alive.
``words``  what runs are found by, each once: names of tasks and workers, and how errors begin.
``run_words``     which of them a run has.
``large_values``  what does not fit into ``nodes``, as whole as it is kept.
``attempts``      those of conducted nodes that are over (they have a ``state``), and each current one whose
                  task id is not the node's own.
``outbox``        attempts that are committed and may not have been published, in the order of ``number``.
``originals``     values that Umbel passes on, exactly as they came, where ``nodes`` has them masked or cut;
                  and of a run its ``outputs`` (idx -1), which would make its row too large to be rewritten.
``actions``       what people did to runs, for as long as the database: it survives them.
``bulks``         one row for each time that many runs were resubmitted at once.
``bulk_items``    the runs of a bulk, in order, and what came of each.

Values (args, result, ...) are JSON text cut to size by :mod:`umbel.engine.values`; times are seconds since
the epoch. ``folded`` is text without its case, for searches that do not mind it. In ``nodes`` what is read
by the thousand comes first and what may be large last: SQLite then never touches the overflow pages of a row
for a snapshot. No column that changes with each event is in an index of ``nodes``: PostgreSQL then finds the
new version of a row on the page of the old one.
"""

from sqlalchemy import (
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

LENGTH = 255  # of the longest id of a run or node that is taken, and of a word
#: Sorted by bytes, in PostgreSQL too: its index then finds what begins with something.
ID = String(LENGTH).with_variant(String(LENGTH, collation="C"), "postgresql")
DISCARDED = "DISCARDED"  # the state of a run that is being deleted: nobody sees it any more
#: The nodes of which a snapshot says more than their state and times.
ODD = text("(repeated > 0 OR attempt > 0 OR due IS NOT NULL)")
LOST = text("reason = 'lost'")  # the nodes that are in the index of those that were lost
#: The runs that failed, and no later one has mended. A query says it in these very words to get the index.
UNRESOLVED = text("state = 'FAILURE' AND resolved_by IS NULL")
Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Every table, with names for all constraints: without them SQLite cannot alter a table later."""

    metadata = MetaData(naming_convention=NAMES)


class Run(Base):
    """One execution of a graph."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "single", "number", "state", "kind", "created", "folded"),  # lists are read from it alone
        Index(None, "state", "finished"),
        Index(
            "ix_runs_unresolved",
            *("single", "number", "kind", "created", "folded"),
            sqlite_where=UNRESOLVED,
            postgresql_where=UNRESOLVED,
        ),
    )

    number: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(ID, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    created: Mapped[float] = mapped_column(Double)
    started: Mapped[float | None] = mapped_column(Double)
    finished: Mapped[float | None] = mapped_column(Double)
    seq: Mapped[int] = mapped_column(BigInteger)
    structure: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)  # nodes, joins not counted
    counts: Mapped[str] = mapped_column(Text)  # {state: how many}, joins not counted
    single: Mapped[bool] = mapped_column(server_default=false())  # one task, and nobody announced it
    folded: Mapped[str] = mapped_column(String(LENGTH), server_default="")  # of the name
    root: Mapped[str | None] = mapped_column(ID, index=True)  # the root task's id, as Celery tells it
    parent_run: Mapped[str | None] = mapped_column(ID)  # whose task started this run
    parent_node: Mapped[str | None] = mapped_column(ID)
    options: Mapped[str] = mapped_column(Text, server_default="{}")  # of a conducted run, as are all below
    by: Mapped[str | None] = mapped_column(Text)
    paused_at: Mapped[float | None] = mapped_column(Double)
    paused_by: Mapped[str | None] = mapped_column(Text)
    cancelled_at: Mapped[float | None] = mapped_column(Double)
    cancelled_by: Mapped[str | None] = mapped_column(Text)
    waits: Mapped[str] = mapped_column(Text, server_default="{}")  # why tasks that could be sent are not
    made_from: Mapped[str | None] = mapped_column(ID, index=True)  # the run that it resubmits
    lineage: Mapped[str | None] = mapped_column(ID, index=True)  # the first run of its line
    plan: Mapped[str | None] = mapped_column(String(64))  # the hash of the plan that it was made by
    left_out: Mapped[int] = mapped_column(Integer, server_default="0")  # how many tasks that plan left out
    resolved_by: Mapped[str | None] = mapped_column(ID)  # the run that mended this one, native ones too


_ODD = ("repeated", "attempt", "due")


class Node(Base):
    """One task of a run, or a join."""

    __tablename__ = "nodes"
    __table_args__ = (
        UniqueConstraint("id", "run"),
        Index("ix_nodes_odd", "run", "idx", *_ODD, sqlite_where=ODD, postgresql_where=ODD),
        Index("ix_nodes_lost", "run", sqlite_where=LOST, postgresql_where=LOST),
    )

    run: Mapped[int] = mapped_column(ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)
    idx: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(ID)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    seq: Mapped[int] = mapped_column(BigInteger)
    retries: Mapped[int] = mapped_column(BigInteger)
    sent: Mapped[float | None] = mapped_column(Double)
    received: Mapped[float | None] = mapped_column(Double)
    started: Mapped[float | None] = mapped_column(Double)
    finished: Mapped[float | None] = mapped_column(Double)
    runtime: Mapped[float | None] = mapped_column(Double)
    immutable: Mapped[bool] = mapped_column()
    task: Mapped[str | None] = mapped_column(Text)
    worker: Mapped[str | None] = mapped_column(Text)
    queue: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)  # what was seen of it, as engine.machine keeps it
    inputs: Mapped[str] = mapped_column(Text)
    result_size: Mapped[int | None] = mapped_column(BigInteger)
    args: Mapped[str] = mapped_column(Text)
    kwargs: Mapped[str] = mapped_column(Text)
    options: Mapped[str] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    exception: Mapped[str | None] = mapped_column(Text)
    traceback: Mapped[str | None] = mapped_column(Text)
    repeated: Mapped[int] = mapped_column(Integer, server_default="0")  # how often more than once it ran
    lost_at: Mapped[float | None] = mapped_column(Double)  # when its worker was last heard of, if it is gone
    note: Mapped[str | None] = mapped_column(Text)  # why it will never run, and the like
    conducted: Mapped[bool] = mapped_column(server_default=false())  # Umbel itself sends it
    rules: Mapped[str | None] = mapped_column(Text)  # its own; null: those of the run
    attempt_id: Mapped[str | None] = mapped_column(ID)  # of the current attempt; null: the node's own
    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    due: Mapped[float | None] = mapped_column(Double)  # when the next attempt is sent
    mark: Mapped[str | None] = mapped_column(String(8))  # reused, kept or forced: SUCCESS without running
    source_run: Mapped[str | None] = mapped_column(ID)  # the run, and the node of it, where it really ran;
    source_node: Mapped[str | None] = mapped_column(ID)  # of one that runs: what it was in the run before
    held: Mapped[bool] = mapped_column(server_default=false())  # it is not sent until somebody releases it


class Edge(Base):
    """``child`` waits for ``parent``."""

    __tablename__ = "edges"
    __table_args__ = (Index(None, "run", "child"), {"sqlite_with_rowid": False})

    run: Mapped[int] = mapped_column(ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)
    parent: Mapped[int] = mapped_column(Integer, primary_key=True)
    child: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)


class Lease(Base):
    """Which conductor writes."""

    __tablename__ = "lease"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(BigInteger)
    beat: Mapped[int] = mapped_column(BigInteger)
    holder: Mapped[str | None] = mapped_column(Text)  # null: given up, free to take
    host: Mapped[str | None] = mapped_column(Text)  # of the holder, as are those that follow
    pid: Mapped[int | None] = mapped_column(Integer)
    started: Mapped[float | None] = mapped_column(Double)


class Word(Base):
    """A word that runs are found by."""

    __tablename__ = "words"
    __table_args__ = (UniqueConstraint("kind", "value"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # task, worker or error
    value: Mapped[str] = mapped_column(ID)
    folded: Mapped[str] = mapped_column(String(2 * LENGTH))


class RunWord(Base):
    """A run has a word."""

    __tablename__ = "run_words"
    __table_args__ = (Index(None, "word", "run"), {"sqlite_with_rowid": False})

    run: Mapped[int] = mapped_column(ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)
    word: Mapped[int] = mapped_column(ForeignKey("words.id"), primary_key=True)


class LargeValue(Base):
    """A value of a node of which ``nodes`` has a part only."""

    __tablename__ = "large_values"

    run: Mapped[int] = mapped_column(ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)
    idx: Mapped[int] = mapped_column(Integer, primary_key=True)
    field: Mapped[str] = mapped_column(String(16), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)  # characters that it had
    kept: Mapped[int] = mapped_column(Integer)  # characters of ``value``
    value: Mapped[str] = mapped_column(Text)


class Attempt(Base):
    """One of the times that Umbel sent a task."""

    __tablename__ = "attempts"

    run: Mapped[int] = mapped_column(ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)
    idx: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(ID, index=True)
    state: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(32))
    sent: Mapped[float | None] = mapped_column(Double)
    started: Mapped[float | None] = mapped_column(Double)
    finished: Mapped[float | None] = mapped_column(Double)
    worker: Mapped[str | None] = mapped_column(Text)
    exception: Mapped[str | None] = mapped_column(Text)


class Outgoing(Base):
    """An attempt that is to be published."""

    __tablename__ = "outbox"

    number: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    run: Mapped[int] = mapped_column(Key)
    idx: Mapped[int] = mapped_column(Integer)
    task_id: Mapped[str] = mapped_column(ID)


class Original(Base):
    """A value exactly as it came: JSON text."""

    __tablename__ = "originals"

    run: Mapped[int] = mapped_column(ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)
    idx: Mapped[int] = mapped_column(Integer, primary_key=True)
    field: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Action(Base):
    """What somebody did to a run."""

    __tablename__ = "actions"

    number: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[str | None] = mapped_column(ID, index=True)  # null: it is of many runs
    at: Mapped[float] = mapped_column(Double)
    by: Mapped[str | None] = mapped_column(Text)
    what: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text)


class Bulk(Base):
    """Many runs that are resubmitted at once."""

    __tablename__ = "bulks"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    at: Mapped[float] = mapped_column(Double)
    by: Mapped[str | None] = mapped_column(Text)
    why: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))  # RUNNING, DONE or STOPPED
    total: Mapped[int] = mapped_column(Integer)
    choice: Mapped[str] = mapped_column(Text)  # of each run: JSON
    filter: Mapped[str] = mapped_column(Text)  # which runs: JSON
    stopped_by: Mapped[str | None] = mapped_column(Text)
    stopped_at: Mapped[float | None] = mapped_column(Double)
    finished: Mapped[float | None] = mapped_column(Double)


class BulkItem(Base):
    """One run of a bulk."""

    __tablename__ = "bulk_items"
    __table_args__ = (Index(None, "bulk", "outcome"),)

    bulk: Mapped[str] = mapped_column(ID, ForeignKey("bulks.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    run: Mapped[str] = mapped_column(ID)
    seq: Mapped[int] = mapped_column(BigInteger)  # of the run when it was looked at
    outcome: Mapped[str | None] = mapped_column(String(16))  # resubmitted, changed, refused, stopped
    new_run: Mapped[str | None] = mapped_column(ID)
    message: Mapped[str | None] = mapped_column(Text)
