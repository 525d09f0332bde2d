"""The newest replies of a page come from an index"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_comment_thread_id_status_created_at_id",
        "comment",
        ["thread_id", "status", "created_at", "id"],
        sqlite_where=sa.text("published = 1"),
        postgresql_where=sa.text("published"),
    )
