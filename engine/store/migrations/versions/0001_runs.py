"""Runs, their nodes and edges, and the conductor's lease."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("started", sa.Double()),
        sa.Column("finished", sa.Double()),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("structure", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_runs"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
    )
    op.create_index("ix_runs_state", "runs", ["state"])
    op.create_table(
        "nodes",
        sa.Column("run", KEY, nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.Double()),
        sa.Column("received", sa.Double()),
        sa.Column("started", sa.Double()),
        sa.Column("finished", sa.Double()),
        sa.Column("runtime", sa.Double()),
        sa.Column("immutable", sa.Boolean(), nullable=False),
        sa.Column("task", sa.Text()),
        sa.Column("worker", sa.Text()),
        sa.Column("queue", sa.Text()),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("result_size", sa.BigInteger()),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("kwargs", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("exception", sa.Text()),
        sa.Column("traceback", sa.Text()),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_nodes_run_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "idx", name="pk_nodes"),
        sa.UniqueConstraint("id", "run", name="uq_nodes_id_run"),
    )
    op.create_index("ix_nodes_run_seq", "nodes", ["run", "seq"])
    op.create_table(
        "edges",
        sa.Column("run", KEY, nullable=False),
        sa.Column("parent", sa.Integer(), nullable=False),
        sa.Column("child", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.number"], name="fk_edges_run_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "parent", "child", "kind", "position", name="pk_edges"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edges_run_child", "edges", ["run", "child"])
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_lease"),
    )


def downgrade() -> None:
    for table in ("lease", "edges", "nodes", "runs"):
        op.drop_table(table)
