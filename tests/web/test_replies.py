"""The private page of one's own reply: each state, changing it, withdrawing it, its link."""

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from characters import World
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.models import Comment, Decision, Kind, Message, Revision, Site


def left(world: World, **changes: Any) -> tuple[str, str]:
    """A reply of Bob's: its id, and the path of its private page."""
    answer = world.leave(**changes)
    assert answer.status_code in {201, 202}, answer.text
    body = answer.get_json()
    return body["id"], urlsplit(body["status_url"]).path


def page(world: World, path: str) -> str:
    answer = world.client().get(path, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def version(world: World, path: str) -> str:
    return page(world, f"{path}/edit").split('name="version" value="')[1].split('"')[0]


def edit(world: World, path: str, body: str, **fields: str) -> TestResponse:
    sent = {"body": body, "version": fields.pop("version", "") or version(world, path), **fields}
    return world.client().post(f"{path}/edit", data=sent)


def stored(world: World, comment: str) -> Comment:
    with world.database.reading() as session:
        return session.get_one(Comment, comment)


def let(world: World, **options: Any) -> None:
    """Give the blog other settings."""
    with world.database.writing() as session:
        site = session.query(Site).filter_by(key="blog").one()
        site.options = {**site.options, **options}
        session.commit()


def age(world: World, comment: str, by: timedelta) -> None:
    with world.database.writing() as session:
        session.get_one(Comment, comment).created_at -= by
        session.commit()


# What it says


@pytest.mark.parametrize(
    ("status", "heading"),
    [
        ("pending", "Your reply waits for a moderator"),
        ("approved", "Your reply is published"),
        ("rejected", "Your reply was not published"),
        ("spam", "Your reply was not published"),
        ("deleted", "Your reply was deleted"),
    ],
)
def test_each_status_has_its_words(world: World, status: str, heading: str) -> None:
    comment, path = left(world, body="The *lamps* went out.")
    if status != "pending":
        world.decide(comment, status, reason="off_topic")
    said = page(world, path)
    assert f"<h1>{heading}</h1>" in said
    assert "<em>lamps</em>" in said
    assert "Post one" in said
    assert ("It is not about the article." in said) == (status in {"rejected", "deleted"})
    assert ("See it on the page" in said) == (status == "approved")


def test_an_approved_reply_under_a_hidden_one_is_told_so(world: World) -> None:
    first = world.published()
    comment, path = left(world, parent=first, name="Carla", email="carla@example.org")
    world.decide(comment, "approved")
    assert "<h1>Your reply is published</h1>" in page(world, path)
    world.decide(first, "rejected")
    assert "<h1>Your reply was approved, but is not shown</h1>" in page(world, path)


def test_answers_to_it_are_listed_once_they_are_published(world: World) -> None:
    comment, path = left(world)
    world.decide(comment, "approved")
    answer = world.left(parent=comment, name="Carla", email="carla@example.org", body="Quite so.")
    assert "Quite so." not in page(world, path)
    world.decide(answer, "approved")
    said = page(world, path)
    assert "Quite so." in said
    assert f"/comments/{answer}" in said


def test_its_address_goes_nowhere(world: World) -> None:
    _comment, path = left(world)
    for way in ("", "/edit", "/withdraw", "/erase"):
        answer = world.client().get(path + way)
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert '<meta name="robots" content="noindex">' in answer.text


def test_its_address_is_made_of_the_public_url_and_not_of_the_host(world: World) -> None:
    body = world.reply()
    answer = world.client().post(
        "/api/v1/sites/blog/comments", json=body, base_url="http://localhost:9999"
    )
    assert answer.get_json()["status_url"].startswith("http://127.0.0.1:8000/replies/")


@pytest.mark.parametrize("way", ["", "/edit", "/withdraw", "/erase"])
def test_a_made_up_address_is_not_found(world: World, way: str) -> None:
    _comment, path = left(world)
    for token in ("none", path.rpartition("/")[2] + "x", path.rpartition("/")[2][:-1]):
        assert world.client().get(f"/replies/{token}{way}").status_code == 404


def test_looking_changes_nothing(world: World) -> None:
    comment, path = left(world)
    for way in ("", "/edit", "/withdraw", "/erase"):
        for method in ("GET", "HEAD"):
            assert world.client().open(path + way, method=method).status_code == 200
    assert stored(world, comment).version == 1


# Changing it


def test_a_change_waits_and_keeps_the_old_words_for_moderators(world: World) -> None:
    comment, path = left(world, body="The lamps went out.")
    world.decide(comment, "approved")
    before = page(world, f"{path}/edit")
    assert "If you change it, it waits for a moderator again and is not shown meanwhile." in before
    answer = edit(world, path, "The **lanterns** went out.")
    assert answer.status_code == 303
    said = page(world, answer.headers["Location"])
    assert "Your change is saved." in said
    assert "<h1>Your reply waits for a moderator</h1>" in said
    assert "<strong>lanterns</strong>" in said
    assert world.shown() == []
    with world.database.reading() as session:
        assert session.scalars(select(Revision.source)).all() == ["The lamps went out."]
    card = world.signed_in().get(f"/queue/comments/{comment}").text
    assert "Its author" in card
    assert "The text was changed." in card
    assert "lamps" in card.partition("<del>")[2].partition("</del>")[0]
    world.decide(comment, "approved")
    (shown,) = world.thread()["comments"]
    assert "lanterns" in shown["html"]
    assert shown["edited_at"]


def test_a_rejected_reply_can_be_put_right(world: World) -> None:
    comment, path = left(world)
    world.decide(comment, "rejected")
    assert edit(world, path, "What I meant was kinder.").status_code == 303
    assert str(stored(world, comment).status) == "pending"


def test_a_moderator_who_read_the_old_words_is_told(world: World) -> None:
    comment, path = left(world)
    seen = world.version(comment)
    edit(world, path, "Something else entirely.")
    assert world.decide(comment, "approved", version=seen)["error"] == "stale"
    ann = world.signed_in()
    answer = ann.post("/queue/decisions", comment=comment, version=str(seen), status="approved")
    assert answer.status_code == 409
    assert "Its author changed the text after you opened it." in answer.text
    assert "Something else entirely." in answer.text


def test_no_undo_publishes_words_that_nobody_has_read(world: World) -> None:
    comment, path = left(world)
    world.decide(comment, "approved")
    edit(world, path, "Buy my pills.")
    with world.database.reading() as session:
        latest = session.scalars(
            select(Decision).where(Decision.comment_id == comment).order_by(Decision.version.desc())
        ).first()
    assert world.signed_in().post("/queue/undo", decision=latest.id).status_code == 409
    assert world.shown() == []
    assert f'value="{latest.id}"' not in world.signed_in().get(f"/queue/comments/{comment}").text


def test_of_two_changes_at_once_the_later_is_told_and_keeps_its_text(world: World) -> None:
    comment, path = left(world)
    seen = version(world, path)
    assert edit(world, path, "The first tab.", version=seen).status_code == 303
    answer = edit(world, path, "The second tab.", version=seen)
    assert answer.status_code == 409
    assert "<title>Error:" in answer.text
    assert "The second tab.</textarea>" in answer.text
    assert "<p>The first tab.</p>" in answer.text
    assert stored(world, comment).source == "The first tab."
    now_seen = answer.text.split('name="version" value="')[1].split('"')[0]
    assert edit(world, path, "The second tab.", version=now_seen).status_code == 303
    assert stored(world, comment).source == "The second tab."


def test_the_same_text_again_does_nothing(world: World) -> None:
    comment, path = left(world, body="As it is.")
    world.decide(comment, "approved")
    answer = edit(world, path, "  As it is.\r\n")
    assert "Nothing was changed" in page(world, answer.headers["Location"])
    assert world.version(comment) == 2
    assert world.shown() == [comment]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (" \n ", "Write a comment first."),
        ("x" * 10_001, "shorten it to 10000 characters"),
        ("a\0b", "cannot be stored"),
    ],
)
def test_a_change_is_held_to_the_same_as_a_reply(world: World, body: str, sentence: str) -> None:
    comment, path = left(world)
    answer = edit(world, path, body)
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert sentence in answer.text
    assert world.version(comment) == 1


