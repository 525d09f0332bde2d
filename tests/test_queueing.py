"""The queue as it is read: both orders, every filter, page by page."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from characters import PAGE, World
from crowds import CODES, NOW, crowd
from listening import listening
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import queueing, review
from moderation.models import Bearer, Comment, CommentReason, Site, Status, Thread
from moderation.queueing import Filter, Order, Priority
from moderation.queueing import reading as reading_module

EVERYTHING = Bearer("olga", None)
#: Every filter alone, and some together; `AUTHOR` and `BLOG` are filled in.
FILTERS = {
    "nothing": Filter(),
    "status": Filter(status=Status.REJECTED),
    "site": Filter(site_id="BLOG"),
    "reason": Filter(reason="links"),
    "page": Filter(page=PAGE),
    "author": Filter(author="AUTHOR"),
    "language": Filter(language="de"),
    "links": Filter(links=True),
    "reported": Filter(reported=True),
    "words": Filter(q="lamp street"),
    "a name": Filter(q="bob 1"),
    "site and reason": Filter(site_id="BLOG", reason="first_time"),
    "site and language": Filter(site_id="BLOG", language="de"),
    "reason and words": Filter(reason="links", q="lamp"),
    "reason, links and language": Filter(reason="links", links=True, language="de"),
    "page and author": Filter(page=PAGE, author="AUTHOR"),
    "author and reason": Filter(author="AUTHOR", reason="hold_everything"),
    "all of them": Filter(
        Status.PENDING, "BLOG", "links", "lamp", PAGE, "AUTHOR", "en", True, False
    ),
}


@pytest.fixture
def full(world: World) -> World:
    crowd(world, 160)
    crowd(world, 40, site="other")
    with world.database.writing() as session:
        for one in session.scalars(select(Comment).where(Comment.name.in_(["Bob 7", "Bob 8"]))):
            one.reported = 3
        # One that every filter finds.
        nine = session.scalars(_NINE).one()
        nine.thread_id = session.scalars(select(Thread.id).where(Thread.page == PAGE)).one()
        nine.status, nine.locale, nine.links = Status.PENDING, "en", ["https://x.example/"]
        nine.source = "A lamp in a street"
        nine.reasons = [
            {"code": code, "effect": "hold", "score": 5, "detail": "2"} for code in CODES
        ]
        session.commit()
    return world


_NINE = (
    select(Comment)
    .join(Site, Site.id == Comment.site_id)
    .where(Site.key == "blog", Comment.name == "Bob 9")
)


def filled_in(session: Session, wanted: Filter) -> Filter:
    blog = session.scalars(select(Site).where(Site.key == "blog")).one().id
    author = session.scalars(_NINE).one().author_id
    return replace(
        wanted,
        site_id=blog if wanted.site_id else None,
        author=author if wanted.author and author else "",
    )


def fits(comment: Comment, wanted: Filter) -> bool:
    """What a filter means, said once more."""
    text = f"{comment.source} {comment.name} {comment.thread.page}".lower()
    return all(
        (
            comment.status == wanted.status,
            wanted.site_id in {None, comment.site_id},
            not wanted.reason or wanted.reason in {one["code"] for one in comment.reasons},
            not wanted.page or comment.thread.page == wanted.page,
            wanted.author in {"", comment.author_id},
            wanted.language in {"", comment.locale},
            not wanted.links or comment.links,
            not wanted.reported or comment.reported,
            all(word in text for word in wanted.q.split()),
        )
    )


def expected(session: Session, wanted: Filter, order: Order) -> list[str]:
    found = [one for one in session.scalars(select(Comment)) if fits(one, wanted)]
    found.sort(key=lambda one: (one.created_at, one.id))
    if order is Order.PRIORITY:
        found.sort(key=lambda one: -Priority.of(one, NOW).sum)
    return [one.id for one in found]


def walked(session: Session, wanted: Filter, order: Order, limit: int = 25, **more: Any) -> list:
    """Every page of the queue, one after the other: the ids."""
    moderator = more.get("moderator", EVERYTHING)
    found, after = [], ""
    for _ in range(1_000):
        page, after = review.queue(
            session, moderator, wanted, after=after, limit=limit, order=order, at=NOW
        )
        found += [one.id for one in page]
        if not after:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("order", list(Order))
def test_every_filter_finds_what_fits_in_order(full: World, order: Order) -> None:
    with full.database.reading() as session:
        for name, asked in FILTERS.items():
            wanted = filled_in(session, asked)
            right = expected(session, wanted, order)
            assert right, f"nothing fits {name}: this shows nothing"
            assert walked(session, wanted, order) == right, name
            assert queueing.counted(session, EVERYTHING, wanted) == (len(right), True), name
            assert queueing.count(session, EVERYTHING, wanted) == len(right), name


@pytest.mark.parametrize("order", list(Order))
def test_looking_goes_on_where_it_ended(
    full: World, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_module, "LOOKED_AT", 40)
    wanted = Filter(q="lamp street")
    with full.database.reading() as session:
        assert walked(session, wanted, order, limit=25) == expected(session, wanted, order)
        assert not queueing.counted(session, EVERYTHING, wanted).is_exact


def test_more_than_a_thousand_are_not_counted(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MOST_COUNTED", 10)
    with full.database.reading() as session:
        assert queueing.counted(session, EVERYTHING, Filter(reason="links")) == (10, False)


@pytest.mark.parametrize("order", list(Order))
def test_a_moderator_of_some_sites_is_shown_these(full: World, order: Order) -> None:
    with full.database.reading() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one().id
        ann = Bearer("ann", [blog])
        of_many = Bearer("ann", [blog, *(f"site-{n}" for n in range(30))])
        for name, asked in FILTERS.items():
            wanted = filled_in(session, replace(asked, site_id=""))
            right = expected(session, replace(wanted, site_id=blog), order)
            for moderator in (ann, of_many):
                assert walked(session, wanted, order, limit=50, moderator=moderator) == right, name
                assert queueing.counted(session, moderator, wanted).number == len(right), name
        elsewhere = session.scalars(select(Site).where(Site.key == "other")).one().id
        assert walked(session, Filter(site_id=elsewhere), order, moderator=ann) == []
        assert walked(session, Filter(), order, moderator=Bearer("nobody", [])) == []


def test_what_comes_meanwhile_moves_no_page_by_priority(full: World) -> None:
    with full.database.reading() as session:
        right = expected(session, Filter(), Order.PRIORITY)
        first, after = review.queue(session, EVERYTHING, Filter(), order=Order.PRIORITY, at=NOW)
    crowd(full, 5, status=Status.PENDING, score=100, created_at=NOW + timedelta(minutes=1))
    found = [one.id for one in first]
    with full.database.reading() as session:
        assert queueing.moment(after, NOW + timedelta(hours=9)) == NOW
        while after:
            page, after = review.queue(
                session, EVERYTHING, Filter(), after=after, order=Order.PRIORITY
            )
            found += [one.id for one in page]
    assert [one for one in found if one in right] == right


def test_risk_rises_with_the_score_and_with_readers_reports(world: World) -> None:
    comment = world.published()
    with world.database.reading() as session:
        before = session.get_one(Comment, comment)
        assert before.risk == 1 + before.score // 10
    for grounds in ("spam", "insult"):
        address = {"REMOTE_ADDR": f"198.51.{len(grounds)}.7"}
        answer = world.client().post(
            f"/api/v1/sites/blog/comments/{comment}/reports",
            json={"reason": grounds},
            environ_overrides=address,
        )
        assert answer.status_code == 202
    with world.database.reading() as session:
        after = session.get_one(Comment, comment)
        assert (after.reported, after.risk) == (2, before.risk + 2)
        copied = select(CommentReason.risk).where(CommentReason.comment_id == comment)
        assert set(session.scalars(copied)) == {after.risk}


@pytest.mark.parametrize(
    ("score", "risk"), [(0, 1), (9, 1), (10, 2), (55, 6), (100, 11), (1_000, 20)]
)
def test_a_sum_is_risk_times_hours_begun(world: World, score: int, risk: int) -> None:
    written = NOW - timedelta(hours=6, minutes=1)
    comment = crowd(world, 1, score=score, created_at=written)[0]
    with world.database.reading() as session:
        priority = Priority.of(session.get_one(Comment, comment), NOW)
    assert priority == (risk, 7)
    assert priority.sum == risk * 7


@pytest.mark.parametrize(
    "after",
    [
        *("~", "x", "1~", "nan~x", "1e999~x", "1~2~3", "1~2~3~4~5", "1e17~1~1~x", "inf~1~1~x"),
        *("1~x~1~x", "1~99999999999999999999~1~x", "-62135596800~170000000~1~x"),
        *("1~" + "9" * 5_000 + "~1~x", "1~-1~nan~x"),
    ],
)
def test_a_cursor_that_no_page_ended_with_is_refused(world: World, after: str) -> None:
    for order in Order:
        answer = world.client().get(
            "/api/v1/queue",
            query_string={"after": after, "order": str(order)},
            headers=world.bearer(),
        )
        assert answer.status_code in {200, 400}, (order, after)


# What the database does for it. The plans at any size are these, since nothing is ever counted
# or sorted that an index does not give in order.


def statements(world: World, ask: Any) -> list[tuple[str, Any]]:
    """What the database is asked meanwhile."""
    with listening(world.database) as heard:
        ask()
    assert heard
    return heard


def plan(world: World, statement: str, values: Any) -> str:
    """How the database goes about it; PostgreSQL shall do without what it prefers for few rows."""
    with world.database.engine.connect() as connection:
        if world.database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            return "\n".join(row[3] for row in rows)
        for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
            connection.exec_driver_sql(f"SET LOCAL {setting} = off")
        return "\n".join(
            row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        )


def slow(world: World, ask: Any) -> list[str]:
    """The plans that read all comments or their reasons, or sort them."""
    found = []
    for statement, values in statements(world, ask):
        said = plan(world, statement, values)
        scans = ("SCAN comment", "TEMP B-TREE", "Seq Scan on comment", "Sort Key: comment")
        # A tally has a few rows for each site, whatever they count.
        is_short = "FROM tally" in statement
        found += [f"{statement}\n{said}" for bad in scans if bad in said and not is_short]
    return found


def first_page(world: World, wanted: Filter, order: Order, moderator: Any) -> None:
    with world.database.reading() as session:
        found, _after = review.queue(session, moderator, wanted, order=order, at=NOW)
        review.twins(session, found)
        review.neighbours(session, found)
        review.pasts(session, found)
        review.settled(session, found)
        review.counted(session, moderator, wanted)
        review.counts(session, moderator, wanted.site_id)


@pytest.mark.parametrize("order", list(Order))
def test_no_filter_reads_or_sorts_the_whole_queue(full: World, order: Order) -> None:
    with full.database.reading() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one().id
        asked = {name: filled_in(session, one) for name, one in FILTERS.items()}
    for moderator in (EVERYTHING, Bearer("ann", [blog])):
        for name, wanted in asked.items():
            assert slow(full, lambda w=wanted, m=moderator: first_page(full, w, order, m)) == [], (
                name
            )


def test_control_a_scan_is_noticed(full: World) -> None:
    def ask() -> None:
        with full.database.reading() as session:
            session.scalars(select(Comment).order_by(Comment.name).limit(1)).all()

    assert slow(full, ask)


@pytest.mark.parametrize("order", list(Order))
def test_a_longer_queue_takes_no_more_queries(world: World, order: Order) -> None:
    def number(wanted: Filter) -> int:
        browser = world.signed_in()
        query = {"order": str(order), "reason": wanted.reason, "q": wanted.q}
        return len(statements(world, lambda: browser.get("/queue", **query)))

    wishes = [Filter(), Filter(reason="links"), Filter(q="lamp")]
    crowd(world, 40, status=Status.PENDING)
    few = [number(one) for one in wishes]
    crowd(world, 400, status=Status.PENDING)
    assert [number(one) for one in wishes] == few


def test_pages_are_named_by_their_address_on_every_site(full: World) -> None:
    with full.database.writing() as session:
        other = session.scalars(select(Site).where(Site.key == "other")).one()
        thread = session.scalars(select(Thread).where(Thread.site_id == other.id)).first()
        assert thread
        thread.page = PAGE
        session.commit()
    with full.database.reading() as session:
        wanted = Filter(page=PAGE)
        assert walked(session, wanted, Order.OLDEST) == expected(session, wanted, Order.OLDEST)


def test_a_card_tells_how_many_others_there_are(world: World) -> None:
    ids = crowd(world, 6, status=Status.PENDING)
    crowd(world, 3, site="other", text_digest="t", network_digest="n")
    spam = crowd(world, 2, status=Status.SPAM)
    with world.database.writing() as session:
        first, *others = [session.get_one(Comment, one) for one in (*ids, *spam)]
        for one in (first, *others[:3]):
            one.text_digest, one.author_id = "t", first.author_id
        for one in (first, *others[:2]):
            one.network_digest = "n"
        for one in others[3:]:
            one.author_id = first.author_id
        session.commit()
        comments = [first, others[3]]
        assert review.twins(session, comments) == {first.id: 3, others[3].id: 0}
        assert review.neighbours(session, comments) == {first.id: 2, others[3].id: 0}
        assert review.pasts(session, comments) == {first.author_id: review.Past(pending=6, spam=2)}
        assert review.twins(session, []) == review.neighbours(session, []) == {}
        assert review.pasts(session, []) == {}


def test_no_more_than_a_hundred_others_are_counted(world: World) -> None:
    crowd(world, 1)
    with world.database.reading() as session:
        author = session.scalars(select(Comment.author_id)).one()
    same = {"text_digest": "t", "network_digest": "n", "author_id": author}
    waits = crowd(world, queueing.COUNTED_TO + 50, status=Status.PENDING, **same)
    # As many other authors as pages: what one has is not what another has.
    crowd(world, 20, status=Status.PENDING, text_digest="u", network_digest="m")
    with world.database.reading() as session:
        one = session.get_one(Comment, waits[0])
        more = queueing.COUNTED_TO + 1
        assert review.twins(session, [one]) == review.neighbours(session, [one]) == {one.id: more}
        assert review.pasts(session, [one])[author].pending == more
    page = world.signed_in().get("/queue", author=author).text
    assert "Other comments with the same text: 100+" in page
    assert "Other comments from the same network: 100+" in page
    assert "100+ pending" in page
    card = next(one for one in world.queue(author=author)["comments"])
    assert (card["twins"], card["author"]["pending"]) == (100, 100)
