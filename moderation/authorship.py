"""What an author does to their own reply after leaving it: change it, withdraw it, erase it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, joinedload

from moderation import clusters, judging, lists, policy
from moderation.drafts import Words, words
from moderation.judging import Around, Judged, Past, Sent
from moderation.models import (
    Actor,
    Author,
    Comment,
    Decision,
    Document,
    LinkedDomain,
    Listed,
    Message,
    Note,
    OutsideCheck,
    Receipt,
    Report,
    Revision,
    Site,
    Stale,
    Status,
    Subscription,
    Thread,
)
from moderation.text import domains, markup

#: An author's reasons, as they stand in the history of decisions.
OWN_WISH, ERASED = "own_wish", "erased"


class TooLate(Exception):
    """The site's time for changing a reply is over, or the reply is gone."""


class SameReply(Exception):
    """Somebody of the same name left these very words in the same place."""


def hold(session: Session, ids: Sequence[str]) -> list[Comment]:
    """Comments that their author changes, with their threads locked until the transaction ends.

    As moderators hold them (see `review.hold`): what a thread shows is changed by one at a time.
    """
    if session.get_bind().dialect.name != "sqlite":
        threads = select(Comment.thread_id).where(Comment.id.in_(ids))
        lock = select(Thread.id).where(Thread.id.in_(threads)).order_by(Thread.id)
        session.execute(lock.with_for_update(of=Thread)).all()
    held = (
        select(Comment)
        .where(Comment.id.in_(ids))
        .options(joinedload(Comment.parent), joinedload(Comment.thread).joinedload(Thread.site))
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(held))


def editable_until(comment: Comment, site: Site) -> datetime | None:
    """Until when its author may change a reply; None for not at all."""
    minutes = site.settings.edit_minutes
    if not minutes or comment.status == Status.DELETED or comment.author_id is None:
        return None
    return comment.created_at + timedelta(minutes=minutes)


def may_edit(comment: Comment, site: Site, at: datetime) -> bool:
    """Whether its author may change a reply at this moment."""
    until = editable_until(comment, site)
    return until is not None and at < until


def reworded(comment: Comment, site_key: bytes, body: str) -> Words:
    """Another text in this comment's place. Slow work stands here, outside the transaction."""
    parent, name = comment.parent_id, comment.name
    return words(body, site_key, parent=parent, name=name, website=comment.website)


def would_say(comment: Comment, said: Words) -> policy.Said:
    """The comment as the classifier would look at it with these words."""
    return replace(comment.said, text=said.body, links=tuple(said.rendered.links))


def edit(
    session: Session,
    comment: Comment,
    said: Words,
    *,
    version: int,
    at: datetime,
    likeness: policy.Likeness | None = None,
) -> bool:
    """Give a comment that `hold` gave other words: the policy judges them anew, and it waits.

    False where the text is what it was already: then nothing is done. Raises TooLate, SameReply,
    or Stale where `version` is not the one that its author saw.
    """
    site = comment.thread.site
    if not may_edit(comment, site, at):
        raise TooLate
    if said.body == comment.source:
        return False
    if version != comment.version:
        raise Stale(comment)
    if _is_there(session, comment, said):
        raise SameReply
    asked = lists.Asked(_digest(comment), comment.name, comment.website, said.rendered.links)
    listed = lists.listed(session, site.id, asked, now=at)
    facts = _facts(session, site, comment, said, listed=listed, at=at)
    verdict = policy.judge(replace(facts, likeness=likeness))
    with session.no_autoflush:
        _reword(comment, said, verdict, likeness, at)
        clusters.leave(session, comment)
        traits = clusters.traits(
            site,
            comment,
            said.keys,
            is_known=facts.author_is_known,
            hosts_trusted=listed.hosts_trusted,
        )
        clusters.find(session, comment, traits, at)
    session.flush()
    LinkedDomain.forget(session, comment.id)
    LinkedDomain.keep(session, site.id, comment.id, domains.of_links(comment.links))
    clusters.keep(session, comment, traits, at)
    return True


def _reword(
    comment: Comment,
    said: Words,
    verdict: policy.Verdict,
    likeness: policy.Likeness | None,
    at: datetime,
) -> None:
    became = Status.SPAM if verdict.outcome is policy.Outcome.SPAM else Status.PENDING
    links, made_by = list(said.rendered.links), markup.MARKUP_VERSION
    comment.change_text(said.body, said.rendered.html, links, made_by, at=at, became=became)
    comment.fingerprint, comment.text_digest = said.fingerprint, said.text_digest
    comment.evidence = likeness.evidence if likeness else None
    comment.likeness = likeness.probability if likeness else None
    comment.score = verdict.score
    comment.reasons = [reason.stored() for reason in verdict.reasons]


def _is_there(session: Session, comment: Comment, said: Words) -> bool:
    same = exists().where(
        Comment.thread_id == comment.thread_id,
        Comment.fingerprint == said.fingerprint,
        Comment.id != comment.id,
    )
    return bool(session.scalar(select(same)))


def _facts(
    session: Session,
    site: Site,
    comment: Comment,
    said: Words,
    *,
    listed: Listed,
    at: datetime,
) -> policy.Facts:
    judged = Judged(
        comment.thread.page, comment.name, comment.website, said.rendered, said.text_digest
    )
    own = int(comment.text_digest == said.text_digest)
    twins = judging.twins(session, site, said.text_digest) - own
    return judging.facts(
        site,
        judged,
        past=_past(session, comment),
        listed=listed,
        sent=Sent.noticed(comment.reasons),
        # How many came at the same time says nothing of a change.
        around=Around(twins, page_since=comment.thread.created_at),
        linked=judging.linked(session, site, judged, at, but=comment.id),
        # Nobody outside is asked again: it waits for a moderator anyway, and what was said stands.
        outside=policy.remembered(comment.reasons),
        now=at,
    )


