"""What a reader sent becomes a comment, or is refused with a reason."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session

from moderation import captcha, clusters, notices, outside, policy, privacy
from moderation.database import insert_once, table
from moderation.drafts import Draft, Reply, draft
from moderation.judging import Sent
from moderation.models import (
    Author,
    Comment,
    Decision,
    LinkedDomain,
    Receipt,
    Site,
    SpentChallenge,
    Status,
    Thread,
)
from moderation.models.comment import INSERT_DECISION
from moderation.prepared import Prepared
from moderation.publishing import find_thread
from moderation.refusals import (
    AlreadySpent,
    Closed,
    Duplicate,
    NoSuchParent,
    OtherRequest,
    Refused,
    WrongAnswer,
)
from moderation.text import domains
from moderation.weighing import Arrived, Weighed, weigh

__all__ = [
    "AlreadySpent",
    "Arrived",
    "Closed",
    "Draft",
    "Duplicate",
    "NoSuchParent",
    "OtherRequest",
    "Refused",
    "Reply",
    "Weighed",
    "WrongAnswer",
    "draft",
    "once",
    "open_thread",
    "receive",
    "spend",
    "store",
    "take",
    "weigh",
]


_authors, _comments, _threads = table(Author), table(Comment), table(Thread)
_INSERT_COMMENT = Prepared(insert(_comments))


def receive(
    session: Session,
    keyring: privacy.Keyring,
    site: Site,
    weighed: Weighed,
    *,
    challenge: captcha.Challenge,
    answer: str | None,
    now: datetime,
) -> Comment:
    """Take a reply that was weighed, if its sum is right; the sum is spent either way.

    `answer` is None where the sum was left: a browser did work in its place, or a moderator is to
    read the reply first. Raises what `spend` and `store` refuse. The caller commits, also where a
    `Refused` says that it `spends`.
    """
    spend(session, challenge, answer)
    if weighed.is_published:
        # Nothing of whom a moderator just blocked may reach readers: weighed once more, on SQLite
        # with nobody else writing. What waits for a moderator can wait for that, too.
        weighed = weigh(session, keyring, site, weighed.arrived, now, may_write=True)
    comment = store(session, keyring, site, weighed, now)
    outside.note(session, site.id, comment.id, weighed.arrived.heard, now)
    return comment


def take(
    session: Session,
    keyring: privacy.Keyring,
    site: Site,
    left: Draft,
    *,
    seconds: float,
    now: datetime,
    likeness: policy.Likeness | None = None,
) -> Comment:
    """Weigh a reply and store it, all in one transaction; `seconds` is how long its author took.

    Raises what `store` refuses.
    """
    sent = Sent(bool(left.reply.honeypot), seconds, under_attack=site.is_under_attack(now))
    arrived = Arrived(left, sent, likeness)
    weighed = weigh(session, keyring, site, arrived, now, may_write=True)
    return store(session, keyring, site, weighed, now)


def store(
    session: Session, keyring: privacy.Keyring, site: Site, weighed: Weighed, now: datetime
) -> Comment:
    """Write a weighed reply with the policy's decision. Raises Closed, NoSuchParent or Duplicate;
    and SQLAlchemy's IntegrityError where the same was stored, or its author was erased, meanwhile.

    This is the way of every reply, under SQLite's one write lock: its statements are built once,
    and rows are written as rows. A comment that waits is given back outside the session. What
    belongs together comes last: whoever waits there for another holds nothing that they need.
    """
    left, comment = weighed.arrived.left, weighed.comment
    # Read here, not weighed: while it was waited for, the thread may have been closed or moved.
    place = {"site_id": site.id, "page": left.reply.page, "fingerprint": left.fingerprint}
    thread, parent = _PLACE.first(session, place), None
    if thread is not None and not thread.open:
        raise Closed
    comment.thread_id = thread.id if thread else _new_thread(session, site.id, left.reply.page, now)
    if left.reply.parent:
        _hold(session, comment.thread_id)
        parent = _parent(session, comment.thread_id, left.reply.parent)
    if thread is not None and thread.has_it:
        raise Duplicate
    comment.author_id = weighed.author_id or _new_author(session, keyring, site, left, now)
    comment.place(parent)
    _write(session, comment, weighed.verdict, now)
    hosts = domains.of_links(left.rendered.links)
    LinkedDomain.keep(session, comment.site_id, comment.id, hosts)
    clusters.keep(session, comment, weighed.traits, now)
    return comment


#: A thread, and whether it has the same reply from somebody of the same name.
_PLACE = Prepared(
    select(
        _threads.c.id,
        _threads.c.open,
        exists()
        .where(
            _comments.c.thread_id == _threads.c.id,
            _comments.c.fingerprint == bindparam("fingerprint"),
        )
        .label("has_it"),
    ).where(_threads.c.site_id == bindparam("site_id"), _threads.c.page == bindparam("page"))
)


def _write(session: Session, comment: Comment, verdict: policy.Verdict, now: datetime) -> None:
    if verdict.outcome is not policy.Outcome.PUBLISH:
        comment.version = 1
        _INSERT_COMMENT.run(session, comment.row())
        INSERT_DECISION.run(
            session, Decision.first(comment.id, comment.status, now, verdict.spam_by)
        )
        return
    session.add(comment)
    session.flush()
    comment.decide(Status.APPROVED, by=None, at=now)
    session.flush()
    notices.decided(session, comment, at=now)


def spend(session: Session, challenge: captcha.Challenge, answer: str | None) -> None:
    """Spend a challenge, whatever the answer; raises AlreadySpent or WrongAnswer.

    An answer of None is none that has to be right: the sum was left, and is spent all the same.

    The unique row decides between two who come at once, on any worker or node: the second waits
    for the first one's transaction and then finds its row.
    """
    row = {"nonce": challenge.nonce, "expires_at": challenge.expires_at}
    if not insert_once(session, SpentChallenge, row):
        raise AlreadySpent
    if answer is not None and not challenge.answered_by(answer):
        raise WrongAnswer


def once(
    session: Session,
    site: Site,
    key: str,
    request: str,
    now: datetime,
    act: Callable[[], tuple[int, dict[str, Any]]],
) -> tuple[int, dict[str, Any]]:
    """Do `act` for the first request with this Idempotency-Key; give its repeats the same answer.

    `request` stands for what was sent; the same key with something else raises OtherRequest.
    What `act` refuses is not kept: the key can be used again with the mistake put right. The
    receipt is written first, so that of two at once the second waits for the first.
    """
    row = {
        "site_id": site.id,
        "key_digest": privacy.token_digest(key),
        "request_digest": privacy.token_digest(request),
        "status": 0,
        "answer": {},
        "created_at": now,
    }
    first = insert_once(session, Receipt, row)
    receipt = session.get_one(Receipt, (site.id, row["key_digest"]))
    if first:
        try:
            receipt.status, receipt.answer = act()
            receipt.comment_id = receipt.answer["id"]
        except Refused:
            session.delete(receipt)
            raise
        return receipt.status, receipt.answer
    if receipt.request_digest != row["request_digest"]:
        raise OtherRequest
    return receipt.status, receipt.answer


def open_thread(session: Session, site: Site, page: str, now: datetime) -> Thread:
    """The thread of a page, begun by the first reply to it."""
    thread = find_thread(session, site.id, page)
    return thread or session.get_one(Thread, _new_thread(session, site.id, page, now))


_THREAD_OF = select(_threads.c.id).where(
    _threads.c.site_id == bindparam("site_id"), _threads.c.page == bindparam("page")
)


def _new_thread(session: Session, site_id: str, page: str, now: datetime) -> str:
    """Begin the thread of a page, unless somebody just did; its id."""
    row = {
        "id": privacy.new_id(),
        "site_id": site_id,
        "page": page,
        "title": "",
        "open": True,
        "count": 0,
        "revision": 1,
        "created_at": now,
    }
    if insert_once(session, Thread, row):
        return str(row["id"])
    found: str = session.connection().execute(_THREAD_OF, row).scalar_one()
    return found


def _hold(session: Session, thread_id: str) -> None:
    """Wait for decisions on this thread, and let those to come wait, until the transaction ends.

    A parent that is rejected meanwhile takes its replies along; one that is on its way would be
    missed, and stay published under nothing. On SQLite the write lock holds everybody already.
    """
    row = select(Thread.id).where(Thread.id == thread_id)
    session.execute(row.with_for_update(key_share=True)).one()


def _parent(session: Session, thread_id: str, parent_id: str | None) -> Comment | None:
    if not parent_id:
        return None
    parent = session.get(Comment, parent_id, populate_existing=True)
    if parent is None or parent.thread_id != thread_id or not parent.is_seen:
        raise NoSuchParent
    return parent


_AUTHOR_OF = select(_authors.c.id).where(
    _authors.c.site_id == bindparam("site_id"), _authors.c.email_digest == bindparam("email_digest")
)


def _new_author(
    session: Session, keyring: privacy.Keyring, site: Site, left: Draft, now: datetime
) -> str:
    """Write down who wrote it, unless another reply of theirs just did; their id."""
    author_id = privacy.new_id()
    row = {
        "id": author_id,
        "site_id": site.id,
        "email_digest": left.author_digest,
        "email_sealed": keyring.seal(left.reply.email, Author.email_row(author_id)),
        "avatar": left.avatar,
        "created_at": now,
    }
    if insert_once(session, Author, row):
        return author_id
    found: str = session.connection().execute(_AUTHOR_OF, row).scalar_one()
    return found
