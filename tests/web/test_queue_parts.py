"""What a card has beside its decision, and what the queue's script is told."""

import re
from datetime import timedelta
from mailbox import deliver
from typing import Any

import pytest
from characters import OLGA, OTTO, SignedIn, World
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.models import (
    Comment,
    Decision,
    Message,
    Moderator,
    Note,
    Preferences,
    Site,
    State,
    Status,
)

SCRIPT = {"Accept": "application/json"}


def asked(browser: SignedIn, url: str, **fields: Any) -> TestResponse:
    """Send a form as the queue's script does."""
    found = re.search(r'name="csrf_token"[^>]*value="(.+?)"', browser.get("/queue/account").text)
    assert found
    data = {"csrf_token": found[1], **fields}
    return browser.client.post(url, data=data, headers=SCRIPT)


def decide(browser: SignedIn, comment: str, status: str, version: int = 1, **more: Any) -> Any:
    wish = {
        "comment": comment,
        "status": status,
        "version": str(version),
        "list": "pending",
        **more,
    }
    return asked(browser, "/queue/decisions", **wish)


def stored(world: World, comment: str) -> Comment:
    with world.database.reading() as session:
        return session.get_one(Comment, comment)


def options(world: World, **changed: Any) -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        site.options = {**site.options, **changed}
        session.commit()


def prefer(world: World, **wished: Any) -> None:
    with world.database.writing() as session:
        world.moderator(session, "Ann").preferences = Preferences(**wished).stored()
        session.commit()


# What the script is told


