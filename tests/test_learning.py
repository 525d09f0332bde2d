"""What decisions teach, on the way through the real service: learned, taken back, learned anew."""

import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from characters import World
from sqlalchemy import delete, func, select, update

from moderation import authorship, learning, review
from moderation.learning import folding
from moderation.models import Comment, Learned, Lesson, Site
from moderation.policy import Said
from moderation.policy.classifier import Model
from moderation.web.service import Service

SPAM = "Subscribe to my channel {n}, free gifts at http://gifts{n}.example"
WANTED = "The bridge in the second part opened in May, page {n} says."


@pytest.fixture
def site(world: World) -> str:
    with world.database.reading() as session:
        return session.scalars(select(Site.id).where(Site.key == "blog")).one()


def live(world: World, site: str) -> Model:
    """What a process that has just begun knows: what is folded, and what is not yet."""
    return learning.Learner(world.database).model(site)


def counted(world: World, model: type[Any]) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def teach(world: World, rounds: int = 1) -> list[str]:
    comments = []
    for n in range(rounds):
        for body, status in ((SPAM, "spam"), (WANTED, "approved")):
            comment = world.left(body=body.format(n=n), email=f"w{n}{status}@example.org")
            world.decide(comment, status)
            comments.append(comment)
    return comments


def undo(world: World, comment: str) -> None:
    """Ann takes the latest decision back, if there is one to be taken back."""
    with world.database.writing() as session:
        ann = world.moderator(session, "Ann")
        held = review.hold(session, ann, [comment])[comment]
        latest = review.decisions(session, held)[0]
        with suppress(review.NotUndoable):
            review.undo(held, latest, by=ann, at=datetime.now(UTC))
        session.commit()


def status(world: World, comment: str) -> str:
    with world.database.reading() as session:
        return str(session.get_one(Comment, comment).status)


def test_decisions_teach_and_the_policys_own_do_not(world: World, site: str) -> None:
    world.left()
    assert live(world, site) == Model()
    teach(world, 2)
    model = live(world, site)
    assert (model.spam.replies, model.wanted.replies) == (2, 2)


def test_a_rejected_comment_is_an_example_of_nothing(world: World, site: str) -> None:
    world.decide(world.left(), "rejected")
    assert live(world, site) == Model()


@pytest.mark.parametrize("status", ["spam", "approved"])
def test_an_undo_takes_back_what_was_learned(world: World, site: str, status: str) -> None:
    teach(world)
    before = live(world, site)
    comment = world.left(body="Subscribe, subscribe!")
    world.decide(comment, status)
    assert live(world, site) != before
    undo(world, comment)
    assert live(world, site) == before


def test_undoing_a_second_thought_brings_back_what_the_first_taught(
    world: World, site: str
) -> None:
    comment = world.left()
    world.decide(comment, "approved")
    before = live(world, site)
    world.decide(comment, "spam")
    assert (live(world, site).spam.replies, live(world, site).wanted.replies) == (1, 0)
    undo(world, comment)
    assert live(world, site) == before


def test_a_moderators_own_answer_teaches_nothing(world: World, site: str) -> None:
    comment = world.published()
    before = live(world, site)
    browser = world.signed_in()
    answer = browser.post(f"/queue/comments/{comment}/answer", body="Thank you for that.")
    assert answer.status_code in {200, 303}, answer.text
    assert live(world, site) == before


def test_each_site_learns_for_itself(world: World, site: str) -> None:
    teach(world)
    with world.database.reading() as session:
        other = session.scalars(select(Site.id).where(Site.key == "other")).one()
    assert live(world, other) == Model()


def test_folded_it_is_the_same_model_and_no_lesson_is_left(world: World, site: str) -> None:
    teach(world, 3)
    seen = learning.Learner(world.database)
    before = seen.model(site)
    assert learning.fold(world.database, site) == 6
    assert counted(world, Lesson) == 0
    assert live(world, site) == before
    world.decide(world.left(), "approved")
    assert seen.model(site) == live(world, site)


def test_it_is_folded_once_there_is_enough(world: World, site: str) -> None:
    learning.catch_up(world.database)
    teach(world, 2)
    assert learning.catch_up(world.database, at_least=5) == 0
    assert learning.catch_up(world.database, at_least=4) == 4


def test_what_was_decided_before_there_was_a_classifier_is_learned_first(
    world: World, site: str
) -> None:
    teach(world, 8)
    with world.database.writing() as session:
        session.execute(update(Comment).values(taught="", evidence=None, likeness=None))
        session.execute(delete(Lesson))
        session.commit()
    assert live(world, site) == Model()
    learning.catch_up(world.database)
    model = live(world, site)
    assert (model.spam.replies, model.wanted.replies) == (8, 8)
    with world.database.reading() as session:
        assert learning.record(session, site, spam_from=80).all.judged > 10
    learning.catch_up(world.database)
    assert live(world, site) == model == learning.rebuild(world.database, site)


