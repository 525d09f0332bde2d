"""Many decisions in one go: each by the same rules as one alone, all written at the end."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from .comment import (
    ANY_REPLY,
    DECIDE,
    INSERT_DECISION,
    LESSON,
    PUBLISH,
    READERS_SEE,
    REPLIES,
    Comment,
    Pen,
    as_decided,
    as_lesson,
    as_published,
)
from .decision import Actor, Decision
from .status import Status
from .thread import Thread

#: What a reply is asked for where something above it appears or goes.
_STEPS = (Comment.id, Comment.parent_id, Comment.thread_id, Comment.status, Comment.published)
_FEW = REPLIES.options(load_only(*_STEPS))


class Together(Pen):
    """Gathers what decisions about `comments` change; `end` writes it by a handful of statements.

    What a decision looks up (replies below, whether an author took something back) is looked up
    for all of them at the first need. Until the end the comments know more than their rows.
    """

    def __init__(self, session: Session, comments: Iterable[Comment]) -> None:
        super().__init__(session)
        self._comments = list(comments)
        self._decisions: list[dict[str, Any]] = []
        self._lessons: list[dict[str, Any]] = []
        self._changed: dict[str, Comment] = {}
        self._shown: dict[str, Comment] = {}
        self._told: dict[str, tuple[Thread, int, int]] = {}
        self._below: dict[str, list[Comment]] | None = None
        self._taken_back: set[str] | None = None

    def is_taken_back(self, comment: Comment) -> bool:
        """Whether its author took it off the page for good."""
        if self._taken_back is None:
            self._taken_back = self._all_taken_back()
        # What was decided in this go is a moderator's, whatever its row still says.
        return comment.id in self._taken_back and comment.id not in self._changed

    def replies_to(self, comments: Iterable[Comment]) -> list[Comment]:
        """What hangs from these comments, one level down."""
        if self._below is None:
            self._below = self._all_below()
        return [reply for one in comments for reply in self._below.get(one.id, ())]

    def decided(self, comment: Comment, decision: dict[str, Any]) -> None:
        """Keep a decision, and the comment, whose last state is written."""
        self._decisions.append(decision)
        self._changed[comment.id] = comment

    def lesson(self, comment: Comment, teaches: str) -> None:
        """Keep what a comment will teach."""
        self._lessons.append(as_lesson(comment, teaches))

    def published(self, reply: Comment) -> None:
        """Keep a reply that readers see now, or no longer."""
        self._shown[reply.id] = reply

    def readers_see(self, thread: Thread, more: int) -> None:
        """Add to what readers see of a thread."""
        _thread, before, times = self._told.get(thread.id, (thread, 0, 0))
        self._told[thread.id] = (thread, before + more, times + 1)

    def end(self) -> None:
        """Write all of it."""
        if not self._decisions:
            return
        INSERT_DECISION.run(self._session, self._decisions)
        DECIDE.run(self._session, [as_decided(one) for one in self._changed.values()])
        LESSON.run(self._session, self._lessons)
        shown = [one for one in self._shown.values() if one.id not in self._changed]
        PUBLISH.run(self._session, [as_published(one) for one in shown])
        # In one order, as they were locked.
        for key, (thread, more, times) in sorted(self._told.items()):
            READERS_SEE.run(self._session, {"thread": key, "more": more, "times": times})
            self._session.expire(thread, ["count", "revision"])

    def _all_below(self) -> dict[str, list[Comment]]:
        below: dict[str, list[Comment]] = {}
        level, asked = {comment.id for comment in self._comments}, set[str]()
        while level:
            asked |= level
            found = self._right_below({"parents": sorted(level)})
            for reply in found:
                below.setdefault(reply.parent_id or "", []).append(reply)
            level = {reply.id for reply in found} - asked
        return below

    def _right_below(self, parents: dict[str, list[str]]) -> Sequence[Comment]:
        if self._session.connection().execute(ANY_REPLY, parents).first() is None:
            return []
        return self._session.scalars(_FEW, parents).all()

    def _all_taken_back(self) -> set[str]:
        deleted = [one.id for one in self._comments if one.status == Status.DELETED]
        last = (
            select(Comment.id)
            .join(Decision, Decision.comment_id == Comment.id)
            .where(Comment.id.in_(deleted), Decision.version == Comment.version)
            .where(Decision.actor == Actor.AUTHOR)
        )
        return set(self._session.scalars(last))
