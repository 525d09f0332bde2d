"""What readers see, made when it changes, not when it is read.

A page of a thread is a `Document`: JSON bytes, plain and compressed, with an ETag. It says from
which revision of the thread it was made; a change of what readers see raises the revision in its
own transaction, so an old document can never be taken for a current one. The first reader after
a change makes it anew, everybody after gets the stored bytes.
"""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import brotli
from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from moderation import widget_texts
from moderation.database import Database
from moderation.languages import direction
from moderation.models import Author, Comment, Document, Site, Status, Thread
from moderation.models.comment import SEGMENT

#: Comments on one page, and the most bytes of HTML: whichever comes first ends it.
PAGE_SIZE = 100
PAGE_BYTES = 256 * 1024
#: Of 0 to 11. From 5 on brotli is smaller than the best gzip; 11 takes thirty times as long.
BROTLI_QUALITY = 6
_DIGITS = "0123456789abcdefghijklmnopqrstuv"


class Sort(StrEnum):
    """In which order a thread's beginnings stand; replies always stand below what they answer."""

    OLDEST = "oldest"
    NEWEST = "newest"


class BadCursor(ValueError):
    """The cursor is not one that a page of this thread ended with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page of one thread, as a reader asks for it; `page` is in normal form. `language` is
    the one that the widget's texts are wanted in (`widget_texts.language`), empty for English.
    """

    site: str
    page: str
    sort: Sort = Sort.OLDEST
    after: str = ""
    language: str = ""

    @property
    def texts_in(self) -> str:
        """The language of the texts that come along: with a thread's first page, not again."""
        return "" if self.after else self.language

    @property
    def address(self) -> str:
        """The key of its document. Nothing before the page can contain a blank."""
        language = self.texts_in
        texts = f"/{language}/{widget_texts.edition(language)}" if language else ""
        return f"{self.site} {self.sort}{texts} {self.after} {self.page}"


def document(database: Database, site: Site, wanted: Wanted) -> Document:
    """The ready-made document, made now where there is none, or only an old one.

    A page that nobody wrote on is an empty thread; nothing is stored for it, or every visitor
    could fill the database. Raises BadCursor.
    """
    if wanted.after and not is_cursor(wanted.after):
        raise BadCursor(wanted.after)
    with database.reading() as session:
        found = ready(session, wanted)
        if found is not None:
            return found
        thread = find_thread(session, site.id, wanted.page)
        if thread is None:
            return _document(wanted, None, [], "")
        made = _make(session, thread, wanted)
        worth_storing = not wanted.after or _is_place(session, thread, wanted.after)
    if worth_storing:
        _store(database, made)
    return made


def ready(session: Session, wanted: Wanted) -> Document | None:
    """The stored document, if it is of the thread's current revision."""
    return session.scalar(
        select(Document)
        .join(Thread, Thread.id == Document.thread_id)
        .where(Document.address == wanted.address, Document.revision == Thread.revision)
    )


def find_thread(session: Session, site_id: str, page: str) -> Thread | None:
    """The thread of a page, if anybody wrote there."""
    return session.scalar(select(Thread).where(Thread.site_id == site_id, Thread.page == page))


def counts(session: Session, site: Site, pages: Sequence[str]) -> dict[str, int]:
    """How many comments readers see under each page."""
    found = session.execute(
        select(Thread.page, Thread.count).where(Thread.site_id == site.id, Thread.page.in_(pages))
    )
    known = dict(found.all())
    return {page: known.get(page, 0) for page in pages}


def is_cursor(after: str) -> bool:
    """Whether it has the form of a position: whole segments of its alphabet."""
    whole = 0 < len(after) <= SEGMENT * 32 and len(after) % SEGMENT == 0
    return whole and set(after) <= set(_DIGITS)


def begins_before(session: Session, comment: Comment) -> str:
    """The cursor of a page (oldest first) on which a comment stands; "" for the first one.

    With all that it hangs from, where that fits on one page.
    """
    root = comment.position[:SEGMENT]
    for start in ("", root):
        above = select(func.count(), func.sum(func.length(Comment.html))).where(
            Comment.thread_id == comment.thread_id,
            Comment.published,
            Comment.position >= start,
            Comment.position <= comment.position,
        )
        number, size = session.execute(above).one()
        if number <= PAGE_SIZE and (size or 0) <= PAGE_BYTES:
            return _just_before(start) if start else ""
    return _just_before(comment.position)


def _just_before(position: str) -> str:
    number, digits = int(position, 32) - 1, ""
    for _place in position:
        number, digit = divmod(number, 32)
        digits = _DIGITS[digit] + digits
    return digits


def comment_json(
    comment: Comment | Row[Any], avatar: str, *, deleted: bool = False
) -> dict[str, Any]:
    """A comment in the form readers get it. Nothing private is in it, nor anything made of it."""
    author = {
        "name": "" if deleted else comment.name,
        "website": "" if deleted else comment.website,
        "avatar": "000000" if deleted else avatar,
        "moderator": comment.moderator_id is not None and not deleted,
    }
    return {
        "id": comment.id,
        "parent": comment.parent_id,
        "author": author,
        "html": "" if deleted else comment.html,
        "created_at": rfc3339(comment.created_at),
        "edited_at": rfc3339(comment.edited_at) if comment.edited_at else None,
        "deleted": deleted,
    }


