"""What a site blocks and trusts: entered by owners, or from a comment, and read for each reply."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import ANN, AT_ONCE, BOB, EVE, OLGA, OTHER, OTTO, World
from sqlalchemy import select, update

from moderation import lists
from moderation.models import Author, Change, ListEntry, ListKind, Site
from moderation.policy import rules

GOOD = {"standing": "blocked", "kind": "address", "text": BOB, "lasting": "", "note": ""}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests answer a sum at once, and are no programs."""
    monkeypatch.setattr(rules, "HASTE_SECONDS", 0)


def enter(world: World, **changes: str) -> Any:
    return world.signed_in(OLGA).post("/queue/sites/blog/lists", **{**GOOD, **changes})


def reasons(world: World, comment: str) -> set[str]:
    waiting = {one["id"]: one for one in world.queue()["comments"]}
    return {reason["code"] for reason in waiting[comment]["reasons"]}


def publish_at_once(world: World) -> None:
    with world.database.writing() as session:
        session.execute(update(Site).values(options=AT_ONCE))
        session.commit()


def entries(world: World) -> list[ListEntry]:
    with world.database.reading() as session:
        query = select(ListEntry).order_by(ListEntry.created_at)
        return list(session.scalars(query))


def press(world: World, comment: str, deed: str, who: str = ANN, **fields: str) -> Any:
    return world.signed_in(who).post(f"/queue/comments/{comment}/{deed}", **fields)


@pytest.mark.parametrize(
    ("kind", "text", "reply", "code"),
    [
        ("address", BOB.upper(), {}, "blocked_address"),
        ("name", "  BOB ", {}, "blocked_name"),
        ("domain", "spam.example", {"website": "https://spam.example/x"}, "blocked_domain"),
        (
            "domain",
            "https://spam.example/x",
            {"body": "https://a.b.spam.example/"},
            "blocked_domain",
        ),
        ("domain", "*.spam.example", {"body": "Mail <me@spam.example>"}, "blocked_domain"),
    ],
)
def test_what_is_blocked_waits_with_a_reason_and_a_high_score(
    world: World, kind: str, text: str, reply: dict[str, str], code: str
) -> None:
    publish_at_once(world)
    world.published()
    assert enter(world, kind=kind, text=text).status_code == 303
    comment = world.left(**reply)
    assert code in reasons(world, comment)
    (card,) = world.queue()["comments"]
    assert card["score"] >= 40


@pytest.mark.parametrize(
    "name",
    [
        "casino  KING",
        "Cаsino King",  # with a Cyrillic а
        "Casin0 King",
        "C@sino K1ng",
        "Casino\u200b King!",
        "Casiiiino King",
        "C a s i n o K i n g",
        "Ca-si-no King",
        "ＣＡＳＩＮＯ ＫＩＮＧ",
    ],
)
def test_a_listed_name_is_known_in_disguise(world: World, name: str) -> None:
    enter(world, kind="name", text="Casino King")
    assert "blocked_name" in reasons(world, world.left(name=name))


@pytest.mark.parametrize("name", ["The Casino King", "Casino Kingston", "Casino", "King Casino"])
def test_a_listed_name_is_the_whole_name(world: World, name: str) -> None:
    enter(world, kind="name", text="Casino King")
    assert "blocked_name" not in reasons(world, world.left(name=name))


def test_neighbours_of_what_is_blocked_are_not(world: World) -> None:
    enter(world, kind="domain", text="spam.example")
    enter(world, kind="name", text="Bob")
    comment = world.left(name="Bobby", body="https://notspam.example/ and https://example/")
    assert not {"blocked_domain", "blocked_name"} & reasons(world, comment)


def test_a_trusted_author_is_not_held_as_a_stranger_but_where_everything_waits(
    world: World,
) -> None:
    enter(world, standing="trusted")
    assert reasons(world, world.left()) == {"hold_everything"}
    publish_at_once(world)
    assert world.leave().status_code == 201
    assert world.leave(email=EVE, name="Eve").status_code == 202


def test_links_to_trusted_domains_do_not_count(world: World) -> None:
    publish_at_once(world)
    world.published()
    said = "Read https://a.good.example/ and https://good.example/x and https://b.good.example/"
    assert world.leave(body=said).status_code == 202
    enter(world, standing="trusted", kind="domain", text="good.example")
    assert world.leave(body=f"{said} again").status_code == 201
    enter(world, kind="domain", text="b.good.example")
    assert "blocked_domain" in reasons(world, world.left(body=f"{said} once more"))


def test_a_list_is_of_one_site(world: World) -> None:
    enter(world)
    world.left(site="other", page=f"{OTHER}/post")
    (card,) = world.queue(OTTO)["comments"]
    assert "blocked_address" not in {reason["code"] for reason in card["reasons"]}


