"""Two moderators at speed on one queue: no comment is decided twice, and each conflict is told.

Both work through the same list with the forms of the page, from opposite ends or from the same
one, as fast as they can. Whoever comes second is shown who decided what, and may keep that or
decide anyway, which is one more decision and never an overwritten one.
"""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest
from characters import ANN, OLGA, World
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from moderation.models import Comment, Decision

pytestmark = pytest.mark.proof

COMMENTS = 16


@dataclass
class Desk:
    """A moderator in a thread of their own, and what they were told."""

    client: FlaskClient
    csrf: str
    taken: list[str] = field(default_factory=list)
    conflicts: dict[str, str] = field(default_factory=dict)
    other: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, who: str) -> "Desk":
        browser = world.signed_in(who)
        found = re.search(
            r'name="csrf_token"[^>]*value="(.+?)"', browser.get("/queue/account").text
        )
        assert found
        return cls(browser.client, found[1])

    def work(self, comments: list[str], status: str, start: threading.Barrier) -> None:
        start.wait()
        for comment in comments:
            self.hear(comment, self.decide(comment, status, "1"))

    def decide(self, comment: str, status: str, version: str) -> TestResponse:
        fields = {"comment": comment, "status": status, "version": version}
        return self.client.post("/queue/decisions", data={**fields, "csrf_token": self.csrf})

    def hear(self, comment: str, answer: TestResponse) -> None:
        if answer.status_code == 303:
            self.taken.append(comment)
        elif answer.status_code == 409:
            self.conflicts[comment] = answer.text
        else:
            self.other.append(answer.status_code)


def at_speed(world: World) -> tuple[Desk, Desk, list[str]]:
    comments = [world.left() for _ in range(COMMENTS)]
    ann, olga = Desk.of(world, ANN), Desk.of(world, OLGA)
    start = threading.Barrier(2)
    hands = [
        threading.Thread(target=ann.work, args=(comments, "approved", start)),
        threading.Thread(target=olga.work, args=(comments, "spam", start)),
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return ann, olga, comments


def decided_twice(world: World) -> int:
    """Comments on which more than one moderator's decision was made."""
    with world.database.reading() as session:
        made = select(Decision.comment_id).where(Decision.by_id.is_not(None))
        twice = made.group_by(Decision.comment_id).having(func.count() > 1)
        return len(session.scalars(twice).all())


def test_no_comment_is_decided_twice_and_each_conflict_is_told(world: World) -> None:
    ann, olga, comments = at_speed(world)
    assert ann.other == olga.other == []
    assert Counter(ann.taken + olga.taken) == Counter(comments)
    assert decided_twice(world) == 0
    for one, winner in ((ann, "Olga marked this comment as spam"), (olga, "Ann approved")):
        for told in one.conflicts.values():
            assert winner in told
            assert "Keep theirs" in told
            assert "Decide anyway" in told
    assert len(ann.conflicts) + len(olga.conflicts) == COMMENTS


def test_deciding_anyway_is_one_more_decision_that_the_other_is_told_of(world: World) -> None:
    comment = world.left()
    ann, olga = Desk.of(world, ANN), Desk.of(world, OLGA)
    assert ann.decide(comment, "approved", "1").status_code == 303
    told = olga.decide(comment, "spam", "1")
    version = re.search(r'name="version" value="(\d+)"', told.text)
    assert version
    assert olga.decide(comment, "spam", version[1]).status_code == 303
    again = ann.decide(comment, "rejected", "2")
    assert again.status_code == 409
    assert "Olga marked this comment as spam" in again.text
    with world.database.reading() as session:
        assert session.get_one(Comment, comment).version == 3


def test_control_without_versions_comments_are_decided_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = Comment.decide

    def hasty(self: Comment, became: str, **more: object) -> str:
        return decide(self, became, **{**more, "version": None})  # type: ignore[arg-type]

    monkeypatch.setattr(Comment, "decide", hasty)
    at_speed(world)
    assert decided_twice(world) > 0
