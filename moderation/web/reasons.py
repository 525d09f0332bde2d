"""Why a reply was rejected, site by site: what moderators choose among, what authors read."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Comment, Site, SiteReason

from . import words


class Choice(NamedTuple):
    """A reason as it is chosen: `code` is what a decision keeps."""

    code: str
    label: str
    sentence: str


def of(session: Session, site: Site) -> list[Choice]:
    """The reasons that a site's moderators choose among, in their order."""
    return of_each(session, [site.id])[site.id]


def of_each(session: Session, site_ids: Iterable[str]) -> dict[str, list[Choice]]:
    """The same for several sites, by their ids, in one query."""
    wanted = list(dict.fromkeys(site_ids))
    query = select(SiteReason).where(SiteReason.site_id.in_(wanted))
    known: dict[str, list[SiteReason]] = {site_id: [] for site_id in wanted}
    for row in session.scalars(query.order_by(SiteReason.place, SiteReason.id)):
        known[row.site_id].append(row)
    return {
        site_id: [drawn(row) for row in rows if row.retired_at is None] if rows else built_in()
        for site_id, rows in known.items()
    }


def common(session: Session, site_ids: Iterable[str]) -> list[Choice]:
    """The reasons that every one of these sites offers: for a decision about comments of any."""
    first, *others = list(of_each(session, site_ids).values()) or [built_in()]
    codes = [{choice.code for choice in offered} for offered in others]
    return [choice for choice in first if all(choice.code in known for known in codes)]


def may_give(session: Session, site_id: str, code: str) -> bool:
    """Whether a moderator of the site can have chosen this reason; none is always one."""
    own = {choice.code for choice in of_each(session, [site_id])[site_id]}
    return not code or code in own or code in words.CHOICES


def for_cards(session: Session, comments: Iterable[Comment]) -> dict[str, list[Choice]]:
    """What can be chosen on each of these cards, by the ids of their sites."""
    return of_each(session, (one.site_id for one in comments))


def built_in() -> list[Choice]:
    """The reasons of a site that never changed them, in the page's language."""
    return [
        Choice(code, str(words.CHOICE_LABELS[code]), str(sentence))
        for code, sentence in words.CHOICES.items()
    ]


def drawn(row: SiteReason) -> Choice:
    """A site's own reason; what it leaves empty is the built-in one's."""
    label = row.label or words.CHOICE_LABELS.get(row.code, row.code)
    sentence = row.sentence or words.CHOICES.get(row.code, row.code)
    return Choice(row.code, str(label), str(sentence))


def sentences(session: Session, site_ids: Iterable[str]) -> dict[str, str]:
    """What the reasons say that owners of these sites wrote, also the retired. Their codes are
    random, so no two sites have the same one.
    """
    query = select(SiteReason.code, SiteReason.sentence).where(
        SiteReason.site_id.in_(list(site_ids)), SiteReason.sentence != ""
    )
    return dict(session.execute(query).all())


def said(code: str, own: Mapping[str, str]) -> str | None:
    """The sentence of a decision's reason; `own` are the site's (see `sentences`)."""
    return own.get(code) or words.choice(code)
