"""Numbers that the database keeps by itself: they are right after whatever was written, by whom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from characters import BOB, OTHER, World
from crowds import NOW, crowd, wrong
from sqlalchemy import delete, select, text, update

from moderation import authorship, keeping, migrations, review
from moderation.database import Database
from moderation.models import Comment, CommentReason, Decision, Status, Tally
from moderation.privacy import new_id


def report(world: World, comment: str, number: int) -> None:
    for n in range(number):
        world.client().post(
            f"/api/v1/sites/blog/comments/{comment}/reports",
            json={"reason": "spam"},
            environ_overrides={"REMOTE_ADDR": f"203.{n}.113.5"},
        )


def test_a_reply_and_every_decision_on_it_are_counted(world: World) -> None:
    comment = world.left(body="See https://a.example/ and https://b.example/ and this.")
    assert wrong(world) == []
    for status in ("approved", "spam", "rejected", "deleted", "pending"):
        world.decide(comment, status)
        assert wrong(world) == [], status
    world.left(site="other", page=f"{OTHER}/post")
    assert wrong(world) == []


def test_an_undo_is_counted(world: World) -> None:
    comment = world.published()
    with world.database.writing() as session:
        ann = world.moderator(session, "Ann")
        held = review.hold(session, ann, [comment])[comment]
        review.undo(held, review.decisions(session, held)[0], by=ann, at=NOW)
        session.commit()
    assert wrong(world) == []


def test_many_decided_in_one_call_are_counted(world: World) -> None:
    left = [world.left() for _ in range(4)]
    wishes = [{"comment": one, "status": "spam", "version": 1} for one in left[:3]]
    world.client().post("/api/v1/decisions", json={"decisions": wishes}, headers=world.bearer())
    assert wrong(world) == []
    assert world.queue()["count"] == 1


def test_reports_are_counted_and_raise_what_stands_beside(world: World) -> None:
    comment = world.published()
    report(world, comment, 5)
    with world.database.reading() as session:
        found = session.get_one(Comment, comment)
        assert (found.status, found.reported) == (Status.PENDING, 3)
        assert "reported" in {one["code"] for one in found.reasons}
    assert wrong(world) == []


def test_what_authors_do_is_counted(world: World) -> None:
    edited, withdrawn, erased = (world.published() for _ in range(3))
    report(world, erased, 2)
    with world.database.writing() as session:
        one = session.get_one(Comment, withdrawn)
        authorship.withdraw(session, one, at=datetime.now(UTC))
        session.get_one(Comment, edited).change_text("New", "<p>New</p>", [], 1, at=NOW)
        session.commit()
    assert wrong(world) == []
    with world.database.writing() as session:
        authorship.erase(session, session.get_one(Comment, erased), at=datetime.now(UTC))
        session.commit()
    assert wrong(world) == []


def test_everything_forgotten_is_counted(world: World) -> None:
    for _ in range(3):
        world.left()
    answer = world.app.test_cli_runner().invoke(args=["forget", BOB])
    assert answer.exit_code == 0, answer.output
    assert wrong(world) == []


def test_what_is_written_in_bulk_is_counted(world: World) -> None:
    crowd(world, 50)
    crowd(world, 10, site="other")
    assert wrong(world) == []
    statements: list[Any] = [
        update(Comment).where(Comment.score > 5).values(status=Status.SPAM),
        update(Comment).where(Comment.score < 5).values(score=90, reasons=[{"code": "links"}]),
        update(Comment).values(reported=Comment.reported),
        delete(Decision),
        delete(Comment).where(Comment.status == Status.SPAM),
    ]
    for statement in statements:
        with world.database.writing() as session:
            session.execute(statement, execution_options={"synchronize_session": False})
            session.commit()
        assert wrong(world) == [], statement


def test_tidying_up_keeps_every_number_in_one_row(world: World) -> None:
    crowd(world, 50)
    for _ in range(3):
        world.decide(world.left(), "approved")
    with world.database.writing() as session:
        keeping.tidy_up(session, NOW + timedelta(days=1))
        session.commit()
    assert wrong(world) == []
    with world.database.reading() as session:
        rows = [tuple(row) for row in session.execute(select(Tally.site_id, Tally.status))]
    assert len(rows) == len(set(rows)) == 3


def test_nobody_waits_for_a_number_that_another_is_changing(world: World) -> None:
    if world.database.is_sqlite:
        return  # writers take turns there
    mine, theirs = world.left(), world.left(page="https://blog.example/post-2")
    with world.database.writing() as first, world.database.writing() as second:
        for session, comment in ((first, mine), (second, theirs)):
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            ann = world.moderator(session, "Ann")
            held = review.hold(session, ann, [comment])[comment]
            held.decide(Status.APPROVED, by=ann, at=NOW)
        keeping.tidy_up(second, NOW)
        second.commit()
        first.commit()
    assert wrong(world) == []


def test_control_a_change_behind_the_triggers_is_noticed(world: World) -> None:
    world.left()
    with world.database.writing() as session:
        session.execute(update(Tally).values(n=Tally.n + 1))
        session.execute(update(CommentReason).values(risk=7))
        session.commit()
    assert len(wrong(world)) == 2


OLD_ROWS = """
INSERT INTO site (id, key, name, origins, options, sealed_key, created_at)
    VALUES ('s', 'old', 'Old', '[]', '{}', '', :at);
INSERT INTO thread (id, site_id, page, title, open, count, revision, created_at)
    VALUES ('t', 's', 'https://old.example/', '', true, 0, 1, :at);
INSERT INTO comment (id, site_id, thread_id, name, website, title, source, html, markup_version,
    links, status, published, version, score, reasons, position, root, text_digest, created_at)
    SELECT id, 's', 't', 'Bob', '', '', 'x', '<p>x</p>', 1, '[]', status, false, 1, 30,
        '[{"code": "links"}, {"code": "first_time"}]', id, id, id, :at
    FROM (SELECT 'a' AS id, 'pending' AS status UNION SELECT 'b', 'spam') AS two;
INSERT INTO report (id, comment_id, network_digest, reason, note, at)
    VALUES ('r', 'b', 'n', 'spam', '', :at)
"""


def test_what_was_there_before_the_tallies_is_counted(own_database: Database) -> None:
    engine = own_database.engine
    config = migrations.configuration()
    with engine.execution_options(immediate=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for statement in OLD_ROWS.split(";\n"):
            connection.execute(text(statement), {"at": "2026-01-01 00:00:00+00:00"})
    migrations.upgrade(engine)
    with own_database.reading() as session:
        tallies = session.execute(select(Tally.status, Tally.n).order_by(Tally.status))
        assert [tuple(row) for row in tallies] == [("pending", 1), ("spam", 1)]
        reasons = select(CommentReason.comment_id, CommentReason.code, CommentReason.risk)
        assert {tuple(row) for row in session.execute(reasons)} == {
            *(("a", "links", 4), ("a", "first_time", 4)),
            *(("b", "links", 5), ("b", "first_time", 5)),
        }


@pytest.fixture
def own_database(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An empty database, without any table."""
    url = f"sqlite:///{tmp_path}/old.sqlite3"
    if backend == "postgresql":
        server = str(request.getfixturevalue("postgres_server"))
        name = f"old_{new_id().lower()}"
        with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        before, mark, query = server.partition("?")
        url = f"{before.rpartition('/')[0]}/{name}{mark}{query}"
    found = Database(url)
    yield found
    found.dispose()
