"""A reader's comment, and the one way to change its status."""

import secrets
from array import array
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Computed,
    ForeignKey,
    Index,
    Row,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship
from sqlalchemy.orm.attributes import set_committed_value

from moderation.database import Ascii, Base, table
from moderation.policy.traits import Said, buckets
from moderation.prepared import Prepared
from moderation.privacy import new_id

from .author import Author
from .decision import Actor, Decision
from .lesson import Lesson
from .moderator import Bearer, Moderator
from .revision import Revision
from .status import Status, stored_as
from .thread import Thread

#: From each status, those a decision may lead to: any other one. A table, so that a test can
#: walk it and an exception has a place to stand.
CHANGES: dict[Status, frozenset[Status]] = {
    status: frozenset(Status) - {status} for status in Status
}

#: What a moderator's decision makes of a comment, for the classifier.
EXAMPLES = {Status.SPAM: "spam", Status.APPROVED: "wanted"}

#: Under these a published reply stays published: a deleted comment keeps its place.
_CARRIES = frozenset({Status.APPROVED, Status.DELETED})

#: What a reply's coming was noticed for that no change of its text can wash off.
CAME = frozenset({"honeypot", "haste", "unsolved"})

#: A position is one segment a level: ten characters of time, four of chance, in an alphabet
#: that sorts as it counts.
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
SEGMENT = 14
#: Deeper replies sort among their ancestor's at this depth, so that a position has an end.
DEEPEST = 32


#: A comment's risk: one, one more for every ten of its score, and one for every reader who
#: reported it. Few values, so that an index can be walked risk by risk.
MOST_RISK = 20
_SUM = "1 + score / 10 + reported"
_RISK = f"CASE WHEN {_SUM} > {MOST_RISK} THEN {MOST_RISK} ELSE {_SUM} END"
#: As the partial indexes say it, word by word: or they are not used.
WITH_LINKS = "json_array_length(links) > 0"
REPORTED = "reported > 0"


class Stale(Exception):
    """The decision was made on a version that is not the current one."""

    def __init__(self, comment: "Comment") -> None:
        super().__init__("Somebody else decided this comment meanwhile.")
        self.comment = comment


class NotAllowed(Exception):
    """No decision leads from the comment's status to the one asked for."""

    def __init__(self, comment: "Comment") -> None:
        super().__init__(f"This comment is {comment.status} already.")
        self.comment = comment


def example(became: Status, actor: Actor, moderator_id: str | None) -> str:
    """What a decision makes of a comment, which `moderator_id` wrote if a moderator did."""
    is_readers = actor is Actor.MODERATOR and moderator_id is None
    return EXAMPLES.get(became, "") if is_readers else ""