def test_an_edited_reply_is_judged_by_the_list_too(world: World) -> None:
    left = world.leave().get_json()
    enter(world)
    path = re.sub("^https?://[^/]+", "", left["status_url"])
    world.client().post(f"{path}/edit", data={"body": "Other words.", "version": "1"})
    assert "blocked_address" in reasons(world, left["id"])


def test_what_no_list_can_hold_is_refused(world: World) -> None:
    for fields, sentence in (
        ({"text": "nobody"}, "Enter an email address such as"),
        ({"kind": "domain", "text": "com"}, "Write a domain such as"),
        ({"kind": "domain", "text": "not a domain"}, "Write a domain such as"),
        ({"kind": "name", "text": "x" * 101}, "at most 100 characters"),
        ({"text": " "}, "Write an address, a name or a domain."),
        ({"kind": "name", "standing": "trusted", "text": "Bob"}, "a name cannot be trusted"),
    ):
        answer = enter(world, note="Kept note", **fields)
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert "Kept note" in answer.text
        assert entries(world) == []


def test_a_choice_that_there_is_not_is_no_error_of_ours(world: World) -> None:
    for field in (
        "standing",
        "kind",
        "lasting",
    ):
        assert enter(world, **{field: "whatever"}).status_code == 422


def test_the_address_is_sealed_and_shown_masked(world: World) -> None:
    enter(world, note="A troll")
    page = world.signed_in(OLGA).get("/queue/sites/blog/lists").text
    assert "b•••@example.org" in page
    assert "A troll" in page
    assert BOB not in page
    (entry,) = entries(world)
    assert BOB not in f"{entry.key} {entry.shown}"
    assert b"bob" not in (entry.sealed or b"")


def test_an_entry_runs_out_and_is_tidied_away(world: World) -> None:
    for lasting, days in (
        ("day", 1),
        ("week", 7),
        ("month", 30),
        ("year", 365),
    ):
        enter(world, lasting=lasting)
        (entry,) = entries(world)
        assert entry.expires_at is not None
        assert entry.expires_at - entry.created_at == timedelta(days=days)
        with world.database.writing() as session:
            session.execute(update(ListEntry).values(expires_at=datetime.now(UTC)))
            session.commit()
        assert "blocked_address" not in reasons(world, world.left())
        assert "b•••" not in world.signed_in(OLGA).get("/queue/sites/blog/lists").text
        with world.database.writing() as session:
            lists.tidy_up(session, datetime.now(UTC))
            session.commit()
        assert entries(world) == []


def test_the_newest_entry_counts_until_it_runs_out(world: World) -> None:
    enter(world, standing="trusted")
    enter(world, lasting="week")
    assert "blocked_address" in reasons(world, world.left())
    page = world.signed_in(OLGA).get("/queue/sites/blog/lists").text
    assert page.count("b•••@example.org") == 1
    with world.database.writing() as session:
        expired = update(ListEntry).where(ListEntry.expires_at.is_not(None))
        session.execute(expired.values(expires_at=datetime.now(UTC)))
        session.commit()
    assert reasons(world, world.left()) == {"hold_everything"}


def test_an_owner_takes_an_entry_off_with_all_that_was_said_of_the_same(world: World) -> None:
    enter(world, standing="trusted")
    enter(world)
    newest = entries(world)[-1].id
    olga = world.signed_in(OLGA)
    assert olga.post("/queue/sites/blog/lists/remove", entry=newest).status_code == 303
    assert entries(world) == []
    assert olga.post("/queue/sites/blog/lists/remove", entry=newest).status_code == 303
    with world.database.reading() as session:
        told = list(session.scalars(select(Change.what).order_by(Change.at)))
    assert told == ["trusted", "blocked", "unlisted"]


def test_a_long_list_is_shown_page_by_page(world: World) -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        olga, at = world.moderator(session, "Olga"), datetime.now(UTC)
        for number in range(lists.PAGE_SIZE + 5):
            made = (ListKind.NAME, lists.Standing.BLOCKED, f"Troll {number:03}")
            at += timedelta(seconds=1)
            lists.enter(session, world.keyring, site, *made, by=olga, at=at)
        session.commit()
    olga_s = world.signed_in(OLGA)
    first = olga_s.get("/queue/sites/blog/lists").text
    onward = re.search(r'href="([^"]+)" rel="next"', first)
    assert onward
    second = olga_s.get(onward[1].replace("&amp;", "&")).text
    seen = [re.findall(r"Troll \d{3}", page) for page in (first, second)]
    assert [len(one) for one in seen] == [lists.PAGE_SIZE, 5]
    assert len({*seen[0], *seen[1]}) == lists.PAGE_SIZE + 5
    assert "Troll" not in olga_s.get("/queue/sites/blog/lists", show="trusted").text


