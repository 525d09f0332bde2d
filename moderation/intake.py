"""What a reader sent becomes a comment, or is refused with a reason."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, literal_column, select
from sqlalchemy.orm import Session

from moderation import captcha, clusters, judging, lists, notices, outside, policy, privacy
from moderation.database import insert_once, table
from moderation.drafts import Draft, Reply, draft
from moderation.judging import TWINS, Around, Judged, Past, Sent
from moderation.keeping import network_digest
from moderation.models import (
    Author,
    Comment,
    Decision,
    LinkedDomain,
    Listed,
    Receipt,
    Site,
    SpentChallenge,
    Status,
    Thread,
)
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
from moderation.text import domains, markup

__all__ = [
    "AlreadySpent",
    "Closed",
    "Draft",
    "Duplicate",
    "NoSuchParent",
    "OtherRequest",
    "Refused",
    "Reply",
    "WrongAnswer",
    "draft",
    "once",
    "open_thread",
    "receive",
    "spend",
    "take",
]


_comments, _threads = table(Comment), table(Thread)
_INSERT_COMMENT, _INSERT_DECISION = insert(_comments), insert(table(Decision))


def receive(
    session: Session,
    keyring: privacy.Keyring,
    site: Site,
    left: Draft,
    *,
    challenge: captcha.Challenge,
    answer: str | None,
    now: datetime,
    solved: bool = True,
    likeness: policy.Likeness | None = None,
    heard: tuple[policy.Heard, ...] = (),
) -> Comment:
    """Take a reply whose sum is right; the sum is spent either way.

    `answer` is None where the sum was left: a browser did work in its place, or, with `solved`
    false, a moderator is to read the reply first. `heard` is what was said of it outside. The
    caller commits, also where a `Refused` says that it `spends`.
    """
    spend(session, challenge, answer)
    seconds = (now - challenge.asked_at).total_seconds()
    comment = take(
        session,
        keyring,
        site,
        left,
        seconds=seconds,
        now=now,
        solved=solved,
        likeness=likeness,
        heard=heard,
    )
    outside.note(session, site.id, comment.id, heard, now)
    return comment


def take(
    session: Session,
    keyring: privacy.Keyring,
    site: Site,
    left: Draft,
    *,
    seconds: float,
    now: datetime,
    solved: bool = True,
    likeness: policy.Likeness | None = None,
    heard: tuple[policy.Heard, ...] = (),
) -> Comment:
    """Make a comment of a reply: the policy judges, its first decision is written with it.

    `seconds` is how long its author took, `likeness` what the classifier says of it. Raises Closed,
    NoSuchParent or Duplicate. This is the way of every reply, under SQLite's one write lock: its
    statements are built once, and rows are written as rows. A comment that waits is therefore
    given back outside the session.
    """
    network = network_digest(session, keyring, left.reply.address, now)
    thread = _thread(session, site, left, network, now)
    if left.reply.parent:
        _hold(session, thread.id)
    if not thread.open:
        raise Closed
    parent = _parent(session, thread.id, left.reply.parent)
    if thread.has_it:
        raise Duplicate
    author_id, past = _author(session, keyring, site, left, now)
    sent = Sent(bool(left.reply.honeypot), seconds, solved, site.is_under_attack(now))
    judged, listed = _judged(left), _listed(session, site, left, now)
    facts = judging.facts(
        site,
        judged,
        past=past,
        listed=listed,
        sent=sent,
        around=_around(thread),
        linked=judging.linked(session, site, judged, now),
        likeness=likeness,
        outside=heard,
        now=now,
    )
    verdict = policy.judge(facts)
    comment = _comment(left, site, thread.id, author_id, verdict, now)
    comment.network_digest = network
    if likeness:
        comment.evidence, comment.likeness = likeness.evidence, likeness.probability
    comment.place(parent)
    traits = clusters.traits(
        site,
        comment,
        left.keys,
        is_known=facts.author_is_known,
        hosts_trusted=listed.hosts_trusted,
        address=left.reply.address,
    )
    _write(session, comment, verdict, traits, left, now)
    return comment


def _write(
    session: Session,
    comment: Comment,
    verdict: policy.Verdict,
    traits: clusters.Traits,
    left: Draft,
    now: datetime,
) -> None:
    """Write a comment with all that is found by it. What belongs together comes last: whoever waits
    there for another holds nothing that they need.
    """
    clusters.find(session, comment, traits, now)
    _store(session, comment, verdict, now)
    LinkedDomain.keep(session, comment.site_id, comment.id, domains.of_links(left.rendered.links))
    clusters.keep(session, comment, traits, now)


def _store(session: Session, comment: Comment, verdict: policy.Verdict, now: datetime) -> None:
    if verdict.outcome is not policy.Outcome.PUBLISH:
        comment.version = 1
        rows = session.connection()
        rows.execute(_INSERT_COMMENT, comment.row())
        first = Decision.first(comment.id, comment.status, now, verdict.spam_by)
        rows.execute(_INSERT_DECISION, first)
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
    if thread is None:
        _begin_thread(session, site.id, page, now)
        thread = find_thread(session, site.id, page)
    if thread is None:
        raise RuntimeError("a thread that was just begun is gone")
    return thread


def _begin_thread(session: Session, site_id: str, page: str, now: datetime) -> None:
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
    insert_once(session, Thread, row)


#: Any status, so that the index by status can be used. As text: a list of values that are bound
#: would be written into the statement anew each time.
_ANY: list[Any] = [literal_column(f"'{status}'") for status in Status]
#: A thread, whether it has the same reply from somebody of the same name, how many replies of the
#: site say the same, and how many came of late: each the beginning of an index range.
_THREAD = select(
    _threads.c.id,
    _threads.c.open,
    exists()
    .where(
        _comments.c.thread_id == _threads.c.id,
        _comments.c.fingerprint == bindparam("fingerprint"),
    )
    .label("has_it"),
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
).where(_threads.c.site_id == bindparam("site_id"), _threads.c.page == bindparam("page"))


def _thread(
    session: Session, site: Site, left: Draft, network: str | None, now: datetime
) -> Row[Any]:
    settings = site.settings
    asked = {
        "network": network,
        **judging.window("network", settings, now),
        **judging.window("page", settings, now),
        **judging.window("site", settings, now),
        "site_id": site.id,
        "page": left.reply.page,
        "fingerprint": left.fingerprint,
        "text_digest": left.text_digest,
    }
    rows = session.connection()
    found = rows.execute(_THREAD, asked).first()
    if found is None:
        _begin_thread(session, site.id, left.reply.page, now)
        found = rows.execute(_THREAD, asked).one()
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


def _around(thread: Row[Any]) -> Around:
    return Around(thread.twins, thread.network, thread.page, thread.site, thread.created_at)


def _author(
    session: Session, keyring: privacy.Keyring, site: Site, left: Draft, now: datetime
) -> tuple[str, Past]:
    """The id of who wrote it, and what was decided about what they wrote before."""
    known = judging.author(session, site.id, left.author_digest)
    if known is None:
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
            return author_id, Past()
        known = judging.author(session, site.id, left.author_digest)
    if known is None:
        raise RuntimeError("an author who was there a moment before is gone")
    return known


def _listed(session: Session, site: Site, left: Draft, now: datetime) -> Listed:
    reply = left.reply
    asked = lists.Asked(left.author_digest, reply.name, reply.website, left.rendered.links)
    return lists.listed(session, site.id, asked, now=now)


def _judged(left: Draft) -> Judged:
    reply = left.reply
    return Judged(reply.page, reply.name, reply.website, left.rendered, left.text_digest)


def _comment(
    left: Draft,
    site: Site,
    thread_id: str,
    author_id: str,
    verdict: policy.Verdict,
    now: datetime,
) -> Comment:
    return Comment(
        id=privacy.new_id(),
        site_id=site.id,
        thread_id=thread_id,
        author_id=author_id,
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
        locale=left.reply.locale,
        notify=left.reply.notify,
        created_at=now,
    )