class Comment(Base):
    """What a reader wrote under a page.

    `source` is what was typed, tidied; `html` what `markup_version` of the markup policy made of
    it. `published` is what readers are shown: approved (or deleted, as a place), and so is all
    it hangs from. `position` sorts a thread as a tree; see `place`.
    """

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("thread_id", "fingerprint"),
        Index(None, "thread_id", "published", "position"),
        Index(None, "thread_id", "published", "root", "position"),
        # The queue's order and its look-ups: oldest first within a status, per site or over all.
        Index(None, "status", "created_at", "id"),
        Index(None, "site_id", "status", "created_at", "id"),
        # A page's feed, newest first. Of what is published alone: what waits costs it nothing.
        Index(
            None,
            *("thread_id", "status", "created_at", "id"),
            sqlite_where=text("published = 1"),
            postgresql_where=text("published"),
        ),
        # The queue by priority (see `queueing`): within a risk the oldest are first. The filters
        # that leave few of many have an index each, for both orders.
        Index(None, "status", "risk", "created_at", "id"),
        Index(None, "site_id", "status", "risk", "created_at", "id"),
        Index(None, "thread_id", "status", "risk", "created_at", "id"),
        Index(None, "author_id", "status", "risk", "created_at", "id"),
        Index(None, "locale", "status", "risk", "created_at", "id"),
        Index(
            "ix_comment_with_links",
            *("status", "risk", "created_at", "id"),
            sqlite_where=text(WITH_LINKS),
            postgresql_where=text(WITH_LINKS),
        ),
        Index(
            "ix_comment_reported",
            *("status", "risk", "created_at", "id"),
            sqlite_where=text(REPORTED),
            postgresql_where=text(REPORTED),
        ),
        # How many came to a page in the last minutes.
        Index("ix_comment_thread_id_created_at", "thread_id", "created_at"),
        Index(None, "parent_id"),
        Index(None, "moderator_id"),
        # What it has in common with others of its site, the latest of them first.
        Index(None, "site_id", "text_digest", "created_at"),
        Index(None, "site_id", "network_digest", "created_at"),
        Index(
            "ix_comment_in_cluster",
            *("cluster_id", "status", "created_at", "id"),
            sqlite_where=text("cluster_id IS NOT NULL"),
            postgresql_where=text("cluster_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    thread_id: Mapped[str] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("comment.id"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("author.id"))
    #: Set where a moderator wrote it, as such: readers see the mark.
    moderator_id: Mapped[str | None] = mapped_column(ForeignKey("moderator.id"))
    name: Mapped[str] = mapped_column(String(200))
    website: Mapped[str] = mapped_column(String(500), default="")
    #: What its sender says the page is called: readers see it once a comment with it is approved.
    title: Mapped[str] = mapped_column(String(300), default="")
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    markup_version: Mapped[int]
    links: Mapped[list[str]] = mapped_column(JSON, default=list)
    status: Mapped[Status] = mapped_column(stored_as(Status, "status"))
    published: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)
    score: Mapped[int] = mapped_column(default=0)
    #: How many readers ever reported it; a trigger on `report` counts.
    reported: Mapped[int] = mapped_column(server_default="0")
    #: How urgently it wants a person, 1 to MOST_RISK; the database works it out.
    risk: Mapped[int] = mapped_column(Computed(_RISK))
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    position: Mapped[str] = mapped_column(Ascii)
    root: Mapped[str] = mapped_column(Ascii)
    fingerprint: Mapped[str | None] = mapped_column(Ascii)
    text_digest: Mapped[str] = mapped_column(Ascii)
    network_digest: Mapped[str | None] = mapped_column(Ascii)
    #: What it belongs together with, and by what it was found to (see `clusters`).
    cluster_id: Mapped[str | None] = mapped_column(Ascii)
    alike_by: Mapped[str | None] = mapped_column(String(12))
    #: In which language its author read the form: what is mailed to them is written in it.
    locale: Mapped[str] = mapped_column(String(12), default="en")
    #: What the classifier said when it came: the evidence, and how likely spam that was then.
    evidence: Mapped[float | None]
    likeness: Mapped[float | None]
    #: What it is an example of, for the classifier: "spam", "wanted", or nothing.
    taught: Mapped[str] = mapped_column(Ascii, default="", server_default="")
    #: Whether its author asked to be told of answers; a subscription follows its publication.
    notify: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship(innerjoin=True)
    author: Mapped[Author | None] = relationship()
    parent: Mapped["Comment | None"] = relationship(remote_side=[id])
    decisions: Mapped[list[Decision]] = relationship(
        back_populates="comment", order_by=Decision.version, passive_deletes=True
    )

    def place(self, parent: "Comment | None") -> None:
        """Give the comment its place in the thread's tree.

        A position begins with its parent's, so that sorting by it walks the tree with each
        comment before its replies, oldest first, and a page of any tree is one range of one
        index. Segments carry the time of writing, so that an imported comment falls in its place.
        """
        above = parent.position[: SEGMENT * (DEEPEST - 1)] if parent else ""
        self.parent_id = parent.id if parent else None
        self.position = above + segment(self.created_at)
        self.root = self.position[:SEGMENT]

    def row(self) -> dict[str, Any]:
        """Its columns' values, for a statement that writes it as it is; without those that the
        database gives by itself.
        """
        return {name: getattr(self, name) for name in _OWN}

    def decide(
        self,
        became: Status,
        *,
        by: Moderator | Bearer | None,
        at: datetime,
        version: int | None = None,
        reason: str = "",
        note: str = "",
        undoes: Decision | None = None,
        actor: Actor | None = None,
        pen: "Pen | None" = None,
    ) -> str:
        """Change the status, write down who did it and why.

        `by` is None where no moderator decided: then it was the policy, unless `actor` says who.

        The comment lies in the database already. Gives the decision's id.

        `version` is the one the decision was made on; Stale is raised when it has passed,
        NotAllowed when the status is the one asked for already. The caller holds the thread's
        row (see `review.hold`), so that what readers see is changed by one decision at a time.
        `pen` writes it; where none is given it is written at once.
        """
        pen = pen or Pen(self._session)
        actor = actor or (Actor.MODERATOR if by else Actor.POLICY)
        if version is not None and version != self.version:
            raise Stale(self)
        if actor is not Actor.AUTHOR:
            self._refuse_where_settled(became, pen)
        decision = {
            "id": new_id(),
            "comment_id": self.id,
            "version": self.version + 1,
            "was": self.status if self.version else None,
            "became": became,
            "actor": actor,
            "by_id": by.id if by else None,
            "reason": reason,
            "note": note,
            "at": at,
            "undoes_id": undoes.id if undoes else None,
            "taught_before": self.taught,
        }
        counted_before = self.is_approved and self.version > 0 and self.published
        teaches = self._teaches(became, actor, undoes)
        if teaches != self.taught:
            pen.lesson(self, teaches)
        self._becomes("taught", teaches)
        self._becomes("status", became)
        self._becomes("version", self.version + 1)
        self._write(decision, counted_before=counted_before, pen=pen)
        if by and self.title and self.is_seen and not self.thread.title:
            # A moderator had it before them with the comment; nobody else's word names the page.
            self.thread.title = self.title
        return str(decision["id"])

    def _write(self, decision: dict[str, Any], *, counted_before: bool, pen: "Pen") -> None:
        """Write a decision with what it changes for readers, here and below."""
        moved = self._step()
        pen.decided(self, decision)
        more = self.is_seen - counted_before + (self._spread(pen) if moved else 0)
        if moved or more:
            pen.readers_see(self.thread, more)

    def _teaches(self, became: Status, actor: Actor, undoes: Decision | None) -> str:
        """What it is an example of after a decision: of what a moderator said of its words, and
        of nothing where it waits, or was rejected, since that has many reasons.
        """
        if undoes is not None:
            return undoes.taught_before
        return example(became, actor, self.moderator_id)

    def _refuse_where_settled(self, became: Status, pen: "Pen") -> None:
        if self.version and became not in CHANGES[self.status]:
            raise NotAllowed(self)
        # What its author took back, or erased, nobody else puts on a page again.
        if self.status == Status.DELETED and pen.is_taken_back(self):
            raise NotAllowed(self)

    @property
    def taken_back(self) -> str:
        """Why its author took it off the page for good ("own_wish", "erased"), or ""."""
        last = select(Decision.actor, Decision.reason).where(
            Decision.comment_id == self.id, Decision.version == self.version
        )
        found = self._session.execute(last).first()
        taken = self.status == Status.DELETED and found and found.actor is Actor.AUTHOR
        return found.reason if found and taken else ""

    def change_text(
        self,
        source: str,
        html: str,
        links: list[str],
        markup_version: int,
        *,
        at: datetime,
        became: Status = Status.PENDING,
    ) -> str:
        """Give it other words, keep the old ones for moderators, and let it wait (again), or lie
        with the spam where the policy says so.
        """
        old = Revision(
            comment_id=self.id,
            version=self.version,
            source=self.source,
            html=self.html,
            reasons=self.reasons,
            written_at=self.edited_at or self.created_at,
        )
        self._session.add(old)
        decided = self.decide(became, by=None, at=at, actor=Actor.AUTHOR, reason="edited")
        self.keep_lessons()
        self.source, self.html, self.links = source, html, links
        self.markup_version, self.edited_at = markup_version, at
        return decided

    @property
    def said(self) -> Said:
        """What the classifier looks at."""
        return said_of(self)

    def keep_lessons(self) -> None:
        """Work out what is yet to be learned from its words (or to be taken back), before they
        are changed: afterwards nobody could.
        """
        pieces = array("I", buckets(self.said)).tobytes()
        rows = table(Lesson)
        own = update(rows).where(rows.c.comment_id == self.id, rows.c.pieces.is_(None))
        self._session.execute(own.values(pieces=pieces))

    @property
    def is_seen(self) -> bool:
        """Whether readers see it and it counts: published, and not only a place."""
        return self.published and self.status == Status.APPROVED

    def _spread(self, pen: "Pen") -> int:
        """Bring `published` in step below; how many more comments readers see there, or fewer."""
        more = 0
        level = [self]
        while level:
            level = [reply for reply in pen.replies_to(level) if reply._step()]
            more += sum(1 if reply.published else -1 for reply in level if reply.is_approved)
            for reply in level:
                pen.published(reply)
        return more

    @property
    def _session(self) -> Session:
        session = object_session(self)
        if session is None:
            raise RuntimeError("a comment is decided in the session that will store it")
        return session

    @property
    def is_approved(self) -> bool:
        """Whether a moderator (or the policy) approved it, seen or not."""
        return self.status == Status.APPROVED

    def _step(self) -> bool:
        """Set `published` from the status and the parent; True when that changed it."""
        carried = self.parent is None or self.parent.published
        published = carried and self.status in _CARRIES
        changed = published != bool(self.published)
        self._becomes("published", published)
        return changed

    def _becomes(self, column: str, value: Any) -> None:
        # As if it had been read so: the row is written by a statement, not by the session.
        set_committed_value(self, column, value)


def said_of(stored: "Comment | Row[Any]") -> Said:
    """What the classifier looks at of a comment, or of a row with its columns."""
    came = tuple(sorted(CAME.intersection(reason["code"] for reason in stored.reasons)))
    return Said(stored.source, stored.name, stored.website, tuple(stored.links), came)


class Pen:
    """Writes what decisions change, at once, by statements built once and not by the session:
    finding out what changed, and in which order to write it, cost more than all else.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def is_taken_back(self, comment: Comment) -> bool:
        """Whether its author took it off the page for good."""
        return bool(comment.taken_back)

    def replies_to(self, comments: Iterable[Comment]) -> list[Comment]:
        """What hangs from these comments, one level down."""
        parents = {"parents": [comment.id for comment in comments]}
        if self._session.connection().execute(ANY_REPLY, parents).first() is None:
            return []
        return list(self._session.scalars(REPLIES, parents))

    def decided(self, comment: Comment, decision: dict[str, Any]) -> None:
        """Write a decision, and what the comment became by it."""
        INSERT_DECISION.run(self._session, decision)
        DECIDE.run(self._session, as_decided(comment))

    def lesson(self, comment: Comment, teaches: str) -> None:
        """Write what a comment will teach from now on, and no longer."""
        LESSON.run(self._session, as_lesson(comment, teaches))

    def published(self, reply: Comment) -> None:
        """Write that readers see a reply, or no longer, since they do so with what is above it."""
        PUBLISH.run(self._session, as_published(reply))

    def readers_see(self, thread: Thread, more: int) -> None:
        """As `Thread.readers_see`, at once: two decisions in one session must add up."""
        READERS_SEE.run(self._session, {"thread": thread.id, "more": more, "times": 1})
        self._session.expire(thread, ["count", "revision"])


def as_published(comment: Comment) -> dict[str, Any]:
    """Its values for PUBLISH."""
    return {"comment": comment.id, "published": comment.published}


def as_decided(comment: Comment) -> dict[str, Any]:
    """Its values for DECIDE."""
    return {
        **as_published(comment),
        "status": comment.status,
        "version": comment.version,
        "taught": comment.taught,
    }


def as_lesson(comment: Comment, teaches: str) -> dict[str, Any]:
    """Its values for LESSON."""
    return {
        "site_id": comment.site_id,
        "comment_id": comment.id,
        "spam": (teaches == "spam") - (comment.taught == "spam"),
        "wanted": (teaches == "wanted") - (comment.taught == "wanted"),
        "evidence": comment.evidence,
    }


_comments, _threads = table(Comment), table(Thread)
_OWN = [
    one.key for one in _comments.columns if one.server_default is None or one.default is not None
]
INSERT_DECISION = Prepared(insert(table(Decision)))
_PUBLISH = (
    update(_comments)
    .where(_comments.c.id == bindparam("comment"))
    .values(published=bindparam("published"))
)
PUBLISH = Prepared(_PUBLISH)
DECIDE = Prepared(
    _PUBLISH.values(
        status=bindparam("status"), version=bindparam("version"), taught=bindparam("taught")
    )
)
LESSON = Prepared(insert(table(Lesson)))
READERS_SEE = Prepared(
    update(_threads)
    .where(_threads.c.id == bindparam("thread"))
    .values(
        count=_threads.c.count + bindparam("more"),
        revision=_threads.c.revision + bindparam("times"),
    )
)
_BELOW = _comments.c.parent_id.in_(bindparam("parents", expanding=True))
ANY_REPLY = select(_comments.c.id).where(_BELOW).limit(1)
REPLIES = select(Comment).where(_BELOW)


def segment(at: datetime) -> str:
    """One level of a position: the moment in milliseconds, then chance against collisions."""
    number = (int(at.timestamp() * 1000) << 20) | secrets.randbits(20)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(65, -1, -5))
