"""Who looks at which comment: told to others, so that two do not read the same. Nobody waits."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from moderation.database import insert_once
from moderation.models import Comment, Lease, Moderator


def look(session: Session, moderator: Moderator, ids: Iterable[str], *, now: datetime) -> None:
    """The moderator looks at these comments, and at no others any more. The caller commits.

    Those of sites that they may not see are left out.
    """
    theirs = select(Comment.id, Comment.site_id).where(Comment.id.in_(list(ids)))
    seen = sorted(one for one, site in session.execute(theirs) if moderator.may_see(site))
    mine = Lease.moderator_id == moderator.id
    session.execute(delete(Lease).where(mine, Lease.comment_id.not_in(seen)))
    for comment in seen:
        _renew(session, comment, moderator.id, now + Lease.LIFE)


def _renew(session: Session, comment: str, moderator: str, until: datetime) -> None:
    row = {"comment_id": comment, "moderator_id": moderator, "until": until}
    if not insert_once(session, Lease, row):
        # Another tab of theirs may be taking it away: then there is nothing to renew.
        mine = update(Lease).where(Lease.comment_id == comment, Lease.moderator_id == moderator)
        session.execute(mine.values(until=until))


def others(
    session: Session, moderator: Moderator, ids: Sequence[str] | None = None, *, now: datetime
) -> dict[str, list[str]]:
    """The names of those who look at each comment just now, by id, without the moderator's own.

    Of all comments where no `ids` are given; always of sites that the moderator may see alone.
    """
    query = (
        select(Lease.comment_id, Moderator.name, Comment.site_id)
        .join(Moderator, Moderator.id == Lease.moderator_id)
        .join(Comment, Comment.id == Lease.comment_id)
        .where(Lease.until > now, Lease.moderator_id != moderator.id)
        .order_by(Moderator.name, Moderator.id)
    )
    if ids is not None:
        query = query.where(Lease.comment_id.in_(ids))
    found: dict[str, list[str]] = {}
    for comment, name, site in session.execute(query):
        if moderator.may_see(site):
            found.setdefault(comment, []).append(name)
    return found


def tidy_up(session: Session, now: datetime) -> None:
    """Forget who looked at what a while ago."""
    session.execute(delete(Lease).where(Lease.until < now))
