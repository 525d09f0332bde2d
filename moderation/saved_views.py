"""Filters of the queue under names: each moderator's own."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from moderation.models import Moderator, SavedView
from moderation.privacy import new_id

#: More than anybody finds again in a row of links.
MOST = 30


class NameTaken(Exception):
    """The moderator has another view of this name."""


class TooMany(Exception):
    """The moderator has as many views as there can be."""


def of(session: Session, moderator: Moderator) -> list[SavedView]:
    """A moderator's views, in the order in which they were saved."""
    mine = select(SavedView).where(SavedView.moderator_id == moderator.id)
    return list(session.scalars(mine.order_by(SavedView.created_at, SavedView.id)))


def find(session: Session, moderator: Moderator, view_id: str) -> SavedView | None:
    """One of a moderator's own; those of others are as if they were not there."""
    mine = SavedView.moderator_id == moderator.id
    return session.scalar(select(SavedView).where(SavedView.id == view_id, mine))


def save(session: Session, moderator: Moderator, name: str, query: str, *, at: datetime) -> None:
    """Keep a filter under a name. Raises NameTaken or TooMany. The caller commits."""
    _lock(session, moderator)
    mine = select(func.count()).where(SavedView.moderator_id == moderator.id)
    if (session.scalar(mine) or 0) >= MOST:
        raise TooMany
    _refuse_taken(session, moderator.id, name)
    view = SavedView(id=new_id(), moderator_id=moderator.id, name=name, query=query, created_at=at)
    session.add(view)
    session.flush()


def rename(session: Session, moderator: Moderator, view: SavedView, name: str) -> None:
    """Give a view another name. Raises NameTaken. The caller commits."""
    _lock(session, moderator)
    if name != view.name:
        _refuse_taken(session, moderator.id, name)
    view.name = name


def start_with(session: Session, view: SavedView, *, is_start: bool) -> None:
    """Let the queue open with a view, and with no other; or with none. The caller commits."""
    mine = SavedView.moderator_id == view.moderator_id
    session.execute(update(SavedView).where(mine).values(is_start=False))
    view.is_start = is_start
    session.execute(update(SavedView).where(SavedView.id == view.id).values(is_start=is_start))


def _lock(session: Session, moderator: Moderator) -> None:
    # Two tabs at once would both find the name free; on SQLite the write lock sees to that.
    session.execute(select(Moderator.id).where(Moderator.id == moderator.id).with_for_update())


def _refuse_taken(session: Session, moderator_id: str, name: str) -> None:
    mine = SavedView.moderator_id == moderator_id
    if session.scalar(select(SavedView.id).where(mine, SavedView.name == name)) is not None:
        raise NameTaken