def test_a_preview_of_a_change_saves_nothing(world: World) -> None:
    comment, path = left(world)
    answer = edit(world, path, "In **bold**.", action="preview")
    assert answer.status_code == 200
    assert "<strong>bold</strong>" in answer.text
    assert "In **bold**.</textarea>" in answer.text
    assert world.version(comment) == 1


def test_when_the_time_is_over_the_text_is_kept_to_be_copied(world: World) -> None:
    comment, path = left(world)
    seen = version(world, path)
    age(world, comment, timedelta(minutes=61))
    assert "Change it" not in page(world, path)
    answer = world.client().get(f"{path}/edit")
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (303, path)
    answer = edit(world, path, "A bit late.", version=seen)
    assert answer.status_code == 409
    assert "can no longer be changed" in answer.text
    assert "A bit late.</textarea>" in answer.text
    assert world.version(comment) == 1


def test_an_owner_may_allow_no_changes_at_all(world: World) -> None:
    let(world, edit_minutes=0)
    comment, path = left(world)
    assert "Change it" not in page(world, path)
    assert edit(world, path, "Something else.", version="1").status_code == 409
    assert world.version(comment) == 1


def test_a_deleted_reply_is_not_changed(world: World) -> None:
    comment, path = left(world)
    world.decide(comment, "deleted")
    assert edit(world, path, "Back again.", version="2").status_code == 409
    assert str(stored(world, comment).status) == "deleted"


def test_the_words_of_another_reply_by_the_same_name_are_refused(world: World) -> None:
    world.left(body="Hear, hear.")
    comment, path = left(world)
    answer = edit(world, path, "Hear, hear.")
    assert answer.status_code == 409
    assert "left these very words here already" in answer.text
    assert world.version(comment) == 1


