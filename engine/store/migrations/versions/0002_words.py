"""Words to find runs by, large values, where a run came from, what became of a node, who holds the lease."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LENGTH = 255  # characters of a word
LIST = ("single", "number", "state", "kind", "created", "folded")


def upgrade() -> None:
    _add_columns()
    _create_tables()
    _sort_ids_by_bytes()
    op.drop_index("ix_runs_state", "runs")
    op.create_index("ix_runs_state_finished", "runs", ["state", "finished"])
    op.create_index("ix_runs_root", "runs", ["root"])
    connection = op.get_bind()
    _fold_names(connection)
    for kind, column in (("task", "task"), ("worker", "worker"), ("error", "exception")):
        _fill_words(connection, kind, column)
    op.create_index(f"ix_runs_{'_'.join(LIST)}", "runs", list(LIST))
    op.create_index("ix_run_words_word_run", "run_words", ["word", "run"])


def downgrade() -> None:
    for table in ("large_values", "run_words", "words"):
        op.drop_table(table)
    for index in ("state_finished", "root", "_".join(LIST)):
        op.drop_index(f"ix_runs_{index}", "runs")
    op.create_index("ix_runs_state", "runs", ["state"])
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)


_COLUMNS = {
    "runs": ("single", "folded", "root", "parent_run", "parent_node"),
    "nodes": ("repeated", "lost_at", "note"),
    "lease": ("host", "pid", "started"),
}


def _add_columns() -> None:
    for column in (
        sa.Column("single", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("folded", sa.String(LENGTH), nullable=False, server_default=""),
        sa.Column("root", _id()),
        sa.Column("parent_run", _id()),
        sa.Column("parent_node", _id()),
    ):
        op.add_column("runs", column)
    op.add_column("nodes", sa.Column("repeated", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("nodes", sa.Column("lost_at", sa.Double()))
    op.add_column("nodes", sa.Column("note", sa.Text()))
    op.add_column("lease", sa.Column("host", sa.Text()))
    op.add_column("lease", sa.Column("pid", sa.Integer()))
    op.add_column("lease", sa.Column("started", sa.Double()))


def _create_tables() -> None:
    op.create_table(
        "words",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("value", _id(), nullable=False),
        sa.Column("folded", sa.String(2 * LENGTH), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_words"),
        sa.UniqueConstraint("kind", "value", name="uq_words_kind_value"),
    )
    op.create_table(
        "run_words",
        sa.Column("run", KEY, nullable=False),
        sa.Column("word", KEY, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_run_words_run_runs", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["word"], ["words.id"], name="fk_run_words_word_words"),
        sa.PrimaryKeyConstraint("run", "word", name="pk_run_words"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "large_values",
        sa.Column("run", KEY, nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["runs.number"], name="fk_large_values_run_runs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "idx", "field", name="pk_large_values"),
    )


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(LENGTH).with_variant(sa.String(LENGTH, collation="C"), "postgresql")


def _sort_ids_by_bytes() -> None:
    """In PostgreSQL only a column sorted by bytes has an index that finds what begins with something."""
    if op.get_bind().dialect.name == "postgresql":
        for table in ("runs", "nodes"):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN id TYPE varchar(255) COLLATE "C"')


def _fold_names(connection: sa.Connection) -> None:
    # No database folds all of Unicode, so it is done here.
    found = connection.execute(sa.text("SELECT number, name FROM runs")).all()
    statement = sa.text("UPDATE runs SET folded = :folded WHERE number = :number")
    _many(connection, statement, [{"number": n, "folded": name.casefold()[:LENGTH]} for n, name in found])


def _fill_words(connection: sa.Connection, kind: str, column: str) -> None:
    cut = f"substr({column}, 1, {LENGTH})"
    found = connection.execute(
        sa.text(f"SELECT DISTINCT {cut} FROM nodes WHERE {column} IS NOT NULL AND {column} <> ''")
    ).scalars()
    insert = sa.text("INSERT INTO words (kind, value, folded) VALUES (:kind, :value, :folded)")
    rows = [{"kind": kind, "value": value, "folded": value.casefold()[: 2 * LENGTH]} for value in found]
    _many(connection, insert, rows)
    connection.execute(
        sa.text(
            "INSERT INTO run_words (run, word) SELECT DISTINCT nodes.run, words.id FROM nodes JOIN words"
            f" ON words.kind = :kind AND words.value = substr(nodes.{column}, 1, {LENGTH})"
        ),
        {"kind": kind},
    )


def _many(connection: sa.Connection, statement: sa.TextClause, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