def test_a_decision_is_told_with_what_is_left(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    answer = decide(ann, comment, "approved", left="41")
    told = answer.get_json()
    assert answer.status_code == 200
    assert told["said"] == "Approved what Bob wrote. 41 wait."
    assert (told["comment"], told["status"], told["version"]) == (comment, "approved", 2)
    assert stored(world, comment).status is Status.APPROVED


def test_one_that_is_left_and_another_list_have_their_own_words(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    assert decide(ann, comment, "spam", left="1").get_json()["said"].endswith("1 waits.")
    told = decide(ann, comment, "approved", 2, left="7", list="spam").get_json()
    assert told["said"] == "Approved what Bob wrote. 7 are left here."
    strange = decide(ann, comment, "spam", 3, left="٣" * 20).get_json()
    assert strange["said"] == "Marked what Bob wrote as spam."


def test_taking_back_is_told_with_the_version_to_go_on_with(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    made = decide(ann, comment, "rejected", reason="off_topic").get_json()
    answer = asked(ann, "/queue/undo", decision=made["decision"], left="3", list="pending")
    told = answer.get_json()
    assert told["said"] == "Taken back: what Bob wrote is as it was. 3 wait."
    assert (told["status"], told["version"]) == ("pending", 3)
    assert decide(ann, comment, "approved", told["version"]).status_code == 200


def test_who_was_faster_is_told_and_nothing_is_overwritten(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    world.decide(comment, "approved", who=OLGA)
    answer = decide(ann, comment, "spam")
    assert answer.status_code == 409
    assert answer.get_json()["said"] == (
        "Olga approved this comment (just now). "
        "Your decision was not made, and the comment is back in its place."
    )
    assert stored(world, comment).status is Status.APPROVED
    card = ann.get(f"/queue/comments/{comment}/card", wanted="spam").text
    assert "Olga approved this comment" in card
    assert "Decide anyway: Spam" in card
    assert "Keep theirs" in card


def test_what_is_sent_twice_is_done_once_and_answered_alike(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    first, second = (decide(ann, comment, "approved", left="2").get_json() for _ in range(2))
    assert first == second
    back = [asked(ann, "/queue/undo", decision=first["decision"]) for _ in range(2)]
    assert [one.status_code for one in back] == [200, 200]
    with world.database.reading() as session:
        made = session.scalars(select(Decision).where(Decision.comment_id == comment)).all()
    assert len(made) == 3


def test_an_unknown_reason_is_refused(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    assert decide(ann, comment, "rejected", reason="a whim").status_code == 400
    assert stored(world, comment).status is Status.PENDING


@pytest.mark.parametrize("undone", [True, False])
def test_within_the_undo_window_nobody_hears_of_it(world: World, undone: bool) -> None:
    comment, ann = world.left(notify=True), world.signed_in()
    made = decide(ann, comment, "approved").get_json()
    sent: list[Any] = []
    deliver(world, sent.append, Message.UNDO_WINDOW - timedelta(seconds=10))
    assert sent == []
    if undone:
        asked(ann, "/queue/undo", decision=made["decision"])
    deliver(world, sent.append, Message.UNDO_WINDOW + timedelta(seconds=10))
    assert len(sent) == (0 if undone else 1)
    with world.database.reading() as session:
        assert session.scalars(select(Message.state)).all() == [
            State.DROPPED if undone else State.SENT
        ]


# The card


def test_a_reply_says_what_became_of_what_it_answers(world: World) -> None:
    parent, ann = world.published(), world.signed_in()
    reply = world.left(parent=parent)
    for status, sentence in {
        "rejected": "What it answers was rejected",
        "spam": "What it answers was marked as spam",
        "deleted": "What it answers was deleted or withdrawn",
        "pending": "What it answers waits too",
    }.items():
        world.decide(parent, status)
        assert sentence in ann.get(f"/queue/comments/{reply}").text


def test_a_reply_to_what_readers_see_says_nothing_of_it(world: World) -> None:
    reply = world.left(parent=world.published())
    assert "What it answers" not in world.signed_in().get(f"/queue/comments/{reply}").text


def test_other_comments_of_the_same_network_are_counted(world: World) -> None:
    world.left()
    comment = world.left()
    text = world.signed_in().get(f"/queue/comments/{comment}").text
    assert "Other comments from the same network: 1" in text


def test_look_alikes_are_told_apart_by_what_they_have_in_common(world: World) -> None:
    body = "Buy at https://shop.example/a now."
    comment = world.left(body=body)
    world.left(body=body, name="Cleo", email="cleo@example.org")
    world.left(body="See https://shop.example/b !", name="Dora", email="dora@example.org")
    world.left(site="other", page="https://other.example/", body=body, name="Stranger")
    text = world.signed_in().get(f"/queue/comments/{comment}/parts/lookalikes").text
    assert "Cleo" in text
    assert "same text" in text
    assert "Dora" in text
    assert "same domain" in text
    assert "Stranger" not in text


def test_an_edit_shows_which_words_changed(world: World) -> None:
    answer = world.leave(body="I saw a moth.").get_json()
    url = answer["status_url"].replace("http://127.0.0.1:8000", "")
    world.client().post(f"{url}/edit", data={"body": "I saw the moth.", "version": "1"})
    text = world.signed_in().get(f"/queue/comments/{answer['id']}/parts/history").text
    assert re.search(r"<del>.*taken out:.*</span>a<span.*</del>", text)
    assert re.search(r"<ins>.*put in:.*</span>the<span.*</ins>", text)


def test_of_many_edits_the_latest_are_shown(world: World) -> None:
    answer = world.leave(body="Version 0.").get_json()
    url = answer["status_url"].replace("http://127.0.0.1:8000", "")
    for number in range(1, 8):
        body = {"body": f"Version {number}.", "version": str(number)}
        assert world.client().post(f"{url}/edit", data=body).status_code == 303
    text = world.signed_in().get(f"/queue/comments/{answer['id']}/parts/history").text
    assert text.count("<ins>") == 5
    assert "Older ones are not shown." in text


def test_a_part_that_is_none_is_not_found(world: World) -> None:
    comment = world.left()
    assert world.signed_in().get(f"/queue/comments/{comment}/parts/secrets").status_code == 404


def test_slurs_are_covered_unless_somebody_wants_them_shown(world: World) -> None:
    comment = world.left(body="You retard, the moth said.")
    ann = world.signed_in()
    shown = ann.get(f"/queue/comments/{comment}").text
    assert "Show the word" in shown
    prefer(world, masking="none")
    assert "Show the word" not in ann.get(f"/queue/comments/{comment}").text
    options(world, blocked_words=["moth"])
    assert "Show the word" not in ann.get(f"/queue/comments/{comment}").text
    prefer(world, masking="blocked")
    assert ann.get(f"/queue/comments/{comment}").text.count("Show the word") == 2
    assert "Show the word" not in str(world.queue()["comments"])


# Notes


def test_a_note_is_kept_for_other_moderators_alone(world: World) -> None:
    comment, ann = world.published(), world.signed_in()
    answer = ann.post(f"/queue/comments/{comment}/notes", text="  I know him.\nA friend. ")
    assert answer.status_code == 303
    assert "I know him." in world.signed_in(OLGA).get("/queue?status=approved").text
    assert "I know him." not in str(world.thread())
    with world.database.reading() as session:
        note = session.scalars(select(Note)).one()
        assert (note.text, note.moderator.name) == ("I know him.\nA friend.", "Ann")


def test_a_note_that_says_nothing_or_too_much_is_given_back(world: World) -> None:
    comment, ann = world.left(), world.signed_in()
    for text in ("", " \u200b ", "x" * 2_001):
        answer = ann.post(f"/queue/comments/{comment}/notes", text=text)
        assert answer.status_code == 422
        assert "at most 2,000 characters" in answer.text
        assert text.strip(" \u200b") in answer.text


def test_notes_are_erased_with_what_they_speak_of(world: World) -> None:
    left = world.leave().get_json()
    world.signed_in().post(f"/queue/comments/{left['id']}/notes", text="He told me more.")
    url = left["status_url"].replace("http://127.0.0.1:8000", "")
    world.client().post(f"{url}/erase")
    with world.database.reading() as session:
        assert session.get_one(Comment, left["id"]).source == ""
        assert session.scalars(select(Note)).all() == []


# Answering


def answered(world: World, comment: str, **fields: Any) -> TestResponse:
    fields = {"body": "Thank you, Bob.", "version": str(world.version(comment)), **fields}
    return world.signed_in().post(f"/queue/comments/{comment}/answer", **fields)


def test_an_answer_is_published_at_once_with_the_mark(world: World) -> None:
    comment = world.published()
    assert answered(world, comment).status_code == 303
    _, reply = world.thread()["comments"]
    assert reply["parent"] == comment
    assert reply["author"] == {
        "name": "Ann",
        "website": "",
        "avatar": "000000",
        "moderator": True,
    }
    assert world.thread()["thread"]["count"] == 2
    with world.database.reading() as session:
        made = session.scalars(select(Decision).where(Decision.comment_id == reply["id"])).one()
        assert (made.became, made.by.name) == (Status.APPROVED, "Ann")


def test_answering_approves_what_it_answers_only_where_that_is_said(world: World) -> None:
    comment = world.left()
    refused = answered(world, comment)
    assert refused.status_code == 422
    assert "Nobody would see your answer" in refused.text
    assert "Thank you, Bob." in refused.text
    assert world.thread()["comments"] == []
    assert answered(world, comment, approve="y").status_code == 303
    assert len(world.shown()) == 2


def test_an_answer_to_what_changed_meanwhile_is_given_back(world: World) -> None:
    comment = world.left()
    world.decide(comment, "spam", who=OLGA)
    refused = answered(world, comment, approve="y", version="1")
    assert refused.status_code == 409
    assert "read it again first" in refused.text
    assert stored(world, comment).status is Status.SPAM


def test_an_answer_is_held_to_what_a_reply_is(world: World) -> None:
    comment = world.published()
    for body in ("", "x" * 10_001):
        assert answered(world, comment, body=body).status_code == 422


def test_the_same_answer_twice_is_one(world: World) -> None:
    comment = world.published()
    assert answered(world, comment).status_code == 303
    assert answered(world, comment).status_code == 422
    assert len(world.shown()) == 2


def test_a_program_that_left_the_version_out_is_told_so(world: World) -> None:
    assert answered(world, world.left(), approve="y", version="x").status_code == 400


# Preferences

USUAL = {"masking": "slurs", "pause_minutes": "0", "pause_decisions": "0", "keys_on": "y"}


def mine(world: World) -> Preferences:
    with world.database.reading() as session:
        return session.scalars(select(Moderator).where(Moderator.name == "Ann")).one().wishes


def test_keys_are_remapped_and_put_back(world: World) -> None:
    ann = world.signed_in()
    answer = ann.post("/queue/account/queue", **USUAL, key_approve="G", key_note="")
    assert answer.status_code == 303
    assert mine(world).keys == {"approve": "g"}
    assert "&#34;approve&#34;: &#34;g&#34;" in ann.get("/queue").text
    ann.post("/queue/account/queue", all_keys="usual")
    assert mine(world) == Preferences()


def test_a_key_does_one_thing(world: World) -> None:
    wrong = {"key_approve": "r", "key_spam": "7", "key_note": "ab"}
    answer = world.signed_in().post("/queue/account/queue", **USUAL, **wrong)
    assert answer.status_code == 422
    assert answer.text.count("This key has a meaning already: Approve.") == 1
    assert answer.text.count("Type one letter or sign, no digit.") == 2
    assert mine(world) == Preferences()


def test_what_is_chosen_is_kept(world: World) -> None:
    wished = {"masking": "none", "pause_minutes": "45", "pause_decisions": "200", "tally": "y"}
    ann = world.signed_in()
    ann.post("/queue/account/queue", **wished)
    kept = mine(world)
    assert not kept.keys_on
    assert kept.tally
    assert (str(kept.masking), kept.pause_minutes, kept.pause_decisions) == ("none", 45, 200)
    world.left()
    assert "This session" in ann.get("/queue").text


def test_a_pause_is_a_number(world: World) -> None:
    ann = world.signed_in()
    for minutes in ("-1", "601", "soon", ""):
        answer = ann.post("/queue/account/queue", **{**USUAL, "pause_minutes": minutes})
        assert answer.status_code == 422
        assert f'value="{minutes}"' in answer.text


def test_an_outsider_changes_nothing_but_their_own(world: World) -> None:
    world.signed_in(OTTO).post("/queue/account/queue", **{**USUAL, "tally": "y"})
    assert mine(world) == Preferences()