def test_the_policy_judges_the_new_words(world: World, lenient: None) -> None:
    let(world, blocked_words=["pills"])
    world.published()
    comment, path = left(world)
    assert stored(world, comment).reasons == []
    edit(world, path, "Buy my pills.")
    assert [one["code"] for one in stored(world, comment).reasons] == ["blocked_words"]


def test_the_past_of_a_changed_reply_does_not_speak_for_itself(world: World, lenient: None) -> None:
    comment, path = left(world)
    world.decide(comment, "approved")
    edit(world, path, "My only reply, changed.")
    assert "first_time" in [one["code"] for one in stored(world, comment).reasons]


def test_how_it_came_is_not_washed_off_by_a_change(world: World, lenient: None) -> None:
    comment, path = left(world, subject="filled in", way="moderator", answer="")
    edit(world, path, "Other words.")
    codes = {one["code"] for one in stored(world, comment).reasons}
    assert {"honeypot", "unsolved"} <= codes


def test_the_same_words_are_not_counted_as_their_own_twin(world: World, lenient: None) -> None:
    comment, path = left(world, body="hear, hear.")
    edit(world, path, "Hear, hear.")
    assert "same_text" not in [one["code"] for one in stored(world, comment).reasons]


# Withdrawing it


def test_a_withdrawn_reply_leaves_the_page_for_good(world: World) -> None:
    comment, path = left(world)
    world.decide(comment, "approved")
    assert "neither you nor a moderator" in page(world, f"{path}/withdraw")
    answer = world.client().post(f"{path}/withdraw")
    assert answer.status_code == 303
    said = page(world, path)
    assert "<h1>You withdrew your reply</h1>" in said
    assert "Withdraw it" not in said
    assert world.shown() == []
    assert "error" in world.decide(comment, "approved")
    with world.database.reading() as session:
        latest = session.get_one(Comment, comment).decisions[-1]
        assert (str(latest.actor), latest.reason) == ("author", "own_wish")
    ann = world.signed_in()
    assert ann.post("/queue/undo", decision=latest.id).status_code == 409
    card = ann.get(f"/queue/comments/{comment}").text
    assert "Nobody can bring it back." in card
    assert 'name="status" value="approved"' not in card
    assert world.client().post(f"{path}/withdraw").status_code == 303
    assert world.version(comment) == 3


def test_a_withdrawn_reply_keeps_its_place_while_somebody_answered(world: World) -> None:
    comment, path = left(world)
    world.decide(comment, "approved")
    answer = world.published(parent=comment, name="Carla", email="carla@example.org")
    world.client().post(f"{path}/withdraw")
    shown = world.thread()["comments"]
    assert [(one["id"], one["deleted"]) for one in shown] == [(comment, True), (answer, False)]


# Its link, by mail


def owed(world: World, kind: Kind) -> list[Message]:
    with world.database.reading() as session:
        return list(session.scalars(select(Message).where(Message.kind == kind)))


def ask(world: World, path: str, what: str = "mail") -> str:
    answer = world.client().post(f"{path}/{what}")
    assert answer.status_code == 303
    return page(world, answer.headers["Location"])


def test_the_link_is_mailed_once_for_each_reply(mailing: World) -> None:
    comment, path = left(mailing)
    assert "Mail me this link" in page(mailing, path)
    assert "on its way" in ask(mailing, path)
    assert "asked for before" in ask(mailing, path)
    (message,) = owed(mailing, Kind.STATUS)
    assert message.comment_id == comment


def test_without_mail_none_is_offered_and_none_owed(world: World) -> None:
    _comment, path = left(world)
    assert "Mail me this link" not in page(world, path)
    assert "This service sends no mail." in ask(world, path)
    assert owed(world, Kind.STATUS) == []


def test_everything_is_erased_only_by_a_link_that_is_mailed(mailing: World) -> None:
    comment, path = left(mailing)
    assert "on its way" in ask(mailing, path, "erase-everything")
    assert "on its way" in ask(mailing, path, "erase-everything")
    (message,) = owed(mailing, Kind.ERASE)
    assert message.author_id == stored(mailing, comment).author_id
    assert stored(mailing, comment).name == "Bob"


def test_too_many_changes_from_one_network_keep_the_text(limited: World) -> None:
    _comment, path = left(limited)
    answers = [edit(limited, path, "", version="1") for _ in range(60)]
    assert {answer.status_code for answer in answers} == {422}
    answer = edit(limited, path, "What I wanted to say.", version="1")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Your text is kept" in answer.text
    assert "What I wanted to say.</textarea>" in answer.text


def test_pages_in_each_language_are_linked_in_its_own_name(world: World) -> None:
    _comment, path = left(world)
    said = page(world, f"{path}?done=mailed")
    assert f'href="{path}?lang=kk" lang="kk" hreflang="kk"' in said
    assert "Қазақша" in said
    assert 'lang="ar" dir="rtl"' in said
    answer = edit(world, f"{path}", "Another word.", version="1")
    assert answer.status_code == 303
    answer = world.client().post(f"{path}/withdraw?lang=de")
    assert answer.headers["Location"] == f"{path}?lang=de"