def test_who_comes_second_to_a_folding_learns_nothing_twice(
    world: World, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach(world, 2)
    before, hold = live(world, site), folding.hold

    def late(session: Any, site_id: str) -> Learned:
        monkeypatch.undo()
        if world.database.is_sqlite:
            session.rollback()
        learning.fold(world.database, site_id)
        return hold(session, site_id)

    if not world.database.is_sqlite:
        monkeypatch.setattr(folding, "hold", late)
        assert learning.fold(world.database, site) == 0
    else:
        learning.fold(world.database, site)
        assert learning.fold(world.database, site) == 0
    assert live(world, site) == before


def test_changed_words_are_taken_back_as_they_were_learned(world: World, site: str) -> None:
    empty = live(world, site)
    comment = world.published(body="These words were approved.")
    change(world, comment, "Those are others.")
    assert live(world, site) == empty
    learning.fold(world.database, site)
    assert live(world, site) == empty


@pytest.mark.parametrize("is_folded", [True, False])
def test_erased_words_are_taken_back(world: World, site: str, *, is_folded: bool) -> None:
    teach(world)
    before = live(world, site)
    comment = world.published(body="Somebody's own words.", email="once@example.org")
    if is_folded:
        learning.fold(world.database, site)
    with world.database.writing() as session:
        (held,) = authorship.hold(session, [comment])
        authorship.erase(session, held, at=held.created_at)
        session.commit()
    assert live(world, site) == before
    assert learning.rebuild(world.database, site) == before


def change(world: World, comment: str, body: str) -> None:
    service: Service = world.app.extensions["moderation"]
    with world.database.writing() as session:
        (held,) = authorship.hold(session, [comment])
        said = authorship.reworded(held, service.site_key(held.thread.site), body)
        authorship.edit(session, held, said, version=held.version, at=held.created_at)
        session.commit()


def test_whatever_happens_learned_anew_from_the_log_it_is_the_same(world: World, site: str) -> None:
    chance, comments = random.Random(11), [world.left(body=f"{SPAM} {n}") for n in range(6)]
    comments += [world.left(body=f"{WANTED} {n}") for n in range(6)]
    for step in range(60):
        comment = chance.choice(comments)
        act = chance.choice(["spam", "approved", "rejected", "pending", "undo", "edit", "fold"])
        if act == "undo":
            undo(world, comment)
        elif act == "edit" and step % 3 == 0:
            change(world, comment, f"Changed {step}, subscribe.")
        elif act == "fold":
            learning.fold(world.database, site)
        elif act != "edit":
            world.decide(comment, act)
    before = live(world, site)
    assert before != Model()
    assert learning.rebuild(world.database, site) == before
    assert live(world, site) == before
    assert counted(world, Lesson) == 0


def test_what_is_stored_wrongly_is_put_right_from_the_log(world: World, site: str) -> None:
    teach(world)
    right = live(world, site)
    with world.database.writing() as session:
        for comment in session.scalars(select(Comment).where(Comment.taught == "spam")):
            comment.taught = "wanted"
        session.commit()
    assert learning.rebuild(world.database, site) == right
    with world.database.reading() as session:
        assert set(session.scalars(select(Comment.taught))) == {"spam", "wanted"}


def test_in_bulk_as_much_is_learned_as_one_by_one(world: World, site: str) -> None:
    comments = [world.left(body=SPAM.format(n=n)) for n in range(4)]
    wishes = [{"comment": one, "status": "spam", "version": world.version(one)} for one in comments]
    world.client().post("/api/v1/decisions", json={"decisions": wishes}, headers=world.bearer())
    assert live(world, site).spam.replies == 4
    assert learning.rebuild(world.database, site) == live(world, site)


def test_the_queue_says_what_a_comment_is_like(world: World, site: str) -> None:
    teach(world, 10)
    comment = world.left(body="Everybody subscribe to my channel", email="new@example.org")
    (card,) = [one for one in world.queue()["comments"] if one["id"] == comment]
    (reason,) = [one for one in card["reasons"] if one["code"] == "learned"]
    assert "10 comments marked as spam" in reason["sentence"]
    assert "subscribe" in reason["sentence"]
    assert reason["score"] > 0


def test_by_itself_it_decides_nothing_until_its_owner_lets_it(world: World, site: str) -> None:
    teach(world, 10)
    said = "Subscribe to my channel, free gifts"
    assert status(world, world.left(body=said, email="new@example.org")) == "pending"
    with world.database.writing() as session:
        blog = session.get_one(Site, site)
        blog.options = {"rules": {"learned": {"does": "spam", "percent": 60}}}
        session.commit()
    comment = world.left(body=f"{said} now", email="newer@example.org")
    assert status(world, comment) == "spam"


def test_judging_changes_nothing_that_is_stored(world: World, site: str) -> None:
    teach(world, 2)
    learner = world.app.extensions["moderation"].learner
    before, lessons = live(world, site), counted(world, Lesson)
    for _ in range(3):
        learner.likeness(site, Said("Subscribe to my channel"))
    assert live(world, site) == before
    assert counted(world, Lesson) == lessons


def test_its_record_compares_what_it_said_with_what_was_decided(world: World, site: str) -> None:
    teach(world, 12)
    with world.database.reading() as session:
        found = learning.record(session, site, spam_from=80)
        likeness = select(func.count(), func.sum(Comment.likeness)).where(
            Comment.likeness.is_not(None), Comment.taught != ""
        )
        judged, expected = session.execute(likeness).one()
    assert found.all.judged == judged == sum(step.judged for step in found.steps) > 10
    assert found.all.expected == pytest.approx(expected)
    assert 0 < found.all.spam < judged
    assert found.all.precision == 1.0


def test_a_record_says_how_often_it_was_right() -> None:
    whole = learning.Tally("")
    for likeness, is_spam in ((0.9, True), (0.85, False), (0.3, True), (0.1, False)):
        whole = whole.with_one(likeness, is_spam=is_spam, is_marked=likeness >= 0.8)
    assert (whole.precision, whole.recall) == (0.5, 0.5)
    assert learning.Tally("").precision is learning.Tally("").recall is None
