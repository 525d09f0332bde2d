"""Mail scanners and link previews fetch every link they find; nothing may change by that.

Every link of every kind of letter, from its headers and both parts, is fetched with GET and HEAD,
and every row of the database is the same afterwards.
"""

import re
from email.message import EmailMessage
from mailbox import deliver, one_of_each

import pytest
from characters import World
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import outbox
from moderation.database import Base
from moderation.models import Kind, Moderator, Notices, Subscription
from moderation.web import links
from moderation.web.service import service

pytestmark = pytest.mark.proof

HOST = "http://127.0.0.1:8000"
#: What the service makes ready for readers when they ask; it says nothing that was not there.
READY_MADE = frozenset({"document"})


def links_of(letter: EmailMessage) -> set[str]:
    """Every link in a letter, whichever part or header it stands in."""
    found = set(re.findall(r"<(https?://[^>]+)>", letter["List-Unsubscribe"] or ""))
    for part in letter.walk():
        if not part.is_multipart():
            found |= set(re.findall(r"https?://[^\s\"<>]+", part.get_content()))
    return {link for link in found if link.startswith(HOST)}


def dump(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {
        table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
        for table in Base.metadata.sorted_tables
        if table.name not in READY_MADE
    }


def changed_by_fetching(world: World) -> tuple[int, list[str]]:
    """How many links there are, and those after which a row was another."""
    letters: list[EmailMessage] = []
    one_of_each(world)
    deliver(world, letters.append)
    assert len(letters) == len(Kind)
    found = sorted({link for letter in letters for link in links_of(letter)})
    with world.database.reading() as session:
        before = dump(session)
    guilty = []
    for link in found:
        for method in ("GET", "HEAD", "OPTIONS"):
            world.client().open(link.removeprefix(HOST), method=method, follow_redirects=False)
            with world.database.reading() as session:
                after = dump(session)
            if after != before:
                guilty.append(f"{method} {link}")
                before = after
    return len(found), guilty


def test_no_link_changes_anything_by_being_fetched(world: World) -> None:
    number, guilty = changed_by_fetching(world)
    assert number >= 10
    assert guilty == []


def test_among_them_are_the_links_that_decide(world: World) -> None:
    letters: list[EmailMessage] = []
    one_of_each(world)
    deliver(world, letters.append)
    deciding = [link for letter in letters for link in links_of(letter) if "/decide/" in link]
    assert deciding


def test_control_a_link_that_decides_when_opened_is_noticed(own_world: World) -> None:
    def decides_at_once(token: str) -> str:
        mandate = links.mandate_of(token)
        assert mandate is not None
        own_world.decide(mandate.comment_id, "spam")
        return "Done."

    own_world.app.view_functions["deciding.page"] = decides_at_once
    _number, guilty = changed_by_fetching(own_world)
    assert any("/decide/" in link for link in guilty)


def confirms_at_once(token: str) -> str:
    with service().database.writing() as session:
        wish = session.get_one(Subscription, links.subscription_of(token))
        wish.ended_at = None if wish.ended_at else outbox.now()
        session.commit()
    return "Done."


def ends_at_once(token: str) -> str:
    with service().database.writing() as session:
        session.get_one(Moderator, links.moderator_of(token)).notices = Notices.OFF
        session.commit()
    return "Done."


@pytest.mark.parametrize(
    ("endpoint", "broken"),
    [
        ("subscriptions.subscription", confirms_at_once),
        ("subscriptions.ask_first", confirms_at_once),
        ("subscriptions.notices", ends_at_once),
    ],
)
def test_control_a_link_that_changes_something_is_noticed(
    own_world: World, endpoint: str, broken: object
) -> None:
    own_world.app.view_functions[endpoint] = broken
    _number, guilty = changed_by_fetching(own_world)
    assert guilty