def _digest(comment: Comment) -> str:
    return comment.author.email_digest if comment.author else ""


def _past(session: Session, comment: Comment) -> Past:
    """What was decided about the author's other replies: this one cannot speak for itself."""
    known = judging.author(session, comment.site_id, _digest(comment), but=comment.id)
    return known[1] if known else Past()


def withdraw(session: Session, comment: Comment, *, at: datetime) -> bool:
    """Take a comment that `hold` gave off the page, for good; False where it is off already.

    Its text is kept for moderators. While replies hang from it, its place stays.
    """
    if comment.status == Status.DELETED:
        return False
    _delete(session, comment, OWN_WISH, at)
    return True


def _delete(session: Session, comment: Comment, reason: str, at: datetime) -> None:
    with session.no_autoflush:
        comment.decide(Status.DELETED, by=None, actor=Actor.AUTHOR, reason=reason, at=at)
    session.flush()


def erase(session: Session, comment: Comment, *, at: datetime) -> None:
    """Take everything of its author out of a comment that `hold` gave; only the place remains.

    Who decided what and when stays in its history, without notes: they may quote what is gone.
    Nobody can bring it back, since nothing is there to be brought back.
    """
    if comment.author_id is None:
        return
    author = session.get(Author, comment.author_id, with_for_update=True)
    _overwriting(session, on=True)
    _delete(session, comment, ERASED, at)
    _rename_thread(session, comment)
    comment.keep_lessons()
    clusters.leave(session, comment)
    _empty(comment)
    # Whatever it was: what a slow reader makes of the state before this must not be stored.
    comment.thread.readers_see(more=0)
    session.flush()
    _forget_around(session, comment)
    if author is not None and not _anything_of(session, author.id):
        lists.forget(session, author.site_id, author.email_digest)
        session.delete(author)
        session.flush()
    _overwriting(session, on=False)


def _rename_thread(session: Session, comment: Comment) -> None:
    """What a page is called is its sender's word as well: another approved reply's takes over."""
    if not comment.title or comment.thread.title != comment.title:
        return
    others = select(Comment.title).where(
        Comment.thread_id == comment.thread_id, Comment.published, Comment.id != comment.id
    )
    said = others.where(Comment.status == Status.APPROVED, Comment.title != "")
    comment.thread.title = session.scalar(said.order_by(Comment.position).limit(1)) or ""


def _empty(comment: Comment) -> None:
    comment.name = comment.website = comment.title = comment.source = comment.html = ""
    comment.links, comment.reasons, comment.score = [], [], 0
    comment.evidence = comment.likeness = None
    comment.fingerprint = comment.network_digest = comment.author_id = None
    # The column wants something of its own; this says nothing that the row does not say.
    comment.text_digest = comment.id
    comment.locale, comment.notify = "en", False


def _forget_around(session: Session, comment: Comment) -> None:
    """What else says something of the comment, or is about it alone."""
    for model in (Revision, Report, Message, Subscription, Note, LinkedDomain, OutsideCheck):
        session.execute(delete(model).where(model.comment_id == comment.id))
    notes = update(Decision).where(Decision.comment_id == comment.id)
    session.execute(notes.values(note=""))
    session.execute(notes.where(Decision.actor != Actor.AUTHOR).values(reason=""))
    # Pages made ready, and first answers kept for repeated requests, carry the text too.
    session.execute(delete(Document).where(Document.thread_id == comment.thread_id))
    session.execute(delete(Receipt).where(Receipt.comment_id == comment.id))


def _anything_of(session: Session, author_id: str) -> bool:
    return bool(session.scalar(select(exists().where(Comment.author_id == author_id))))


def _overwriting(session: Session, *, on: bool) -> None:
    # SQLite leaves what it deletes in the file until the room is used again, unless it is told.
    if session.get_bind().dialect.name == "sqlite":
        pragma = f"PRAGMA secure_delete = {'ON' if on else 'OFF'}"
        session.connection().exec_driver_sql(pragma)


def erase_author(session: Session, author_id: str, *, at: datetime) -> int:
    """Erase everything that an address left on a site: how many replies that were."""
    theirs = select(Comment.id).where(Comment.author_id == author_id)
    # Threads before their author, as who leaves a reply takes them. Then once more: a reply that
    # was on its way is there now, and one that comes later begins anew.
    hold(session, session.scalars(theirs).all())
    author = session.get(Author, author_id, with_for_update=True, populate_existing=True)
    if author is None:
        return 0
    lists.forget(session, author.site_id, author.email_digest)
    held = hold(session, session.scalars(theirs).all())
    for comment in held:
        erase(session, comment, at=at)
    session.execute(delete(Author).where(Author.id == author_id))
    return len(held)


def left_by(session: Session, author_id: str) -> list[tuple[str, str, int]]:
    """What an author left: address, title and number of replies of each page."""
    query = (
        select(Thread.page, Thread.title, func.count())
        .join(Comment, Comment.thread_id == Thread.id)
        .where(Comment.author_id == author_id)
        .group_by(Thread.id, Thread.page, Thread.title)
        .order_by(Thread.page)
    )
    return [(page, title, number) for page, title, number in session.execute(query)]


def find_author(session: Session, site: Site, digest: str) -> Author | None:
    """Who is known on a site by this digest (see `drafts.author_digest`)."""
    known = select(Author).where(Author.site_id == site.id, Author.email_digest == digest)
    return session.scalar(known)
