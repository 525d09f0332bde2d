"""Reading with the widget: a long thread, its links and orders, other languages and pages."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from eve import SECRET
from hands import Browse, Moderator, Reader, golden, something_new
from playwright.sync_api import Page, Route, expect
from served import Served, free_port, running

from moderation import accounts, migrations
from moderation.database import Database
from moderation.demo.seed import fill_thread
from moderation.models import Site, Status
from moderation.privacy import Keyring
from moderation.publishing import PAGE_SIZE

pytestmark = pytest.mark.browser

LONG = 3 * PAGE_SIZE + 20

HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A host</title>
<h1>A host</h1><main></main><script type="module" src="/embed.js"></script>"""


@pytest.fixture(scope="module")
def long_thread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A service whose one page has four pages of comments: its address, and their ids."""
    folder, port = tmp_path_factory.mktemp("long"), free_port()
    url = f"http://127.0.0.1:{port}"
    database, keyring = Database(f"sqlite:///{folder}/moderation.sqlite3"), Keyring((SECRET,))
    migrations.upgrade(database.engine)
    with database.writing() as session:
        accounts.add_site(session, keyring, "blog", "The Blog", [url], datetime.now().astimezone())
        session.commit()
    with database.reading() as session:
        site = session.query(Site).one()
    fill_thread(database, keyring, site, f"{url}/host", LONG, Status.APPROVED)
    database.dispose()
    with sqlite3.connect(Path(folder) / "moderation.sqlite3") as connection:
        found = connection.execute("SELECT id FROM comment ORDER BY position").fetchall()
    environ = {"MODERATION_PUBLIC_URL": url, "MODERATION_SECRET_KEY": SECRET}
    with running(["serve", "--port", str(port), "--workers", "1"], url, folder, **environ):
        yield url, [one[0] for one in found]


def hosted(browse: Browse, url: str, inside: str, **options: Any) -> Page:
    """A page of the service's own origin with these elements in it."""
    page = browse(**options).new_page()
    headers = {"Content-Type": "text/html"}
    body = HOST.replace("<main></main>", f"<main>{inside}</main>")
    page.route("**/host", lambda route: route.fulfill(body=body, headers=headers))
    page.goto(f"{url}/host")
    return page


THREAD = '<comment-thread site="blog"></comment-thread>'
ITEMS = "comment-thread article"


def first_time(page: Page) -> str:
    return page.locator("comment-thread article time").first.get_attribute("datetime") or ""


def test_show_more_adds_a_page_and_moves_the_focus_to_it(
    browse: Browse, long_thread: tuple[str, list[str]]
) -> None:
    url, ids = long_thread
    page = hosted(browse, url, THREAD)
    expect(page.locator(ITEMS)).to_have_count(PAGE_SIZE)
    page.get_by_role("button", name="Show more replies").click()
    expect(page.locator(f"#comment-{ids[PAGE_SIZE]}")).to_be_focused()
    expect(page.locator(ITEMS)).to_have_count(2 * PAGE_SIZE)


def test_a_permalink_deep_in_a_long_thread_is_scrolled_to_and_marked(
    browse: Browse, long_thread: tuple[str, list[str]]
) -> None:
    url, ids = long_thread
    page = hosted(browse, url, THREAD)
    page.goto(f"{url}/host#comment-{ids[-3]}")
    page.reload()
    deep = page.locator(f"#comment-{ids[-3]}")
    deep.wait_for()
    expect(deep).to_be_in_viewport()
    expect(deep).to_be_focused()
    expect(deep).to_have_attribute("data-marked", "")
    page.evaluate(f"location.hash = 'comment-{ids[0]}'")
    expect(page.locator(f"#comment-{ids[0]}")).to_be_focused()
    expect(page.locator("[data-marked]")).to_have_count(1)


