"""What a new reply is found to be: all that is read of it, and judged, before it is stored.

SQLite has one writer at a time. Whoever judged under its lock would let everybody else wait for it,
so the doors weigh a reply before they lock anything, by what stands there a moment earlier.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal, literal_column, select
from sqlalchemy.orm import Session

from moderation import clusters, judging, lists, policy, privacy
from moderation.database import table
from moderation.drafts import Draft
from moderation.judging import TWINS, Around, Judged, Past, Sent
from moderation.keeping import network_digest
from moderation.models import Comment, Listed, Site, Status, Thread
from moderation.prepared import Prepared
from moderation.text import markup


@dataclass(frozen=True, slots=True)
class Arrived:
    """A reply with how it came, what the classifier says of it, and what was heard outside."""

    left: Draft
    sent: Sent
    likeness: policy.Likeness | None = None
    heard: tuple[policy.Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a reply was found to be, with the comment it becomes; that one has no place yet."""

    arrived: Arrived
    comment: Comment
    verdict: policy.Verdict
    traits: clusters.Traits
    #: Who wrote it; None where nobody with this address ever did.
    author_id: str | None

    @property
    def is_published(self) -> bool:
        """Whether readers are to see it at once."""
        return self.verdict.outcome is policy.Outcome.PUBLISH


def weigh(
    session: Session,
    keyring: privacy.Keyring,
    site: Site,
    arrived: Arrived,
    now: datetime,
    *,
    may_write: bool = False,
) -> Weighed:
    """Read all that is known of a reply, and let the policy judge it.

    This is the way of every reply: its statements are built once, and rows are read as rows. Raises
    keeping.KeyDue, or makes the key where the session `may_write`.
    """
    left = arrived.left
    address = left.reply.address
    network = network_digest(session, keyring, address, now, may_write=may_write)
    around = _around(session, site, left, network, now)
    known = judging.author(session, site.id, left.author_digest)
    author_id, past = known or (None, Past())
    judged, listed = _judged(left), _listed(session, site, left, now)
    facts = judging.facts(
        site,
        judged,
        past=past,
        listed=listed,
        sent=arrived.sent,
        around=around,
        linked=judging.linked(session, site, judged, now),
        likeness=arrived.likeness,
        outside=arrived.heard,
        now=now,
    )
    verdict = policy.judge(facts)
    comment = _comment(arrived, site, verdict, network, now)
    traits = clusters.traits(
        site,
        comment,
        left.keys,
        is_known=facts.author_is_known,
        hosts_trusted=listed.hosts_trusted,
        address=address,
    )
    clusters.find(session, comment, traits, now)
    return Weighed(arrived, comment, verdict, traits, author_id)


_comments, _threads = table(Comment), table(Thread)
#: Any status, so that the index by status can be used. As text: a list of values that are bound
#: would be written into the statement anew each time.
_ANY: list[Any] = [literal_column(f"'{status}'") for status in Status]
_ONE = select(literal(1).label("one")).subquery()
#: Since when there is a thread, if there is one; how many replies of the site say the same, and how
#: many came of late: each the beginning of an index range.
_AROUND = Prepared(
    select(
        _threads.c.created_at,
        TWINS.label("twins"),
        judging.recent(
            "network",
            _comments.c.site_id == bindparam("site_id"),
            _comments.c.network_digest == bindparam("network"),
        ).label("network"),
        judging.recent("page", _comments.c.thread_id == _threads.c.id, correlated=_threads).label(
            "page"
        ),
        judging.recent(
            "site", _comments.c.site_id == bindparam("site_id"), _comments.c.status.in_(_ANY)
        ).label("site"),
    )
    .select_from(_ONE)
    .outerjoin(
        _threads,
        (_threads.c.site_id == bindparam("site_id")) & (_threads.c.page == bindparam("page")),
    )
)


def _around(
    session: Session, site: Site, left: Draft, network: str | None, now: datetime
) -> Around:
    settings = site.settings
    asked = {
        "network": network,
        **judging.window("network", settings, now),
        **judging.window("page", settings, now),
        **judging.window("site", settings, now),
        "site_id": site.id,
        "page": left.reply.page,
        "text_digest": left.text_digest,
    }
    found = _AROUND.one(session, asked)
    return Around(found.twins, found.network, found.page, found.site, found.created_at)


def _listed(session: Session, site: Site, left: Draft, now: datetime) -> Listed:
    reply = left.reply
    asked = lists.Asked(left.author_digest, reply.name, reply.website, left.rendered.links)
    return lists.listed(session, site.id, asked, now=now)


def _judged(left: Draft) -> Judged:
    reply = left.reply
    return Judged(reply.page, reply.name, reply.website, left.rendered, left.text_digest)


def _comment(
    arrived: Arrived, site: Site, verdict: policy.Verdict, network: str | None, now: datetime
) -> Comment:
    left, likeness = arrived.left, arrived.likeness
    return Comment(
        id=privacy.new_id(),
        site_id=site.id,
        name=left.reply.name,
        website=left.reply.website,
        title=left.reply.title,
        source=left.reply.body,
        html=left.rendered.html,
        markup_version=markup.MARKUP_VERSION,
        links=list(left.rendered.links),
        status=Status.SPAM if verdict.outcome is policy.Outcome.SPAM else Status.PENDING,
        published=False,
        version=0,
        score=verdict.score,
        reasons=[reason.stored() for reason in verdict.reasons],
        fingerprint=left.fingerprint,
        text_digest=left.text_digest,
        network_digest=network,
        locale=left.reply.locale,
        evidence=likeness.evidence if likeness else None,
        likeness=likeness.probability if likeness else None,
        taught="",
        notify=left.reply.notify,
        created_at=now,
    )
