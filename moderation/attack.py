"""The attack switch: a site that is flooded is on its guard for a while, and then no longer.

By hand, or by itself where far more replies come than usual. While it is on every reply waits, sums
are harder, and moderators who want digests get one at once. It ends when its time is over: nothing
has to be written for that, so nothing can be missed.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from moderation.database import Database, table
from moderation.models import Attack, Change, Comment, DayTally, Moderator, Site, Status, What
from moderation.policy import surges

#: For how long somebody may switch it on, or on again from now.
HOURS = (1, 6, 24)
#: It ends by itself when nothing far above the usual was seen for so long.
QUIET = timedelta(minutes=30)
#: Its end is moved no more often than this, so that a flood does not write that as well.
STEP = timedelta(minutes=5)
#: Whoever ends it knows better: for so long it does not go on by itself.
REST = timedelta(hours=1)
#: Further than this nothing is counted: a flood must not make the counting slow.
MOST_COUNTED = 10_000

_attacks, _comments, _days = table(Attack), table(Comment), table(DayTally)


def look(database: Database, site: Site, at: datetime) -> bool:
    """See whether far more replies come than usual; True where the switch went on just now.

    Cheap enough to be done every few seconds on every worker: an index range of at most
    MOST_COUNTED rows, and nothing at all while the end is far. It writes only when it has to, and
    of several who see the same one switches it on.
    """
    is_far = site.attack_until is not None and site.attack_until > at + QUIET - STEP
    if is_far or not site.settings.attack_by_itself:
        return False
    with database.reading() as session:
        seen = _surge(session, site, at)
    if seen is None:
        return False
    with database.writing() as session:
        began = _begin(session, site.id, at, at + QUIET, arrived=seen[0], usual=seen[1])
        if began:
            subject = str(seen[0])
            session.add(Change.of(What.ATTACK_NOTICED, site.id, None, at, subject=subject))
        else:
            _move(session, site.id, at, at + QUIET, at_least=True)
        session.commit()
    return began


def switch_on(session: Session, site: Site, hours: int, *, by: Moderator, at: datetime) -> None:
    """Switch it on by hand for so many hours from now, or let it end then. The caller commits."""
    until = at + timedelta(hours=hours)
    began = _begin(session, site.id, at, until, by=by)
    if not began:
        _move(session, site.id, at, until)
    what = What.ATTACK_ON if began else What.ATTACK_PROLONGED
    session.add(Change.of(what, site.id, by, at, subject=until.isoformat()))


def switch_off(session: Session, site: Site, *, by: Moderator, at: datetime) -> bool:
    """End it now; False where it was over already. The caller commits."""
    ended = {"until": at, "ended_at": at, "rest_until": at + REST}
    if not _update(session, ended, Attack.site_id == site.id, Attack.until > at):
        return False
    session.add(Change.of(What.ATTACK_OFF, site.id, by, at))
    return True


def under_way(
    session: Session, at: datetime, site_ids: Sequence[str] | None = None
) -> list[tuple[Attack, Site]]:
    """The attacks under way with their sites, oldest first: on these sites, or on every one."""
    query = select(Attack, Site).join(Site, Site.id == Attack.site_id).where(Attack.until > at)
    if site_ids is not None:
        query = query.where(Attack.site_id.in_(site_ids))
    found = session.execute(query.order_by(Attack.began_at, Attack.site_id))
    return [(attack, site) for attack, site in found]


def tidy_up(session: Session, at: datetime) -> None:
    """Write down the end of those that ended by themselves, once each."""
    _write_ends_down(session, at)


def _write_ends_down(session: Session, at: datetime, *only: ColumnElement[bool]) -> None:
    over = (Attack.until <= at, Attack.ended_at.is_(None), *only)
    for site_id, until in _update(session, {"ended_at": at}, *over):
        session.add(Change.of(What.ATTACK_OVER, site_id, None, until))


def _surge(session: Session, site: Site, at: datetime) -> tuple[int, int] | None:
    """How many came and how many are usual, where that is far above; None where it is not."""
    arrived = _arrived(session, site.id, at)
    if arrived < surges.FEWEST or _rests(session, site.id, at):
        return None
    usually = surges.usual(_past_days(session, site.id, at))
    return (arrived, max(1, math.ceil(usually))) if surges.is_surge(arrived, usually) else None


def _arrived(session: Session, site_id: str, at: datetime) -> int:
    # Every status is named, so that the index that has it before the time answers.
    latest = (
        select(_comments.c.id)
        .where(
            _comments.c.site_id == site_id,
            _comments.c.status.in_(list(Status)),
            _comments.c.created_at > at - surges.WINDOW,
        )
        .limit(MOST_COUNTED)
    )
    return session.scalar(select(func.count()).select_from(latest.subquery())) or 0


def _rests(session: Session, site_id: str, at: datetime) -> bool:
    rests = select(Attack.site_id).where(Attack.site_id == site_id, Attack.rest_until > at)
    return session.scalar(rests) is not None


def _past_days(session: Session, site_id: str, at: datetime) -> list[int]:
    """How many replies came on each of the past days, as `measuring` counted them."""
    today = at.astimezone(UTC).date()
    days = [today - timedelta(days=n) for n in range(1, surges.DAYS + 1)]
    counted = select(_days.c.n).where(
        _days.c.day.in_(days), _days.c.site_id == site_id, _days.c.what == "arrived"
    )
    return list(session.scalars(counted))


def _begin(
    session: Session,
    site_id: str,
    at: datetime,
    until: datetime,
    *,
    by: Moderator | None = None,
    arrived: int = 0,
    usual: int = 0,
) -> bool:
    """Switch it on unless it is on; True for the one who did.

    One statement, so that of several at once one does: the others wait for its row and then see
    that it is on.
    """
    _write_ends_down(session, at, Attack.site_id == site_id)
    row = {
        "site_id": site_id,
        "began_at": at,
        "until": until,
        "by_id": by.id if by else None,
        "arrived": arrived,
        "usual": usual,
        "ended_at": None,
        "rest_until": None,
    }
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    free: list[ColumnElement[bool]] = [_attacks.c.until <= at]
    if by is None:
        free.append(or_(_attacks.c.rest_until.is_(None), _attacks.c.rest_until <= at))
    wish = insert(_attacks).values(row)
    wish = wish.on_conflict_do_update(
        index_elements=[_attacks.c.site_id],
        set_={name: wish.excluded[name] for name in row if name != "site_id"},
        where=free[0] if len(free) == 1 else free[0] & free[1],
    )
    return session.execute(wish.returning(_attacks.c.site_id)).first() is not None


def _move(
    session: Session, site_id: str, at: datetime, until: datetime, *, at_least: bool = False
) -> None:
    """Let the one under way end at another moment, or not before it."""
    sooner = [Attack.until < until] if at_least else []
    _update(session, {"until": until}, Attack.site_id == site_id, Attack.until > at, *sooner)


def _update(
    session: Session, values: dict[str, Any], *conditions: ColumnElement[bool]
) -> list[tuple[str, datetime]]:
    changed = update(Attack).where(*conditions).values(values)
    found = session.execute(
        changed.returning(Attack.site_id, Attack.until),
        execution_options={"synchronize_session": False},
    )
    return [(site_id, until) for site_id, until in found]
