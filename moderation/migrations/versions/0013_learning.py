"""What the classifier learns from each decision"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ASCII = sa.String().with_variant(sa.String(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("evidence", "likeness"):
        op.add_column("comment", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("comment", sa.Column("taught", ASCII, nullable=False, server_default=""))
    op.add_column("decision", sa.Column("taught_before", ASCII, nullable=False, server_default=""))
    op.create_table(
        "learned",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("model", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_learned_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_learned")),
    )
    op.create_table(
        "lesson",
        sa.Column("id", BIG, nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Double(), nullable=True),
        sa.Column("pieces", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_lesson_site_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_lesson_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
    )
    op.create_index(op.f("ix_lesson_site_id_id"), "lesson", ["site_id", "id"])
    op.create_index(op.f("ix_lesson_comment_id"), "lesson", ["comment_id"])
