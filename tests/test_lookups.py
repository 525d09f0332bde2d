"""Answers that a connection keeps: few, and not many bytes of them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from moderation import lookups
from moderation.lookups import LookUps

STATEMENT = "SELECT body FROM thing WHERE name = {0}"


@pytest.fixture
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LookUps]:
    """Things of 1,000 bytes each, named by numbers, and one that is much larger."""
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('db')}/x.sqlite3")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE thing (name TEXT, body BLOB)")
        things = [(str(number), bytes(1_000)) for number in range(500)]
        connection.exec_driver_sql(
            "INSERT INTO thing VALUES (?, ?)", [*things, ("large", bytes(50_000))]
        )
    found = LookUps(engine)
    yield found
    found.close()
    engine.dispose()


def kept(looked: LookUps) -> list[str]:
    (own,) = looked._idle
    return [name for _statement, name in own._kept]


def test_no_more_bytes_are_kept_than_there_is_room_for(
    looked: LookUps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "_KEPT_BYTES", 20_000)
    for number in range(200):
        assert looked.find(STATEMENT, str(number)) == [(bytes(1_000),)]
        assert sum(1_000 for _name in kept(looked)) <= 20_000
    assert kept(looked)[-1] == "199"


def test_what_is_larger_than_all_the_room_is_found_but_not_kept(
    looked: LookUps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "_KEPT_BYTES", 20_000)
    looked.find(STATEMENT, "1")
    assert looked.find(STATEMENT, "large") == [(bytes(50_000),)]
    assert kept(looked) == ["1"]


def test_no_more_answers_are_kept_than_so_many(looked: LookUps) -> None:
    for number in range(500):
        looked.find(STATEMENT, str(number))
        assert len(kept(looked)) <= lookups._KEPT
    assert kept(looked)[-1] == "499"
