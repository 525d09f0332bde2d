"""Checks of the database, and of what lies in it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from moderation import attack, migrations
from moderation.config import Settings
from moderation.database import Database, has_wal_reset_bug
from moderation.models import (
    AuthenticatorApp,
    Decision,
    Message,
    Moderator,
    Notices,
    Passkey,
    Role,
    Site,
    State,
)
from moderation.privacy import Keyring, Unopenable

from .finding import Finding, ok, problem, warning

#: So long after a letter was due it is stuck.
LATE = timedelta(hours=1)
#: Clocks of several machines may differ by so much.
SKEW = timedelta(minutes=1)
#: This code was written then: no clock is right that says less.
WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


def migrated(session: Session) -> Finding:
    """Whether the database has the tables of this version."""
    current = migrations.current(session.connection())
    if current == migrations.newest():
        return ok("database", f"The database answers, and has the newest tables ({current}).")
    return problem(
        "database",
        "The database answers, but its tables are not those of this version.",
        "Make a backup, then run `moderation upgrade`.",
    )


def engine(session: Session, stored: Database) -> Finding:
    """Whether it keeps what it was given."""
    if not stored.is_sqlite:
        return ok("engine", "The database is PostgreSQL.")
    version = str(session.scalar(text("SELECT sqlite_version()")))
    if has_wal_reset_bug(tuple(map(int, version.split(".")))):  # type: ignore[arg-type]  # 3 parts
        return problem(
            "engine",
            f"SQLite {version} can corrupt a database that several processes write.",
            "Install the package pysqlite3, or use PostgreSQL.",
        )
    mode = str(session.scalar(text("PRAGMA journal_mode")))
    if mode != "wal":
        return problem(
            "engine",
            f"SQLite's journal is in the mode {mode}, so readers wait for writers.",
            "Keep the database on a disk of this machine: network folders cannot do better.",
        )
    return ok("engine", f"The database is SQLite {version}.")


def sealed(session: Session, keyring: Keyring) -> Finding:
    """Whether the secret key opens what is sealed."""
    try:
        for site in session.scalars(select(Site)):
            site.open_key(keyring)
    except Unopenable:
        return problem(
            "sealed",
            "What is sealed in the database cannot be opened: the secret key is another one.",
            "Give the key back that was used before; see “Rotating the secret key” in the docs.",
        )
    return ok("sealed", "The secret key opens what is sealed.")


def sites(session: Session) -> Finding:
    """Whether there are sites, and pages that may carry their threads."""
    found = session.scalars(select(Site).order_by(Site.key)).all()
    if not found:
        return warning(
            "sites", "There is no site yet.", "moderation site add KEY --name NAME --origin URL"
        )
    bare = ", ".join(site.key for site in found if not site.origins)
    if bare:
        return warning(
            "sites",
            f"No page may carry the threads of: {bare}.",
            "Write the origins of its pages on the site's own page, under Sites.",
        )
    return ok("sites", f"Sites: {len(found)}, each with its origins.")


def owners(session: Session) -> Finding:
    """Whether somebody looks after everything, and how well their accounts are guarded."""
    here = (Moderator.role == Role.OWNER, Moderator.removed_at.is_(None))
    found = session.scalars(select(Moderator).where(*here)).all()
    if not any(one.site_ids is None for one in found):
        return problem(
            "owners",
            "Nobody looks after everything.",
            "moderation moderator add EMAIL --name NAME --role owner",
        )
    app = exists().where(
        AuthenticatorApp.moderator_id == Moderator.id, AuthenticatorApp.confirmed_at.is_not(None)
    )
    passkey = exists().where(Passkey.moderator_id == Moderator.id)
    bare = session.scalar(select(func.count(Moderator.id)).where(*here, ~app, ~passkey)) or 0
    if bare:
        return warning(
            "owners",
            f"Owners who sign in with a password alone: {bare} of {len(found)}.",
            "Have each set up a second factor on the page of their account.",
        )
    return ok("owners", "Every owner has a second factor.")


def outbox(session: Session, settings: Settings, at: datetime) -> Finding:
    """Whether letters go out."""
    waiting = select(func.count()).select_from(Message)
    late = session.scalar(waiting.where(Message.state == State.DUE, Message.due_at < at - LATE))
    if settings.mail is None:
        return _unmailed(session, late or 0)
    dead = session.scalar(waiting.where(Message.state == State.DEAD))
    if late:
        return problem(
            "outbox",
            f"Letters that have been due for more than an hour: {late}.",
            "See what the mail server says at /queue/outbox, and that `moderation serve` runs.",
        )
    if dead:
        return warning(
            "outbox",
            f"Letters that were given up: {dead}.",
            "Look at them at /queue/outbox: try them again, or let them go.",
        )
    return ok("outbox", "No letter is late.")


def _unmailed(session: Session, late: int) -> Finding:
    wanting = session.scalar(select(func.count(Moderator.id)).where(Moderator.notices != _OFF)) or 0
    if not late and not wanting:
        return ok("outbox", "No letter is owed to anybody.")
    return warning(
        "outbox",
        f"No mail server is set; letters owed: {late}, moderators who want digests: {wanting}.",
        "Set MODERATION_MAIL_SERVER and what goes with it; see docs/mail.md.",
    )


_OFF = Notices.OFF


def attacks(session: Session, at: datetime) -> Finding:
    """Which sites are on their guard."""
    found = attack.under_way(session, at)
    if not found:
        return ok("attacks", "No attack is under way.")
    told = "; ".join(f"{site.key} until {one.until:%Y-%m-%d %H:%M} UTC" for one, site in found)
    return warning(
        "attacks",
        f"The attack switch is on: {told}.",
        "It ends by itself. Moderators of the site end or prolong it in the queue.",
    )


def clock(session: Session, stored: Database, at: datetime) -> Finding:
    """Whether this machine knows what time it is."""
    if at < WRITTEN or _is_off(session, stored, at):
        return problem(
            "clock",
            f"The clock of this machine is wrong: it says {at:%Y-%m-%d %H:%M} UTC, and the "
            "database knows better.",
            "Have it set by NTP: sums, sessions and limits count by it.",
        )
    return ok("clock", f"The clock agrees with the database: {at:%Y-%m-%d %H:%M} UTC.")


def _is_off(session: Session, stored: Database, at: datetime) -> bool:
    latest = session.scalar(select(func.max(Decision.at)))
    if latest is not None and latest > at + SKEW:
        return True
    if stored.is_sqlite:
        return False
    theirs = session.scalar(select(func.clock_timestamp()))
    return theirs is None or abs(theirs - at) > SKEW
