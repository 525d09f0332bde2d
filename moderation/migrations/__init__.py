"""Alembic migrations, from the first table on, run by `moderation upgrade`.

Alembic is imported where it is used, not above: a tenth of the time in which a process starts, and
those that serve never migrate.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent


def configuration() -> "Config":
    """Alembic's configuration: where the migrations are. There is no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "os")
    return config


@cache
def newest() -> str:
    """The revision that a database must have to be served: they are numbered, and files begin with
    their number.
    """
    return max(path.name.partition("_")[0] for path in (_HERE / "versions").glob("[0-9]*.py"))


def current(connection: Connection) -> str | None:
    """The revision that a database has; None where it has no tables of ours yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine) -> None:
    """Create the tables, or bring them to the newest revision, in one transaction."""
    from alembic import command

    config = configuration()
    with engine.execution_options(immediate=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
