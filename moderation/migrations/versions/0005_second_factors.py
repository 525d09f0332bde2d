"""Second factors: apps, passkeys, recovery codes, and sign-ins that wait for one"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ASCII = sa.String().with_variant(sa.String(collation="C"), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "authenticator_app",
        *_of_a_moderator("authenticator_app"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.UniqueConstraint("moderator_id", name=op.f("uq_authenticator_app_moderator_id")),
    )
    op.create_table(
        "passkey",
        *_of_a_moderator("passkey"),
        sa.Column("credential_id", ASCII, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_moderator_id"), "passkey", ["moderator_id"])
    op.create_table(
        "recovery_code",
        *_of_a_moderator("recovery_code"),
        sa.Column("digest", ASCII, nullable=False),
        sa.UniqueConstraint("digest", name=op.f("uq_recovery_code_digest")),
    )
    op.create_index(op.f("ix_recovery_code_moderator_id"), "recovery_code", ["moderator_id"])
    op.create_table(
        "half_sign_in",
        *_of_a_moderator("half_sign_in"),
        sa.Column("token_digest", ASCII, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        sa.Column("challenged_at", MOMENT, nullable=True),
        sa.UniqueConstraint("token_digest", name=op.f("uq_half_sign_in_token_digest")),
    )
    op.create_index(op.f("ix_half_sign_in_moderator_id"), "half_sign_in", ["moderator_id"])
    op.create_index(op.f("ix_half_sign_in_created_at"), "half_sign_in", ["created_at"])
    op.add_column("sign_in", sa.Column("confirmed_at", MOMENT, nullable=True))
    op.add_column("sign_in", sa.Column("challenge", sa.LargeBinary(), nullable=True))
    op.add_column("sign_in", sa.Column("challenged_at", MOMENT, nullable=True))


def _of_a_moderator(table: str) -> list[sa.schema.SchemaItem]:
    """The key, and the moderator with whom the row goes."""
    return [
        sa.Column("id", ASCII, nullable=False),
        sa.Column("moderator_id", ASCII, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["moderator.id"],
            name=op.f(f"fk_{table}_moderator_id_moderator"),
            ondelete="CASCADE",
        ),
    ]
