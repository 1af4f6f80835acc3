"""A database that is damaged while a conductor writes to it ends the conductor, and costs no message."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url
from stage import announced, member

from umbel.engine.store import open_store, reads


def test_a_database_that_is_damaged_meanwhile_ends_the_conductor_and_drops_no_message(
    conductor_process, send, database_url, eventually, tmp_path: Path
):
    path = Path(make_url(database_url).database or "")
    first = conductor_process()
    eventually(lambda: first.says("Conducting (epoch 1)"), 20, "the conductor")
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(path, tmp_path / "backup.db")
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    for number in range(3):
        send(*announced(member(f"task-{number}"), run=f"run-{number}"))
    eventually(lambda: first.process.poll() is not None, 20, "the conductor's end")
    assert first.process.returncode != 0
    assert "is damaged, or no database at all. Is there a backup of it?" in first.log.read_text()
    for left in path.parent.glob("umbel.db*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", path)
    conductor_process()
    mended = open_store(database_url, read_only=True)
    eventually(lambda: len(reads.runs(mended, limit=10)["runs"]) == 3, 30, "what was sent meanwhile")
    mended.close()
