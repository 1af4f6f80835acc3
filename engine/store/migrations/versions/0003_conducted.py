"""What a conducted run needs: its options, attempts, what is to be sent, exact values, and who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LENGTH = 255  # characters of an id
ODD = sa.text("(repeated > 0 OR attempt > 0 OR due IS NOT NULL)")
LOST = sa.text("reason = 'lost'")


def upgrade() -> None:
    _add_columns()
    _create_attempts()
    _create_outbox()
    _create_originals()
    _create_actions()
    said = ["run", "idx", "repeated", "attempt", "due"]
    op.create_index("ix_nodes_odd", "nodes", said, sqlite_where=ODD, postgresql_where=ODD)
    op.create_index("ix_nodes_lost", "nodes", ["run"], sqlite_where=LOST, postgresql_where=LOST)
    op.drop_index("ix_nodes_run_seq", "nodes")  # nobody asked it anything, and each change had to be in it


def downgrade() -> None:
    op.create_index("ix_nodes_run_seq", "nodes", ["run", "seq"])
    for index in ("lost", "odd"):
        op.drop_index(f"ix_nodes_{index}", "nodes")
    for table in ("actions", "originals", "outbox", "attempts"):
        op.drop_table(table)
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)


_COLUMNS = {
    "runs": ("options", "by", "paused_at", "paused_by", "cancelled_at", "cancelled_by", "waits"),
    "nodes": ("conducted", "rules", "attempt_id", "attempt", "due"),
}


def _add_columns() -> None:
    for column in (
        sa.Column("options", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("by", sa.Text()),
        sa.Column("paused_at", sa.Double()),
        sa.Column("paused_by", sa.Text()),
        sa.Column("cancelled_at", sa.Double()),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("waits", sa.Text(), nullable=False, server_default="{}"),
    ):
        op.add_column("runs", column)
    for column in (
        sa.Column("conducted", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("rules", sa.Text()),
        sa.Column("attempt_id", _id()),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due", sa.Double()),
    ):
        op.add_column("nodes", column)


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("run", KEY, nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", _id(), nullable=False),
        sa.Column("state", sa.String(16)),
        sa.Column("reason", sa.String(32)),
        sa.Column("sent", sa.Double()),
        sa.Column("started", sa.Double()),
        sa.Column("finished", sa.Double()),
        sa.Column("worker", sa.Text()),
        sa.Column("exception", sa.Text()),
        _of_run("attempts"),
        sa.PrimaryKeyConstraint("run", "idx", "number", name="pk_attempts"),
    )
    op.create_index("ix_attempts_id", "attempts", ["id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("run", KEY, nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("task_id", _id(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
    )


def _create_originals() -> None:
    op.create_table(
        "originals",
        sa.Column("run", KEY, nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(16), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _of_run("originals"),
        sa.PrimaryKeyConstraint("run", "idx", "field", name="pk_originals"),
    )


def _create_actions() -> None:
    op.create_table(
        "actions",
        sa.Column("number", KEY, nullable=False),
        sa.Column("run", KEY, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        _of_run("actions"),
        sa.PrimaryKeyConstraint("number", name="pk_actions"),
    )
    op.create_index("ix_actions_run", "actions", ["run"])


def _of_run(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run"], ["runs.number"], name=f"fk_{table}_run_runs", ondelete="CASCADE")


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(LENGTH).with_variant(sa.String(LENGTH, collation="C"), "postgresql")
