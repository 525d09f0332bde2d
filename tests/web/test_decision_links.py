"""Deciding from mail: once, on what was mailed, by whom it was mailed to, for a week."""

import re
from email.message import EmailMessage
from mailbox import deliver, plan, wants_digests

import pytest
from characters import OLGA, World
from sqlalchemy import delete, select, update

from moderation.models import Comment, Decision, Moderator, SignIn
from moderation.privacy import new_id
from moderation.web import links


def mailed(world: World) -> list[str]:
    """What Ann's digest links to, by path, in the order of the comments."""
    letters: list[EmailMessage] = []
    wants_digests(world)
    plan(world)
    deliver(world, letters.append)
    (letter,) = letters
    body = letter.get_body(("plain",))
    assert body is not None
    return re.findall(r"http://127\.0\.0\.1:8000(/decide/\w+)", body.get_content())


def decided(world: World) -> list[tuple[str, str | None]]:
    """The moderators' decisions: what, and by whom."""
    with world.database.reading() as session:
        made = select(Decision).where(Decision.by_id.is_not(None)).order_by(Decision.at)
        return [(one.became, one.by.name if one.by else None) for one in session.scalars(made)]


def test_a_digest_links_to_a_page_with_the_comment_and_buttons(world: World) -> None:
    world.left(body="Read me in the train.")
    (link,) = mailed(world)
    page = world.client().get(link)
    assert page.status_code == 200
    assert "Read me in the train." in page.text
    for status in ("approved", "rejected", "spam"):
        assert f'name="status" value="{status}"' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert decided(world) == []


def test_a_digest_links_to_five_comments_at_most(world: World) -> None:
    for _ in range(7):
        world.left()
    assert len(mailed(world)) == 5


def test_a_button_decides_in_the_moderators_name_without_signing_in(world: World) -> None:
    comment = world.left()
    (link,) = mailed(world)
    answer = world.client().post(link, data={"status": "approved"})
    assert answer.status_code == 303
    assert decided(world) == [("approved", "Ann")]
    assert world.shown() == [comment]
    assert "Ann approved this comment" in world.client().get(link).text


def test_a_used_link_decides_nothing_more_and_says_who_decided(world: World) -> None:
    world.left()
    (link,) = mailed(world)
    world.client().post(link, data={"status": "approved"})
    answer = world.client().post(link, data={"status": "spam"})
    assert answer.status_code == 409
    assert "Ann approved this comment" in answer.text
    assert decided(world) == [("approved", "Ann")]


def test_a_stale_link_says_who_decided_what(world: World) -> None:
    comment = world.left()
    (link,) = mailed(world)
    world.decide(comment, "rejected", who=OLGA)
    page = world.client().get(link)
    assert "Olga rejected this comment" in page.text
    assert 'name="status"' not in page.text
    answer = world.client().post(link, data={"status": "approved"})
    assert answer.status_code == 409
    assert "You wanted to approve it." in answer.text
    assert decided(world) == [("rejected", "Olga")]


def test_an_expired_link_decides_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    comment = world.left()
    (link,) = mailed(world)
    now = links.time.time
    monkeypatch.setattr(links.time, "time", lambda: now() + links.DECISION_LIFE + 1)
    assert world.client().get(link).status_code == 410
    answer = world.client().post(link, data={"status": "approved"})
    assert answer.status_code == 410
    assert "good for a week" in answer.text
    world.decide(comment, "spam", who=OLGA)
    assert "Olga marked this comment as spam" in world.client().get(link).text
    assert decided(world) == [("spam", "Olga")]


def test_a_link_of_a_moderator_who_has_gone_is_dead(world: World) -> None:
    world.left()
    (link,) = mailed(world)
    with world.database.writing() as session:
        gone = select(Moderator.id).where(Moderator.name == "Ann").scalar_subquery()
        session.execute(delete(SignIn).where(SignIn.moderator_id == gone))
        session.execute(delete(Moderator).where(Moderator.name == "Ann"))
        session.commit()
    assert world.client().get(link).status_code == 404
    assert world.client().post(link, data={"status": "approved"}).status_code == 404
    assert decided(world) == []


def test_a_link_ends_with_the_password_under_which_it_was_mailed(world: World) -> None:
    world.left()
    (path, *_) = mailed(world)
    assert world.client().get(path).status_code == 200
    with world.database.writing() as session:
        world.moderator(session, "Ann").password_hash = "another"
        session.commit()
    assert world.client().get(path).status_code == 404
    assert world.client().post(path, data={"status": "spam"}).status_code == 404


def test_a_site_that_is_no_longer_the_moderators_is_looked_at_when_it_is_used(
    world: World,
) -> None:
    world.left(body="Not for Ann any more.")
    (link,) = mailed(world)
    with world.database.writing() as session:
        world.moderator(session, "Ann").sites = []
        session.commit()
    for answer in (world.client().get(link), world.client().post(link, data={"status": "spam"})):
        assert answer.status_code == 404
        assert "Not for Ann" not in answer.text
    assert decided(world) == []


def test_a_link_that_was_changed_is_none_of_ours(world: World) -> None:
    world.left()
    (link,) = mailed(world)
    flipped = link[:-1] + ("a" if link[-1] != "a" else "b")
    for other in (flipped, "/decide/x", f"/decide/{'a' * 90}", link + "a"):
        assert world.client().get(other).status_code == 404
        assert world.client().post(other, data={"status": "spam"}).status_code == 404


def test_a_token_of_another_purpose_does_not_decide(world: World) -> None:
    with world.app.app_context():
        tokens = [links.notices_token(new_id()), links.subscription_token(new_id())]
    for token in tokens:
        assert world.client().get(f"/decide/{token}").status_code == 404


def test_only_what_the_buttons_offer_can_be_decided(world: World) -> None:
    world.left()
    (link,) = mailed(world)
    for status in ("deleted", "pending", "", "strange"):
        assert world.client().post(link, data={"status": status}).status_code == 400


def test_an_edited_comment_is_not_decided_by_the_old_link(world: World) -> None:
    comment = world.left()
    (link,) = mailed(world)
    with world.database.writing() as session:
        session.execute(update(Comment).where(Comment.id == comment).values(version=2))
        session.add(
            Decision(
                comment_id=comment,
                version=2,
                was="pending",
                became="pending",
                actor="author",
                reason="edited",
                at=session.get_one(Comment, comment).created_at,
            )
        )
        session.commit()
    answer = world.client().post(link, data={"status": "approved"})
    assert answer.status_code == 409
    assert "Its author changed the text" in answer.text
    assert world.shown() == []
