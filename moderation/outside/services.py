"""The services that a site's owner set up: which are on, what they are asked, what they said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from moderation.database import table
from moderation.models import (
    Change,
    Moderator,
    OutsideCheck,
    OutsideService,
    Site,
    SpentChallenge,
    Thread,
    What,
)
from moderation.policy import Heard
from moderation.policy.outside import AKISMET, LISTS, WEBHOOK
from moderation.privacy import Keyring, new_id

from . import akismet, webhook
from .asking import Question
from .said import Said

NAMES = (AKISMET, WEBHOOK, LISTS)
#: For one statement outside of any session: whether a site has anything asked at all.
ANY_ON = "SELECT name FROM outside_service WHERE is_on AND site_id = {0}"
LONGEST_FAILURE = 300
_KNOWN = {"none": "ham", "spam": "spam", akismet.DISCARD: "spam"}
_ADD_CHECK = insert(table(OutsideCheck))


def on(session: Session, site_id: str) -> dict[str, OutsideService]:
    """The services that are on at a site, by name."""
    query = select(OutsideService).where(OutsideService.site_id == site_id, OutsideService.is_on)
    return {one.name: one for one in session.scalars(query)}


def every(session: Session, site_id: str) -> dict[str, OutsideService]:
    """Those that were ever set up at a site, on or off."""
    query = select(OutsideService).where(OutsideService.site_id == site_id)
    return {one.name: one for one in session.scalars(query)}


def is_settled(session: Session, site_id: str, page: str, nonce: str) -> bool:
    """Whether a reply will be refused, or is here already: then nobody outside is told of it."""
    spent = exists().where(SpentChallenge.nonce == nonce)
    closed = exists().where(Thread.site_id == site_id, Thread.page == page, Thread.open.is_(False))
    return bool(session.scalar(select(spent | closed)))


def questions(
    services: Mapping[str, OutsideService], keyring: Keyring, said: Said, *, local: bool
) -> list[Question]:
    """What is to be asked of those that are on; the lists lie here and are asked otherwise."""
    asked = []
    if (one := services.get(AKISMET)) is not None:
        ask = partial(akismet.check, one.open(keyring), one.options, said)
        asked.append(Question(AKISMET, one.id, akismet.PATIENCE, ask))
    if (one := services.get(WEBHOOK)) is not None:
        secret, seconds = one.open(keyring), float(one.options.get("seconds", webhook.USUAL))
        ask = partial(webhook.ask, secret, one.options, said, local=local)
        asked.append(Question(WEBHOOK, one.id, seconds, ask))
    return asked


def note(
    session: Session, site_id: str, comment_id: str, heard: Sequence[Heard], now: datetime
) -> None:
    """Write down with a comment what Akismet takes it for, and which services failed."""
    for one in heard:
        if one.service == AKISMET and one.said in _KNOWN:
            row = {"comment_id": comment_id, "site_id": site_id, "known_as": _KNOWN[one.said]}
            session.connection().execute(_ADD_CHECK, {**row, "attempts": 0})
        elif one.said == "failed":
            note_failure(session, site_id, one.service, one.detail, now)


def note_failure(session: Session, site_id: str, service: str, why: str, now: datetime) -> None:
    """Keep the last failure of a service, for its site's owners."""
    this = OutsideService.site_id == site_id, OutsideService.name == service
    failed = {"failed_at": now, "failure": why[:LONGEST_FAILURE]}
    session.execute(update(OutsideService).where(*this).values(failed))


def save(
    session: Session,
    site: Site,
    name: str,
    *,
    is_on: bool,
    options: Mapping[str, Any],
    by: Moderator,
    at: datetime,
) -> OutsideService:
    """Set a service up, or change it; the caller holds the site's row. Its failure is forgotten."""
    found = every(session, site.id).get(name)
    was = found is not None and found.is_on
    if found is None:
        found = OutsideService(id=new_id(), site_id=site.id, name=name, failure="")
        session.add(found)
    found.is_on, found.options = is_on, dict(options)
    found.failed_at, found.failure = None, ""
    told = {"subject": name}
    if was != is_on:
        told |= {"was": _word(was), "became": _word(is_on)}
    session.add(Change.of(What.SETTING, site.id, by, at, **told))
    return found


def _word(is_on: bool) -> str:
    return "on" if is_on else "off"
