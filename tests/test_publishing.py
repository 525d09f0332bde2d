"""Threads as readers get them: in order, whole, ready-made, and never old."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread as Thread_

import pytest
from characters import PAGE, World
from sqlalchemy import func, select

from moderation import authorship, keeping, publishing
from moderation.demo.seed import fill_thread
from moderation.models import Comment, Document, Site, Status, Thread
from moderation.publishing import PAGE_SIZE, Sort, Wanted


@pytest.fixture
def site(world: World) -> Site:
    with world.database.reading() as session:
        return session.scalars(select(Site).where(Site.key == "blog")).one()


def test_replies_stand_below_what_they_answer_oldest_first(world: World) -> None:
    first = world.published()
    second = world.published()
    answer = world.published(parent=first)
    assert world.shown() == [first, answer, second]
    assert world.shown(sort="newest") == [second, first, answer]


@pytest.mark.parametrize("sort", sorted(Sort))
def test_paging_gives_every_comment_once_in_order(world: World, site: Site, sort: Sort) -> None:
    fill_thread(world.database, world.keyring, site, PAGE, 2 * PAGE_SIZE + 7, Status.APPROVED)
    seen: list[str] = []
    after = ""
    while True:
        page = world.thread(sort=sort, **({"after": after} if after else {}))
        assert len(page["comments"]) <= PAGE_SIZE
        seen += [one["id"] for one in page["comments"]]
        after = page["next"]
        if not after:
            break
    with world.database.reading() as session:
        newest_last = session.scalars(select(Comment.id).order_by(Comment.created_at)).all()
    assert seen == (list(newest_last) if sort is Sort.OLDEST else list(newest_last)[::-1])


def test_a_page_ends_early_where_its_comments_are_very_long(world: World) -> None:
    long = [world.left(body=f"{n} " + "long " * 1_900) for n in range(30)]
    for comment in long:
        world.decide(comment, "approved")
    page = world.thread()
    assert 1 <= len(page["comments"]) < 30
    rest = world.thread(after=page["next"])
    assert [one["id"] for one in page["comments"] + rest["comments"]] == long


def test_a_document_is_made_once_and_then_given_as_it_is(world: World) -> None:
    world.published()
    world.thread()
    with world.database.reading() as session:
        made = session.scalars(select(Document)).one().etag
    world.thread()
    with world.database.reading() as session:
        assert session.scalars(select(Document)).one().etag == made


def test_a_document_that_was_made_before_a_change_is_never_given_after_it(
    world: World, site: Site
) -> None:
    world.published()
    wanted = Wanted("blog", PAGE)
    old = publishing.document(world.database, site, wanted)
    second = world.published()
    # A slow reader stores what it made of the state before the change.
    publishing._store(world.database, old)
    assert second in world.shown()


def erase(world: World, comment: str, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Erase a reply; `meanwhile` is done before that is committed."""
    with world.database.writing() as session:
        (held,) = authorship.hold(session, [comment])
        authorship.erase(session, held, at=datetime.now(UTC))
        meanwhile()
        session.commit()


def stored(world: World) -> list[bytes]:
    with world.database.reading() as session:
        return [bytes(plain) for plain in session.scalars(select(Document.plain))]


def test_what_was_made_of_erased_words_is_not_stored_after_it(world: World, site: Site) -> None:
    comment = world.published(body="Chalcedony.")
    old = publishing.document(world.database, site, Wanted("blog", PAGE))
    assert b"Chalcedony" in stored(world)[0], "the control: it is stored while it is current"
    erase(world, comment)
    publishing._store(world.database, old)
    assert stored(world) == []


def test_a_page_that_is_being_erased_is_not_stored_and_not_waited_for(
    world: World, site: Site
) -> None:
    comment = world.published(body="Chalcedony.")
    old = publishing.document(world.database, site, Wanted("blog", PAGE))
    reader = Thread_(target=publishing._store, args=(world.database, old), daemon=True)

    def meanwhile() -> None:
        reader.start()
        # SQLite has one writer at a time: there it waits for its turn.
        reader.join(0 if world.database.is_sqlite else 30)
        assert reader.is_alive() == world.database.is_sqlite

    erase(world, comment, meanwhile)
    reader.join(30)
    assert stored(world) == []


