"""Services outside that a site's owner may want asked, and lists loaded from files"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ASCII = sa.String().with_variant(sa.String(collation="C"), "postgresql")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_services()
    _create_checks()
    _create_lists()


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")


def _create_services() -> None:
    op.create_table(
        "outside_service",
        sa.Column("id", ASCII, nullable=False),
        sa.Column("site_id", ASCII, nullable=False),
        sa.Column("name", ASCII, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("failed_at", MOMENT, nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=False),
        _of("outside_service", "site_id", "site"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_service")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_outside_service_site_id_name")),
    )


def _create_checks() -> None:
    op.create_table(
        "outside_check",
        sa.Column("comment_id", ASCII, nullable=False),
        sa.Column("site_id", ASCII, nullable=False),
        sa.Column("known_as", ASCII, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _of("outside_check", "comment_id", "comment"),
        _of("outside_check", "site_id", "site"),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_outside_check")),
    )
    for column in ("site_id", "due_at"):
        op.create_index(op.f(f"ix_outside_check_{column}"), "outside_check", [column])


def _create_lists() -> None:
    op.create_table(
        "outside_list",
        sa.Column("id", BIG, nullable=False, autoincrement=True),
        sa.Column("kind", ASCII, nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("loaded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_list")),
    )
    op.create_index(op.f("ix_outside_list_kind"), "outside_list", ["kind"])
    op.create_table(
        "outside_listed",
        sa.Column("list_id", BIG, nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False, autoincrement=False),
        _of("outside_listed", "list_id", "outside_list"),
        sa.PrimaryKeyConstraint("list_id", "key", name=op.f("pk_outside_listed")),
        sqlite_with_rowid=False,
    )
