"""What a comment has in common with others, as numbers: counted up to COUNTED_TO, and no further.

An address, a network or a text can stand behind a million comments, and a page of the queue shows
twenty. So each number is counted along an index, by a query that ends after so many rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select
from sqlalchemy.orm import Session

from moderation.database import table
from moderation.models import Author, Comment

#: Numbers of a card are exact up to here; one more stands for all that are larger.
COUNTED_TO = 100


@dataclass(frozen=True, slots=True)
class Past:
    """What was decided about an author's comments on a site; its fields are names of statuses."""

    approved: int = 0
    rejected: int = 0
    spam: int = 0
    pending: int = 0


_mine, _others = table(Comment).alias("mine"), table(Comment).alias("others")
_authors = table(Author)
_ONE: ColumnElement[int] = literal_column("1")


def _up_to(most: int, outer: Any, *same: ColumnElement[bool]) -> Any:
    """How many comments fulfil the conditions, or `most`; the conditions name a row of `outer`."""
    few = select(_ONE).select_from(_others).where(*same).correlate(outer).limit(most)
    return select(func.count()).select_from(few.subquery()).scalar_subquery()


def _others_with(column: str) -> Any:
    """Each comment's id, and how many of its site have its value of a column, itself included."""
    same = _others.c[column] == _mine.c[column]
    number = _up_to(COUNTED_TO + 2, _mine, _others.c.site_id == _mine.c.site_id, same)
    ids = _mine.c.id.in_(bindparam("ids", expanding=True))
    return select(_mine.c.id, number).where(ids, _mine.c[column].is_not(None))


#: Built once: to build them costs more than to run them.
_TWINS, _NEIGHBOURS = _others_with("text_digest"), _others_with("network_digest")
_THEIRS = _others.c.author_id == _authors.c.id
_PASTS = select(
    _authors.c.id,
    *(
        _up_to(COUNTED_TO + 1, _authors, _THEIRS, _others.c.status == one.name)
        for one in fields(Past)
    ),
).where(_authors.c.id.in_(bindparam("ids", expanding=True)))


def twins(session: Session, comments: Iterable[Comment]) -> dict[str, int]:
    """How many other comments have the same text on the same site, by comment id."""
    return _less_itself(session, _TWINS, comments)


def neighbours(session: Session, comments: Iterable[Comment]) -> dict[str, int]:
    """How many other comments came from the same network to the same site, by comment id.

    For as long as a network's key is in use; nothing is known of older ones.
    """
    return _less_itself(session, _NEIGHBOURS, comments)


def _less_itself(session: Session, query: Any, comments: Iterable[Comment]) -> dict[str, int]:
    ids = [comment.id for comment in comments]
    known: dict[str, int] = dict(session.execute(query, {"ids": ids}).all()) if ids else {}
    return {one: known.get(one, 1) - 1 for one in ids}


def pasts(session: Session, comments: Iterable[Comment]) -> dict[str, Past]:
    """Each author's past, by author id."""
    ids = {comment.author_id for comment in comments if comment.author_id}
    rows = session.execute(_PASTS, {"ids": list(ids)}) if ids else ()
    return {author: Past(*numbers) for author, *numbers in rows}
