"""Three links of a kind are mailed to an address in a day, whatever is erased meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from characters import BOB, World
from sqlalchemy import select

from moderation import create_app, keeping
from moderation.config import Mail, Settings
from moderation.database import table
from moderation.models import Author, MailedLink, Message
from moderation.web import replies


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """The service, which sends mail."""
    mail = Mail("127.0.0.1", 25, "Comments <comments@blog.example>", security="off")
    app = create_app(replace(settings, mail=mail))
    app.testing = True
    yield World.begin(app)
    app.extensions["moderation"].database.dispose()


def ask(world: World, kind: str, *, erase: bool = False, email: str = BOB) -> bool:
    """Leave a reply and have its link mailed (and then erase it): whether it goes."""
    answer = world.leave(email=email)
    path, client = urlsplit(answer.get_json()["status_url"]).path, world.client()
    told = client.post(f"{path}/{kind}", follow_redirects=True).text
    if erase:
        assert client.post(f"{path}/erase").status_code == 303
    assert ("on its way" in told) != ("mailed in a day at most" in told)
    return "on its way" in told


@pytest.mark.parametrize("kind", ["mail", "erase-everything"])
def test_erasing_and_beginning_anew_brings_no_more_mail(world: World, kind: str) -> None:
    assert [ask(world, kind, erase=True) for _ in range(5)] == [True, True, True, False, False]
    with world.database.reading() as session:
        assert session.scalars(select(Author)).all() == [], "nobody is known any more"
        assert session.scalars(select(Message)).all() == []
    assert ask(world, kind, email="carla@example.org"), "another address has its own"


def test_links_to_replies_and_links_that_erase_are_counted_apart(world: World) -> None:
    assert [ask(world, "mail") for _ in range(4)] == [True, True, True, False]
    assert ask(world, "erase-everything")


def test_a_link_that_is_asked_for_again_counts_once(world: World) -> None:
    path = urlsplit(world.leave().get_json()["status_url"]).path
    for _ in range(5):
        assert world.client().post(f"{path}/mail").status_code == 303
    assert [ask(world, "mail") for _ in range(3)] == [True, True, False]


def test_the_next_day_is_another_and_nothing_is_kept_of_this_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [ask(world, "mail", erase=True) for _ in range(4)][-1] is False
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(replies, "now", lambda: tomorrow)
    assert ask(world, "mail")
    with world.database.writing() as session:
        before = session.execute(table(MailedLink).select()).all()
        keeping.tidy_up(session, tomorrow)
        session.commit()
    with world.database.reading() as session:
        assert (len(before), len(session.execute(table(MailedLink).select()).all())) == (4, 1)
