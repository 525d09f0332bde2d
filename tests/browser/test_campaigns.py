"""All that belong together on one card: decided by one key, taken back by one, taken apart."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hands import Browse, Moderator
from playwright.sync_api import Locator, Page, expect
from served import Served
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from test_accessibility import narrow, sideways, violations

from moderation import create_app, drafts, intake
from moderation.config import load
from moderation.database import Database
from moderation.models import Comment, Site, Status
from moderation.web.service import Service

pytestmark = pytest.mark.browser

SPAM = "Subscribe to my channel, I upload a new video about the moon on every single day"
ADDED = ("", " thank you", "!!! https://cheap.example/", " please", " and tell your friends")


@pytest.fixture
def before(sqlite_demo: Served) -> Iterator[list[str]]:
    """A campaign that waits, older than all else: the ids, the oldest first."""
    settings = {"MODERATION_INSTANCE_PATH": str(sqlite_demo.folder)}
    app = create_app(load({**settings, "MODERATION_PUBLIC_URL": sqlite_demo.url}))
    service = app.extensions["moderation"]
    with service.database.writing() as session:
        site = session.scalars(select(Site)).one()
        oldest = session.scalar(select(func.min(Comment.created_at)))
        assert oldest
        found = [_leave(session, service, site, n, oldest) for n in range(len(ADDED))]
        session.commit()
    yield found
    with service.database.writing() as session:
        session.execute(delete(Comment).where(Comment.id.in_(found)))
        session.commit()
    service.database.dispose()


def _leave(session: Session, service: Service, site: Site, n: int, oldest: datetime) -> str:
    reply = drafts.Reply(
        page=f"{site.origins[0]}/",
        title="",
        parent=None,
        name=f"Moon {n}",
        email=f"moon{n}@x.example",
        website="",
        body=SPAM + ADDED[n],
    )
    draft = drafts.draft(reply, site.open_key(service.keyring))
    at = oldest - timedelta(hours=1, minutes=-n)
    return intake.take(session, service.keyring, site, draft, seconds=60, now=at).id


def statuses(served: Served, ids: list[str]) -> list[Status]:
    path = Path(served.folder) / "moderation.sqlite3"
    with Database(f"sqlite:///{path}").reading() as session:
        known = dict(session.execute(select(Comment.id, Comment.status)).all())
    return [known[one] for one in ids]


def told(page: Page) -> Locator:
    return page.locator("[role=status] p")


def test_one_key_decides_a_campaign_and_one_takes_all_of_it_back(
    browse: Browse, sqlite_demo: Served, before: list[str]
) -> None:
    page = Moderator.of(browse, sqlite_demo).page
    page.goto(f"{sqlite_demo.url}/queue", wait_until="networkidle")
    keys, card = page.keyboard, page.locator(f"#comment-{before[0]}")
    expect(card).to_be_focused()
    expect(card).to_contain_text("Alike, on this one card: 5 comments")
    expect(page.locator(f"#comment-{before[1]}")).to_have_count(0)

    keys.press("s")
    expect(told(page)).to_contain_text("Marked 5 comments as spam.")
    assert statuses(sqlite_demo, before) == [Status.SPAM] * 5
    keys.press("z")
    expect(told(page)).to_contain_text("Taken back: 5 comments are as they were.")
    expect(card).to_be_focused()
    assert statuses(sqlite_demo, before) == [Status.PENDING] * 5

    card.get_by_role("link", name="Show all of them").click()
    rows = card.locator("[data-member]")
    expect(rows).to_have_count(4)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    with narrow(page):
        assert [*violations(page), *sideways(page)] == []
    rows.first.get_by_role("button", name="Approve").focus()
    keys.press("Enter")
    expect(told(page)).to_contain_text("Approved what Moon 4 wrote.")
    expect(card).to_contain_text("Alike, on this one card: 4 comments")
    expect(rows).to_have_count(3)
    expect(rows.first.get_by_role("button", name="Approve")).to_be_focused()
    keys.press("Escape")
    keys.press("r")
    keys.press("1")
    expect(told(page)).to_contain_text("Rejected 4 comments.")
    assert statuses(sqlite_demo, before) == [Status.REJECTED] * 4 + [Status.APPROVED]
    keys.press("z")
    expect(told(page)).to_contain_text("Taken back: 4 comments are as they were.")
    keys.press("z")
    expect(told(page)).to_contain_text("Taken back: what Moon 4 wrote is as it was.")
    assert statuses(sqlite_demo, before) == [Status.PENDING] * 5


def test_a_campaign_is_decided_and_taken_back_without_javascript(
    browse: Browse, sqlite_demo: Served, before: list[str]
) -> None:
    page = Moderator.of(browse, sqlite_demo, java_script_enabled=False).page
    page.goto(f"{sqlite_demo.url}/queue")
    card = page.locator(f"#comment-{before[0]}")
    card.get_by_role("button", name="All 5 are spam").click()
    expect(page.get_by_role("status")).to_contain_text("Marked 5 comments as spam.")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back: 5 comments")
    card.get_by_role("link", name="Show all of them").click()
    page.locator("[data-member]").first.get_by_role("button", name="Spam").click()
    assert statuses(sqlite_demo, before) == [Status.PENDING] * 4 + [Status.SPAM]
