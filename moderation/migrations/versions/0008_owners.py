"""What owners look after: defaults, invitations, lists, reasons, and who changed what"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS = ("status", "confirm", "reply", "erase", "digest", "invite")
STATES = ("due", "sent", "dropped", "dead")


def upgrade() -> None:
    op.create_table(
        "site_defaults",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_defaults")),
    )
    op.create_table(
        "change",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("site_id", _ascii(), nullable=True),
        sa.Column("by_id", _ascii(), nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=2000), nullable=False),
        sa.Column("was", sa.String(length=2000), nullable=False),
        sa.Column("became", sa.String(length=2000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["moderator.id"], name=op.f("fk_change_by_id_moderator")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_change_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_by_id"), "change", ["by_id"], unique=False)
    op.create_index(
        op.f("ix_change_site_id_at_id"), "change", ["site_id", "at", "id"], unique=False
    )
    op.create_table(
        "invitation",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("token_digest", _ascii(), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_digest", _ascii(), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "moderator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("by_id", _ascii(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["moderator.id"], name=op.f("fk_invitation_by_id_moderator")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitation_token_digest")),
    )
    op.create_index(op.f("ix_invitation_by_id"), "invitation", ["by_id"], unique=False)
    op.create_index(
        op.f("ix_invitation_email_digest"), "invitation", ["email_digest"], unique=False
    )
    op.create_table(
        "list_entry",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("site_id", _ascii(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "address",
                "name",
                "domain",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum(
                "blocked",
                "trusted",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=12,
            ),
            nullable=False,
        ),
        sa.Column("key", _ascii(), nullable=False),
        sa.Column("shown", sa.String(length=300), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("by_id", _ascii(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["by_id"], ["moderator.id"], name=op.f("fk_list_entry_by_id_moderator")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_list_entry_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_entry")),
    )
    op.create_index(op.f("ix_list_entry_by_id"), "list_entry", ["by_id"], unique=False)
    op.create_index(op.f("ix_list_entry_expires_at"), "list_entry", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_list_entry_site_id_created_at_id"),
        "list_entry",
        ["site_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_list_entry_site_id_key_created_at"),
        "list_entry",
        ["site_id", "key", "created_at"],
        unique=False,
    )
    op.create_table(
        "site_reason",
        sa.Column("id", _ascii(), nullable=False),
        sa.Column("site_id", _ascii(), nullable=False),
        sa.Column("code", _ascii(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_site_reason_site_id_site"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_reason")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_site_reason_site_id_code")),
    )
    op.create_table(
        "invitation_site",
        sa.Column("invitation_id", _ascii(), nullable=False),
        sa.Column("site_id", _ascii(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_invitation_site_invitation_id_invitation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
            name=op.f("fk_invitation_site_site_id_site"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invitation_id", "site_id", name=op.f("pk_invitation_site")),
    )
    op.create_index(
        op.f("ix_invitation_site_site_id"), "invitation_site", ["site_id"], unique=False
    )
    op.add_column("moderator", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    _let_messages_invite()


def _let_messages_invite() -> None:
    """One more kind. SQLite alters a table by copying it, and forgets what it checks."""
    copies = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("invitation_id", _ascii(), nullable=True))
        message.create_foreign_key(
            op.f("fk_message_invitation_id_invitation"),
            "invitation",
            ["invitation_id"],
            ["id"],
            ondelete="CASCADE",
        )
        message.create_index(op.f("ix_message_invitation_id"), ["invitation_id"])
        if copies:
            message.create_check_constraint(op.f("ck_message_state"), _is_one_of("state", STATES))
        else:
            message.drop_constraint(op.f("ck_message_kind"), type_="check")
        message.create_check_constraint(op.f("ck_message_kind"), _is_one_of("kind", KINDS))


def _is_one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _ascii() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")
