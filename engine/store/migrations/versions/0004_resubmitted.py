"""Runs that are made from others: lineage, marks of nodes, and an audit trail that survives the runs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LENGTH = 255  # characters of an id
UNRESOLVED = sa.text("state = 'FAILURE' AND resolved_by IS NULL")


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    for name in ("made_from", "lineage"):
        op.create_index(f"ix_runs_{name}", "runs", [name])
    said = ["single", "number", "kind", "created", "folded"]
    op.create_index("ix_runs_unresolved", "runs", said, sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED)
    _free_actions()
    _create_bulks()


def downgrade() -> None:
    op.drop_table("bulk_items")
    op.drop_table("bulks")
    _tie_actions()
    for name in ("unresolved", "lineage", "made_from"):
        op.drop_index(f"ix_runs_{name}", "runs")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)


def _columns() -> dict[str, tuple["sa.Column[object]", ...]]:
    return {
        "runs": (
            sa.Column("made_from", _id()),
            sa.Column("lineage", _id()),
            sa.Column("plan", sa.String(64)),
            sa.Column("left_out", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("resolved_by", _id()),
        ),
        "nodes": (
            sa.Column("mark", sa.String(8)),
            sa.Column("source_run", _id()),
            sa.Column("source_node", _id()),
            sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
    }


def _free_actions() -> None:
    """Say of which run each was by its id: its number is another's when it is gone."""
    with op.batch_alter_table("actions") as table:
        table.add_column(sa.Column("run_id", _id()))
        table.add_column(sa.Column("why", sa.Text()))
    op.execute("UPDATE actions SET run_id = (SELECT id FROM runs WHERE runs.number = actions.run)")
    op.drop_index("ix_actions_run", "actions")
    with op.batch_alter_table("actions") as table:
        table.drop_constraint("fk_actions_run_runs", type_="foreignkey")
        table.drop_column("run")
    op.create_index("ix_actions_run_id", "actions", ["run_id"])


def _tie_actions() -> None:
    op.drop_index("ix_actions_run_id", "actions")
    op.add_column("actions", sa.Column("run", KEY))
    op.execute("UPDATE actions SET run = (SELECT number FROM runs WHERE runs.id = actions.run_id)")
    op.execute("DELETE FROM actions WHERE run IS NULL")
    with op.batch_alter_table("actions") as table:
        table.alter_column("run", existing_type=KEY, nullable=False)
        table.drop_column("run_id")
        table.drop_column("why")
        table.create_foreign_key("fk_actions_run_runs", "runs", ["run"], ["number"], ondelete="CASCADE")
    op.create_index("ix_actions_run", "actions", ["run"])


def _create_bulks() -> None:
    op.create_table(
        "bulks",
        sa.Column("id", _id(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("stopped_by", sa.Text()),
        sa.Column("stopped_at", sa.Double()),
        sa.Column("finished", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_bulks"),
    )
    op.create_table(
        "bulk_items",
        sa.Column("bulk", _id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run", _id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("new_run", _id()),
        sa.Column("message", sa.Text()),
        sa.ForeignKeyConstraint(["bulk"], ["bulks.id"], name="fk_bulk_items_bulk_bulks", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bulk", "position", name="pk_bulk_items"),
    )
    op.create_index("ix_bulk_items_bulk_outcome", "bulk_items", ["bulk", "outcome"])


def _id() -> sa.types.TypeEngine[str]:
    return sa.String(LENGTH).with_variant(sa.String(LENGTH, collation="C"), "postgresql")