def test_a_moderator_blocks_the_author_of_a_comment_and_undoes_it(world: World) -> None:
    comment = world.left()
    ann = world.signed_in(ANN)
    assert 'data-key="block"' in ann.get(f"/queue/comments/{comment}").text
    assert ann.post(f"/queue/comments/{comment}/block").status_code == 303
    page = ann.get(f"/queue/comments/{comment}").text
    assert "Blocked: what Bob writes here waits" in page
    assert 'data-key="block"' not in page
    assert page.count(f'name="entry" value="{entries(world)[0].id}"') == 2
    assert "blocked_address" in reasons(world, world.left())
    (entry,) = entries(world)
    undone = ann.post(f"/queue/comments/{comment}/unlist", entry=entry.id, next="/queue")
    assert (undone.status_code, undone.headers["Location"]) == (303, "/queue")
    assert "Taken back: Bob is treated as before." in ann.get("/queue").text
    assert entries(world) == []


def test_undo_brings_back_what_was_said_before(world: World) -> None:
    comment = world.left()
    enter(world, standing="trusted", lasting="year", note="A regular")
    press(world, comment, "block")
    newest = entries(world)[-1].id
    press(world, comment, "unlist", entry=newest)
    (left,) = entries(world)
    assert (str(left.standing), left.note) == ("trusted", "A regular")
    assert left.expires_at is not None


def test_an_undo_that_comes_too_late_takes_nothing_back(world: World) -> None:
    comment = world.left()
    press(world, comment, "block")
    (entry,) = entries(world)
    press(world, comment, "trust", OLGA)
    ann = world.signed_in(ANN)
    ann.post(f"/queue/comments/{comment}/unlist", entry=entry.id)
    assert "nothing was taken back" in ann.get("/queue").text
    assert len(entries(world)) == 2


def test_pressing_twice_says_the_same_once(world: World) -> None:
    comment = world.left()
    for _ in range(2):
        assert press(world, comment, "trust").status_code == 303
    assert len(entries(world)) == 1
    with world.database.reading() as session:
        assert len(session.scalars(select(Change)).all()) == 1


def test_a_moderator_of_another_site_lists_nobody_here(world: World) -> None:
    comment = world.left()
    press(world, comment, "block")
    (entry,) = entries(world)
    for deed in ("block", "trust", "unlist"):
        assert press(world, comment, deed, OTTO, entry=entry.id).status_code == 404
    elsewhere = world.left(site="other", page=f"{OTHER}/post")
    assert press(world, elsewhere, "unlist", OTTO, entry=entry.id).status_code == 404
    assert [one.id for one in entries(world)] == [entry.id]


def test_who_was_erased_stays_blocked_without_their_address(world: World) -> None:
    comment = world.leave().get_json()
    press(world, comment["id"], "block")
    path = re.sub("^https?://[^/]+", "", comment["status_url"])
    world.client().post(f"{path}/erase")
    with world.database.reading() as session:
        assert session.scalars(select(Author)).all() == []
    (entry,) = entries(world)
    assert entry.sealed is None
    assert "An address that was erased" in world.signed_in(OLGA).get("/queue/sites/blog/lists").text
    assert "blocked_address" in reasons(world, world.left())
    assert press(world, comment["id"], "block").status_code == 404


def test_who_was_erased_is_trusted_no_more(world: World) -> None:
    comment = world.leave().get_json()
    press(world, comment["id"], "trust")
    path = re.sub("^https?://[^/]+", "", comment["status_url"])
    world.client().post(f"{path}/erase")
    assert entries(world) == []


def test_an_address_is_forgotten_also_where_it_left_nothing(world: World) -> None:
    enter(world, note="Said to be rude")
    (entry,) = entries(world)
    answer = world.app.test_cli_runner().invoke(args=["forget", BOB])
    assert answer.exit_code == 0, answer.output
    (left,) = entries(world)
    assert (left.key, left.sealed, left.note) == (entry.key, None, "")


def test_what_owners_changed_says_nothing_of_who_was_erased(world: World) -> None:
    comment = world.left()
    press(world, comment, "block")
    assert "b•••@example.org" in world.signed_in(OLGA).get("/queue/sites/blog").text
    world.app.test_cli_runner().invoke(args=["forget", BOB])
    page = world.signed_in(OLGA).get("/queue/sites/blog").text
    assert "b•••@example.org" not in page
    assert "somebody who was erased" in page


def test_an_outdated_block_does_not_come_back_with_erasure(world: World) -> None:
    comment = world.left()
    press(world, comment, "block")
    press(world, comment, "trust")
    world.app.test_cli_runner().invoke(args=["forget", BOB])
    assert entries(world) == []


def test_an_undo_is_about_the_author_of_that_comment(world: World) -> None:
    enter(world, kind="domain", text="spam.example")
    (entry,) = entries(world)
    assert press(world, world.left(), "unlist", entry=entry.id).status_code == 404
    assert len(entries(world)) == 1
