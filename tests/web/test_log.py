"""The decision log: whose it shows, what can be searched for, and the file of it."""

import csv
import io
import re
from typing import Any

import pytest
from characters import ANN, BOB, OLGA, OTHER, OTTO, World
from sqlalchemy import select

from moderation import logbook, queueing
from moderation.models import Decision
from moderation.web.log import harmless


def log(world: World, reader: str = ANN, /, **query: Any) -> str:
    answer = world.signed_in(reader).get("/queue/log", **query)
    assert answer.status_code == 200
    return answer.text


def rows(world: World, reader: str = ANN, /, **query: Any) -> list[dict[str, str]]:
    answer = world.signed_in(reader).get("/queue/log/decisions.csv", **query)
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))


def undone(world: World, comment: str) -> None:
    with world.database.reading() as session:
        latest = select(Decision.id).where(Decision.comment_id == comment)
        decision = session.scalars(latest.order_by(Decision.version.desc())).first()
    assert world.signed_in().post("/queue/undo", decision=decision).status_code == 303


def test_what_moderators_decided_is_listed_newest_first(world: World) -> None:
    first, second = world.left(body="The first."), world.left(body="The second.")
    world.decide(first, "rejected", reason="insulting", note="Twice in a row.")
    world.decide(second, "approved", who=OLGA)
    page = log(world)
    assert page.index("The second.") < page.index("The first.")
    for said in ("It attacks a person", "Twice in a row.", "Olga", "Ann", f"/comments/{first}"):
        assert said in page
    assert BOB not in page
    assert [one["moderator"] for one in rows(world)] == ["Olga", "Ann"]


def test_each_search_finds_what_it_says(world: World) -> None:
    rejected, spam, back = (world.left() for _ in range(3))
    world.decide(rejected, "rejected", reason="insulting")
    world.decide(spam, "spam", who=OLGA)
    world.decide(back, "approved")
    undone(world, back)
    with world.database.reading() as session:
        ann = world.moderator(session, "Ann").id
        day = session.scalars(select(Decision.at)).first().date().isoformat()
    searches = {
        ("who", ann): {rejected, back},
        ("who", "policy"): {rejected, spam, back},
        ("who", "author"): set(),
        ("status", "spam"): {spam},
        ("reason", "insulting"): {rejected},
        ("undone", "1"): {back},
        ("site", "blog"): {rejected, spam, back},
        ("since", day): {rejected, spam, back},
        ("until", "2020-01-01"): set(),
        ("since", "9999-12-31"): {rejected, spam, back},
        ("who", "nobody"): {rejected, spam, back},
        ("since", "yesterday"): {rejected, spam, back},
    }
    for (name, value), right in searches.items():
        found = rows(world, **{name: value})
        assert {one["comment"] for one in found} == right, (name, value)
        page = log(world, **{name: value})
        assert {one for one in (rejected, spam, back) if f"/comments/{one}" in page} == right
    assert [one["taken_back"] for one in rows(world, undone="1")] == ["yes"]


def test_pages_neither_repeat_nor_skip(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    left = [world.left() for _ in range(7)]
    for one in left:
        world.decide(one, "approved")
    for looked_at in (queueing.LOOKED_AT, 2):
        monkeypatch.setattr(logbook, "LOOKED_AT", looked_at)
        with world.database.reading() as session:
            ann = world.moderator(session, "Ann")
            found, after = [], ""
            while True:
                several, after = logbook.page(
                    session, ann, logbook.Search(reason=""), after=after, limit=3
                )
                found += [one.comment_id for one in several]
                if not after:
                    break
        assert found == left[::-1]
    monkeypatch.setattr(logbook, "BATCH", 2)
    assert [one["comment"] for one in rows(world)] == left[::-1]


def test_a_moderator_of_another_site_finds_nothing(world: World) -> None:
    world.decide(world.left(body="Only for the blog."), "approved")
    world.decide(
        world.left(site="other", page=f"{OTHER}/post", body="Elsewhere."), "spam", who=OTTO
    )
    for query in ({}, {"site": "blog"}, {"who": "policy"}):
        assert "Only for the blog." not in log(world, OTTO, **query)
        assert {one["site"] for one in rows(world, OTTO, **query)} == {"other"}
    assert "Ann" not in log(world, OTTO)
    assert {one["site"] for one in rows(world, OLGA)} == {"blog", "other"}


def test_a_file_holds_no_formula_and_no_address(world: World) -> None:
    for n, note in enumerate(("=1+1", "+1", "-1", "@x", "\t=1", "plain")):
        world.decide(world.left(body=f"Number {n}."), "rejected", note=note)
    found = {one["note"] for one in rows(world)}
    assert found == {"'=1+1", "'+1", "'-1", "'@x", "'=1", "plain"}
    answer = world.signed_in().get("/queue/log/decisions.csv")
    assert BOB not in answer.get_data(as_text=True)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_compute_begins_with_a_quote(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless(f"x{cell}") == f"x{cell}"


@pytest.mark.parametrize("after", ["x", "~", "nan~x", "1e99~x", "-1e20~"])
def test_a_cursor_that_no_page_ended_with_is_refused(world: World, after: str) -> None:
    assert world.signed_in().get("/queue/log", after=after).status_code == 400


def test_an_empty_log_says_so(world: World) -> None:
    assert "Nobody has decided anything yet." in log(world)
    assert "No decision fits" in log(world, status="spam")


def test_a_cursor_tells_nothing_of_where_looking_ended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "LOOKED_AT", 1)
    elsewhere = world.left(site="other", page=f"{OTHER}/post", body="Elsewhere.")
    world.decide(world.left(), "approved")
    world.decide(elsewhere, "spam", who=OTTO)
    page = log(world)
    after = re.search(r"after=([\w=%-]+)", page)
    assert after
    with world.database.reading() as session:
        for one in session.scalars(select(Decision.id)):
            assert one not in page
    assert world.signed_in().get(f"/queue/log?after={after[1]}").status_code == 200
