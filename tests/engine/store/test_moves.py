"""What the conductor looks up costs little, however long the history is."""

from typing import Any

import pytest
from sqlalchemy import event

from umbel.engine.dag import Node as Spec
from umbel.engine.evidence import Evidence
from umbel.engine.machine import Announced, Run, Seen
from umbel.engine.store import moves


@pytest.fixture
def lost(keep):
    """Three runs that failed on two workers; in two of them a task was lost."""
    for number, (worker, reason) in enumerate([("w", "lost"), ("v", "lost"), ("w", "error")], 1):
        run = Run(id=f"r{number}", number=number, created=1.0)
        began = Seen("a", Evidence("started", 2.0, worker))
        kind = "lost" if reason == "lost" else "failed"
        ended = Seen("a", Evidence(kind, 3.0, worker, None, reason, None, 3.0))
        keep(run, Announced(1.0, [Spec(id="a", task="t")], []), began, ended)


def test_what_was_lost_on_a_worker_is_looked_up_among_what_was_lost(store, lost):
    said: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, *asked: said.append(asked[:2]))
    with store.read() as connection:
        assert moves.lost_on(connection, "w", 10) == [("r1", "a", 3.0)]
        assert moves.lost_on(connection, "nobody", 10) == []
        if connection.dialect.name == "sqlite":
            asked, given = said[-1]
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", given)
            assert [row[3].partition(" USING")[2] for row in plan] == [
                " INDEX ix_nodes_lost",
                " INTEGER PRIMARY KEY (rowid=?)",
            ]
