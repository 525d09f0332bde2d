"""A moderator answers a comment, as a moderator: published at once, with the mark."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from moderation import notices
from moderation.drafts import Words
from moderation.models import Comment, Moderator, Status
from moderation.privacy import new_id
from moderation.refusals import Duplicate
from moderation.text import markup


class Unseen(Exception):
    """Readers do not see the comment that is answered, so nobody would see the answer."""


def answer(
    session: Session, comment: Comment, said: Words, *, by: Moderator, at: datetime
) -> Comment:
    """Publish a moderator's answer to a comment that the caller holds (see `review.hold`).

    No sum is spent, and no rule is asked: the one who would decide has written it. Its first
    decision says so. Raises Unseen, or Duplicate where the same stands there already. The caller
    commits.
    """
    if not comment.is_seen:
        raise Unseen
    if _is_there(session, comment, said):
        raise Duplicate
    made = _made(comment, said, by, at)
    made.place(session.get_one(Comment, comment.id))
    session.add(made)
    session.flush()
    made.decide(Status.APPROVED, by=by, at=at)
    session.flush()
    notices.decided(session, made, at=at)
    return made


def _is_there(session: Session, comment: Comment, said: Words) -> bool:
    same = exists().where(
        Comment.thread_id == comment.thread_id, Comment.fingerprint == said.fingerprint
    )
    return bool(session.scalar(select(same)))


def _made(comment: Comment, said: Words, by: Moderator, at: datetime) -> Comment:
    return Comment(
        id=new_id(),
        site_id=comment.site_id,
        thread_id=comment.thread_id,
        author_id=None,
        moderator_id=by.id,
        name=by.name,
        source=said.body,
        html=said.rendered.html,
        markup_version=markup.MARKUP_VERSION,
        links=list(said.rendered.links),
        status=Status.PENDING,
        published=False,
        version=0,
        score=0,
        reasons=[],
        fingerprint=said.fingerprint,
        text_digest=said.text_digest,
        locale=by.locale or "en",
        notify=False,
        created_at=at,
    )
