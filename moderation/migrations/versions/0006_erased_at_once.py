"""What is erased is found by an index, and a day's limit of mail outlives it"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ASCII = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_RECEIPT = sa.table("receipt", sa.column("answer", sa.JSON), sa.column("comment_id", _ASCII))


def upgrade() -> None:
    op.create_table(
        "mailed_link",
        sa.Column("digest", _ASCII, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mailed_link")),
    )
    op.create_index(op.f("ix_mailed_link_expires_at"), "mailed_link", ["expires_at"])
    op.add_column("receipt", sa.Column("comment_id", _ASCII, nullable=True))
    op.create_index(op.f("ix_receipt_comment_id"), "receipt", ["comment_id"])
    # Receipts of the last two days are there already.
    op.execute(_RECEIPT.update().values(comment_id=_RECEIPT.c.answer["id"].as_string()))
