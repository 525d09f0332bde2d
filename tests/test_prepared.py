"""Prepared statements say what SQLAlchemy's own would, on both databases."""

from datetime import UTC, datetime

import pytest
from characters import World
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation.database import table
from moderation.models import Author, Decision, Secret, Site, Status, Thread
from moderation.prepared import Prepared, filled

AT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
_threads, _secrets = table(Thread), table(Secret)
ROW = {
    "id": "one",
    "page": "https://blog.example/one",
    "title": "Ünïcode",
    "open": True,
    "count": 0,
    "revision": 1,
    "created_at": AT,
}
INSERT = Prepared(insert(_threads))
BY_PAGE = select(_threads).where(_threads.c.page == bindparam("page"), _threads.c.open)


def site_id(session: Session) -> str:
    return session.scalars(select(Site.id)).first() or ""


def test_values_go_in_and_come_back_as_sqlalchemys_types_have_them(world: World) -> None:
    with world.database.writing() as session:
        row = ROW | {"site_id": site_id(session)}
        INSERT.run(session, row)
        found = Prepared(BY_PAGE).one(session, {"page": ROW["page"]})
        usual = session.connection().execute(BY_PAGE, {"page": ROW["page"]}).one()
        assert found._asdict() == usual._asdict() == row
        assert found.created_at.tzinfo is not None
        kept = {"id": "key", "purpose": "x", "sealed": b"\0\xff", "created_at": AT}
        Prepared(insert(_secrets)).run(session, kept)
        of_x = select(_secrets.c.sealed).where(_secrets.c.purpose == bindparam("purpose"))
        assert Prepared(of_x).first(session, {"purpose": "x"}) == (b"\0\xff",)
        assert Prepared(of_x).first(session, {"purpose": "y"}) is None


def test_several_are_written_at_once_and_none_is_fine(world: World) -> None:
    close = Prepared(
        update(_threads).where(_threads.c.id == bindparam("which")).values(open=bindparam("is"))
    )
    with world.database.writing() as session:
        row = ROW | {"site_id": site_id(session)}
        several = [row | {"id": name, "page": f"https://x/{name}"} for name in "abc"]
        INSERT.run(session, several)
        INSERT.run(session, [])
        close.run(session, [{"which": "a", "is": False}, {"which": "c", "is": False}])
        still = select(_threads.c.id).where(_threads.c.open)
        assert [one.id for one in Prepared(still).all(session, {})] == ["b"]


def test_what_was_bound_before_stays_bound(world: World) -> None:
    rows = table(Decision)
    those = select(rows.c.became).where(rows.c.became == Status.SPAM, rows.c.id == bindparam("id"))
    with world.database.reading() as session:
        assert Prepared(those).all(session, {"id": "none"}) == []


def test_it_sees_and_takes_part_in_the_transaction(world: World) -> None:
    with world.database.writing() as session:
        INSERT.run(session, ROW | {"site_id": site_id(session)})
        assert session.get_one(Thread, "one").title == ROW["title"]
        session.rollback()
    with world.database.reading() as session:
        assert Prepared(BY_PAGE).first(session, {"page": ROW["page"]}) is None


def test_a_broken_rule_is_sqlalchemys_error_and_says_no_value(world: World) -> None:
    rows = table(Author)
    private = "ann@example.org, sealed or not"
    author = {
        "id": "a",
        "site_id": "no such site",
        "email_digest": private,
        "email_sealed": b"",
        "avatar": "abcdef",
        "created_at": AT,
    }
    with world.database.writing() as session:
        with pytest.raises(IntegrityError) as caught:
            Prepared(insert(rows)).run(session, author)
        if world.database.is_sqlite:
            assert private not in str(caught.value)
        session.rollback()


def test_what_cannot_be_prepared_is_refused_on_sqlite(world: World) -> None:
    lists = select(_threads.c.id).where(_threads.c.id.in_(bindparam("ids", expanding=True)))
    with world.database.writing() as session:
        if not world.database.is_sqlite:
            assert Prepared(lists).all(session, {"ids": ["x"]}) == []
            return
        with pytest.raises(TypeError, match="lists that differ"):
            Prepared(lists).all(session, {"ids": ["x"]})
        with pytest.raises(TypeError, match="knows no defaults"):
            INSERT.run(session, {"site_id": site_id(session), "page": "https://x", "title": ""})


def test_a_list_is_filled_up_and_never_cut() -> None:
    assert filled(["a", "b"], ["x"]) == {"a": "x", "b": None}
    with pytest.raises(ValueError, match="3 values for 2 places"):
        filled(["a", "b"], "xyz")
