"""What the widget may cost a page: bytes, requests, and no jump."""

import gzip
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from hands import SUM, Browse
from playwright.sync_api import Page, Route, expect
from served import Served

import moderation
from moderation.web.embed import MODULES

pytestmark = pytest.mark.browser

MOST_BYTES = 8_192
#: Below what any eye sees: the rounding of one line, where the machine is slow.
MOST_SHIFT = 0.001
SOURCES = Path(moderation.__file__).parent / "static/embed"

SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def test_the_script_is_small(sqlite_demo: Served) -> None:
    url = f"{sqlite_demo.url}/embed.js"
    with urlopen(url) as plain:
        assert len(gzip.compress(plain.read(), 9)) <= MOST_BYTES


def test_the_control_the_sources_would_not_fit() -> None:
    parts = [SOURCES / f"{name}.js" for name in MODULES] + [SOURCES / "comment-thread.css"]
    sources = b"".join(path.read_bytes() for path in parts)
    assert len(gzip.compress(sources, 9)) > MOST_BYTES


def test_the_script_is_sent_compressed(sqlite_demo: Served) -> None:
    url = f"{sqlite_demo.url}/embed.js"
    for coding in ("gzip", "br"):
        with urlopen(Request(url, headers={"Accept-Encoding": coding})) as answer:
            assert answer.headers["Content-Encoding"] == coding
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert len(answer.read()) <= MOST_BYTES


#: A sum with all that can come along.
ASKED = {
    "challenge": "c",
    "question": "99 + 99 =",
    "label": "What is 99 plus 99?",
    "expires_at": "2099-01-01T00:00:00Z",
    "other_way": "moderator",
    "mail": True,
}


def watched(browse: Browse, width: int, **options: Any) -> Page:
    """A page that counts what moves on it; its sum arrives late, while its place is in sight."""
    page = browse(viewport={"width": width, "height": 800}, **options).new_page()
    page.add_init_script(SHIFT)
    page.route(
        "**/challenge?*",
        lambda route: (page.wait_for_timeout(600), route.fulfill(json=ASKED)),
    )
    return page


def in_language(route: Route, lang: str) -> None:
    """The same page as if it were written in another language."""
    answer = route.fetch()
    body = answer.text().replace('<html lang="en">', f'<html lang="{lang}">')
    route.fulfill(response=answer, body=body)


def to_the_form(page: Page) -> None:
    """Scroll to the end, and wait until the sum is asked and nothing more arrives."""
    page.mouse.wheel(0, 20_000)
    page.get_by_label(SUM).wait_for()
    page.wait_for_timeout(300)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_thread_takes_two_requests_and_moves_nothing(
    browse: Browse, sqlite_demo: Served, width: int
) -> None:
    url = f"{sqlite_demo.neighbour}/"
    page = watched(browse, width)
    asked: list[str] = []
    headers: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0]))
    page.on("request", lambda request: headers.extend(request.headers))
    page.goto(url)
    expect(page.locator("comment-thread h2")).not_to_be_empty()
    ours = [url for url in asked if url.startswith(f"{sqlite_demo.url}/")]
    assert ours[:2] == [
        f"{sqlite_demo.url}/embed.js",
        f"{sqlite_demo.url}/api/v1/sites/demo/thread",
    ]
    # A form that is near asks for its sum; nothing else is loaded.
    to_the_form(page)
    ours = [url for url in asked if url.startswith(f"{sqlite_demo.url}/")]
    assert ours[2:] == [f"{sqlite_demo.url}/api/v1/sites/demo/challenge"]
    # Each of these would be asked for by a request of its own first.
    assert not {"content-type", "idempotency-key", "authorization"} & set(headers)
    assert page.evaluate("shift") < MOST_SHIFT


@pytest.mark.parametrize(
    ("lang", "button"), [("de", "Kommentar senden"), ("ru", "Отправить комментарий")]
)
def test_longer_words_move_nothing_on_a_phone(
    browse: Browse, sqlite_demo: Served, lang: str, button: str
) -> None:
    url = f"{sqlite_demo.neighbour}/"
    page = watched(browse, 390, is_mobile=True, has_touch=True)
    page.route(url, lambda route: in_language(route, lang))
    page.goto(url)
    expect(page.locator("comment-thread h2")).not_to_be_empty()
    to_the_form(page)
    expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(page.locator("comment-thread [name=notify]")).to_be_visible()
    expect(page.locator("comment-thread .other")).to_be_visible()
    assert page.evaluate("shift") < MOST_SHIFT


def test_the_control_a_jump_is_noticed(browse: Browse, sqlite_demo: Served) -> None:
    page = browse().new_page()
    page.add_init_script(SHIFT)
    page.goto(sqlite_demo.article, wait_until="networkidle")
    page.evaluate("document.body.prepend(Object.assign(new Image(), { height: 300 }))")
    page.wait_for_function("shift > 0")


def test_counts_on_a_page_share_one_request(browse: Browse, sqlite_demo: Served) -> None:
    page = browse().new_page()
    host = f"{sqlite_demo.neighbour}/counts"
    url = sqlite_demo.article
    body = "<!doctype html><title>A list</title><comment-thread site=demo></comment-thread>"
    body += "".join(f'<comment-count page="{url}{n}"></comment-count>' for n in ("", 2, 3))
    body += f'<script type="module" src="{sqlite_demo.url}/embed.js"></script>'
    page.route(host, lambda route: route.fulfill(body=body, content_type="text/html"))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(host, wait_until="networkidle")
    (counted,) = [one for one in asked if "/counts?" in one]
    counts = page.request.get(counted).json()["counts"]
    assert counts[url] > 80
    expect(page.locator("comment-count").first).to_have_text(str(counts[url]))
    expect(page.locator("comment-count").last).to_have_text("0")
