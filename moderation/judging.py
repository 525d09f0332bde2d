"""What is known of a text at the moment it is judged: for a new reply, and for one that changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from moderation import policy
from moderation.database import table
from moderation.models import Comment, Listed, Site, Status
from moderation.text import addresses, markup

_comments = table(Comment)


@dataclass(frozen=True, slots=True)
class Sent:
    """How a reply came: what no later change of its text can tell."""

    honeypot: bool = False
    #: Between the asking of the sum and its answer.
    seconds: float = 3600.0
    #: Whether a sum was solved, or a browser did work in its place.
    solved: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """The words to be judged, with what stands beside them."""

    page: str
    name: str
    website: str
    rendered: markup.Rendered
    text_digest: str


_TWINS = (
    select(func.count())
    .select_from(_comments)
    .where(
        _comments.c.site_id == bindparam("site_id"),
        _comments.c.text_digest == bindparam("text_digest"),
    )
)
#: For a statement that asks for other things too: how many replies of the site say the same.
TWINS = _TWINS.scalar_subquery()


def twins(session: Session, site: Site, text_digest: str) -> int:
    """How many replies of the site say the same."""
    same = {"site_id": site.id, "text_digest": text_digest}
    return session.connection().execute(_TWINS, same).scalar_one()


def facts(
    site: Site,
    judged: Judged,
    *,
    past: Mapping[Status, int],
    listed: Listed,
    sent: Sent,
    twins: int,
    outside: tuple[policy.Heard, ...] = (),
) -> policy.Facts:
    """The facts. `past` is what was decided about other replies of the author, `listed` what the
    site's list says, `twins` how many other replies say the same, `outside` what was heard of it
    from services that the site's owner wants asked.
    """
    settings = site.settings
    return policy.Facts(
        text=markup.plain(judged.rendered.html),
        name=judged.name,
        website=judged.website,
        links=judged.rendered.links,
        markup_agreed=judged.rendered.agreed,
        approved_before=past.get(Status.APPROVED, 0),
        rejected_before=past.get(Status.REJECTED, 0),
        spam_before=past.get(Status.SPAM, 0),
        twins=twins,
        honeypot_filled=sent.honeypot,
        seconds_to_answer=sent.seconds,
        solved=sent.solved,
        page_is_ours=addresses.origin(judged.page) in site.origins,
        address_blocked=listed.address_blocked,
        name_blocked=listed.name_blocked,
        domains_blocked=listed.domains_blocked,
        author_trusted=listed.author_trusted,
        links_trusted=listed.links_trusted,
        outside=outside,
        hold_everything=settings.hold_everything,
        blocked_words=settings.blocked_words,
        links_allowed=settings.links_allowed,
    )
