"""Axe on the pages that a reader reaches by a private address or by a link in a letter.

Nothing is served: the browser's requests are answered by the application itself, in this process,
which can make what otherwise comes by mail.
"""

from collections.abc import Iterator
from dataclasses import replace
from mailbox import SENDER, subscribed, wants_digests
from urllib.parse import quote, urlsplit

import pytest
from characters import EVE, PAGE, World
from hands import Browse
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from test_accessibility import MODES, NARROW, WIDE, sideways, violations

from moderation import create_app
from moderation.config import Mail, Settings
from moderation.models import Comment, Subscription
from moderation.web import links

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("backend", ["sqlite"])]

SERVICE = "http://127.0.0.1:8000"


@pytest.fixture
def mailing(settings: Settings) -> Iterator[World]:
    """The service with a mail server named, so that every choice that mail brings is offered."""
    app = create_app(replace(settings, mail=Mail("127.0.0.1", 9, SENDER, security="off")))
    app.testing = True
    yield World.begin(app)
    app.extensions["moderation"].database.dispose()


@pytest.fixture
def page(browse: Browse, mailing: World) -> Page:
    """A browser whose requests to the service the application answers."""
    opened = browse().new_page()
    opened.route(f"{SERVICE}/**", lambda route: answered_by(mailing, route))
    return opened


def answered_by(world: World, route: Route) -> None:
    sent = route.request
    asked = urlsplit(sent.url)
    answer = world.client().open(
        f"{asked.path}?{asked.query}",
        method=sent.method,
        data=sent.post_data_buffer,
        content_type=sent.headers.get("content-type"),
        follow_redirects=True,
    )
    headers = {name: value for name, value in answer.headers if name != "Content-Length"}
    route.fulfill(status=answer.status_code, headers=headers, body=answer.data)
    answer.close()


def looked_at(page: Page) -> list[str]:
    """What axe finds in light, dark and forced colours, and on a phone from right to left."""
    found: list[str] = []
    for mode, media in MODES.items():
        page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", **media})
        found += [f"{mode}: {one}" for one in violations(page)]
    page.emulate_media(color_scheme="light", forced_colors="none")
    page.set_viewport_size(NARROW)
    page.evaluate("document.documentElement.dir = 'rtl'")
    found += [f"right to left, 320 px: {one}" for one in [*violations(page), *sideways(page)]]
    page.set_viewport_size(WIDE)
    return found


def opened(page: Page, path: str, heading: str) -> list[str]:
    """What is found on a page, once it is the one that was meant."""
    page.goto(SERVICE + path)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    return looked_at(page)


def left(world: World, **changes: str) -> tuple[str, str]:
    """A reply's id and its private path."""
    body = world.leave(**changes).get_json()
    return body["id"], urlsplit(body["status_url"]).path


def test_a_replys_own_page_whatever_became_of_it(page: Page, mailing: World) -> None:
    comment, path = left(mailing)
    mailing.decide(comment, "approved")
    mailing.published(parent=comment, name="Eve", email=EVE)
    assert opened(page, path, "Your reply is published") == []
    mailing.decide(comment, "rejected", reason="off_topic")
    assert opened(page, path, "Your reply was not published") == []
    expect(page.locator("main")).to_contain_text("Reason:")
    page.get_by_role("link", name="Change it").click()
    page.get_by_label("Comment").fill("")
    page.get_by_role("button", name="Save the change").click()
    page.get_by_role("alert").wait_for()
    assert looked_at(page) == []
    mailing.client().post(f"{path}/withdraw")
    assert opened(page, path, "You withdrew your reply") == []
    mailing.client().post(f"{path}/erase")
    assert opened(page, path, "Your reply was erased") == []


def test_the_pages_behind_the_links_in_letters(page: Page, mailing: World) -> None:
    comment = subscribed(mailing)
    wants_digests(mailing)
    with mailing.database.reading() as session, mailing.app.app_context():
        wish = session.scalars(select(Subscription)).one()
        author = session.get_one(Comment, comment).author_id
        answers = f"/subscriptions/{links.subscription_token(wish.id)}"
        notices = f"/notices/{links.notices_token(mailing.moderator(session, 'Ann').id)}"
        everything = f"/erasures/{links.erasure_token(str(author))}"
    assert opened(page, answers, "You get mail when somebody answers you") == []
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped.")
    assert looked_at(page) == []
    assert opened(page, notices, "You get mail while replies wait for you") == []
    assert opened(page, everything, "Erase everything you left here?") == []
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything you left here is erased")
    assert looked_at(page) == []
    received = f"/sites/blog/reported?page={quote(PAGE, safe='')}"
    assert opened(page, received, "Thank you for your report") == []
    assert opened(page, "/erasures/none", "This link is no longer good") == []
