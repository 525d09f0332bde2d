"""What waits of a cluster, as its one card shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session, load_only

from moderation.database import table
from moderation.models import Comment, InCommon, Status

from .finding import MOST

_comments = table(Comment)


@dataclass(frozen=True, slots=True)
class Member:
    """A comment of a cluster that waits, as much of it as its card needs."""

    id: str
    version: int
    author_id: str | None
    network_digest: str | None
    alike_by: str | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """What waits of one cluster, the oldest first, and what became of the rest of it."""

    members: list[Member]
    #: Those that came last, with their texts, the newest first.
    latest: list[Comment]
    decided: dict[Status, int]

    @property
    def by(self) -> list[InCommon]:
        """What its comments have in common, each once."""
        found = {member.alike_by for member in self.members}
        return [kind for kind in InCommon if kind in found]

    @property
    def authors(self) -> int:
        """How many people wrote them, as far as is known."""
        return len({one.author_id for one in self.members} - {None})

    @property
    def networks(self) -> int:
        """From how many networks they came, as far as is known."""
        return len({one.network_digest for one in self.members} - {None})


_AS_MEMBER = (
    _comments.c.cluster_id,
    *(_comments.c[name] for name in Member.__dataclass_fields__),
)
#: What is read of the comments whose texts are shown.
_AS_TEXT = (
    *(Comment.id, Comment.site_id, Comment.thread_id, Comment.name, Comment.source, Comment.html),
    *(Comment.links, Comment.status, Comment.version, Comment.created_at, Comment.alike_by),
)


def campaigns(
    session: Session, comments: Sequence[Comment], *, latest: int = 3
) -> dict[str, Campaign]:
    """What waits together with each of these comments, by its id, in three queries at most.

    Only with the oldest of each cluster that waits, and only where others wait with it: the card
    of that one stands for all of them.
    """
    found = _all_waiting(session, [one.cluster_id for one in comments if one.cluster_id])
    own = {one.id for one in comments}
    first = {
        members[0].id: (cluster, members)
        for cluster, members in found.items()
        if len(members) > 1 and members[0].id in own
    }
    if not first:
        return {}
    newest = [one.id for _c, members in first.values() for one in members[1:][::-1][:latest]]
    texts = _texts(session, newest)
    decided = _decided(session, [cluster for cluster, _members in first.values()])
    return {
        identity: Campaign(members, _shown(members, texts), decided.get(cluster, {}))
        for identity, (cluster, members) in first.items()
    }


def campaign(session: Session, comment: Comment) -> Campaign | None:
    """The same for a comment that waits, whichever of its cluster it is, with all their texts."""
    members = waiting(session, comment.cluster_id)
    own = [one for one in members if one.id == comment.id]
    if not own or len(members) == 1 or comment.cluster_id is None:
        return None
    texts = _texts(session, [one.id for one in members if one.id != comment.id])
    decided = _decided(session, [comment.cluster_id]).get(comment.cluster_id, {})
    return Campaign(members, _shown(members, texts), decided)


def _shown(members: Sequence[Member], texts: Mapping[str, Comment]) -> list[Comment]:
    return [texts[one.id] for one in members[::-1] if one.id in texts]


def waiting(session: Session, cluster: str | None) -> list[Member]:
    """Those of a cluster that wait, the oldest first, MOST at most."""
    return _all_waiting(session, [cluster]).get(cluster, []) if cluster else []


def _all_waiting(session: Session, clusters: Sequence[str]) -> dict[str, list[Member]]:
    """Those of each cluster that wait, the oldest first, MOST of each."""
    if not clusters:
        return {}
    each = [
        select(*_AS_MEMBER)
        .where(_comments.c.cluster_id == one, _comments.c.status == Status.PENDING)
        .order_by(_comments.c.created_at, _comments.c.id)
        .limit(MOST)
        .subquery()
        for one in dict.fromkeys(clusters)
    ]
    found: dict[str, list[Member]] = {}
    for cluster, *member in session.execute(union_all(*(select(one) for one in each))):
        found.setdefault(cluster, []).append(Member(*member))
    return found


def _texts(session: Session, ids: Sequence[str]) -> dict[str, Comment]:
    query = select(Comment).where(Comment.id.in_(ids)).options(load_only(*_AS_TEXT))
    return {one.id: one for one in session.scalars(query)}


def _decided(session: Session, clusters: Sequence[str]) -> dict[str, dict[Status, int]]:
    query = (
        select(Comment.cluster_id, Comment.status, func.count())
        .where(Comment.cluster_id.in_(clusters), Comment.status != Status.PENDING)
        .group_by(Comment.cluster_id, Comment.status)
    )
    found: dict[str, dict[Status, int]] = {}
    for cluster, status, number in session.execute(query):
        found.setdefault(cluster or "", {})[status] = number
    return found


def sites_of(session: Session, ids: Sequence[str]) -> set[str]:
    """The sites that these comments belong to."""
    return set(session.scalars(select(_comments.c.site_id).where(_comments.c.id.in_(ids))))