def rfc3339(moment: datetime) -> str:
    """A moment as the API writes it: RFC 3339, in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _make(session: Session, thread: Thread, wanted: Wanted) -> Document:
    rows = session.execute(_page_of(thread, wanted)).all()
    shown = _fitting(rows[:PAGE_SIZE])
    more = len(shown) < len(rows)
    comments = [
        comment_json(row, row.avatar or "000000", deleted=row.status == Status.DELETED)
        for row in shown
    ]
    return _document(wanted, thread, comments, shown[-1].position if more else "")


def _page_of(thread: Thread, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(
            Comment.id,
            Comment.parent_id,
            Comment.name,
            Comment.website,
            Comment.moderator_id,
            Comment.html,
            Comment.created_at,
            Comment.edited_at,
            Comment.status,
            Comment.position,
            Author.avatar,
        )
        .outerjoin(Author, Author.id == Comment.author_id)
        .where(Comment.thread_id == thread.id, Comment.published, _is_shown())
        .limit(PAGE_SIZE + 1)
    )
    root, after = wanted.after[:SEGMENT], wanted.after
    if wanted.sort is Sort.OLDEST:
        return query.where(Comment.position > after).order_by(Comment.position)
    if after:
        below = and_(Comment.root == root, Comment.position > after)
        query = query.where(or_(Comment.root < root, below))
    return query.order_by(Comment.root.desc(), Comment.position)


def _is_shown() -> ColumnElement[bool]:
    """A deleted comment is shown as a place only while something published hangs from it."""
    reply = aliased(Comment)
    has_replies = (
        select(reply.id)
        .where(
            reply.thread_id == Comment.thread_id,
            reply.published,
            reply.status == Status.APPROVED,
            reply.position > Comment.position,
            reply.position < Comment.position + "w",  # "w" sorts behind every segment
        )
        .exists()
    )
    return or_(Comment.status == Status.APPROVED, has_replies)


def _fitting(rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """As many rows as fit on a page: always one, so that every page leads further."""
    room = PAGE_BYTES
    for number, row in enumerate(rows):
        room -= len(row.html)
        if room < 0 and number:
            return rows[:number]
    return rows


def _is_place(session: Session, thread: Thread, after: str) -> bool:
    """Whether a page can have ended here. Others are answered too, but not kept."""
    return bool(
        session.scalar(
            select(Comment.id).where(
                Comment.thread_id == thread.id, Comment.published, Comment.position == after
            )
        )
    )


def _document(
    wanted: Wanted, thread: Thread | None, comments: list[dict[str, Any]], after: str
) -> Document:
    head = {
        "page": wanted.page,
        "title": thread.title if thread else "",
        "open": thread.open if thread else True,
        "count": thread.count if thread else 0,
    }
    body = {"thread": head, "comments": comments, "next": after or None, **_spoken(wanted.texts_in)}
    plain = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Document(
        address=wanted.address,
        thread_id=thread.id if thread else "",
        revision=thread.revision if thread else 0,
        etag=hashlib.sha256(plain).hexdigest()[:20],
        plain=plain,
        # Without a time stamp, so that the same comments are the same bytes.
        gzip=gzip.compress(plain, 6, mtime=0),
        brotli=brotli.compress(plain, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY),
    )


def _spoken(language: str) -> dict[str, Any]:
    if not language:
        return {}
    texts = widget_texts.texts(language)
    return {"lang": language, "dir": direction(language), "texts": texts}


def _store(database: Database, made: Document) -> None:
    """Keep a document while it is the current one; old pages of the thread go.

    One that was made of what has been changed meanwhile, or erased, is not stored.
    """
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    row = insert(Document).from_select(Document.__mapper__.columns.keys(), _while_current(made))
    newer = {name: row.excluded[name] for name in row.excluded.keys() if name != "address"}
    with database.writing() as session:
        session.execute(
            row.on_conflict_do_update(
                index_elements=[Document.address],
                set_=newer,
                where=Document.revision < row.excluded.revision,
            )
        )
        # What another reader is replacing at this moment is left to them: waiting for each
        # other's documents would be a deadlock.
        old = select(Document.address).where(
            Document.thread_id == made.thread_id, Document.revision < made.revision
        )
        session.execute(
            delete(Document).where(Document.address.in_(old.with_for_update(skip_locked=True)))
        )
        session.commit()


def _while_current(made: Document) -> Select[*tuple[Any, ...]]:
    """The document's values as one row, or none where its thread has another revision by now.

    A thread that somebody is changing at this moment counts as changed: nobody waits for them, and
    whoever comes later waits until the document is there to be deleted. On SQLite the write lock
    of the transaction says the same.
    """
    columns = Document.__mapper__.columns
    values = [literal(getattr(made, column.key), column.type) for column in columns]
    return (
        select(*values)
        .where(Thread.id == made.thread_id, Thread.revision == made.revision)
        .with_for_update(read=True, of=Thread, skip_locked=True)
    )
