"""The fragment for static generators, JSON-LD, and what search engines are told."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

import pytest
from characters import BLOG, PAGE, World
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from moderation.models import Site, Thread

FRAGMENT, THREAD = "/sites/blog/fragment", "/sites/blog/thread"
VOID = {"link", "br", "hr"}


def fragment(world: World, page: str = PAGE, **query: str) -> TestResponse:
    return world.client().get(FRAGMENT, query_string={"page": page, **query})


class _Tree(HTMLParser):
    """Nests elements as they are written, and raises where an end belongs to another beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.made = [Xml.Element("root")]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.made.append(self.made[-1][-1])

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        Xml.SubElement(self.made[-1], tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        assert self.made.pop().tag == tag


def tree(html: str) -> Xml.Element:
    parser = _Tree()
    parser.feed(html)
    (root,) = parser.made
    return root


def linked(html: str) -> dict[str, Any]:
    """What the page's one block of JSON-LD says."""
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    said: dict[str, Any] = json.loads(block)
    return said


def test_it_holds_the_thread_in_a_declarative_shadow_tree_with_a_link_below(world: World) -> None:
    first = world.published(body="The *first* one.", website="bob.example")
    second = world.published(parent=first, name="Carla", email="carla@example.org")
    answer = fragment(world)
    assert answer.mimetype == "text/html"
    root = tree(answer.text)
    host, data = list(root)
    assert (host.tag, host.attrib) == ("comment-thread", {"site": "blog", "page": PAGE})
    assert (data.tag, data.get("type")) == ("script", "application/ld+json")
    shadow, link = list(host)
    assert (shadow.tag, shadow.get("shadowrootmode")) == ("template", "open")
    assert link.get("href") == f"http://127.0.0.1:8000{THREAD}?page={PAGE}"
    outer = shadow.find("section/ol[@class='list']/li")
    assert outer is not None
    assert [one.get("id") for one in outer.findall("article")] == [f"comment-{first}"]
    inner = outer.find("ol[@class='replies']/li/article")
    assert inner is not None
    assert inner.get("id") == f"comment-{second}"
    assert "<p>The <em>first</em> one.</p>" in answer.text


def test_every_address_in_it_is_whole_whoever_fetched_it(world: World) -> None:
    world.published(parent=world.published())
    local = world.client().get(FRAGMENT, query_string={"page": PAGE}, base_url="http://localhost")
    assert local.data == fragment(world).data
    hrefs = re.findall(r'href="([^"]+)"', local.text)
    assert len(hrefs) > 6
    assert all(href.startswith("http://127.0.0.1:8000/") for href in hrefs)


def test_it_nests_as_deep_as_the_widget_and_then_says_whom_it_answers(world: World) -> None:
    parent = world.published(name="Person 0")
    for depth in range(1, 7):
        parent = world.published(parent=parent, name=f"Person {depth}")
    html = fragment(world).text
    assert html.count('<ol class="replies">') == 4
    assert "in reply to Person 3" not in html
    assert "in reply to Person 4" in html
    assert "in reply to Person 5" in html
    tree(html)


def test_a_deleted_reply_is_a_place_without_words(world: World) -> None:
    parent = world.published(body="Heliotrope.", name="Mallory")
    world.published(parent=parent)
    world.decide(parent, "deleted")
    html = fragment(world).text
    assert "This reply was deleted." in html
    assert "Heliotrope" not in html
    assert "Mallory" not in html
    (said,) = linked(html)["comment"]
    assert "parentItem" not in said


def test_nobody_wrote_there_yet(world: World) -> None:
    answer = fragment(world, f"{BLOG}/none")
    assert answer.status_code == 200
    assert "No replies yet" in answer.text
    assert linked(answer.text)["comment"] == []
    with world.database.reading() as session:
        assert session.scalars(select(Thread)).all() == []


def test_a_closed_thread_offers_no_form(world: World) -> None:
    world.published()
    with world.database.writing() as session:
        thread = session.scalars(select(Thread)).one()
        thread.open = False
        thread.readers_see(more=0)
        session.commit()
    html = fragment(world).text
    assert "Replies are closed." in html
    assert "reply-form" not in html


def test_a_long_thread_goes_on_after_its_cursor(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.publishing.PAGE_SIZE", 2)
    several = [world.published() for _ in range(3)]
    html = fragment(world).text
    assert [one in html for one in several] == [True, True, False]
    (after,) = re.findall(r"after=(\w+)", html)
    rest = fragment(world, after=after).text
    assert [one in rest for one in several] == [False, False, True]
    assert fragment(world, after="nowhere").status_code == 400


def test_it_is_in_the_language_asked_for_or_the_sites_and_no_readers(world: World) -> None:
    with world.database.writing() as session:
        session.scalars(select(Site).where(Site.key == "blog")).one().options = {"language": "de"}
        session.commit()
    wishes = {"Accept-Language": "fr"}
    answer = world.client().get(FRAGMENT, query_string={"page": PAGE}, headers=wishes)
    assert '<section class="thread" part="thread" lang="de" dir="ltr"' in answer.text
    assert "lang" not in tree(answer.text)[0].attrib
    arabic = fragment(world, lang="ar-EG").text
    assert 'lang="ar" dir="rtl"' in arabic
    assert tree(arabic)[0].get("lang") == "ar"
    unknown = fragment(world, lang='"><script>').text
    assert "<script>" not in unknown
    tree(unknown)


def test_it_is_kept_by_caches_and_read_by_every_origin(world: World) -> None:
    comment = world.published()
    first = fragment(world)
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["Cache-Control"] == "public, max-age=300"
    etag = {"If-None-Match": first.headers["ETag"]}
    again = world.client().get(FRAGMENT, query_string={"page": PAGE}, headers=etag)
    assert (again.status_code, again.data) == (304, b"")
    world.decide(comment, "deleted")
    changed = world.client().get(FRAGMENT, query_string={"page": PAGE}, headers=etag)
    assert changed.status_code == 200
    for path in ("/sites/none/fragment", FRAGMENT):
        refused = world.client().get(path)
        assert refused.status_code in {400, 404}
        assert refused.headers["Cache-Control"] == "no-store"


def test_it_has_the_widgets_style_sheet_and_no_style_of_its_own(world: World) -> None:
    world.published()
    html = fragment(world).text
    assert "style=" not in html
    assert "<style" not in html
    sheet = world.client().get("/embed.css")
    assert sheet.mimetype == "text/css"
    assert ".comment" in sheet.text
    assert "/*" not in sheet.text
    assert sheet.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    etag = {"If-None-Match": sheet.headers["ETag"]}
    assert world.client().get("/embed.css", headers=etag).status_code == 304


def queries(world: World) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        fragment(world)
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)
    return len(seen)


def test_it_takes_as_few_queries_for_many_replies_as_for_one(world: World) -> None:
    first = world.published()
    fragment(world)
    few = queries(world)
    assert few <= 2
    for _ in range(4):
        world.published(parent=first)
    fragment(world)
    assert queries(world) == few


# JSON-LD


@pytest.mark.parametrize("path", [FRAGMENT, THREAD])
def test_replies_are_told_in_schema_orgs_words(world: World, path: str) -> None:
    first = world.published(body="The *first* one,\n\nin two parts.", website="bob.example")
    second = world.published(parent=first, name="Carla", email="carla@example.org")
    html = world.client().get(path, query_string={"page": PAGE}).text
    said = linked(html)
    address = "http://127.0.0.1:8000/comments/"
    assert said["@context"] == "https://schema.org"
    assert (said["@id"], said["name"], said["commentCount"]) == (PAGE, "Post one", 2)
    one, two = said["comment"]
    assert one["@type"] == "Comment"
    assert one["url"] == one["@id"] == address + first
    assert one["text"] == "The first one,\nin two parts."
    assert one["author"] == {"@type": "Person", "name": "Bob"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", one["dateCreated"])
    assert "parentItem" not in one
    assert "upvoteCount" not in one
    assert two["parentItem"] == {"@type": "Comment", "@id": address + first}
    assert two["@id"] == address + second


@pytest.mark.parametrize("path", [FRAGMENT, THREAD])
def test_no_name_and_no_text_ends_the_block(world: World, path: str) -> None:
    hostile = '</script><script>alert(1)</script><!-- <script> ]]> \u2029 &quot; \\" \\u003c'
    world.published(body=f"`{hostile}`", name=hostile[:100], title=hostile)
    html = world.client().get(path, query_string={"page": PAGE}).text
    assert html.count("<script") == 1
    block = html.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert not re.search("[<>&\u2028\u2029]", block)
    (one,) = linked(html)["comment"]
    assert one["author"]["name"].startswith("</script><script>alert(1)")
    assert "</script>" in one["text"]


# What search engines are told


def robots(world: World, **query: str) -> tuple[str, str]:
    """What a thread's page says of itself: its robots line, and its canonical address."""
    html = world.client().get(THREAD, query_string=query).text
    (said,) = re.findall(r'<meta name="robots" content="([^"]+)">', html)
    return said, "".join(re.findall(r'<link rel="canonical" href="([^"]+)">', html))


def test_a_page_with_replies_belongs_to_its_article(world: World) -> None:
    world.published()
    assert robots(world, page=PAGE) == ("index, follow", PAGE)
    assert robots(world, page=f"{PAGE}?utm_source=x#here", sort="newest") == ("index, follow", PAGE)


def test_what_is_empty_foreign_or_not_sent_is_not_listed(world: World) -> None:
    world.left()
    assert robots(world, page=PAGE) == ("noindex, follow", "")
    assert robots(world, page=f"{BLOG}/none") == ("noindex, follow", "")
    elsewhere = "https://staging.example/post-1"
    world.published(page=elsewhere)
    assert robots(world, page=elsewhere) == ("noindex, follow", "")
    world.published()
    refused = world.client().post(THREAD, data={"page": PAGE, "body": ""})
    assert '<meta name="robots" content="noindex' in refused.text
    assert "canonical" not in refused.text


def test_only_what_is_for_everybody_may_be_listed(world: World) -> None:
    comment = world.leave().get_json()
    world.decide(comment["id"], "approved")
    listed = {"/", THREAD, "/api/docs", "/static/icon.svg"}
    private = {
        *("/login", "/queue", "/queue/account", "/nothing", "/api/v1/openapi.json", "/healthz"),
        *("/api/v1/sites/blog/thread", "/api/v1/sites/blog/counts", "/sites/blog/feed.atom"),
        *(FRAGMENT, "/sites/blog/reported", f"/comments/{comment['id']}/report"),
        urlsplit(comment["status_url"]).path,
    }
    client = world.client()
    for path in listed | private:
        for _ready_made_too in range(2):
            with client.get(path, query_string={"page": PAGE}) as answer:
                said = answer.headers.get("X-Robots-Tag", "")
            assert said.startswith("noindex") is (path in private), path


def test_crawlers_are_asked_to_leave_forms_alone_and_nothing_else(world: World) -> None:
    answer = world.client().get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert answer.text.splitlines() == ["User-agent: *", "Disallow: /sites/*/thread?*parent="]
