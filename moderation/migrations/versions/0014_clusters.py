"""Comments that belong together, and by what they find each other"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ASCII = sa.String().with_variant(sa.String(collation="C"), "postgresql")
KINDS = ("text", "domain", "network")


def upgrade() -> None:
    op.add_column("comment", sa.Column("cluster_id", ASCII, nullable=True))
    op.add_column("comment", sa.Column("alike_by", sa.String(length=12), nullable=True))
    # Most comments belong to none: they cost this index nothing.
    op.create_index(
        "ix_comment_in_cluster",
        "comment",
        ["cluster_id", "status", "created_at", "id"],
        sqlite_where=sa.text("cluster_id IS NOT NULL"),
        postgresql_where=sa.text("cluster_id IS NOT NULL"),
    )
    op.create_table(
        "band",
        sa.Column("site_id", ASCII, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=12),
            nullable=False,
        ),
        sa.Column("comment_id", ASCII, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_band_site_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_band_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("site_id", "key", name=op.f("pk_band")),
    )
    op.create_index(op.f("ix_band_comment_id"), "band", ["comment_id"], unique=False)
    op.create_index(op.f("ix_band_at"), "band", ["at"], unique=False)
