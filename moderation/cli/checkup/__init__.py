"""The doctor's checks: each looks at one thing and changes nothing."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation.config import Settings
from moderation.database import Database
from moderation.privacy import Keyring

from . import around, stored
from .finding import Finding, Level, problem

__all__ = ["Finding", "Level", "findings"]


def findings(
    settings: Settings,
    database: Database,
    keyring: Keyring,
    environ: Mapping[str, str],
    at: datetime,
) -> list[Finding]:
    """What every check found, in the order in which an owner would ask."""
    file = Path(database.url.database or "") if database.is_sqlite else None
    return [
        around.public_url(settings),
        around.proxies(settings),
        around.secrets(settings, environ),
        around.limits(settings),
        around.disk(settings, file),
        around.journal(file),
        *_of_what_is_stored(settings, database, keyring, at),
        around.mail_server(settings),
    ]


def _of_what_is_stored(
    settings: Settings, database: Database, keyring: Keyring, at: datetime
) -> Iterator[Finding]:
    try:
        with database.reading() as session:
            migrated = stored.migrated(session)
            yield migrated
            yield stored.engine(session, database)
            # Other tables than this version's cannot be asked for anything.
            if migrated.level is Level.OK:
                yield from _of_rows(session, settings, database, keyring, at)
    except SQLAlchemyError:
        # Not its own words: they may have the address, and a password in it.
        yield problem(
            "database",
            "The database cannot be asked.",
            "See that it runs, and that MODERATION_DATABASE_URL is right.",
        )


def _of_rows(
    session: Session, settings: Settings, database: Database, keyring: Keyring, at: datetime
) -> Iterator[Finding]:
    yield stored.sealed(session, keyring)
    yield stored.sites(session)
    yield stored.owners(session)
    yield stored.outbox(session, settings, at)
    yield stored.attacks(session, at)
    yield stored.clock(session, database, at)