def test_a_title_that_is_erased_makes_every_page_old(world: World, site: Site) -> None:
    named = world.published(title="Chalcedony", body="One.")
    world.published(title="", body="Two.", email="carla@example.org")
    world.decide(named, "rejected")
    old = publishing.document(world.database, site, Wanted("blog", PAGE))
    assert b"Chalcedony" in old.plain, "the page keeps its name"
    erase(world, named)
    publishing._store(world.database, old)
    assert world.thread()["thread"]["title"] == ""


def test_old_documents_go_when_a_new_one_is_stored(world: World, site: Site) -> None:
    fill_thread(world.database, world.keyring, site, PAGE, PAGE_SIZE + 5, Status.APPROVED)
    world.thread(after=world.thread()["next"])
    world.published()
    world.thread()
    with world.database.reading() as session:
        revisions = session.scalars(select(Document.revision)).all()
        assert len(set(revisions)) == 1


def test_reading_a_page_nobody_wrote_on_stores_nothing(world: World) -> None:
    thread = world.thread("https://blog.example/nobody")
    assert thread == {
        "thread": {
            "page": "https://blog.example/nobody",
            "title": "",
            "open": True,
            "count": 0,
        },
        "comments": [],
        "next": None,
    }
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Thread)) == 0
        assert session.scalar(select(func.count()).select_from(Document)) == 0


def test_cursors_that_no_page_ended_with_fill_no_table(world: World) -> None:
    world.published()
    for number in range(5):
        world.thread(after="0" * 13 + str(number))
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 0


def test_nothing_private_is_in_a_document(world: World) -> None:
    world.published(email="bob@example.org")
    with world.database.reading() as session:
        text = world.client().get("/api/v1/sites/blog/thread", query_string={"page": PAGE}).text
        comment = session.scalars(select(Comment)).one()
        assert comment.author is not None
        for private in ("bob@", comment.author.email_digest, comment.author.id):
            assert private not in text


def test_counts_tell_many_pages_at_once(world: World) -> None:
    world.published()
    answer = world.client().get(
        "/api/v1/sites/blog/counts",
        query_string={"page": [PAGE, "https://blog.example/nobody", f"{PAGE}#top"]},
    )
    assert answer.get_json()["counts"] == {
        PAGE: 1,
        f"{PAGE}#top": 1,
        "https://blog.example/nobody": 0,
    }


def test_a_network_key_is_thrown_away_at_its_end(world: World) -> None:
    start = datetime.now(UTC)
    digests = []
    for days in (0, 14, 16, 29):
        at = start + timedelta(days=days)
        with world.database.writing() as session:
            digests.append(keeping.network_digest(session, world.keyring, "192.0.2.77", at))
            session.commit()
    assert digests[0] == digests[1] != digests[2] == digests[3]
    with world.database.writing() as session:
        keeping.tidy_up(session, start + timedelta(days=30, hours=1))
        session.commit()
    with world.database.writing() as session:
        later = keeping.network_digest(
            session, world.keyring, "192.0.2.1", start + timedelta(days=30, hours=1)
        )
        assert later == digests[2]


def test_a_pages_title_is_published_with_a_comment_and_not_before(world: World) -> None:
    spam = world.left(title="Buy cheap lamps")
    assert world.thread()["thread"]["title"] == ""
    assert "Buy cheap lamps" not in world.client().get(f"/sites/blog/thread?page={PAGE}").text
    assert world.queue()["comments"][0]["title"] == "Buy cheap lamps"
    world.decide(spam, "spam")
    world.published(title="Post one")
    assert world.thread()["thread"]["title"] == "Post one"
    world.published(title="Something else")
    assert world.thread()["thread"]["title"] == "Post one"
