"""What stands around a comment beside its decisions: moderators' notes, and comments like it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, or_, select, union_all
from sqlalchemy.orm import Session, joinedload, load_only

from moderation.models import Comment, Moderator, Note, Status
from moderation.privacy import new_id

#: So many comments of each status are looked through for a link to the same host: there is no
#: index of hosts, and nobody waits for a million.
LOOKED_THROUGH = 500
MOST_ALIKE = 20


def write(session: Session, comment_id: str, text: str, *, by: Moderator, at: datetime) -> None:
    """Keep a note about a comment that its moderator may see. The caller commits."""
    session.add(Note(id=new_id(), comment_id=comment_id, moderator_id=by.id, text=text, at=at))


def notes(session: Session, ids: Iterable[str]) -> dict[str, list[Note]]:
    """The notes about each of these comments, the latest first, in one query."""
    found: dict[str, list[Note]] = {}
    query = (
        select(Note)
        .where(Note.comment_id.in_(list(ids)))
        .options(joinedload(Note.moderator).load_only(Moderator.name))
        .order_by(Note.at.desc(), Note.id)
    )
    for note in session.scalars(query):
        found.setdefault(note.comment_id, []).append(note)
    return found


@dataclass(slots=True)
class Alike:
    """A comment that has something in common with another."""

    comment: Comment
    #: Of "cluster", "text", "network", "domain", "author", what they have in common.
    by: list[str] = field(default_factory=list)


def alike(session: Session, comment: Comment, hosts: Iterable[str]) -> list[Alike]:
    """Comments of the same site with the same text, network, author, or a link to one of these
    hosts: the latest of each kind, its own cluster and then the most alike first.
    """
    found: dict[str, Alike] = {}
    for kind, same in _kinds(comment, hosts).items():
        query = (
            select(Comment)
            .where(Comment.site_id == comment.site_id, Comment.id != comment.id, same)
            .options(load_only(*_SHOWN))
            .order_by(Comment.created_at.desc(), Comment.id)
            .limit(MOST_ALIKE)
        )
        for one in session.scalars(query):
            found.setdefault(one.id, Alike(one)).by.append(kind)
    closest = sorted(
        found.values(),
        key=lambda one: (
            "cluster" not in one.by,
            -len(one.by),
            -one.comment.created_at.timestamp(),
        ),
    )
    return closest[:MOST_ALIKE]


_SHOWN = (
    Comment.id,
    Comment.name,
    Comment.html,
    Comment.status,
    Comment.version,
    Comment.created_at,
)


def _kinds(comment: Comment, hosts: Iterable[str]) -> dict[str, ColumnElement[bool]]:
    kinds: dict[str, ColumnElement[bool]] = {}
    if comment.cluster_id:
        kinds["cluster"] = Comment.cluster_id == comment.cluster_id
    kinds["text"] = Comment.text_digest == comment.text_digest
    if comment.network_digest:
        kinds["network"] = Comment.network_digest == comment.network_digest
    if named := [_leads_to(host) for host in sorted(set(hosts))[:5]]:
        kinds["domain"] = Comment.id.in_(_latest(comment.site_id)) & or_(*named)
    if comment.author_id:
        kinds["author"] = Comment.author_id == comment.author_id
    return kinds


def _leads_to(host: str) -> ColumnElement[bool]:
    # Stored as JSON; after the scheme of a link stands its host, and nothing before it.
    return cast(Comment.links, String).contains(f"://{host}", autoescape=True)


def _latest(site_id: str) -> Any:
    each = [
        select(Comment.id)
        .where(Comment.site_id == site_id, Comment.status == status)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(LOOKED_THROUGH)
        .subquery()
        for status in Status
    ]
    return union_all(*(select(one.c.id) for one in each))
