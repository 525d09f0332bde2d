"""Deciding about many, with and without JavaScript; who is here; the links in a digest."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hands import Browse, Moderator, Reader, something_new, word_of
from playwright.sync_api import expect
from served import Served
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_accessibility import looked_at_in_every_mode

from moderation import batches, create_app, leases
from moderation.accounts import add_moderator
from moderation.config import load
from moderation.models import Comment, Role, Status
from moderation.models import Moderator as Row
from moderation.web import links

pytestmark = pytest.mark.browser


@contextmanager
def behind(served: Served) -> Iterator[tuple[Flask, Session]]:
    """The database of a running demonstration, and an application on it, to prepare things."""
    settings = {"MODERATION_INSTANCE_PATH": str(served.folder), "MODERATION_PUBLIC_URL": served.url}
    app = create_app(load(settings))
    database = app.extensions["moderation"].database
    with app.app_context(), database.writing() as session:
        yield app, session
        session.commit()
    database.dispose()


def left(browse: Browse, served: Served, number: int) -> list[str]:
    """So many replies wait: their words."""
    bob = Reader.of(browse, f"{served.neighbour}/")
    bodies = [something_new() for _ in range(number)]
    for body in bodies:
        bob.leave(body)
    return bodies


def stored(session: Session, body: str) -> Comment:
    return session.scalars(select(Comment).where(Comment.source == body)).one()


def begun(session: Session, bodies: list[str], *, lease: timedelta = timedelta()) -> str:
    """A batch about these comments that nobody has worked on yet; its address."""
    me = session.scalars(select(Row).order_by(Row.created_at)).first()
    assert me is not None
    at = datetime.now(UTC)
    chosen = batches.Chosen(ids=[stored(session, body).id for body in bodies])
    deed = batches.Deed(Status.SPAM)
    found = batches.choose(session, me, chosen, deed)
    batch = batches.preview(session, me, chosen, deed, found, at=at)
    batches.confirm(session, me, batch.id, at=at)
    batch.leased_until = at + lease
    return f"/queue/batches/{batch.id}"


def test_choosing_cards_and_undoing_all_of_it_without_javascript(
    browse: Browse, sqlite_demo: Served
) -> None:
    bodies = left(browse, sqlite_demo, 2)
    ann = Moderator.of(browse, sqlite_demo, java_script_enabled=False)
    ann.page.goto(f"{ann.url}/queue?status=pending&q=zq")
    for body in bodies:
        ann.card(body).get_by_label("Choose the comment by Bob").check()
    ann.page.locator("#selection").get_by_role("button", name="Mark them as spam").click()
    ann.page.get_by_role("button", name="Mark 2 comments as spam").click()
    expect(ann.page.get_by_text("2 comments were decided.")).to_be_visible()
    for body in bodies:
        expect(ann.find(body, "spam")).to_be_visible()
    ann.page.goto(f"{ann.url}/queue/batches")
    ann.page.get_by_role("link", name="Mark 2 comments as spam").first.click()
    ann.page.get_by_role("button", name="Undo all of it").click()
    expect(ann.page.get_by_text("Taken back: 2 comments are as they were.")).to_be_visible()
    for body in bodies:
        expect(ann.find(body)).to_be_visible()


def test_the_bar_comes_to_its_end_by_itself(browse: Browse, sqlite_demo: Served) -> None:
    bodies = left(browse, sqlite_demo, 1)
    ann = Moderator.of(browse, sqlite_demo)
    with behind(sqlite_demo) as (_app, session):
        # Whoever works beside the server takes it in some seconds.
        address = begun(session, bodies, lease=timedelta(seconds=4))
    ann.page.goto(ann.url + address)
    expect(ann.page.get_by_role("progressbar")).to_be_visible()
    expect(ann.page.locator("#bar-says")).to_have_text("0 of 1")
    expect(ann.page.get_by_text("1 comment was decided.")).to_be_visible(timeout=20_000)


def test_a_card_says_who_else_is_there_and_nothing_moves(
    browse: Browse, sqlite_demo: Served
) -> None:
    (body,) = left(browse, sqlite_demo, 1)
    ann = Moderator.of(browse, sqlite_demo)
    card = ann.find(body)
    before = card.bounding_box()
    with behind(sqlite_demo) as (app, session):
        keys, at = app.extensions["moderation"].keyring, datetime.now(UTC)
        password = "correct horse battery"
        add_moderator(session, keys, "sam@example.org", "Sam", Role.OWNER, [], password, at)
        sam = session.scalars(select(Row).where(Row.name == "Sam")).one()
        leases.look(session, sam, [stored(session, body).id], now=at)
    # It asks every half minute, and whenever one comes back to the page.
    ann.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(card.get_by_text("Sam is here")).to_be_visible()
    assert card.bounding_box() == before
    with behind(sqlite_demo) as (_app, session):
        me = session.scalars(select(Row).order_by(Row.created_at)).first()
        assert me is not None
        others: Any = leases.others(session, sam, now=datetime.now(UTC))
        assert others == {stored(session, body).id: [me.name]}


def test_everybody_can_use_the_pages_of_a_batch_and_of_a_link_in_mail(
    browse: Browse, sqlite_demo: Served
) -> None:
    bodies = left(browse, sqlite_demo, 3)
    ann = Moderator.of(browse, sqlite_demo)
    with behind(sqlite_demo) as (_app, session):
        running = begun(session, bodies[:1], lease=timedelta(days=1))
        me = session.scalars(select(Row).order_by(Row.created_at)).first()
        assert me is not None
        link = links.decision_url(me, stored(session, bodies[2]))
    page = ann.page
    page.goto(ann.url + running)
    assert looked_at_in_every_mode(page) == []
    page.goto(f"{ann.url}/queue/batches/new?query=q%3D{word_of(bodies[1])}")
    assert looked_at_in_every_mode(page) == []
    page.get_by_label("What is to be done").select_option("spam")
    page.get_by_role("button", name="Show the preview").click()
    page.get_by_role("button", name=re.compile("as spam")).wait_for()
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("button", name=re.compile("as spam")).click()
    page.get_by_role("button", name="Undo all of it").wait_for()
    assert looked_at_in_every_mode(page) == []
    page.goto(link)
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have decided this comment")
    assert looked_at_in_every_mode(page) == []
