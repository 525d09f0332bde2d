"""Who looks after the comments: invited, given other parts, let go."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from mailbox import deliver
from typing import Any

from characters import ANN, OLGA, OTTO, PASSWORD, SignedIn, World
from sqlalchemy import select, update

from moderation import people
from moderation.config import Mail
from moderation.models import Change, Decision, Invitation, Message, Moderator, Role, Site, Token

NADIA = "nadia@example.org"
JOINING = {"name": "Nadia", "password": PASSWORD, "again": PASSWORD}


def person(world: World, name: str) -> Moderator:
    with world.database.reading() as session:
        return world.moderator(session, name)


def own(world: World, name: str, *sites: str) -> None:
    """Make somebody an owner of these sites."""
    with world.database.writing() as session:
        found = world.moderator(session, name)
        found.role = Role.OWNER
        found.sites = list(session.scalars(select(Site).where(Site.key.in_(sites))))
        session.commit()


def invite(browser: SignedIn, email: str = NADIA, **part: Any) -> str:
    """Invite somebody where no mail is sent: the path of the link that is shown."""
    fields = {"role": "moderator", "sites": ["blog"], **part}
    answer = browser.post("/queue/people/invitations", email=email, **fields)
    assert answer.status_code == 303, answer.text
    shown = re.search(
        r"http://127\.0\.0\.1:8000(/invitations/\w+)", browser.get("/queue/people").text
    )
    assert shown
    return shown[1]


def join(world: World, path: str, **changes: str) -> Any:
    """Open the link in a browser of one's own and take it up."""
    browser = world.client()
    page = browser.get(path).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    fields = {**JOINING, **changes, "csrf_token": token[1] if token else ""}
    answer = browser.post(path, data=fields)
    return answer if answer.status_code != 303 else browser.get(answer.headers["Location"])


def change(world: World, name: str, *, who: str = OLGA, **part: Any) -> Any:
    return world.signed_in(who).post(f"/queue/people/{person(world, name).id}", **part)


def remove(world: World, name: str, who: str = OLGA, **more: str) -> Any:
    address = f"/queue/people/{person(world, name).id}/remove"
    return world.signed_in(who).post(address, **{"sure": "yes", **more})


def told(world: World) -> list[str]:
    with world.database.reading() as session:
        return sorted(session.scalars(select(Change.what)))


def test_an_owner_sees_everybody_with_part_sites_and_address_masked(world: World) -> None:
    page = world.signed_in(OLGA).get("/queue/people").text
    for said in ("Ann", "Olga", "Otto", "Owner of every site", "The Blog", "a•••@example.org"):
        assert said in page
    assert ANN not in page
    assert page.count("Not signed in") == 2


def test_who_is_invited_takes_it_up_once_and_is_signed_in(world: World) -> None:
    olga = world.signed_in(OLGA)
    path = invite(olga)
    assert path not in olga.get("/queue/people").text
    assert "n•••@example.org" in olga.get("/queue/people").text
    queue = join(world, path)
    assert queue.status_code == 200
    assert "Welcome, Nadia." in queue.text
    nadia = person(world, "Nadia")
    assert (nadia.role, [one.key for one in nadia.sites]) == (Role.MODERATOR, ["blog"])
    assert nadia.password_hash is not None
    assert nadia.password_hash.startswith("$argon2id$")
    assert world.signed_in(NADIA).get("/queue").status_code == 200
    assert join(world, path).status_code == 404
    assert told(world) == ["invited", "joined"]


def test_opening_the_link_takes_nothing_up(world: World) -> None:
    path = invite(world.signed_in(OLGA))
    for _ in range(3):
        page = world.client().get(path)
        assert (page.status_code, NADIA in page.text) == (200, False)
        assert "no-store" in page.headers["Cache-Control"]
    assert join(world, path).status_code == 200


def test_who_joins_wrongly_is_told_so_and_can_try_again(world: World) -> None:
    path = invite(world.signed_in(OLGA))
    for changes, sentence in (
        ({"name": " "}, "Write your name."),
        ({"password": "short", "again": "short"}, "12 characters or more"),
        ({"again": "something else"}, "not the same"),
    ):
        refused = join(world, path, **changes)
        assert (refused.status_code, sentence in refused.text) == (422, True)
    assert join(world, path).status_code == 200


def test_the_database_knows_the_link_by_its_digest_alone(world: World) -> None:
    token = invite(world.signed_in(OLGA)).rpartition("/")[2]
    with world.database.reading() as session:
        (made,) = session.scalars(select(Invitation))
    stored = [value for value in vars(made).values() if isinstance(value, str | bytes)]
    assert not any(token in str(value) or NADIA in str(value) for value in stored)
    assert made.token_sealed is None


def test_an_invitation_ends_after_seven_days(world: World) -> None:
    path = invite(world.signed_in(OLGA))
    with world.database.writing() as session:
        session.execute(update(Invitation).values(expires_at=Invitation.created_at))
        session.commit()
    answer = world.client().get(path)
    assert (answer.status_code, "more than seven days old" in answer.text) == (404, True)


