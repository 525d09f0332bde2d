"""Rules with parameters: watched entries of lists, where comments lead, a page's latest replies.

Revision ID: 0012
Revises: 0011
"""

from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = ("address", "name", "domain")
STANDINGS = ("blocked", "watched", "trusted")
MOST_DOMAINS = 5


def upgrade() -> None:
    op.create_index("ix_comment_thread_id_created_at", "comment", ["thread_id", "created_at"])
    op.create_table(
        "linked_domain",
        sa.Column("site_id", _ascii(), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("comment_id", _ascii(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_linked_domain_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("site_id", "domain", "comment_id", name=op.f("pk_linked_domain")),
    )
    op.create_index(op.f("ix_linked_domain_comment_id"), "linked_domain", ["comment_id"])
    _let_entries_watch()
    _remember_where_comments_lead()


def _let_entries_watch() -> None:
    """One more standing. SQLite alters a table by copying it, and forgets what it checks."""
    copies = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("list_entry") as entry:
        if copies:
            entry.create_check_constraint(op.f("ck_list_entry_kind"), _is_one_of("kind", KINDS))
        else:
            entry.drop_constraint(op.f("ck_list_entry_standing"), type_="check")
        entry.create_check_constraint(
            op.f("ck_list_entry_standing"), _is_one_of("standing", STANDINGS)
        )


def _remember_where_comments_lead() -> None:
    comment = sa.table(
        "comment", sa.column("id"), sa.column("site_id"), sa.column("links", sa.JSON())
    )
    linked = sa.table("linked_domain", *map(sa.column, ("site_id", "domain", "comment_id")))
    with_links = sa.select(comment).where(sa.func.json_array_length(comment.c.links) > 0)
    bind = op.get_bind()
    for some in bind.execute(with_links).partitions(500):
        rows = [
            {"site_id": one.site_id, "domain": domain, "comment_id": one.id}
            for one in some
            for domain in _domains(one.links)
        ]
        if rows:
            bind.execute(sa.insert(linked), rows)


def _domains(links: list[str]) -> list[str]:
    hosts = (urlsplit(link).hostname or "" for link in links if link.startswith("http"))
    return [*dict.fromkeys(host.removeprefix("www.") for host in hosts if host)][:MOST_DOMAINS]


def _is_one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _ascii() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")
