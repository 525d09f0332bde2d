"""What Alembic runs: the connection comes from `migrations.upgrade`."""

from typing import Any

from alembic import context

from moderation.database import Base, UtcDateTime


def _plain_types(kind: str, item: Any, _context: Any) -> str | bool:
    """A migration stays as it was written: it uses the database's types, not today's code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=_plain_types,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
