"""Attacks: which site is on its guard, and until when"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ascii_text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "attack",
        sa.Column("site_id", ascii_text, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", ascii_text, nullable=True),
        sa.Column("arrived", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_attack_site_id_site"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["moderator.id"], name=op.f("fk_attack_by_id_moderator")
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_attack")),
    )
    op.create_index(op.f("ix_attack_until"), "attack", ["until"], unique=False)
    # Days are counted anew, now also by how many replies came on them.
    op.execute("DELETE FROM day_tally")
