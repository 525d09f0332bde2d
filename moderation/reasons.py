"""The reasons of one site: added, put in another order, reworded, retired.

Whoever changes something holds the site's row first (`sites.find`), so that two owners take turns.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Change, Moderator, Site, SiteReason, What
from moderation.models.site_reason import BUILT_IN
from moderation.privacy import new_id

#: Nobody chooses among more.
MOST = 20


class TooMany(Exception):
    """The site has as many reasons as anybody can choose among."""


def rows(session: Session, site_id: str) -> list[SiteReason]:
    """A site's own reasons in their order, with those that are retired; none where it never
    changed any.
    """
    of_site = select(SiteReason).where(SiteReason.site_id == site_id)
    return list(session.scalars(of_site.order_by(SiteReason.place, SiteReason.id)))


def own(session: Session, site: Site) -> list[SiteReason]:
    """The same, to be changed: where there are none yet, the built-in ones become its own."""
    found = rows(session, site.id)
    if found:
        return found
    made = [
        SiteReason(id=new_id(), site_id=site.id, code=code, label="", sentence="", place=place)
        for place, code in enumerate(BUILT_IN)
    ]
    session.add_all(made)
    session.flush()
    return made


def add(
    session: Session, site: Site, label: str, sentence: str, *, by: Moderator, at: datetime
) -> SiteReason:
    """Add a reason at the end. Raises TooMany."""
    there = own(session, site)
    _refuse_more(there)
    place = max((one.place for one in there), default=0) + 1
    made = SiteReason(id=new_id(), site_id=site.id, code=new_id(), place=place)
    made.label, made.sentence = label, sentence
    session.add(made)
    _tell(session, What.REASON_ADDED, made, by, at, subject=label, became=sentence)
    return made


def _refuse_more(there: list[SiteReason]) -> None:
    if sum(one.retired_at is None for one in there) >= MOST:
        raise TooMany


def relabel(
    session: Session, reason: SiteReason, label: str, *, was: str, by: Moderator, at: datetime
) -> None:
    """Give a reason another label; what authors read stays."""
    reason.label = label
    _tell(session, What.REASON_LABEL, reason, by, at, subject=label, was=was, became=label)


def reword(
    session: Session,
    reason: SiteReason,
    label: str,
    sentence: str,
    *,
    was: str,
    by: Moderator,
    at: datetime,
) -> SiteReason:
    """Say it in other words from now on: a new reason stands in its place, and the old one is
    retired, so that who was told the old sentence still reads it.
    """
    made = SiteReason(id=new_id(), site_id=reason.site_id, code=new_id(), place=reason.place)
    made.label, made.sentence = label, sentence
    session.add(made)
    reason.retired_at = at
    _tell(session, What.REASON_SENTENCE, made, by, at, subject=label, was=was, became=sentence)
    return made


def move(
    session: Session,
    site: Site,
    reason: SiteReason,
    step: int,
    *,
    label: str,
    by: Moderator,
    at: datetime,
) -> bool:
    """Move a reason up (-1) or down (1) by one; False where it is at that end already."""
    kept = [one for one in own(session, site) if one.retired_at is None]
    at_now = kept.index(reason)
    goal = at_now + step
    if not 0 <= goal < len(kept):
        return False
    kept.insert(goal, kept.pop(at_now))
    for place, one in enumerate(kept):
        one.place = place
    places = {"was": str(at_now + 1), "became": str(goal + 1)}
    _tell(session, What.REASON_MOVED, reason, by, at, subject=label, **places)
    return True


def retire(
    session: Session, reason: SiteReason, *, label: str, by: Moderator, at: datetime
) -> None:
    """Offer a reason no more; decisions that gave it keep it."""
    reason.retired_at = at
    _tell(session, What.REASON_RETIRED, reason, by, at, subject=label)


def use_again(
    session: Session, site: Site, reason: SiteReason, *, label: str, by: Moderator, at: datetime
) -> None:
    """Offer a retired reason again, at the end. Raises TooMany."""
    there = own(session, site)
    _refuse_more(there)
    reason.retired_at, reason.place = None, max(one.place for one in there) + 1
    _tell(session, What.REASON_ADDED, reason, by, at, subject=label)


def _tell(
    session: Session,
    what: What,
    reason: SiteReason,
    by: Moderator,
    at: datetime,
    *,
    subject: str,
    was: str = "",
    became: str = "",
) -> None:
    session.add(Change.of(what, reason.site_id, by, at, subject=subject, was=was, became=became))
