"""What comments of one site have in common, the latest of them first"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for digest in ("text_digest", "network_digest"):
        columns = ["site_id", digest, "created_at"]
        op.create_index(f"ix_comment_{'_'.join(columns)}", "comment", columns)
    op.drop_index("ix_comment_site_id_text_digest", "comment")
    op.drop_index("ix_comment_network_digest_created_at", "comment")
