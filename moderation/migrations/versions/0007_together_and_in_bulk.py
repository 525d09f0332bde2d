"""Batches of decisions, who looks at what, and saved views"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATUSES = ("pending", "approved", "rejected", "spam", "deleted")


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("moderator_id", _ascii(), nullable=False),
        sa.Column("became", _words("became", *STATUSES), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column(
            "stage",
            _words("stage", "preview", "running", "done", "undoing", "undone"),
            nullable=False,
        ),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("total", "done", "left_out", "undone", "stand")
        ),
        sa.Column("cursor", _ascii(), nullable=False),
        sa.Column("until", _ascii(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        _goes_with("batch", "moderator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(
        op.f("ix_batch_moderator_id_created_at"), "batch", ["moderator_id", "created_at"]
    )
    op.create_index(op.f("ix_batch_stage"), "batch", ["stage"])

    op.create_table(
        "batch_item",
        sa.Column("batch_id", _ascii(), nullable=False),
        sa.Column("comment_id", _ascii(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("outcome", _words("outcome", "part", "changed", "gone", "since"), nullable=False),
        _goes_with("batch_item", "batch"),
        sa.PrimaryKeyConstraint("batch_id", "comment_id", name=op.f("pk_batch_item")),
    )

    op.create_table(
        "lease",
        sa.Column("comment_id", _ascii(), nullable=False),
        sa.Column("moderator_id", _ascii(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        _goes_with("lease", "comment"),
        _goes_with("lease", "moderator"),
        sa.PrimaryKeyConstraint("comment_id", "moderator_id", name=op.f("pk_lease")),
    )
    op.create_index(op.f("ix_lease_moderator_id"), "lease", ["moderator_id"])
    op.create_index(op.f("ix_lease_until"), "lease", ["until"])

    op.create_table(
        "saved_view",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("moderator_id", _ascii(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("is_start", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _goes_with("saved_view", "moderator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("moderator_id", "name", name=op.f("uq_saved_view_moderator_id_name")),
    )

    # For a key of its own SQLite copies the table, and forgets what it checks: 0008 says it again.
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("batch_id", _ascii(), nullable=True))
        message.create_foreign_key(
            op.f("fk_message_batch_id_batch"), "batch", ["batch_id"], ["id"], ondelete="SET NULL"
        )
        message.create_index(op.f("ix_message_batch_id"), ["batch_id"])


def _ascii() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=12)


def _goes_with(table: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{other}_id_{other}")
    return sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=name, ondelete="CASCADE")
