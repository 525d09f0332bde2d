"""The widget with all that it can show at once: what a screen reader says, and what axe finds."""

from typing import Any

import pytest
from hands import Browse, Reader, golden
from playwright.sync_api import Locator, Page, expect
from served import Served
from test_accessibility import looked_at_in_every_mode, violations

pytestmark = pytest.mark.browser

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A page</title>
<main><h1>A page</h1><comment-thread site="demo" page="{url}"></comment-thread></main>
<script type="module" src="{service}/embed.js"></script>
"""
ASKED = {
    "challenge": "c",
    "question": "13 + 19 =",
    "label": "What is 13 plus 19?",
    "expires_at": "2099-01-01T00:00:00Z",
    "other_way": "moderator",
    "mail": True,
}


def said(key: str, parent: str | None, name: str, text: str, **more: Any) -> dict[str, Any]:
    """A comment as the API gives it."""
    author = {"name": name, "website": "", "avatar": "5d1f3a", "moderator": False}
    author |= {key: more.pop(key) for key in ("website", "moderator") if key in more}
    at = "2026-01-02T03:04:05Z"
    comment = {"id": key, "parent": parent, "author": author, "html": text, "created_at": at}
    return comment | {"edited_at": None, "deleted": False, **more}


def thread(url: str) -> dict[str, Any]:
    """A conversation with everything in it that a reader can meet."""
    comments = [
        said("one", None, "Cleo", "<p>A first word.</p>", website="https://cleo.example/"),
        said("two", "one", "Ann", "<p>An answer.</p>", moderator=True),
        said("three", "two", "Bob", "<p>Put right.</p>", edited_at="2026-01-03T00:00:00Z"),
        said("four", None, "", "", deleted=True),
        said("five", "four", "Dora", "<blockquote><p>Gone</p></blockquote><p>Kept.</p>"),
    ]
    for depth, above in enumerate(["five", "d1", "d2", "d3", "d4"], start=1):
        comments.append(said(f"d{depth}", above, f"Deep {depth}", "<p>Deeper.</p>"))
    told = {"page": url, "title": "A page", "open": True, "count": 9}
    return {"thread": told, "comments": comments, "next": "more"}


def everything_at_once(page: Page, served: Served) -> Locator:
    """An answer being written: mail to be chosen, another way, an error, and the preview."""
    url = f"{served.neighbour}/everything"
    body = PAGE.format(url=url, service=served.url)
    page.route(url, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route("**/thread?*", lambda route: route.fulfill(json=thread(url)))
    page.route("**/challenge?*", lambda route: route.fulfill(json=ASKED))
    bob = Reader(page)
    bob.open(url)
    page.get_by_role("button", name="Reply to Bob").click()
    bob.form.get_by_label("Name").fill("Eve")
    bob.form.get_by_role("textbox", name="Email").fill("nobody")
    bob.form.get_by_label("Comment").fill("I **disagree**.")
    bob.form.get_by_label("What is").fill("32")
    bob.send()
    expect(bob.form.get_by_role("textbox", name="Email")).to_be_focused()
    bob.form.get_by_role("button", name="Preview").click()
    expect(bob.form.get_by_role("region", name="Preview")).to_be_focused()
    return page.locator("comment-thread")


def test_what_a_screen_reader_says_of_the_whole_thread(browse: Browse, sqlite_demo: Served) -> None:
    shown = everything_at_once(browse().new_page(), sqlite_demo)
    expect(shown).to_match_aria_snapshot(golden("thread"))
    email = shown.get_by_role("textbox", name="Email")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description("Enter an email address such as name@example.org.")
    # The control: what the golden does not hold is missed.
    shown.evaluate("(host) => host.shadowRoot.querySelector('.another').remove()")
    with pytest.raises(AssertionError):
        expect(shown).to_match_aria_snapshot(golden("thread"), timeout=1)


def test_everybody_can_use_the_whole_thread(browse: Browse, sqlite_demo: Served) -> None:
    page = browse().new_page()
    shown = everything_at_once(page, sqlite_demo)
    assert looked_at_in_every_mode(page) == []
    shown.evaluate("(host) => host.shadowRoot.querySelector('label[for=email]').remove()")
    assert "label" in " ".join(violations(page)), "the control"
