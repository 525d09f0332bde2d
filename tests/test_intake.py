"""What is taken, what is refused, and what is stored of it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from characters import AT_ONCE, BOB, PAGE, World
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import intake, keeping, lists
from moderation.models import (
    Author,
    Comment,
    ListKind,
    Moderator,
    Secret,
    Site,
    Standing,
    Thread,
)
from moderation.text import markup
from moderation.web import leaving


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": "   "}, "name", "Write your name."),
        ({"name": "\u200b\u2060"}, "name", "Write your name."),
        ({"name": "n" * 101}, "name", "Use at most 100 characters for your name."),
        ({"email": ""}, "email", "Write your email address."),
        ({"email": "bob"}, "email", "Enter an email address such as name@example.org."),
        ({"website": "javascript:alert(1)"}, "website", "Enter a web address"),
        ({"body": " \n "}, "body", "Write a comment first."),
        ({"body": "x" * 10_001}, "body", "shorten it to 10000 characters"),
        ({"body": "a\x00b"}, "body", "cannot be stored"),
        ({"answer": ""}, "answer", "Solve the sum first."),
        ({"page": "post-1"}, "page", "full address of the page"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    world: World, changes: dict[str, str], field: str, sentence: str
) -> None:
    body = {**world.reply(), **changes}
    answer = world.client().post("/api/v1/sites/blog/comments", json=body)
    assert answer.status_code == 422
    assert sentence in answer.get_json()["errors"][field][0]


def test_exactly_ten_thousand_characters_are_kept_whole(world: World) -> None:
    body = "é" * 9_999 + "."
    comment = world.left(body=body)
    with world.database.reading() as session:
        assert session.get_one(Comment, comment).source == body


def test_a_slip_in_a_field_does_not_cost_the_sum(world: World) -> None:
    body = world.reply()
    client = world.client()
    wrong = client.post("/api/v1/sites/blog/comments", json={**body, "email": "bob"})
    assert "challenge" not in wrong.get_json()
    assert client.post("/api/v1/sites/blog/comments", json=body).status_code == 202


def test_the_same_reply_twice_is_a_duplicate(world: World) -> None:
    assert world.leave(body="Once is enough.").status_code == 202
    again = world.leave(body="Once is enough.", email=BOB.upper())
    assert again.status_code == 409
    assert world.leave(body="Once is enough.", name="Carol").status_code == 202
    assert world.leave(body="Once is enough.", page=f"{PAGE}b").status_code == 202


def test_a_closed_thread_takes_nothing_and_says_so(world: World) -> None:
    world.left()
    with world.database.writing() as session:
        session.scalars(select(Thread)).one().open = False
        session.commit()
    answer = world.leave()
    assert answer.status_code == 409
    assert answer.get_json()["detail"].startswith("Replies to this page are closed")


@pytest.mark.parametrize("parent", ["nobody", "hidden", "elsewhere"])
def test_only_what_readers_see_can_be_answered(world: World, parent: str) -> None:
    ids = {
        "nobody": "x",
        "hidden": world.left(),
        "elsewhere": world.published(page=f"{PAGE}-2"),
    }
    answer = world.leave(parent=ids[parent])
    assert answer.status_code == 422
    assert answer.get_json()["errors"]["parent"]


def test_a_reply_under_another_sites_page_waits_with_that_reason(world: World) -> None:
    comment = world.left(page="https://elsewhere.example/")
    codes = [reason["code"] for reason in world.queue()["comments"][0]["reasons"]]
    assert "foreign_page" in codes
    world.decide(comment, "approved")
    link = world.client().get(f"/comments/{comment}").headers["Location"]
    assert link.startswith("/sites/blog/thread"), "never on to a page that is not the site's"


def test_a_site_may_publish_known_authors_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A test answers faster than people type.
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        site.options = AT_ONCE
        session.commit()
    assert world.leave().status_code == 202
    world.decide(world.queue()["comments"][0]["id"], "approved")
    answer = world.leave()
    assert answer.status_code == 201
    assert answer.get_json()["status"] == "approved"
    assert answer.get_json()["id"] in world.shown()


def test_whoever_is_blocked_while_their_reply_is_weighed_is_not_published(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)
    with world.database.writing() as session:
        session.scalars(select(Site).where(Site.key == "blog")).one().options = AT_ONCE
        session.commit()
    world.published()
    assert world.leave().status_code == 201

    def block(session: Session) -> None:
        by = session.scalars(select(Moderator).where(Moderator.name == "Ann")).one()
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        entered = ListKind.ADDRESS, Standing.BLOCKED, BOB
        lists.enter(session, world.keyring, site, *entered, by=by, at=datetime.now(UTC))

    meanwhile(world, monkeypatch, block)
    answer = world.leave()
    assert answer.status_code == 202
    assert answer.get_json()["id"] not in world.shown()


@pytest.mark.parametrize("is_known", [True, False])
def test_a_thread_that_is_closed_while_a_reply_is_weighed_takes_it_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    if is_known:
        world.left()

    def close(session: Session) -> None:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        intake.open_thread(session, site, PAGE, datetime.now(UTC)).open = False

    meanwhile(world, monkeypatch, close)
    assert world.leave().status_code == 409


def test_a_reply_goes_to_the_page_it_was_sent_to_though_its_thread_is_moved_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.left()

    def move(session: Session) -> None:
        session.scalars(select(Thread).where(Thread.page == PAGE)).one().page = f"{PAGE}-moved"

    meanwhile(world, monkeypatch, move)
    comment = world.left()
    with world.database.reading() as session:
        assert session.get_one(Comment, comment).thread.page == PAGE


def meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[Session], None]
) -> None:
    """Let something happen once, between the weighing of a reply and its storing."""
    weigh = leaving._weighed

    def weighed_then(site: Site, arrived: intake.Arrived) -> intake.Weighed:
        weighed = weigh(site, arrived)
        with world.database.writing() as session:
            act(session)
            session.commit()
        monkeypatch.setattr(leaving, "_weighed", weigh)
        return weighed

    monkeypatch.setattr(leaving, "_weighed", weighed_then)


def test_a_network_key_is_made_once_and_only_where_it_may_be_written(world: World) -> None:
    now = datetime.now(UTC)
    with world.database.reading() as session, pytest.raises(keeping.KeyDue):
        keeping.network_digest(session, world.keyring, "192.0.2.7", now, may_write=False)
    world.left()
    with world.database.reading() as session:
        asked = session, world.keyring, "192.0.2.7", now
        digest = keeping.network_digest(*asked, may_write=False)
        assert digest == keeping.network_digest(*asked)
        purposes = session.scalars(select(Secret.purpose)).all()
    assert purposes.count("network") == 1


def test_the_honeypot_is_only_a_reason(world: World) -> None:
    assert world.leave(subject="Cheap watches").status_code == 202
    codes = [reason["code"] for reason in world.queue()["comments"][0]["reasons"]]
    assert "honeypot" in codes


def test_the_address_is_sealed_and_one_author_is_one_row(world: World) -> None:
    world.left(email=BOB)
    world.left(email=BOB.upper())
    with world.database.reading() as session:
        author = session.scalars(select(Author)).one()
        assert BOB.encode() not in author.email_sealed
        assert author.email(world.keyring) == BOB
        assert author.masked_email(world.keyring) == "b•••@example.org"


def test_an_idempotency_key_gives_the_first_answer_again(world: World) -> None:
    body = world.reply()
    headers = {"Idempotency-Key": "a-key"}
    client = world.client()
    answers = [
        client.post("/api/v1/sites/blog/comments", json=body, headers=headers) for _ in range(3)
    ]
    assert len({answer.text for answer in answers}) == 1
    assert world.queue()["count"] == 1
    other = client.post(
        "/api/v1/sites/blog/comments", json={**body, "body": "Else."}, headers=headers
    )
    assert other.status_code == 422


def test_a_wrong_sum_leaves_the_idempotency_key_free(world: World) -> None:
    headers = {"Idempotency-Key": "a-key"}
    assert world.leave(headers=headers, body="The text.", answer="1").status_code == 422
    assert world.leave(headers=headers, body="The text.").status_code == 202


def test_text_is_stored_as_typed_and_as_html_with_the_policys_version(world: World) -> None:
    comment = world.left(body="Some *emphasis* & <b>tags</b>.")
    with world.database.reading() as session:
        stored = session.get_one(Comment, comment)
        assert stored.source == "Some *emphasis* & <b>tags</b>."
        assert stored.html.startswith("<p>Some <em>emphasis</em> &amp; &lt;b&gt;")
        assert stored.markup_version == markup.MARKUP_VERSION
        assert stored.created_at <= datetime.now(UTC)


def test_the_status_page_shows_what_became_of_a_reply(world: World) -> None:
    answer = world.leave(body="Mine alone.").get_json()
    client = world.client()
    url = answer["status_url"]
    assert "Mine alone." in client.get(url).text
    world.decide(answer["id"], "rejected", reason="off_topic")
    assert "It is not about the article." in client.get(url).text
    assert client.get(url[:-2] + "xx").status_code == 404
