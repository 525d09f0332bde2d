"""A page's title waits with the comment that brought it"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "comment", sa.Column("title", sa.String(length=300), nullable=False, server_default="")
    )
