"""The links in mail: they show, a button changes, and a mail program ends it by one click."""

from mailbox import wants_digests

import pytest
from characters import ANN, World
from sqlalchemy import select

from moderation.models import Author, Moderator, Notices, Subscription
from moderation.web import links

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def address(world: World) -> str:
    """The page of a wish of Bob's that he has not confirmed."""
    world.published(notify=True, body="What I **think**.")
    with world.database.reading() as session, world.app.app_context():
        return f"/subscriptions/{links.subscription_token(wish(session).id)}"


@pytest.fixture
def notices(world: World) -> str:
    """The page that ends Ann's digest."""
    wants_digests(world)
    with world.database.reading() as session, world.app.app_context():
        return f"/notices/{links.notices_token(world.moderator(session, 'Ann').id)}"


def wish(session) -> Subscription:
    return session.scalars(select(Subscription)).one()


def stored(world: World) -> Subscription:
    with world.database.reading() as session:
        return wish(session)


def test_opening_the_link_changes_nothing(world: World, address: str) -> None:
    client = world.client()
    page = client.get(address)
    assert page.status_code == 200
    assert "Do you want mail when somebody answers you?" in page.text
    assert "If you do nothing, you get no mail" in page.text
    assert "<strong>think</strong>" in page.text
    assert client.head(address).status_code == 200
    assert client.get(f"{address}/unsubscribe").headers["Location"] == address
    assert (stored(world).confirmed_at, stored(world).ended_at) == (None, None)


def test_a_button_confirms_and_says_so(world: World, address: str) -> None:
    answer = world.client().post(address, data={"action": "confirm"})
    assert answer.status_code == 303
    page = world.client().get(answer.headers["Location"])
    assert "Confirmed." in page.text
    assert stored(world).is_on
    with world.database.reading() as session:
        assert session.scalars(select(Author)).one().confirmed_at is not None


def test_a_button_ends_it_and_another_takes_it_up_again(world: World, address: str) -> None:
    client = world.client()
    for action, is_on in (("confirm", True), ("end", False), ("confirm", True), ("end", False)):
        page = client.post(address, data={"action": action}, follow_redirects=True)
        assert page.status_code == 200
        assert stored(world).is_on is is_on
    assert "You get no mail about answers" in page.text


def test_saying_no_at_once_is_no(world: World, address: str) -> None:
    world.client().post(address, data={"action": "end"})
    assert stored(world).ended_at is not None
    assert stored(world).confirmed_at is None


def test_a_mail_program_ends_it_by_one_click_without_a_cookie(world: World, address: str) -> None:
    world.client().post(address, data={"action": "confirm"})
    answer = world.client().post(f"{address}/unsubscribe", data=ONE_CLICK)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert not stored(world).is_on
    again = world.client().post(
        f"{address}/unsubscribe", data=ONE_CLICK, content_type="multipart/form-data"
    )
    assert again.status_code == 200


def test_another_post_there_is_not_a_click(world: World, address: str) -> None:
    world.client().post(address, data={"action": "confirm"})
    assert world.client().post(f"{address}/unsubscribe", data={}).status_code == 400
    assert world.client().post(address, data={"action": "explode"}).status_code == 400
    assert world.client().post(address).status_code == 400
    assert stored(world).is_on


@pytest.mark.parametrize("token", ["x", "a" * 52, "%C3%BC" * 30, "0" * 3_000])
@pytest.mark.parametrize("place", ["subscriptions", "notices"])
def test_an_unknown_token_is_nothing(world: World, place: str, token: str) -> None:
    client, path = world.client(), f"/{place}/{token}"
    assert client.get(path).status_code == 404
    assert client.get(f"{path}/unsubscribe").status_code == 404
    assert client.post(path, data={"action": "end"}).status_code == 404
    assert client.post(f"{path}/unsubscribe", data=ONE_CLICK).status_code == 404


def test_a_token_for_what_is_gone_is_nothing(world: World, address: str) -> None:
    with world.database.writing() as session:
        session.delete(wish(session))
        session.commit()
    assert world.client().get(address).status_code == 404
    assert world.client().post(address, data={"action": "end"}).status_code == 404


def test_the_page_is_for_no_search_engine_and_no_cache(world: World, address: str) -> None:
    page = world.client().get(address)
    assert page.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in page.text


def test_a_digest_is_ended_without_signing_in(world: World, notices: str) -> None:
    client = world.client()
    assert "Stop these mails" in client.get(notices).text
    assert client.get(f"{notices}/unsubscribe").headers["Location"] == notices
    assert how_often(world) is Notices.HOURLY
    page = client.post(notices, follow_redirects=True)
    assert "You get no mail about what waits" in page.text
    assert how_often(world) is Notices.OFF


def test_a_digest_is_ended_by_one_click(world: World, notices: str) -> None:
    answer = world.client().post(f"{notices}/unsubscribe", data=ONE_CLICK)
    assert answer.status_code == 200
    assert how_often(world) is Notices.OFF


def how_often(world: World) -> Notices:
    with world.database.reading() as session:
        return world.moderator(session, "Ann").notices


# The account page


def test_a_moderator_chooses_how_often_and_in_which_language(world: World) -> None:
    ann = world.signed_in(ANN)
    assert ann.post("/queue/account/notices", notices="daily", locale="de").status_code == 303
    with world.database.reading() as session:
        moderator: Moderator = world.moderator(session, "Ann")
        assert (moderator.notices, moderator.locale) == (Notices.DAILY, "de")
    page = ann.get("/queue/account").text
    assert '<option selected value="daily">' in page
    assert '<option selected value="de">' in page


@pytest.mark.parametrize("wrong", [{"notices": "always"}, {"locale": "tlh"}, {"notices": ""}])
def test_what_is_not_on_offer_is_refused(world: World, wrong: dict[str, str]) -> None:
    fields = {"notices": "daily", "locale": "en", **wrong}
    assert world.signed_in(ANN).post("/queue/account/notices", **fields).status_code == 422
    assert how_often(world) is Notices.OFF
