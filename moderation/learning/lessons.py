"""Lessons, and models as they are stored: how they are read, and taken in."""

from array import array
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from moderation.database import Database, table
from moderation.models import Comment, Learned, Lesson, said_of
from moderation.policy import classifier, traits

#: So many lessons are folded at once, and taken in before one judgement: more wait for the folding.
MOST_AT_ONCE = 500
_lessons, _comments = table(Lesson), table(Comment)
_LESSONS = (
    select(_lessons)
    .where(_lessons.c.site_id == bindparam("site_id"), _lessons.c.id > bindparam("after"))
    .order_by(_lessons.c.id)
    .limit(MOST_AT_ONCE)
)
SAID = (
    Comment.id,
    Comment.source,
    Comment.name,
    Comment.website,
    Comment.links,
    Comment.reasons,
    Comment.evidence,
)


def snapshot(database: Database) -> Session:
    """A session for reading that sees one state throughout, on PostgreSQL too."""
    session = database.reading()
    if not database.is_sqlite:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return session


def stored(session: Session, site_id: str) -> Learned | None:
    """The row of a site's model, as it is now."""
    return session.get(Learned, site_id, populate_existing=True)


def stored_model(session: Session, site_id: str) -> classifier.Model:
    """The model as it was folded last; an empty one where an older edition counted other pieces."""
    row = stored(session, site_id)
    if row is None or row.edition != traits.EDITION:
        return classifier.Model()
    return classifier.Model.of_stored(row.model)


#: The columns of SAID, without an object a row.
_SAID = select(*(_comments.c[column.key] for column in SAID)).where(
    _comments.c.id.in_(bindparam("ids", expanding=True))
)


def lessons_of(session: Session, site_id: str, after: int = 0) -> Sequence[Row[Any]]:
    """The lessons of a site with a higher id than `after`, the oldest first, MOST_AT_ONCE
    of them at most.
    """
    return session.connection().execute(_LESSONS, {"site_id": site_id, "after": after}).all()


def texts_of(session: Session, lessons: Sequence[Any]) -> dict[str, Sequence[int]]:
    """The pieces of the comments that these lessons are about, where they are yet to be worked
    out, by comment id.
    """
    ids = {one.comment_id for one in lessons if one.pieces is None}
    if not ids:
        return {}
    rows = session.connection().execute(_SAID, {"ids": list(ids)})
    return {row.id: traits.buckets(said_of(row)) for row in rows}


def take_in(
    model: classifier.Model, lessons: Sequence[Any], texts: dict[str, Sequence[int]]
) -> None:
    """Add what these lessons teach to a model; `texts` is what `texts_of` gave."""
    for one in lessons:
        pieces = texts[one.comment_id] if one.pieces is None else array("I", one.pieces)
        model.learn(pieces, spam=one.spam, wanted=one.wanted, judged=one.evidence)
