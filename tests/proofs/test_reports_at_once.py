"""Sixteen readers report the same reply at the same moment: it is put back exactly once.

Whoever comes first, no report is lost, no server error is heard, and no voice counts for two.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from threading import Barrier, BrokenBarrierError

import pytest
from characters import World
from servers import SIZE, at_once
from sqlalchemy import select, text
from sqlalchemy.sql.selectable import Select

from moderation import reporting
from moderation.models import Actor, Comment, Decision, Report

pytestmark = pytest.mark.proof

READERS = 16
ROUNDS = 6 * SIZE


def reported(world: World, comment: str, networks: list[int]) -> Counter[int]:
    """Everybody at once, each from the network of this number: the statuses of the answers."""

    def one(network: int) -> int:
        client, origin = world.client(), {"REMOTE_ADDR": f"198.51.{network}.1"}
        path = f"/comments/{comment}/report"
        return client.post(path, data={"reason": "spam"}, environ_overrides=origin).status_code

    return Counter(at_once([lambda network=network: one(network) for network in networks]))


def held(world: World, comment: str) -> int:
    """How often readers have put it back."""
    with world.database.reading() as session:
        query = select(Decision.id).where(
            Decision.comment_id == comment, Decision.actor == Actor.READERS
        )
        return len(session.scalars(query).all())


def reports(world: World, comment: str) -> int:
    with world.database.reading() as session:
        return len(session.scalars(select(Report.id).where(Report.comment_id == comment)).all())


def faults(world: World) -> Iterator[str]:
    """What goes wrong in rounds of everybody at once."""
    for _ in range(ROUNDS):
        comment = world.published()
        heard = reported(world, comment, list(range(READERS)))
        if held(world, comment) != 1:
            yield f"put back {held(world, comment)} times"
        # Whoever comes after it was put back finds it gone, and is not counted.
        if set(heard) - {303, 404} or reports(world, comment) != heard[303]:
            yield f"{heard} heard, {reports(world, comment)} stored"
        if world.thread()["thread"]["count"]:
            yield "readers still count it"


def test_reports_at_once_put_a_reply_back_exactly_once(world: World) -> None:
    assert list(faults(world)) == []


def test_reports_of_one_network_at_once_are_one_voice(world: World) -> None:
    for _ in range(ROUNDS):
        comment = world.published()
        assert reported(world, comment, [1] * READERS) == {303: READERS}
        assert (reports(world, comment), held(world, comment)) == (1, 0)


def test_a_moderator_and_readers_at_once_leave_one_chain_of_decisions(world: World) -> None:
    for _ in range(ROUNDS):
        comment = world.published()
        at_once(
            [
                lambda comment=comment: reported(world, comment, [1, 2, 3, 4]),
                lambda comment=comment: world.decide(comment, "deleted", version=2),
            ]
        )
        with world.database.reading() as session:
            query = select(Decision).where(Decision.comment_id == comment)
            made = list(session.scalars(query.order_by(Decision.version)))
            status = session.get_one(Comment, comment).status
        assert [one.version for one in made] == list(range(1, len(made) + 1))
        assert all(one.was == before.became for before, one in pairwise(made))
        assert made[-1].became == status


def test_control_without_a_lock_everybody_is_too_few(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sees what the others are writing: the lock, or SQLite's, is what adds them up."""
    if world.database.is_sqlite:
        monkeypatch.setattr(world.database, "writing", world.database.reading)
    else:
        monkeypatch.setattr(Select, "with_for_update", lambda self, **_options: self)
    store = reporting._is_another_voice

    def is_wrong() -> bool:
        gate = _gate(3)

        def slowly(*args: object) -> bool:
            stored = store(*args)  # type: ignore[arg-type]
            gate()
            return stored

        monkeypatch.setattr(reporting, "_is_another_voice", slowly)
        comment = world.published()
        heard = reported(world, comment, [1, 2, 3])
        return held(world, comment) != 1 or bool(set(heard) - {303})

    # Who is slow enough sees what the others have committed meanwhile, and adds up rightly.
    with _untold(world):
        assert any(is_wrong() for _ in range(10))


@contextmanager
def _untold(world: World) -> Iterator[None]:
    """On PostgreSQL without the trigger that counts reports: it locks the comment as well."""
    if world.database.is_sqlite:
        yield
        return
    with world.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE report DISABLE TRIGGER USER"))
    try:
        yield
    finally:
        with world.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE report ENABLE TRIGGER USER"))


def _gate(number: int) -> Callable[[], None]:
    """Waits until so many are here, or somebody has given up."""
    barrier = Barrier(number)

    def wait() -> None:
        try:
            barrier.wait(3)
        except BrokenBarrierError:
            return

    return wait
