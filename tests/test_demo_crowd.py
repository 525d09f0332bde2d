"""The crowd of the demonstration: written past the workflows, and as true as if by them."""

from collections import Counter
from importlib import import_module
from typing import Any

import pytest
from characters import World
from crowds import NOW, wrong
from sqlalchemy import func, inspect, select

from moderation import demo, drafts, privacy
from moderation.models import Author, Comment, DayTally, Decision, Site, Status, Thread
from moderation.queueing import PAGE_SIZE
from moderation.text import markup

NUMBER = 300


class Stopped(Exception):
    """Somebody pressed Ctrl+C."""


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # The package gives the function under the name of its module.
    module = import_module("moderation.demo.crowd")
    monkeypatch.setattr(module, "BATCH", 50)
    monkeypatch.setattr(module, "TRANSACTION", 100)
    monkeypatch.setattr(module, "FEW", 60)


def write(world: World, number: int = NUMBER, tell: Any = lambda _: None, **more: Any) -> None:
    demo.crowd(world.database, world.keyring, "blog", number, tell, **more)


def found(world: World, model: Any) -> list[Any]:
    with world.database.reading() as session:
        return list(session.scalars(select(model)))


def indexes(world: World) -> set[tuple[Any, ...]]:
    there = inspect(world.database.engine)
    return {
        (one["name"], *one["column_names"], *map(str, one.get("dialect_options", {}).values()))
        for table in ("comment", "comment_reason", "decision")
        for one in there.get_indexes(table)
    }


def test_what_the_database_keeps_by_itself_is_right(world: World) -> None:
    world.left()
    write(world)
    assert wrong(world) == []
    assert len(found(world, Comment)) == NUMBER + 1


def test_every_batch_is_told(world: World) -> None:
    told: list[int] = []
    write(world, 120, told.append)
    assert told == [50, 50, 20]


def test_each_comment_is_what_its_text_makes_of_it(world: World) -> None:
    write(world)
    site = next(one for one in found(world, Site) if one.key == "blog")
    site_key = site.open_key(world.keyring)
    comments = found(world, Comment)
    for one in comments:
        said = drafts.words(one.source, site_key, parent=None, name=one.name)
        rendered = markup.render(one.source)
        assert (one.html, one.links) == (rendered.html, list(rendered.links))
        assert one.text_digest == said.text_digest
        assert one.score == sum(reason["score"] for reason in one.reasons)
        assert one.reasons
    assert len({one.id for one in comments}) == len({one.position for one in comments}) == NUMBER
    networks = Counter(one.network_digest for one in comments)
    assert None not in networks
    assert max(networks.values()) > 5


def test_each_author_is_found_by_their_address(world: World) -> None:
    write(world, 100)
    site = next(one for one in found(world, Site) if one.key == "blog")
    site_key = site.open_key(world.keyring)
    wrote = {one.author_id for one in found(world, Comment)}
    for one in found(world, Author):
        address = one.email(world.keyring)
        assert one.email_digest == drafts.author_digest(site_key, address)
        assert one.avatar == privacy.avatar_seed(site_key, address)
    assert wrote <= {one.id for one in found(world, Author)}


def test_each_status_is_what_the_decisions_made_of_it(world: World) -> None:
    write(world)
    chains: dict[str, list[Decision]] = {}
    for one in sorted(found(world, Decision), key=lambda one: one.version):
        chains.setdefault(one.comment_id, []).append(one)
    comments = found(world, Comment)
    for one in comments:
        chain = chains[one.id]
        assert [step.version for step in chain] == list(range(1, one.version + 1))
        assert [step.was for step in chain] == [None, *(step.became for step in chain[:-1])]
        assert (chain[-1].became, one.published) == (one.status, one.status == Status.APPROVED)
        assert [step.at for step in chain] == sorted(step.at for step in chain)
    waiting = sum(one.status == Status.PENDING for one in comments)
    assert 0.8 * NUMBER < waiting < NUMBER
    seen = Counter(one.thread_id for one in comments if one.published)
    assert {one.id: one.count for one in found(world, Thread) if one.count} == dict(seen)


def test_all_of_them_wait_where_that_is_asked_for(world: World) -> None:
    write(world, 60, waiting=1)
    assert world.queue()["count"] == 60


def test_who_stops_half_way_keeps_a_whole_crowd_and_may_go_on(world: World) -> None:
    told: list[int] = []

    def stop_in_the_second_transaction(more: int) -> None:
        told.append(more)
        if len(told) == 3:
            raise Stopped

    with world.database.writing() as session:
        session.add(DayTally(day=NOW.date(), site_id="", what="counted", name="", n=1))
        session.commit()
    before = indexes(world)
    with pytest.raises(Stopped):
        write(world, tell=stop_in_the_second_transaction)
    assert indexes(world) == before
    with world.database.reading() as session:
        assert session.scalar(select(func.count(Comment.id))) == 100
        assert session.scalar(select(func.count(DayTally.n))) == 0
    assert wrong(world) == []
    write(world, NUMBER - 100)
    assert len(found(world, Comment)) == NUMBER
    assert wrong(world) == []
    assert indexes(world) == before


def test_the_queue_and_a_thread_show_them(world: World) -> None:
    write(world)
    page = world.signed_in().get("/queue")
    assert page.status_code == 200
    assert page.text.count('<article class="card') == PAGE_SIZE
    thread = max(found(world, Thread), key=lambda one: one.count)
    assert world.thread(thread.page)["thread"]["count"] == thread.count > 0
