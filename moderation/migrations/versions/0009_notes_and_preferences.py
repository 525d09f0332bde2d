"""Moderators' notes about a comment, and how each wants their queue"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ascii_text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "note",
        sa.Column("id", ascii_text, nullable=False),
        sa.Column("comment_id", ascii_text, nullable=False),
        sa.Column("moderator_id", ascii_text, nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_note_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["moderator.id"], name=op.f("fk_note_moderator_id_moderator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_comment_id"), "note", ["comment_id"], unique=False)
    op.create_index(op.f("ix_note_moderator_id"), "note", ["moderator_id"], unique=False)
    op.add_column(
        "moderator", sa.Column("preferences", sa.JSON(), nullable=False, server_default="{}")
    )
