"""The feeds: what feed readers get, whole and valid, whatever people wrote."""

from datetime import timedelta
from xml.etree import ElementTree as Xml

import pytest
from atom import entries, faults
from characters import BLOG, BOB, OTHER, PAGE, World
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from moderation.models import Comment, Site, Thread
from moderation.web import feeds

FEED = "/sites/blog/feed.atom"
#: Every character that XML 1.0 has no way to write.
NOT_XML = [*map(chr, [*range(1, 9), 11, 12, *range(14, 32)]), "\ufffe", "\uffff"]


def fetch(world: World, page: str = "", site: str = "blog", **headers: str) -> TestResponse:
    query = {"page": page} if page else None
    return world.client().get(f"/sites/{site}/feed.atom", query_string=query, headers=headers)


def rewrite(world: World, comment: str, **values: object) -> None:
    """Write what no door lets in, as an import or an older version might have."""
    with world.database.writing() as session:
        session.execute(update(Comment).where(Comment.id == comment).values(**values))
        session.commit()


def test_a_feed_has_the_published_replies_of_its_page_the_newest_first(world: World) -> None:
    first = world.published(body="The *first* one.")
    second = world.published(parent=first, name="Carla", email="carla@example.org")
    world.published(page=f"{BLOG}/post-2")
    world.left()
    answer = fetch(world, PAGE)
    assert answer.mimetype == "application/atom+xml"
    assert faults(answer.data) == []
    found = entries(answer.data)
    assert [one.link.rpartition("/")[2] for one in found] == [second, first]
    assert (found[0].author, found[0].title) == ("Carla", "Carla on “Post one”")
    assert found[1].html == "<p>The <em>first</em> one.</p>"
    assert found[0].answers == found[1].id
    assert found[1].answers == PAGE


def test_the_feed_of_a_site_has_all_its_pages_and_no_other_sites(world: World) -> None:
    here = [world.published(page=f"{BLOG}/post-{n}") for n in range(3)]
    elsewhere = world.left(site="other", page=f"{OTHER}/post")
    world.decide(elsewhere, "approved", who="otto@example.org")
    answer = fetch(world)
    assert faults(answer.data) == []
    assert [one.link.rpartition("/")[2] for one in entries(answer.data)] == here[::-1]


def test_what_readers_do_not_see_is_in_no_feed(world: World) -> None:
    for status in ("rejected", "spam", "deleted"):
        world.decide(world.published(body=f"It was {status}."), status)
    parent = world.published(body="It is taken back.")
    world.published(parent=parent, body="It hangs from what is not there.")
    world.decide(parent, "rejected")
    world.left(body="It waits.")
    for page in ("", PAGE):
        assert entries(fetch(world, page).data) == []


def test_a_reply_to_what_was_deleted_still_says_what_it_answered(world: World) -> None:
    parent = world.published()
    (before,) = entries(fetch(world, PAGE).data)
    reply = world.published(parent=parent)
    world.decide(parent, "deleted")
    answer = fetch(world, PAGE)
    (found,) = entries(answer.data)
    assert (found.link.rpartition("/")[2], found.answers) == (reply, before.id)
    assert f"/comments/{parent}" not in answer.text
    assert faults(answer.data) == []


def test_a_page_nobody_wrote_on_has_an_empty_feed_and_stores_nothing(world: World) -> None:
    answer = fetch(world, f"{BLOG}/none")
    assert (answer.status_code, faults(answer.data), entries(answer.data)) == (200, [], [])
    assert fetch(world).data.count(b"<entry>") == 0
    with world.database.reading() as session:
        assert session.scalars(select(Thread)).all() == []


def test_there_is_no_feed_of_an_unknown_site_or_of_what_is_no_page(world: World) -> None:
    assert fetch(world, site="none").status_code == 404
    assert fetch(world, "nowhere").status_code == 400
    assert world.client().get(f"{FEED}?page=").status_code == 400
    assert "Cache-Control: no-store" in str(fetch(world, site="none").headers)


def test_ids_stay_when_the_service_moves_and_links_follow_it(own_world: World) -> None:
    world = own_world
    world.published()
    (before,) = entries(fetch(world, PAGE).data)
    here = world.client().get(FEED, base_url="http://localhost")
    assert entries(here.data) == [before]
    assert before.link.startswith("http://127.0.0.1:8000/comments/")
    service = world.app.extensions["moderation"]
    object.__setattr__(service.settings, "public_url", "https://comments.example")
    (after,) = entries(fetch(world, PAGE).data)
    assert after.id == before.id
    assert after.link.startswith("https://comments.example/comments/")


