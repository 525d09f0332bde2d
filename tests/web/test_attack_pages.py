"""The pages of the attack switch: who sees it, who moves it, and what the banner says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import ANN, OLGA, OTTO, World
from sqlalchemy import select

from moderation.models import Attack, Change, Site, What

SWITCH = "/queue/attack/blog"


def begin(world: World, key: str = "blog", arrived: int = 143, usual: int = 2) -> None:
    """The site is flooded, as the service noticed by itself."""
    now = datetime.now(UTC)
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == key)).one()
        until = now + timedelta(minutes=30)
        known = {"began_at": now, "until": until, "arrived": arrived, "usual": usual}
        session.add(Attack(site_id=site.id, **known))
        session.add(Change.of(What.ATTACK_NOTICED, site.id, None, now, subject=str(arrived)))
        session.commit()


def is_on(world: World) -> bool:
    with world.database.reading() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        return site.is_under_attack(datetime.now(UTC))


def lasting(world: World) -> timedelta:
    with world.database.reading() as session:
        return session.scalars(select(Attack)).one().until - datetime.now(UTC)


def test_the_banner_tells_on_the_queue_and_on_the_sites_page(world: World) -> None:
    begin(world)
    olga = world.signed_in(OLGA)
    for path in ("/queue", "/queue?site=blog", "/queue/sites/blog", SWITCH):
        page = olga.get(path).text
        assert "to The Blog: 143 in ten minutes, usually 2." in page, path
        assert "Every reply waits, sums are harder" in page
        assert "End it now" in page
    assert "143 in ten minutes" not in olga.get("/queue?site=other").text


def test_no_banner_is_there_when_it_is_over(world: World) -> None:
    begin(world)
    ann = world.signed_in(ANN)
    ann.post(f"{SWITCH}/end")
    ann.get("/queue")
    for path in ("/queue", SWITCH):
        assert "End it now" not in ann.get(path).text


def test_moderators_of_another_site_learn_nothing_of_it(world: World) -> None:
    begin(world)
    otto = world.signed_in(OTTO)
    page = otto.get("/queue").text
    assert "143" not in page
    assert "The Blog" not in page
    assert "End it now" not in page
    assert otto.get(SWITCH).status_code == 404
    assert otto.post(SWITCH, hours="1").status_code == 404
    assert otto.post(f"{SWITCH}/end").status_code == 404
    assert is_on(world)


def test_any_moderator_of_the_site_switches_it_on_moves_its_end_and_ends_it(world: World) -> None:
    ann = world.signed_in(ANN)
    answer = ann.post(SWITCH, hours="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, SWITCH)
    page = ann.get(SWITCH).text
    assert "From now on every reply to The Blog waits." in page
    assert "Ann switched the attack switch of The Blog on." in page
    assert timedelta(minutes=59) < lasting(world) <= timedelta(hours=1)
    ann.post(SWITCH, hours="24")
    assert timedelta(hours=23) < lasting(world) <= timedelta(hours=24)
    answer = ann.post(f"{SWITCH}/end", next="/queue?site=blog")
    assert answer.headers["Location"] == "/queue?site=blog"
    assert not is_on(world)
    again = ann.post(f"{SWITCH}/end")
    assert again.status_code == 303, "that it is over already is no mistake"


def test_what_was_done_is_among_the_changes_of_the_site(world: World) -> None:
    begin(world)
    ann = world.signed_in(ANN)
    ann.post(SWITCH, hours="6")
    ann.post(f"{SWITCH}/end")
    ann.post(SWITCH, hours="1")
    page = world.signed_in(OLGA).get("/queue/sites/blog").text
    for sentence in (
        "The attack switch went on by itself: in ten minutes this many replies came: 143.",
        "Ann left the attack switch on until",
        "Ann switched the attack switch off.",
        "Ann switched the attack switch on until",
    ):
        assert sentence in page


@pytest.mark.parametrize("hours", ["", "0", "2", "999", "1e3", "\u0661", "one"])
def test_other_lengths_than_those_offered_are_refused(world: World, hours: str) -> None:
    assert world.signed_in(ANN).post(SWITCH, hours=hours).status_code == 400
    assert not is_on(world)


def test_a_form_without_our_token_changes_nothing(world: World) -> None:
    begin(world)
    client = world.signed_in(ANN).client
    for path, fields in ((SWITCH, {"hours": "1"}), (f"{SWITCH}/end", {})):
        assert client.post(path, data=fields).status_code == 400
    assert is_on(world)


def test_looking_at_the_pages_changes_nothing(world: World) -> None:
    olga = world.signed_in(OLGA)
    for path in ("/queue", SWITCH, "/queue/sites/blog"):
        assert olga.get(path).status_code == 200
    assert not is_on(world)


def test_owners_choose_whether_it_goes_on_by_itself(world: World) -> None:
    olga = world.signed_in(OLGA)
    assert "It goes on by itself" in olga.get(SWITCH).text
    fields: dict[str, Any] = {"attack_by_itself": "off", "words_from": ""}
    assert olga.post("/queue/sites/blog/settings", **fields).status_code == 303
    assert "It does not go on by itself on this site." in olga.get(SWITCH).text


def test_readers_see_a_harder_sum_and_nothing_else(world: World) -> None:
    query = {"page": "https://blog.example/post-1"}
    before = world.client().get("/sites/blog/thread", query_string=query).text
    begin(world)
    page = world.client().get("/sites/blog/thread", query_string=query).text
    assert "\N{MINUS SIGN}" in page
    assert ", minus " in page
    assert "\N{MINUS SIGN}" not in before
    assert "attack" not in page


def test_in_arabic_the_harder_sum_has_arabic_digits(world: World) -> None:
    begin(world)
    query = {"page": "https://blog.example/post-1", "lang": "ar"}
    asked = world.client().get("/api/v1/sites/blog/challenge", query_string=query).get_json()
    assert not set("0123456789") & set(asked["question"])
    assert len(asked["question"].split("\N{MINUS SIGN}")) == 2
