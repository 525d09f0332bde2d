"""Lessons, and models as they are stored: how they are read, and taken in."""

from array import array
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from moderation.database import Database
from moderation.models import Comment, Learned, Lesson
from moderation.policy import classifier, traits

#: So many lessons are folded at once, and taken in before one judgement: more wait for the folding.
MOST_AT_ONCE = 500
LESSONS = (
    select(Lesson.id, Lesson.comment_id, Lesson.spam, Lesson.wanted, Lesson.evidence, Lesson.pieces)
    .order_by(Lesson.id)
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


def stored_model(session: Session, site_id: str) -> classifier.Model:
    """The model as it was folded last; an empty one where an older edition counted other pieces."""
    row = session.get(Learned, site_id, populate_existing=True)
    if row is None or row.edition != traits.EDITION:
        return classifier.Model()
    return classifier.Model.of_stored(row.model)


def texts_of(session: Session, lessons: Sequence[Any]) -> dict[str, Sequence[int]]:
    """The pieces of the comments that these lessons are about, where they are yet to be worked
    out, by comment id.
    """
    ids = {one.comment_id for one in lessons if one.pieces is None}
    if not ids:
        return {}
    query = select(Comment).where(Comment.id.in_(ids)).options(load_only(*SAID))
    return {one.id: traits.buckets(one.said) for one in session.scalars(query)}


def take_in(
    model: classifier.Model, lessons: Sequence[Any], texts: dict[str, Sequence[int]]
) -> None:
    """Add what these lessons teach to a model; `texts` is what `texts_of` gave."""
    for one in lessons:
        pieces = texts[one.comment_id] if one.pieces is None else array("I", one.pieces)
        model.learn(pieces, spam=one.spam, wanted=one.wanted, judged=one.evidence)
