"""What people do with their hands: write, solve the sum, read on, sign in, decide."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect
from served import Served

#: Opens a browser with cookies and storage of its own; see conftest.
Browse = Callable[..., BrowserContext]

SUM = re.compile(r"What is (\d+) plus (\d+)\?")
_numbers = itertools.count(1)
_cookies: dict[str, Any] = {}


def golden(name: str) -> str:
    """The names and roles that a screen reader is to meet, as they were agreed on."""
    return (Path(__file__).parent / f"goldens/{name}.yml").read_text(encoding="utf-8")


def something_new(what: str = "Starlight") -> str:
    """Words that nobody has left before, with one among them to search for."""
    return f"{what}, zq{next(_numbers)}z."


def word_of(body: str) -> str:
    """The one word in it that nobody else wrote."""
    found = re.search(r"zq\d+z", body)
    assert found, body
    return found[0]


def solved(form: Locator) -> str:
    """The answer of the sum that the form asks, once it asks one."""
    field = form.get_by_label(SUM)
    field.wait_for()
    asked = SUM.search(form.inner_text())
    assert asked
    return str(int(asked[1]) + int(asked[2]))


def fill(form: Locator, body: str, *, name: str = "Bob", email: str = "bob@example.org") -> None:
    """Write a reply into the form, the right sum included."""
    form.get_by_label("Name").fill(name)
    form.get_by_role("textbox", name="Email").fill(email)
    form.get_by_label("Comment").fill(body)
    form.get_by_label(SUM).fill(solved(form))


@dataclass
class Reader:
    """Somebody who reads a page with a thread in it, in a tab of their own."""

    page: Page

    @classmethod
    def of(cls, browse: Browse, url: str, **options: Any) -> "Reader":
        reader = cls(browse(**options).new_page())
        reader.open(url)
        return reader

    def open(self, url: str) -> None:
        """Load the page, and wait until its thread is there."""
        self.page.goto(url)
        expect(self.page.locator("comment-thread h2")).not_to_be_empty()

    @property
    def form(self) -> Locator:
        return self.page.locator("comment-thread form")

    def write(self, body: str, name: str = "Bob") -> None:
        """Fill in the whole form, without sending it."""
        self.form.scroll_into_view_if_needed()
        fill(self.form, body, name=name)

    def send(self) -> None:
        self.form.get_by_role("button", name="Post reply").click()

    def leave(self, body: str, name: str = "Bob") -> Locator:
        """Leave a reply with the right sum: the comment as it stands in its place."""
        self.write(body, name)
        self.send()
        left = self.comment(body)
        left.wait_for()
        return left

    def comment(self, body: str) -> Locator:
        """The comment with these words, which may not be there."""
        return self.page.locator("comment-thread article").filter(has_text=word_of(body))


@dataclass
class Moderator:
    """Somebody who is signed in to the queue, in a tab of their own."""

    page: Page
    url: str

    @classmethod
    def of(cls, browse: Browse, served: Served, **options: Any) -> "Moderator":
        """Open a browser in which they are signed in. Signing in is slow by design: once."""
        if served.url not in _cookies:
            first = cls(browse().new_page(), served.url)
            first.sign_in(served)
            _cookies[served.url] = first.page.context.storage_state()
        return cls(browse(storage_state=_cookies[served.url], **options).new_page(), served.url)

    def sign_in(self, served: Served) -> None:
        self.page.goto(f"{served.url}/queue")
        self.page.get_by_label("Email").fill(served.email)
        self.page.get_by_label("Password").fill(served.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/queue")

    def another_tab(self) -> "Moderator":
        return Moderator(self.page.context.new_page(), self.url)

    def find(self, body: str, status: str = "pending") -> Locator:
        """Search the queue for a comment's own word: its card, which may not be there."""
        self.page.goto(f"{self.url}/queue?status={status}&q={word_of(body)}")
        return self.card(body)

    def card(self, body: str) -> Locator:
        return self.page.locator("article.card").filter(has_text=word_of(body))

    def decide(self, body: str, deed: str, status: str = "pending") -> None:
        """Find a comment and press one of its buttons."""
        self.find(body, status).get_by_role("button", name=deed, exact=True).click()
        expect(self.page.get_by_role("status")).to_contain_text("wrote")
