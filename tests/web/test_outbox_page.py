"""The outbox, for owners: what could not be sent, and what they do about it."""

from mailbox import deliver, states

import pytest
from characters import ANN, OLGA, OTTO, World
from sqlalchemy import select

from moderation import outbox
from moderation.models import Message, Moderator, Role, Site, State


@pytest.fixture
def dead(world: World) -> str:
    """A message to Bob that was refused for good: its id."""

    def refuse(_letter) -> None:
        raise outbox.Refused("550 No such user", permanent=True)

    world.published(notify=True)
    deliver(world, refuse)
    with world.database.reading() as session:
        return session.scalars(select(Message)).one().id


def test_an_owner_sees_what_could_not_be_sent_without_the_address(world: World, dead: str) -> None:
    page = world.signed_in(OLGA).get("/queue/outbox")
    assert page.status_code == 200
    for said in ("Could not be sent (1)", "550 No such user", "b•••@example.org", "The Blog"):
        assert said in page.text
    assert "bob@example.org" not in page.text
    assert dead in page.text


def test_an_owner_tries_it_again(world: World, dead: str) -> None:
    sent = []
    answer = world.signed_in(OLGA).post("/queue/outbox/again", message=dead)
    assert answer.status_code == 303
    assert deliver(world, sent.append).sent == 1


def test_an_owner_drops_it(world: World, dead: str) -> None:
    olga = world.signed_in(OLGA)
    assert olga.post("/queue/outbox/drop", message=dead).status_code == 303
    page = olga.get("/queue/outbox").text
    assert "It is dropped" in page
    assert "Nothing is to be sent." in page
    assert states(world)["confirm"] == [State.DROPPED]


def test_what_was_sent_meanwhile_stays_sent(world: World, dead: str) -> None:
    olga = world.signed_in(OLGA)
    olga.post("/queue/outbox/again", message=dead)
    deliver(world, lambda _letter: None)
    olga.post("/queue/outbox/again", message=dead)
    assert "has gone out" in olga.get("/queue/outbox").text
    assert states(world)["confirm"] == [State.SENT]


@pytest.mark.parametrize("who", [ANN, OTTO])
def test_it_is_for_owners_alone(world: World, dead: str, who: str) -> None:
    browser = world.signed_in(who)
    assert browser.get("/queue/outbox").status_code == 403
    for act in ("again", "drop"):
        assert browser.post(f"/queue/outbox/{act}", message=dead).status_code == 403
    assert states(world)["confirm"] == [State.DEAD]
    assert "/queue/outbox" not in browser.get("/queue/account").text


def test_an_owner_of_another_site_sees_and_changes_nothing_here(world: World, dead: str) -> None:
    with world.database.writing() as session:
        otto: Moderator = world.moderator(session, "Otto")
        otto.role = Role.OWNER
        session.commit()
    browser = world.signed_in(OTTO)
    page = browser.get("/queue/outbox").text
    assert "Could not be sent" not in page
    assert dead not in page
    browser.post("/queue/outbox/again", message=dead)
    assert states(world)["confirm"] == [State.DEAD]
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        otto = world.moderator(session, "Otto")
        otto.sites.append(blog)
        session.commit()
    assert dead in browser.get("/queue/outbox").text


def test_without_a_mail_server_the_page_says_that_nothing_is_sent(world: World) -> None:
    world.published(notify=True)
    olga = world.signed_in(OLGA)
    page = olga.get("/queue/outbox").text
    assert "No mail server is set, so nothing is sent" in page
    assert "To be sent (1)" in page
    assert 'href="/queue/outbox"' in olga.get("/queue/account").text
    assert "No mail server is set" in olga.get("/queue/account").text


@pytest.mark.parametrize("message", ["", "x", "a" * 5_000, "\0"])
def test_an_unknown_message_is_no_error_of_ours(world: World, message: str) -> None:
    answer = world.signed_in(OLGA).post("/queue/outbox/again", message=message)
    assert answer.status_code in {303, 400}