def test_an_invitation_is_taken_back(world: World) -> None:
    olga = world.signed_in(OLGA)
    path = invite(olga)
    with world.database.reading() as session:
        (made,) = session.scalars(select(Invitation.id))
    assert olga.post("/queue/people/invitations/revoke", invitation=made).status_code == 303
    assert world.client().get(path).status_code == 404
    assert "n•••@example.org" not in olga.get("/queue/people").text.partition("Latest changes")[0]


def test_a_second_invitation_ends_the_first(world: World) -> None:
    olga = world.signed_in(OLGA)
    first, second = invite(olga), invite(olga, role="owner")
    assert world.client().get(first).status_code == 404
    join(world, second)
    assert person(world, "Nadia").role is Role.OWNER


def test_an_invitation_is_worth_what_its_sender_may_still_give(world: World) -> None:
    own(world, "Otto", "other")
    path = invite(world.signed_in(OTTO), sites=["other"])
    assert world.client().get(path).status_code == 200
    assert change(world, "Otto", role="moderator", sites=["other"]).status_code == 303
    assert world.client().get(path).status_code == 404


def test_where_mail_is_sent_the_link_is_mailed_and_not_shown(own_world: World) -> None:
    world = own_world
    service = world.app.extensions["moderation"]
    mail = Mail("mail.example", 25, "Comments <comments@mail.example>", security="off")
    object.__setattr__(service, "settings", replace(service.settings, mail=mail))
    olga, letters = world.signed_in(OLGA), []
    answer = olga.post("/queue/people/invitations", email=NADIA, role="everything")
    assert answer.status_code == 303
    assert "/invitations/" not in olga.get("/queue/people").text.replace("people/invitations", "")
    assert "Invitation to moderate" in olga.get("/queue/outbox").text
    assert deliver(world, letters.append).sent == 1
    (letter,) = letters
    assert (letter["To"], letter["Subject"]) == (NADIA, "Olga invites you to moderate comments")
    text = letter.get_body(("plain",)).get_content()
    path = re.search(r"/invitations/\w+", text)
    assert path
    assert join(world, path[0]).status_code == 200
    with world.database.reading() as session:
        assert session.scalars(select(Invitation.token_sealed)).all() == [None]


def test_an_invitation_that_was_taken_back_is_not_mailed(own_world: World) -> None:
    world = own_world
    service = world.app.extensions["moderation"]
    mail = Mail("mail.example", 25, "Comments <comments@mail.example>", security="off")
    object.__setattr__(service, "settings", replace(service.settings, mail=mail))
    olga = world.signed_in(OLGA)
    olga.post("/queue/people/invitations", email=NADIA, role="everything")
    with world.database.reading() as session:
        (made,) = session.scalars(select(Invitation.id))
    olga.post("/queue/people/invitations/revoke", invitation=made)
    tally = deliver(world, lambda _letter: None)
    assert (tally.sent, tally.dropped) == (0, 1)


def test_an_invitation_that_cannot_be_is_refused(world: World) -> None:
    for fields, sentence in (
        ({"email": "nobody"}, "Enter an email address such as"),
        ({"email": ANN}, "is here already"),
        ({"sites": []}, "Choose one site at least."),
        ({"role": "owner", "sites": ["nowhere"]}, "Choose one site at least."),
    ):
        given = {"email": NADIA, "role": "moderator", "sites": ["blog"], **fields}
        answer = world.signed_in(OLGA).post("/queue/people/invitations", **given)
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert f'value="{given["email"]}"' in answer.text
        assert told(world) == []


def test_an_owner_of_one_site_gives_nothing_of_another(world: World) -> None:
    own(world, "Otto", "other")
    otto = world.signed_in(OTTO)
    for part in ({"role": "everything"}, {"role": "owner", "sites": ["blog"]}):
        answer = otto.post("/queue/people/invitations", email=NADIA, **part)
        assert answer.status_code == 422
    join(world, invite(otto, role="owner", sites=["other", "blog"]))
    assert [one.key for one in person(world, "Nadia").sites] == ["other"]
    assert otto.get(f"/queue/people/{person(world, 'Ann').id}").status_code == 404
    assert change(world, "Ann", who=OTTO, role="moderator", sites=["other"]).status_code == 404
    assert remove(world, "Ann", OTTO).status_code == 404
    page = otto.get("/queue/people").text
    assert "Ann" not in page
    assert "Olga" not in page


def test_an_owner_of_one_site_hears_nothing_of_accounts_elsewhere(world: World) -> None:
    own(world, "Otto", "other")
    path = invite(world.signed_in(OTTO), ANN, sites=["other"])
    answer = join(world, path)
    assert (answer.status_code, "There is an account with this address" in answer.text) == (
        409,
        True,
    )
    assert [one.key for one in person(world, "Ann").sites] == ["blog"]


def test_another_part_holds_at_once(world: World) -> None:
    world.left()
    ann = world.signed_in(ANN)
    assert world.queue(ANN)["count"] == 1
    assert change(world, "Ann", role="owner", sites=["other"]).status_code == 303
    assert ann.get("/queue/sites").status_code == 200
    assert world.queue(ANN)["count"] == 0
    assert told(world) == ["role", "site_given", "site_taken"]


