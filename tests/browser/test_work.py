"""A site whose owner chose work in place of the sum: a real puzzle, solved by a real browser."""

from collections.abc import Iterator

import pytest
from hands import Browse, Moderator, Reader, something_new
from playwright.sync_api import expect
from served import Served
from test_without_javascript import form, heading, thread_page

from moderation.database import Database
from moderation.models import OtherWay, Site

pytestmark = pytest.mark.browser

UNSOLVED = "It was sent without a sum"


@pytest.fixture
def at_work(sqlite_demo: Served) -> Iterator[Served]:
    """The demonstration while its owner wants work for what stands beside the sum."""
    choose(sqlite_demo, OtherWay.WORK)
    yield sqlite_demo
    choose(sqlite_demo, OtherWay.MODERATOR)


def choose(served: Served, way: OtherWay) -> None:
    database = Database(f"sqlite:///{served.folder / 'moderation.sqlite3'}")
    with database.writing() as session:
        site = session.query(Site).filter_by(key="demo").one()
        site.options = {**site.options, "other_way": str(way)}
        session.commit()
    database.dispose()


def test_a_reply_that_a_device_worked_for_arrives_in_the_queue(
    browse: Browse, at_work: Served
) -> None:
    bob, body = Reader.of(browse, at_work.article), something_new()
    bob.write(body)
    bob.form.get_by_label("What is").fill("")
    bob.form.get_by_role("button", name="Let this device solve a puzzle instead").click()
    mine = bob.comment(body)
    expect(mine).to_contain_text("Your reply waits for a moderator.", timeout=60_000)
    expect(mine).to_be_focused()
    card = Moderator.of(browse, at_work).find(body)
    expect(card).to_be_visible()
    expect(card).not_to_contain_text(UNSOLVED)


def test_without_javascript_a_moderator_reads_it_in_place_of_work(
    browse: Browse, at_work: Served
) -> None:
    bob, body = thread_page(browse, at_work), something_new()
    form(bob).get_by_label("Name").fill("Bob")
    form(bob).get_by_label("Email").fill("bob@example.org")
    form(bob).get_by_label("Comment").fill(body)
    form(bob).get_by_role("button", name="Send without a sum").click()
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")
    expect(Moderator.of(browse, at_work).find(body)).to_contain_text(UNSOLVED)
