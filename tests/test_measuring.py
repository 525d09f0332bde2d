"""How the queue is doing: what is counted of each day, and what the page draws of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import ANN, OLGA, OTHER, OTTO, World
from sqlalchemy import select, update

from moderation import measuring
from moderation.measuring import Health, Person, Share
from moderation.models import Bearer, Comment, DayTally, Decision, Site
from moderation.web import pictures
from moderation.web.pictures import Drawing

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
EVERYTHING = Bearer("olga", None)


def health(world: World, moderator: Any = EVERYTHING, site: str | None = None) -> Health:
    with world.database.reading() as session:
        found = session.scalar(select(Site.id).where(Site.key == site)) if site else None
        return measuring.health(session, moderator, found, NOON)


def at(world: World, comment: str, *moments: datetime) -> None:
    """Move a comment and its decisions to these moments."""
    with world.database.writing() as session:
        session.execute(update(Comment).where(Comment.id == comment).values(created_at=moments[0]))
        for version, moment in enumerate(moments, 1):
            session.execute(
                update(Decision)
                .where(Decision.comment_id == comment, Decision.version == version)
                .values(at=moment)
            )
        session.commit()


def ago(**much: float) -> datetime:
    return NOON - timedelta(**much)


@pytest.fixture
def past(world: World) -> World:
    """Three replies of three days ago: approved after an hour, spam after ten, still waiting."""
    for status, hours in (("approved", 1), ("spam", 10)):
        comment = world.left(body=f"{status} https://a.example/")
        world.decide(comment, status)
        at(world, comment, ago(days=3), ago(days=3) + timedelta(hours=hours))
    at(world, world.left(), ago(days=3))
    measuring.count_days(world.database, NOON)
    return world


def test_each_day_ends_with_what_waited_then(past: World) -> None:
    assert [one.waiting for one in health(past).days[-5:]] == [0, 1, 1, 1, 1]
    late = past.left()
    at(past, late, ago(hours=1))
    measuring.count_days(past.database, NOON)
    assert [one.waiting for one in health(past).days[-5:]] == [0, 1, 1, 1, 2]


def test_the_times_to_a_decision_are_right_to_seven_of_a_hundred(past: World) -> None:
    found = health(past)
    day = found.days[-4]
    for told, right in (
        (day.median, timedelta(hours=1)),
        (day.slowest, timedelta(hours=10)),
        (found.median, timedelta(hours=1)),
    ):
        assert told is not None
        assert 0.92 < told / right < 1.08
    assert found.days[-1].median is None


def test_a_text_that_its_author_changed_waits_from_then_on(world: World) -> None:
    comment = world.left()
    with world.database.writing() as session:
        session.get_one(Comment, comment).change_text("New", "<p>New</p>", [], 1, at=NOON)
        session.commit()
    world.decide(comment, "approved")
    at(world, comment, ago(days=2), ago(hours=3), ago(hours=1))
    measuring.count_days(world.database, NOON)
    median = health(world).median
    assert median is not None
    assert 0.92 < median / timedelta(hours=2) < 1.08
    assert [one.waiting for one in health(world).days[-3:]] == [1, 1, 0]


def test_approvals_are_told_by_reason(past: World) -> None:
    assert Share("hold_everything", 2, 1) in health(past).reasons
    assert Share("stranger_links", 1, 1) in health(past).reasons


def test_overturned_decisions_are_those_taken_back_and_those_reversed(world: World) -> None:
    taken, reversed_, kept = (world.published() for _ in range(3))
    with world.database.reading() as session:
        latest = select(Decision.id).where(Decision.comment_id == taken, Decision.version == 2)
        decision = session.scalars(latest).one()
    world.signed_in().post("/queue/undo", decision=decision)
    world.decide(reversed_, "spam", who=OLGA)
    measuring.count_days(world.database, datetime.now(UTC))
    with world.database.reading() as session:
        found = measuring.health(session, EVERYTHING, None, datetime.now(UTC))
    assert found.people == [Person("Ann", 3, 2, 1), Person("Olga", 1, 0, 0)]
    assert found.days[-1].overturned == 2
    assert kept


def test_only_days_that_can_have_changed_are_counted_again(world: World) -> None:
    assert measuring.count_days(world.database, NOON) == measuring.DAYS
    assert measuring.count_days(world.database, NOON) == 1
    assert measuring.count_days(world.database, NOON + timedelta(days=1)) == 2
    with world.database.reading() as session:
        assert len(session.scalars(select(DayTally)).all()) == measuring.DAYS + 1


def test_a_moderator_is_told_of_their_sites_alone(past: World) -> None:
    elsewhere = past.left(site="other", page=f"{OTHER}/post")
    past.decide(elsewhere, "spam", who=OTTO)
    at(past, elsewhere, ago(hours=2), ago(hours=1))
    measuring.count_days(past.database, NOON)
    with past.database.reading() as session:
        otto = past.moderator(session, "Otto")
    found = health(past, otto)
    assert (found.waiting, found.oldest, len(found.people)) == (0, None, 1)
    assert found.people[0].name == "Otto"
    assert sum(one.decided for one in found.days) == 1
    both, blog = health(past), health(past, site="blog")
    assert sum(one.decided for one in both.days) == 3
    assert sum(one.decided for one in blog.days) == 2
    # Asked for a site that is not theirs: nothing.
    nothing = health(past, otto, "blog")
    assert (nothing.waiting, nothing.people, nothing.reasons) == (0, [], [])


def test_the_page_draws_each_picture_and_tells_its_numbers(past: World) -> None:
    page = past.signed_in(ANN).get("/queue/health").text
    assert page.count('role="img"') == 2  # nothing was overturned
    for said in ("What waits", "Nothing to draw", "Links from a stranger", "50%", "Ann"):
        assert said in page
    assert "style=" not in page
    assert "<script" not in page


def test_the_page_of_an_empty_queue_says_what_will_come(world: World) -> None:
    assert "Nothing has been counted yet." in world.signed_in(ANN).get("/queue/health").text
    measuring.count_days(world.database, NOON)
    page = world.signed_in(ANN).get("/queue/health", site="blog").text
    assert "Nobody has decided in these days." in page


DRAWING = Drawing("x", "A < B", "“C” & D")


def test_a_drawing_escapes_and_names_what_it_shows() -> None:
    drawn = pictures.area(DRAWING, [1, 2], 2)
    assert '<title id="x-title">A &lt; B</title>' in drawn
    assert "&amp; D" in drawn
    assert 'aria-labelledby="x-title x-means"' in drawn


def test_a_missing_number_breaks_a_line_and_a_lone_one_is_a_dot() -> None:
    drawn = pictures.lines(DRAWING, [4, None, 2, 0, None], end=4)
    assert 'd="M0 0h0M50 50h0L75 100"' in drawn


@pytest.mark.parametrize(
    ("values", "end"), [([], 1), ([0], 1), ([1], 1), ([3], 5), ([11], 20), ([51, None], 100)]
)
def test_a_scale_ends_at_one_two_or_five(values: list[float | None], end: float) -> None:
    assert pictures.top(values) == end