def test_of_a_person_on_several_sites_an_owner_of_one_changes_that_one(world: World) -> None:
    own(world, "Otto", "other")
    change(world, "Ann", role="moderator", sites=["blog", "other"])
    page = world.signed_in(OTTO).get(f"/queue/people/{person(world, 'Ann').id}").text
    assert "The Blog" not in page
    assert "their role is not yours to change" in page
    assert remove(world, "Ann", OTTO).status_code == 422
    assert change(world, "Ann", who=OTTO, role="owner", sites=["other"]).status_code == 303
    assert person(world, "Ann").role is Role.MODERATOR
    assert change(world, "Ann", who=OTTO, role="moderator").status_code == 303
    assert [one.key for one in person(world, "Ann").sites] == ["blog"]


def test_an_owner_never_becomes_one_of_everything_by_losing_a_site(world: World) -> None:
    own(world, "Ann", "blog")
    answer = change(world, "Ann", role="owner")
    assert (answer.status_code, "Choose one site at least." in answer.text) == (422, True)
    assert [one.key for one in person(world, "Ann").sites] == ["blog"]


def test_the_last_owner_of_everything_stays(world: World) -> None:
    own(world, "Ann", "blog")
    for answer in (
        change(world, "Olga", role="moderator", sites=["blog"]),
        change(world, "Olga", role="owner", sites=["blog"]),
        remove(world, "Olga"),
    ):
        assert (answer.status_code, "last owner of every site" in answer.text) == (422, True)
    assert change(world, "Ann", role="everything").status_code == 303
    assert remove(world, "Olga", ANN).status_code == 303


def test_who_is_removed_is_out_at_once_and_decisions_keep_their_name(world: World) -> None:
    comment = world.published()
    ann, bearer = world.signed_in(ANN), world.bearer(ANN)
    assert remove(world, "Ann").status_code == 303
    assert ann.get("/queue").status_code == 302
    assert world.client().get("/api/v1/queue", headers=bearer).status_code == 401
    answer = SignedIn(world.client()).post("/login", email=ANN, password=PASSWORD)
    assert answer.status_code == 422
    olga = world.signed_in(OLGA)
    assert "<bdi>Ann</bdi>" in olga.get(f"/queue/comments/{comment}").text
    assert "Ann" not in olga.get("/queue/people").text.partition("Latest changes")[0]
    gone = person(world, "Ann")
    assert (gone.email(world.keyring), gone.site_ids, gone.password_hash) == ("", [], None)
    with world.database.reading() as session:
        assert session.scalars(select(Token).where(Token.moderator_id == gone.id)).all() == []
        assert session.scalars(select(Decision).where(Decision.by_id == gone.id)).all()


def test_a_browser_that_was_signed_in_too_late_is_out_as_well(world: World) -> None:
    browser = world.signed_in(ANN)
    with world.database.writing() as session:
        world.moderator(session, "Ann").removed_at = datetime.now(UTC)
        session.commit()
    assert browser.get("/queue").status_code == 302


def test_who_was_removed_can_be_invited_again(world: World) -> None:
    remove(world, "Ann")
    assert join(world, invite(world.signed_in(OLGA), ANN), name="Ann again").status_code == 200
    assert world.signed_in(ANN).get("/queue").status_code == 200


def test_nobody_is_removed_by_a_slip(world: World) -> None:
    answer = remove(world, "Ann", sure="")
    assert (answer.status_code, "Say that you are sure first." in answer.text) == (422, True)
    assert person(world, "Ann").removed_at is None


def test_invitations_long_over_are_forgotten(world: World) -> None:
    invite(world.signed_in(OLGA))
    later = datetime.now(UTC) + Invitation.LIFE + people.REMEMBERED
    for moment, left in ((later - timedelta(minutes=1), 1), (later + timedelta(minutes=1), 0)):
        with world.database.writing() as session:
            people.tidy_up(session, moment)
            assert len(session.scalars(select(Invitation)).all()) == left
            session.commit()


def test_the_pages_are_for_owners_alone(world: World) -> None:
    ann = world.signed_in(ANN)
    olga = person(world, "Olga").id
    assert ann.get("/queue/people").status_code == 403
    assert ann.get(f"/queue/people/{olga}").status_code == 403
    for path in ("invitations", "invitations/revoke", olga, f"{olga}/remove"):
        assert ann.post(f"/queue/people/{path}", email=NADIA, role="owner").status_code == 403
    with world.database.reading() as session:
        assert session.scalars(select(Message)).all() == []


def test_an_owner_of_one_site_makes_nobody_owner_of_every_site(world: World) -> None:
    own(world, "Otto", "other")
    with world.database.writing() as session:
        ann = world.moderator(session, "Ann")
        ann.sites = list(session.scalars(select(Site)))
        session.commit()
    assert change(world, "Ann", role="everything", who=OTTO).status_code == 422
    assert {site.key for site in person(world, "Ann").sites} == {"blog", "other"}
