"""Alembic migrations, from the first table on, run by `moderation upgrade`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine


def configuration() -> Config:
    """Alembic's configuration: where the migrations are. There is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


@cache
def newest() -> str | None:
    """The revision that a database must have to be served."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def upgrade(engine: Engine) -> None:
    """Create the tables, or bring them to the newest revision, in one transaction."""
    config = configuration()
    with engine.execution_options(immediate=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