def test_a_permalink_to_a_comment_that_is_gone_says_so(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader(browse().new_page())
    bob.open(f"{sqlite_demo.article}#comment-nothere")
    told = "The reply that this link leads to is no longer here."
    expect(bob.page.locator("comment-thread").get_by_text(told)).to_be_visible()


def test_the_order_can_be_turned_around(browse: Browse, long_thread: tuple[str, list[str]]) -> None:
    url, ids = long_thread
    page = hosted(browse, url, THREAD)
    turn = page.locator("comment-thread .sort")
    expect(turn).to_have_text("Newest first")
    turn.click()
    expect(page.locator(ITEMS).first).to_have_id(f"comment-{ids[-1]}")
    expect(turn).to_have_text("Oldest first")
    expect(turn).to_be_focused()
    expect(page.locator("comment-thread")).to_have_attribute("sort", "newest")


def test_an_answer_far_down_says_whom_it_answers(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    deep = bob.page.locator("comment-thread .when", has_text="in reply to").first
    href = deep.get_attribute("href") or ""
    deep.click()
    expect(bob.page.locator(f"#{href.partition('#')[2]}")).to_be_focused()


def test_times_are_exact_for_machines_and_on_hover_and_stay_right(
    browse: Browse, sqlite_demo: Served
) -> None:
    page = browse().new_page()
    page.clock.install()
    page.goto(sqlite_demo.article)
    time = page.locator("comment-thread time").first
    expect(time).to_have_attribute("datetime", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"))
    expect(time).to_have_attribute("title", re.compile(r"\d{4} at \d\d:\d\d$"))
    before = time.inner_text()
    page.clock.fast_forward(90 * 24 * 3_600_000)
    expect(time).not_to_have_text(before)


def test_a_comment_leads_to_its_report(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    article = bob.page.locator(ITEMS).first
    comment = (article.get_attribute("id") or "").removeprefix("comment-")
    link = article.get_by_role("link", name=re.compile("^Report the reply by "))
    expect(link).to_have_attribute("href", f"{sqlite_demo.url}/comments/{comment}/report")


def test_what_a_screen_reader_says_of_a_comment(browse: Browse, sqlite_demo: Served) -> None:
    bob, ann = Reader.of(browse, sqlite_demo.article), Moderator.of(browse, sqlite_demo)
    body = something_new("A word")
    waiting = bob.leave(body)
    expect(waiting).to_match_aria_snapshot(golden("waiting"))
    ann.decide(body, "Approve")
    bob.open(sqlite_demo.article)
    expect(bob.comment(body)).to_match_aria_snapshot(golden("comment"))


# Elements, as pages use them


def test_attributes_that_change_are_followed(
    browse: Browse, long_thread: tuple[str, list[str]]
) -> None:
    url, ids = long_thread
    page = hosted(browse, url, THREAD)
    thread, heading = page.locator("comment-thread"), page.locator("comment-thread h2")
    expect(heading).to_have_text(f"{LONG} replies")
    thread.evaluate("(e) => e.setAttribute('page', `${location.origin}/other`)")
    expect(heading).to_have_text("No replies yet")
    thread.evaluate("(e) => e.removeAttribute('page')")
    expect(heading).to_have_text(f"{LONG} replies")
    thread.evaluate("(e) => e.setAttribute('sort', 'newest')")
    expect(page.locator(ITEMS).first).to_have_id(f"comment-{ids[-1]}")
    thread.evaluate("(e) => e.setAttribute('theme', 'dark')")
    expect(page.locator("comment-thread .thread")).to_have_css("color-scheme", "dark")
    thread.evaluate("(e) => e.setAttribute('site', 'none')")
    expect(page.locator("comment-thread .retry")).to_be_visible()
    thread.evaluate("(e) => e.setAttribute('site', 'blog')")
    expect(page.locator("comment-thread .retry")).to_have_count(0)


def test_a_thread_is_mounted_moved_and_unmounted(
    browse: Browse, long_thread: tuple[str, list[str]]
) -> None:
    url, _ids = long_thread
    page = hosted(browse, url, "")
    page.evaluate("""() => {
      window.ready = 0;
      addEventListener("thread:ready", () => ready++);
      const thread = document.createElement("comment-thread");
      thread.setAttribute("site", "blog");
      document.querySelector("main").append(thread);
    }""")
    expect(page.locator("comment-thread h2")).to_have_text(f"{LONG} replies")
    text = page.locator("comment-thread").get_by_label("Comment")
    text.fill("Half a thought")
    page.evaluate("document.body.prepend(document.querySelector('comment-thread'))")
    page.wait_for_function("ready === 2")
    expect(page.locator(ITEMS)).to_have_count(PAGE_SIZE)
    expect(text).to_have_value("Half a thought")
    page.evaluate("document.querySelector('comment-thread').remove()")
    page.evaluate("history.pushState(0, '', '/next')")
    page.evaluate(
        "document.querySelector('main').innerHTML = '<comment-thread site=blog></comment-thread>'"
    )
    expect(page.locator("comment-thread h2")).to_have_text("No replies yet")


def test_a_lazy_thread_waits_until_it_is_near(
    browse: Browse, long_thread: tuple[str, list[str]]
) -> None:
    url, _ids = long_thread
    lazy = (
        '<div style="height: 5000px"></div>'
        '<comment-thread site="blog" loading="lazy"></comment-thread>'
    )
    page = browse().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    headers = {"Content-Type": "text/html"}
    body = HOST.replace("<main></main>", lazy)
    page.route("**/host", lambda route: route.fulfill(body=body, headers=headers))
    page.goto(f"{url}/host", wait_until="networkidle")
    assert not [one for one in asked if "/thread?" in one]
    page.locator("comment-thread").scroll_into_view_if_needed()
    expect(page.locator("comment-thread h2")).to_have_text(f"{LONG} replies")


def test_the_script_may_be_loaded_twice(browse: Browse, long_thread: tuple[str, list[str]]) -> None:
    url, _ids = long_thread
    again = '<script type="module" src="/embed.js?again"></script>'
    page = browse().new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    headers = {"Content-Type": "text/html"}
    body = HOST.replace("<main></main>", THREAD + again)
    page.route("**/host", lambda route: route.fulfill(body=body, headers=headers))
    page.goto(f"{url}/host", wait_until="networkidle")
    expect(page.locator("comment-thread h2")).to_have_text(f"{LONG} replies")
    assert wrong == []


# Languages


RUSSIAN = {
    "lang": "ru",
    "dir": "ltr",
    "texts": {
        "Reply": "Ответить",
        "{n} replies": {
            "one": "{n} ответ",
            "few": "{n} ответа",
            "many": "{n} ответов",
            "other": "{n} ответа",
        },
    },
}
ARABIC = {"lang": "ar", "dir": "rtl", "texts": {"Reply": "رد", "Comment": "تعليق"}}


def translated(page: Page, more: dict[str, Any], count: int = 0) -> list[str]:
    """Let the thread's document bring texts along: the languages that are asked for."""
    wished: list[str] = []

    def answer(route: Route) -> None:
        found = re.search(r"[?&]lang=([^&]*)", route.request.url)
        wished.append(found[1] if found else "")
        document = route.fetch().json()
        document["thread"]["count"] = count or document["thread"]["count"]
        route.fulfill(json={**document, **more})

    page.route("**/thread?*", answer)
    return wished


@pytest.mark.parametrize(
    ("count", "said"), [(21, "21 ответ"), (22, "22 ответа"), (25, "25 ответов")]
)
def test_texts_come_with_the_thread_in_all_their_plural_forms(
    browse: Browse, sqlite_demo: Served, count: int, said: str
) -> None:
    page = browse().new_page()
    wished = translated(page, RUSSIAN, count)
    page.goto(sqlite_demo.article)
    expect(page.locator("comment-thread h2")).to_have_text(said)
    assert wished == ["en"]
    page.locator("comment-thread").evaluate("(e) => e.setAttribute('lang', 'ru-KZ')")
    expect(page.locator("comment-thread .reply").first).to_have_text("Ответить")
    expect(page.locator("comment-thread .thread")).to_have_attribute("lang", "ru")
    expect(page.locator("comment-thread time").first).to_have_text("на прошлой неделе")


def test_a_language_from_right_to_left(browse: Browse, sqlite_demo: Served) -> None:
    page = browse(viewport={"width": 320, "height": 640}).new_page()
    translated(page, ARABIC)
    page.goto(sqlite_demo.article)
    expect(page.locator("comment-thread .thread")).to_have_css("direction", "rtl")
    avatar = page.locator("comment-thread .avatar").first.bounding_box()
    words = page.locator("comment-thread .body").first.bounding_box()
    assert avatar
    assert words
    assert avatar["x"] > words["x"]
    # Each comment has the direction of its own words.
    expect(page.locator("comment-thread .body").first).to_have_css("direction", "ltr")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
