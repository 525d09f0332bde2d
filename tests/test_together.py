"""Deciding many at once leaves exactly the rows that one by one leaves."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from characters import BLOG, EVE, World
from listening import listening
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import authorship, review, together
from moderation.models import (
    Comment,
    Decision,
    Message,
    Moderator,
    NotAllowed,
    Stale,
    Status,
    Subscription,
    Thread,
)

AT = datetime.now(UTC)
PAGES = (f"{BLOG}/one-by-one", f"{BLOG}/together")
#: On each page: a beginning, its replies, theirs, and some that stand alone.
PARENTS = (None, 0, 0, 1, 1, 3, None, None, None, 6)

Way = Callable[[Session, Moderator, Sequence[review.Wish]], None]


def written(world: World, page: str) -> list[str]:
    """The same conversation on each page: half of it published, all who write want mail."""
    ids: list[str] = []
    for number, parent in enumerate(PARENTS):
        above = ids[parent] if parent is not None else None
        who = {"name": "Eve", "email": EVE} if number % 2 else {}
        said = {"body": f"{page} says {number}.", "notify": number % 3 == 0, **who}
        ids.append(world.published(page=page, parent=above, title="A page", **said))
    with world.database.writing() as session:
        (gone,) = authorship.hold(session, [ids[8]])
        authorship.withdraw(session, gone, at=AT)
        session.commit()
    return ids


def one_by_one(session: Session, ann: Moderator, wishes: Sequence[review.Wish]) -> None:
    held = review.hold(session, ann, [wish.comment for wish in wishes])
    for wish in wishes:
        try:
            review.decide(held[wish.comment], wish, by=ann, at=AT)
        except (Stale, NotAllowed):
            continue


def in_one_go(session: Session, ann: Moderator, wishes: Sequence[review.Wish]) -> None:
    held = review.hold(session, ann, [wish.comment for wish in wishes])
    together.decide(session, held, wishes, together.By(ann, AT))


def rows_of(session: Session, page: str, ids: list[str]) -> dict[str, Any]:
    """Everything that decisions on a page leave, with numbers in place of ids."""
    thread = session.scalars(select(Thread).where(Thread.page == page)).one()
    number = {comment: at for at, comment in enumerate(ids)}
    comments = session.scalars(select(Comment).where(Comment.thread_id == thread.id))
    decisions = session.scalars(select(Decision).where(Decision.comment_id.in_(ids)))
    messages = session.scalars(select(Message).where(Message.comment_id.in_(ids)))
    wishes = session.scalars(select(Subscription).where(Subscription.comment_id.in_(ids)))
    return {
        "thread": (thread.count, thread.revision, thread.title),
        "comments": {number[c.id]: (c.status, c.version, c.published) for c in comments},
        "decisions": sorted(
            (number[d.comment_id], d.version, str(d.was), d.became, d.actor, d.reason, d.note)
            for d in decisions
        ),
        "messages": sorted((m.kind, number[m.comment_id or ""], m.state) for m in messages),
        "wishes": sorted(number[w.comment_id] for w in wishes),
    }


@pytest.mark.parametrize("seed", range(2))
def test_many_at_once_leave_the_rows_that_one_by_one_leaves(world: World, seed: int) -> None:
    pages = {page: written(world, page) for page in PAGES}
    ways: dict[str, Way] = dict(zip(PAGES, (one_by_one, in_one_go), strict=True))
    draw = random.Random(seed)
    with world.database.reading() as session:
        ids = pages[PAGES[0]]
        known = [session.get_one(Comment, one).version for one in ids]
    for _round in range(6):
        chosen = draw.sample(range(len(PARENTS)), 6)
        wishes = [
            (at, draw.choice(list(Status)), known[at] - (draw.random() < 0.1)) for at in chosen
        ]
        for page, way in ways.items():
            _decide(world, pages[page], wishes, way)
        with world.database.reading() as session:
            left = [rows_of(session, page, pages[page]) for page in PAGES]
            assert left[0] == left[1]
            known = [left[0]["comments"][at][1] for at in range(len(PARENTS))]


def _decide(world: World, ids: list[str], wishes: list[tuple[int, Status, int]], way: Way) -> None:
    named = [
        review.Wish(ids[at], status, version, "off_topic", "Why.") for at, status, version in wishes
    ]
    with world.database.writing() as session:
        way(session, world.moderator(session, "Ann"), named)
        session.commit()


def test_one_comment_may_be_decided_twice_in_one_go(world: World) -> None:
    comment = world.left()
    with world.database.writing() as session:
        ann = world.moderator(session, "Ann")
        wishes = [
            review.Wish(comment, Status.APPROVED, 1),
            review.Wish(comment, Status.SPAM, 1),
            review.Wish(comment, Status.DELETED, 2),
            review.Wish(comment, Status.APPROVED, 3),
        ]
        held = review.hold(session, ann, [comment])
        results = together.decide(session, held, wishes, together.By(ann, AT))
        session.commit()
    assert [one.error for one in results] == ["", "stale", "", ""]
    assert world.shown() == [comment]
    assert world.thread()["thread"]["count"] == 1


def test_the_number_of_statements_does_not_grow_with_the_number_of_decisions(
    world: World,
) -> None:
    world.published()
    counted: list[int] = []
    for size in (2, 12):
        wishes = [review.Wish(world.left(), Status.APPROVED, 1) for _ in range(size)]
        with listening(world.database) as heard, world.database.writing() as session:
            in_one_go(session, world.moderator(session, "Ann"), wishes)
            session.commit()
        counted.append(len(heard))
    assert counted[0] == counted[1] > 5
