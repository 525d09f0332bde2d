"""What owners do to a whole thread: close it, open it again, move it to another page."""

from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.models import Change, Comment, Document, Moderator, Site, Status, Thread, What
from moderation.text import addresses

PAGE_SIZE = 30


class NotMovable(Exception):
    """The thread cannot move there; `why` is bad, foreign, same or taken."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def page(session: Session, site_id: str, words: str, after: str = "") -> tuple[list[Thread], str]:
    """A page of a site's threads by address, and the address after which the next one begins.

    Each of the words stands in the address or in the title.
    """
    query = select(Thread).where(Thread.site_id == site_id)
    for word in words.split():
        in_page = Thread.page.icontains(word, autoescape=True)
        query = query.where(or_(in_page, Thread.title.icontains(word, autoescape=True)))
    if after:
        query = query.where(Thread.page > after)
    found = list(session.scalars(query.order_by(Thread.page).limit(PAGE_SIZE + 1)))
    more = len(found) > PAGE_SIZE
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].page if more else ""


def waiting(session: Session, found: list[Thread]) -> dict[str, int]:
    """How many comments of each thread wait for a moderator."""
    query = (
        select(Comment.thread_id, func.count())
        .where(Comment.thread_id.in_([one.id for one in found]), Comment.status == Status.PENDING)
        .group_by(Comment.thread_id)
    )
    return dict(session.execute(query).all())


def hold(session: Session, site_id: str, thread_id: str) -> Thread | None:
    """A thread of the site to be changed, as decisions hold it: one at a time."""
    row = select(Thread).where(Thread.id == thread_id, Thread.site_id == site_id)
    return session.scalar(row.with_for_update(of=Thread))


def set_open(
    session: Session, thread: Thread, is_open: bool, *, by: Moderator, at: datetime
) -> bool:
    """Close a thread that `hold` gave, or open it again; False where it is so already."""
    if thread.open is is_open:
        return False
    thread.open = is_open
    thread.readers_see(more=0)
    what = What.THREAD_OPENED if is_open else What.THREAD_CLOSED
    session.add(Change.of(what, thread.site_id, by, at, subject=thread.page))
    return True


def move(
    session: Session, site: Site, thread: Thread, url: str, *, by: Moderator, at: datetime
) -> None:
    """Give a thread that `hold` gave another page, with all its comments. Raises NotMovable.

    Two threads are never made one: whose comment came first, and which of two equal ones stays,
    nobody could say. An empty thread at the goal changes places with this one: a reply may be on
    its way to it at this moment.
    """
    was, goal = thread.page, _goal(site, url)
    if goal == was:
        raise NotMovable("same")
    other = session.scalar(
        select(Thread).where(Thread.site_id == site.id, Thread.page == goal).with_for_update()
    )
    if other is not None and _has_comments(session, other):
        raise NotMovable("taken")
    try:
        _change_places(session, thread, other, goal)
    except IntegrityError as error:
        # Somebody's first reply there was faster.
        raise NotMovable("taken") from error
    session.add(Change.of(What.THREAD_MOVED, site.id, by, at, was=was, became=goal))


def _goal(site: Site, url: str) -> str:
    try:
        goal = addresses.page(url)
    except addresses.BadAddress as error:
        raise NotMovable("bad") from error
    if addresses.origin(goal) not in site.origins:
        raise NotMovable("foreign")
    return goal


def _has_comments(session: Session, thread: Thread) -> bool:
    return bool(session.scalar(select(exists().where(Comment.thread_id == thread.id))))


def _change_places(session: Session, thread: Thread, other: Thread | None, goal: str) -> None:
    was = thread.page
    if other is not None:
        # No page is called so: two threads cannot have one page, not even for a moment.
        other.page = f"moved {other.id}"
        session.flush()
    thread.page = goal
    session.flush()
    if other is not None:
        other.page = was
    for one in filter(None, (thread, other)):
        one.readers_see(more=0)
        # Ready-made pages are found by their address, and an old one there would be in the way.
        session.execute(delete(Document).where(Document.thread_id == one.id))
    session.flush()