def test_a_feed_is_sent_once_until_it_changes_and_to_every_origin(world: World) -> None:
    comment = world.published()
    first = fetch(world, PAGE)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["X-Robots-Tag"] == "noindex"
    etag = {"If-None-Match": first.headers["ETag"]}
    again = world.client().get(FEED, query_string={"page": PAGE}, headers=etag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    world.decide(comment, "deleted")
    changed = world.client().get(FEED, query_string={"page": PAGE}, headers=etag)
    assert changed.status_code == 200


def test_an_edited_reply_is_the_same_entry_and_newer(world: World) -> None:
    comment = world.published()
    (before,) = entries(fetch(world).data)
    with world.database.reading() as session:
        written = session.get_one(Comment, comment).created_at
    rewrite(world, comment, edited_at=written + timedelta(minutes=5))
    (after,) = entries(fetch(world).data)
    assert (after.id, after.published) == (before.id, before.published)
    assert after.updated > before.updated


def test_a_feed_is_in_the_sites_language_whoever_asks(world: World) -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        site.options = {"language": "de"}
        session.commit()
    german, asked = fetch(world), fetch(world, **{"Accept-Language": "fr"})
    assert 'xml:lang="de"' in german.text
    assert german.data == asked.data
    assert faults(german.data) == []


HOSTILE = "]]><!-- <script>&amp; \"' ?><x xmlns='' \u2028 \U0010ffff \U0001f4a9 "


def test_no_name_and_no_text_can_break_a_feed(world: World) -> None:
    comment = world.published(page=f"{PAGE}?a={{b|c}}^`d&e='f'")
    everything = HOSTILE + "".join(NOT_XML)
    for name in ("name", "html", "title"):
        rewrite(world, comment, **{name: everything[:190]})
    with world.database.writing() as session:
        session.execute(update(Thread).values(title=everything[:190]))
        session.commit()
    answer = fetch(world)
    assert faults(answer.data) == []
    (found,) = entries(answer.data)
    shown = HOSTILE.strip() + " " + "\ufffd" * len(NOT_XML)
    assert found.author == found.html == shown
    assert shown in found.title
    assert faults(fetch(world, f"{PAGE}?a={{b|c}}^`d&e='f'").data) == []


def test_control_without_the_signs_in_their_place_no_parser_reads_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(world, world.published(), name="Eve\x01")
    monkeypatch.setattr(feeds, "_xml", lambda text: text)
    with pytest.raises(Xml.ParseError):
        faults(fetch(world).data)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("<title>", "<title/><title>", "has not one title"),
        ("urn:uuid:", "urn uuid:", "the id is"),
        ("<name>Bob</name>", "<name></name>", "has one name"),
        ("Z</published>", "</published>", "no moment"),
        ('type="html"', 'type="xhtml"', "not escaped HTML"),
        ('ref="https', 'ref="', "it answers"),
        ('rel="self"', 'rel="alternate"', "names itself once"),
        ('xml:lang="en"', 'xml:lang="e_n"', "no language"),
    ],
)
def test_control_a_feed_that_breaks_a_rule_is_noticed(
    world: World, good: str, bad: str, said: str
) -> None:
    world.published()
    feed = fetch(world).text
    assert good in feed
    assert any(said in one for one in faults(feed.replace(good, bad).encode()))


def test_a_feed_ends_after_fifty_entries_or_a_heap_of_text(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [world.published() for _ in range(3)]
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 2)
    assert len(entries(fetch(world).data)) == 2
    for comment in several:
        rewrite(world, comment, html="x" * 200)
    monkeypatch.setattr(feeds, "MOST_HTML", 250)
    assert len(entries(fetch(world).data)) == 1
    monkeypatch.setattr(feeds, "MOST_HTML", 10)
    assert len(entries(fetch(world).data)) == 1


def queries(world: World, page: str) -> int:
    """How many statements a feed takes."""
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        assert fetch(world, page).status_code == 200
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize("page", ["", PAGE])
def test_a_feed_takes_the_same_queries_however_long_it_is(world: World, page: str) -> None:
    first = world.published()
    before = queries(world, page)
    for _ in range(5):
        world.published(parent=first)
    assert queries(world, page) == before <= 3


def test_the_newest_of_a_page_come_from_an_index(world: World) -> None:
    world.published()
    with world.database.reading() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        thread = session.scalars(select(Thread)).one()
        for wanted in (None, thread):
            query = feeds._query(site, wanted)
            bind = session.get_bind()
            text = str(query.compile(bind, compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN QUERY PLAN" if world.database.is_sqlite else "EXPLAIN"
            if not world.database.is_sqlite:
                # A table of one row is read whole, whatever indexes there are.
                for setting in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
                    session.connection().exec_driver_sql(f"SET LOCAL {setting} = off")
            plan = session.connection().exec_driver_sql(f"{explain} {text}".replace("%", "%%"))
            said = "\n".join(str(row) for row in plan)
            assert "created_at_id" in said
            assert "TEMP B-TREE" not in said
            assert "Sort" not in said


def test_the_pages_name_their_feed(world: World) -> None:
    world.published()
    page = world.client().get("/sites/blog/thread", query_string={"page": PAGE}).text
    (link,) = [line for line in page.splitlines() if "application/atom+xml" in line]
    assert f'href="{FEED}?page={PAGE}"' in link
    assert 'rel="alternate"' in link


def test_no_address_is_in_a_feed(world: World) -> None:
    world.published()
    assert BOB not in fetch(world).text
    assert "bob@" not in fetch(world, PAGE).text
