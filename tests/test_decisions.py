"""Decisions: the one way a status changes, and what readers see of it."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from characters import ANN, OTTO, PAGE, World
from sqlalchemy import select

from moderation import review
from moderation.models import CHANGES, Comment, Decision, Moderator, Stale, Status, Thread

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("became", sorted(Status))
@pytest.mark.parametrize("was", sorted(Status))
def test_every_change_in_the_table_can_be_made_and_no_other(
    world: World, was: Status, became: Status
) -> None:
    comment = world.left()
    if was != Status.PENDING:
        world.decide(comment, was)
    result = world.decide(comment, became)
    if became in CHANGES[was]:
        assert result["status"] == became
    else:
        assert result["error"] == "unchanged"


def test_a_stale_decision_is_refused_and_changes_nothing(world: World) -> None:
    comment = world.left()
    world.decide(comment, "approved")
    result = world.decide(comment, "spam", version=1)
    assert result["error"] == "stale"
    assert result["current"] == {"status": "approved", "version": 2}
    assert world.shown() == [comment]


def test_each_decision_is_written_down_with_who_and_why(world: World) -> None:
    comment = world.left()
    world.decide(comment, "rejected", reason="off_topic", note="Ask him to try the open thread.")
    with world.database.reading() as session:
        first, second = session.scalars(select(Decision).order_by(Decision.version)).all()
        assert (first.was, first.became, first.by) == (None, Status.PENDING, None)
        assert (second.was, second.became) == (Status.PENDING, Status.REJECTED)
        assert second.by is not None
        assert (second.by.name, second.reason) == ("Ann", "off_topic")


def test_undo_brings_back_exactly_the_former_status(world: World) -> None:
    comment = world.left()
    world.decide(comment, "spam")
    world.decide(comment, "approved")
    _undo_latest(world, comment)
    with world.database.reading() as session:
        found = session.get_one(Comment, comment)
        latest = session.scalars(select(Decision).order_by(Decision.version.desc())).first()
        assert (found.status, found.version) == (Status.SPAM, 4)
        assert latest is not None
        assert latest.undoes is not None
        assert latest.undoes.became == Status.APPROVED


def test_what_was_decided_again_cannot_be_undone_behind_it(world: World) -> None:
    comment = world.left()
    world.decide(comment, "approved")
    with world.database.reading() as session:
        approval = session.scalars(select(Decision).where(Decision.version == 2)).one().id
    world.decide(comment, "spam")
    with world.database.writing() as session:
        ann = world.moderator(session, "Ann")
        held = review.hold(session, ann, [comment])[comment]
        decision = session.get_one(Decision, approval)
        with pytest.raises(Stale):
            review.undo(held, decision, by=ann, at=datetime.now(UTC))


def test_the_policys_first_decision_cannot_be_undone(world: World) -> None:
    comment = world.left()
    with world.database.writing() as session:
        ann = world.moderator(session, "Ann")
        held = review.hold(session, ann, [comment])[comment]
        first = session.scalars(select(Decision)).one()
        with pytest.raises(review.NotUndoable):
            review.undo(held, first, by=ann, at=datetime.now(UTC))


def test_replies_hide_with_what_they_answer_and_come_back_with_it(world: World) -> None:
    parent = world.published()
    reply = world.published(parent=parent)
    below = world.published(parent=reply)
    assert world.thread()["thread"]["count"] == 3
    world.decide(parent, "rejected")
    assert world.shown() == []
    assert world.thread()["thread"]["count"] == 0
    world.decide(parent, "approved")
    assert world.shown() == [parent, reply, below]
    assert world.thread()["thread"]["count"] == 3


def test_a_deleted_comment_keeps_its_place_while_replies_hang_from_it(world: World) -> None:
    parent = world.published(name="Bob", body="Something regrettable.")
    reply = world.published(parent=parent)
    world.decide(parent, "deleted")
    place, kept = world.thread()["comments"]
    assert (place["id"], place["deleted"], place["html"]) == (parent, True, "")
    assert place["author"]["name"] == ""
    assert kept["id"] == reply
    assert world.thread()["thread"]["count"] == 1
    world.decide(reply, "spam")
    assert world.shown() == []


def test_another_sites_moderator_cannot_decide(world: World) -> None:
    comment = world.left()
    assert world.decide(comment, "approved", who=OTTO)["error"] == "unknown"
    assert world.decide(comment, "approved", who=ANN)["status"] == "approved"


def test_a_batch_answers_each_decision_for_itself(world: World) -> None:
    one, two = world.left(), world.left()
    wishes = [
        {"comment": one, "status": "approved", "version": 1},
        {"comment": two, "status": "approved", "version": 7},
        {"comment": "nobody", "status": "spam", "version": 1},
    ]
    answer = world.client().post(
        "/api/v1/decisions", json={"decisions": wishes}, headers=world.bearer()
    )
    results = answer.get_json()["results"]
    assert [one.get("error", "done") for one in results] == ["done", "stale", "unknown"]


def test_a_batch_may_decide_a_reply_and_what_it_answers_again_and_again(world: World) -> None:
    parent = world.published()
    reply = world.published(parent=parent)
    below = world.published(parent=reply)
    steps = [
        (parent, "rejected", 2),
        (reply, "spam", 2),
        (parent, "approved", 3),
        (reply, "approved", 3),
        (parent, "deleted", 4),
        (below, "pending", 2),
    ]
    wishes = [
        {"comment": comment, "status": status, "version": version}
        for comment, status, version in steps
    ]
    answer = world.client().post(
        "/api/v1/decisions", json={"decisions": wishes}, headers=world.bearer()
    )
    assert not any("error" in result for result in answer.get_json()["results"])
    assert world.shown() == [parent, reply]
    assert world.thread()["thread"]["count"] == 1
    world.decide(below, "approved")
    assert world.shown() == [parent, reply, below]
    assert world.thread()["thread"]["count"] == 2


def test_a_thread_counts_what_is_published_after_many_changes(world: World) -> None:
    parent = world.published()
    children = [world.published(parent=parent) for _ in range(4)]
    for comment, status in zip(children, ("spam", "deleted", "rejected", "pending"), strict=True):
        world.decide(comment, status)
    world.decide(parent, "deleted")
    world.decide(children[0], "approved")
    with world.database.reading() as session:
        thread = session.scalars(select(Thread).where(Thread.page == PAGE)).one()
        seen = session.scalars(select(Comment).where(Comment.published)).all()
        assert thread.count == sum(one.is_seen for one in seen) == 1


def test_nobody_sets_a_status_but_the_comment_itself() -> None:
    found = subprocess.run(
        ["grep", "-rnE", r"\.status = |status=bindparam", "moderation", "--include=*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    # A receipt's status is an HTTP status.
    elsewhere = [
        line for line in found if "models/comment.py" not in line and "receipt" not in line
    ]
    assert elsewhere == []
    assert found


def test_positions_sort_a_tree_with_each_comment_before_its_replies(world: World) -> None:
    start = datetime.now(UTC)
    one = Comment(id="1", created_at=start)
    two = Comment(id="2", created_at=start + timedelta(minutes=1))
    answer = Comment(id="3", created_at=start + timedelta(minutes=2))
    one.place(None)
    two.place(None)
    answer.place(one)
    assert [c.id for c in sorted([two, answer, one], key=lambda c: c.position)] == ["1", "3", "2"]


def test_a_position_has_an_end_however_deep_a_reply_lies() -> None:
    above = None
    for depth in range(60):
        comment = Comment(id=str(depth), created_at=datetime.now(UTC))
        comment.place(above)
        assert above is None or comment.position.startswith(above.position[: 14 * 31])
        above = comment
    assert above is not None
    assert len(above.position) == 14 * 32


def _undo_latest(world: World, comment: str) -> None:
    with world.database.writing() as session:
        ann: Moderator = world.moderator(session, "Ann")
        held = review.hold(session, ann, [comment])[comment]
        latest = review.decisions(session, held)[0]
        review.undo(held, latest, by=ann, at=datetime.now(UTC))
        session.commit()
