"""What belongs together: found as it arrives, one place in the queue, at a fixed cost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import OTHER, World
from crowds import crowd
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from test_queueing import plan, slow, statements

from moderation import clusters, intake, lists, review
from moderation.clusters import finding
from moderation.models import Band, Bearer, Comment, InCommon, ListKind, Site, Standing, Status
from moderation.queueing import Filter, Order
from moderation.queueing import folding as folding_module
from moderation.web import leaving

SPAM = "Subscribe to my channel, I upload a new video about the moon on every single day"
#: The same with changes: words, disguises, signs, another link.
VARIANTS = (
    SPAM,
    f"{SPAM}!!! https://a.example/1",
    "PLEASE subscribe to my channel, i upload a new video about the moon every day :)",
    "Subscr1be to my ch4nnel, I uplo4d a new v1deo about the m00n on every single day",
    "Ѕubscribе tо my сhannеl, I upload a new vidео about thе moon on every single day",
    "S u b s c r i b e to my channel, I upload a new video about the moon on every single day",
)
#: Each speaks for itself, also where two share their words.
OTHERS = (
    "The council ought to light these roads again, whatever it costs us",
    "I walked home under the stars and was not afraid for a moment",
    "Nice song",
    "Nice video",
    "Great song!",
    "Love it",
    "My channel is nobody's business, and the moon is made of stone",
)

#: Texts with no word in common.
WORDS = ("Umbrella", "Mosquito", "Harvest", "Jukebox", "Velvet", "Cinnamon")


def by(number: int, **more: Any) -> dict[str, Any]:
    """A stranger with this number."""
    return {"name": f"N{number}", "email": f"n{number}@x.example", **more}


def left(world: World, *bodies: str, **more: Any) -> list[str]:
    """Each by somebody else."""
    return [world.left(body=body, **by(number, **more)) for number, body in enumerate(bodies)]


def cluster_of(world: World, comment: str) -> str | None:
    with world.database.reading() as session:
        return session.get_one(Comment, comment).cluster_id


def together(world: World, *comments: str) -> bool:
    found = {cluster_of(world, one) for one in comments}
    return len(found) == 1 and found != {None}


def bands(session: Session, *conditions: Any) -> int:
    return session.scalars(select(func.count()).select_from(Band).where(*conditions)).one()


def options(world: World, **changed: Any) -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        site.options = {**site.options, **changed}
        session.commit()


# Who belongs together


def test_the_same_text_with_changes_and_disguises_belongs_together(world: World) -> None:
    assert together(world, *left(world, *VARIANTS))


def test_different_and_short_texts_belong_to_nothing(world: World) -> None:
    found = left(world, *OTHERS)
    assert {cluster_of(world, one) for one in found} == {None}
    # What is short belongs to the very same.
    assert together(world, found[2], world.left(body="NICE SONG!!!", **by(99)))


def test_small_likenesses_make_no_chain(world: World) -> None:
    words = [f"word{chr(97 + n)}{chr(110 + n)}" for n in range(12)]
    chain = [" ".join(words[n : n + 6]) for n in range(7)]
    found = left(world, *chain)
    assert together(world, found[0], found[1])
    assert cluster_of(world, found[-1]) != cluster_of(world, found[0])


def test_another_site_is_never_looked_at(world: World) -> None:
    here = left(world, SPAM)[0]
    there = world.left(site="other", page=f"{OTHER}/post-1", body=SPAM)
    assert cluster_of(world, here) is cluster_of(world, there) is None


def test_strangers_with_one_new_domain_belong_together(world: World) -> None:
    bodies = [f"{text} https://www.cheap.example/{n}" for n, text in enumerate(OTHERS[:2])]
    found = left(world, *bodies)
    assert together(world, *found)
    website = world.left(body=OTHERS[6], **by(9, website="https://cheap.example/"))
    assert together(world, *found, website)
    with world.database.reading() as session:
        assert session.get_one(Comment, website).alike_by == InCommon.DOMAIN


def test_a_domain_that_was_approved_or_is_trusted_or_ones_own_is_no_campaign(world: World) -> None:
    good = world.left(body=f"{OTHERS[0]} https://good.example/", **by(1))
    world.decide(good, "approved")
    with world.database.writing() as session:
        ann, at = world.moderator(session, "Ann"), datetime.now(UTC)
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        entry = (ListKind.DOMAIN, Standing.TRUSTED, "trusted.example")
        lists.enter(session, world.keyring, site, *entry, by=ann, at=at)
        session.commit()
    hosts = ("good.example", "sub.trusted.example", "blog.example")
    for host, number in zip(hosts, (0, 2, 4), strict=True):
        two = [f"{word} https://{host}/" for word in WORDS[number : number + 2]]
        found = [world.left(body=body, **by(number + n)) for n, body in enumerate(two, 2)]
        assert {cluster_of(world, one) for one in found} == {None}, host


def test_a_network_is_a_campaign_from_the_fourth_stranger_of_an_hour_on(world: World) -> None:
    def leave(number: int) -> str:
        body = world.reply(body=f"{chr(97 + number) * 4} {OTHERS[number]}", **by(number))
        answer = world.client().post(
            "/api/v1/sites/blog/comments",
            json=body,
            environ_overrides={"REMOTE_ADDR": f"8.8.8.{number + 1}"},
        )
        return str(answer.get_json()["id"])

    found = [leave(number) for number in (0, 1, 6)]
    assert {cluster_of(world, one) for one in found} == {None}
    fourth = leave(5)
    assert together(world, found[-1], fourth)
    with world.database.writing() as session:
        for model in (Comment, Band):
            moved = {
                "created_at" if model is Comment else "at": datetime.now(UTC) - clusters.WINDOW
            }
            session.execute(update(model).values(moved))
        session.commit()
    assert cluster_of(world, leave(4)) is None


def test_of_somebody_who_was_approved_the_text_alone_counts(world: World) -> None:
    world.decide(world.left(body=OTHERS[0], **by(1)), "approved")
    first = world.left(body=f"{OTHERS[1]} https://new.example/", **by(1))
    assert cluster_of(world, world.left(body=f"{OTHERS[6]} https://new.example/", **by(2))) is None
    assert together(world, first, world.left(body=f"{OTHERS[1]} again", **by(1)))


def test_a_cluster_that_is_full_is_followed_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 3)
    found = left(world, *[f"{SPAM} {n}" for n in range(7)])
    assert [cluster_of(world, one) for one in found].count(cluster_of(world, found[0])) == 3
    assert together(world, *found[3:6])
    assert cluster_of(world, found[6]) is None


# What leaves


def test_an_edited_comment_leaves_and_joins_what_it_says_now(world: World) -> None:
    options(world, edit_minutes=30)
    answer = world.leave(body=SPAM, **by(1)).get_json()
    follower = world.left(body=f"{SPAM} too", **by(2))
    assert together(world, answer["id"], follower)
    calm = world.left(body=OTHERS[0], **by(3))
    status = answer["status_url"].removeprefix("http://127.0.0.1:8000")
    changed = world.client().post(
        f"{status}/edit", data={"body": f"{OTHERS[0]}, truly", "version": "1"}
    )
    assert changed.status_code == 303, changed.text
    assert together(world, answer["id"], calm)
    assert cluster_of(world, follower) != cluster_of(world, calm)
    with world.database.reading() as session:
        assert bands(session, Band.comment_id == answer["id"]) == 0


def test_an_erased_comment_leaves_nothing_behind(world: World) -> None:
    answer = world.leave(body=SPAM, **by(1)).get_json()
    others = [world.left(body=f"{SPAM} {n}", **by(n)) for n in (2, 3)]
    status = answer["status_url"].removeprefix("http://127.0.0.1:8000")
    assert world.client().post(f"{status}/erase").status_code == 303
    assert cluster_of(world, answer["id"]) is None
    assert together(world, *others)
    with world.database.reading() as session:
        assert bands(session) == 0


@pytest.mark.parametrize("path", ["edit", "erase"])
def test_who_changes_or_goes_while_another_is_weighed_is_not_drawn_back(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    options(world, edit_minutes=30)
    answer = world.leave(body=SPAM, **by(1)).get_json()
    status = answer["status_url"].removeprefix("http://127.0.0.1:8000")
    weigh = leaving._weighed

    def weighed_then_changed(site: Site, arrived: intake.Arrived) -> intake.Weighed:
        weighed = weigh(site, arrived)
        assert weighed.comment.cluster_id
        monkeypatch.setattr(leaving, "_weighed", weigh)
        sent = {"body": "The council ought to light these roads", "version": "1"}
        assert world.client().post(f"{status}/{path}", data=sent).status_code == 303
        return weighed

    monkeypatch.setattr(leaving, "_weighed", weighed_then_changed)
    follower = world.left(body=f"{SPAM} too", **by(2))
    assert cluster_of(world, follower)
    assert cluster_of(world, answer["id"]) is None


def test_keys_are_forgotten_in_time_and_clusters_stay(world: World) -> None:
    found = left(world, SPAM, f"{SPAM} too")
    later = datetime.now(UTC) + Band.KEPT + timedelta(minutes=1)
    with world.database.writing() as session:
        assert bands(session) > 0
        clusters.tidy_up(session, later)
        session.commit()
        assert bands(session) == 0
    assert together(world, *found)


def test_only_so_many_keys_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    found = left(world, *OTHERS[:2])
    monkeypatch.setattr(Band, "MOST_KEPT", 20)
    with world.database.writing() as session:
        assert bands(session) > 20
        clusters.tidy_up(session, datetime.now(UTC))
        session.commit()
        assert 0 < bands(session) <= 20
        assert bands(session, Band.comment_id == found[0]) == 0


def test_what_is_stored_says_nothing_without_the_sites_key(world: World) -> None:
    left(world, SPAM)
    world.left(site="other", page=f"{OTHER}/post-1", body=SPAM)
    with world.database.reading() as session:
        of_text = select(Band.key).where(Band.kind == InCommon.TEXT)
        keys = [
            set(session.scalars(of_text.where(Band.site_id == one)))
            for one in session.scalars(select(Site.id))
        ]
    assert keys[0]
    assert not keys[0] & keys[1]


# What it costs


def test_a_reply_asks_as_often_whatever_waits(world: World) -> None:
    def asked(number: int) -> int:
        body = world.reply(body=f"{SPAM} {number}", **by(number))
        url = "/api/v1/sites/blog/comments"
        return len(statements(world, lambda: world.client().post(url, json=body)))

    world.left()
    alone, second = asked(1), asked(2)
    crowd(world, 200)
    left(world, *[f"{SPAM} again {n}" for n in range(30)])
    assert asked(50) == second
    assert second <= alone


def test_a_sites_list_is_looked_up_by_its_keys_for_a_reply(world: World) -> None:
    body = world.reply()
    heard = statements(world, lambda: world.client().post("/api/v1/sites/blog/comments", json=body))
    about = [(said, values) for said, values in heard if "FROM list_entry" in said]
    assert about
    for said, values in about:
        # SQLite tells by which columns it looks: by the site alone is the whole list.
        looks = plan(world, said, values)
        assert looks.count("site_id=? AND key") == 2 if world.database.is_sqlite else looks


def test_finding_and_keeping_read_no_table_as_a_whole(world: World) -> None:
    found = left(world, *VARIANTS)
    crowd(world, 50)
    with world.database.reading() as session:
        one = session.get_one(Comment, found[0])
        keys = dict.fromkeys(session.scalars(select(Band.key)), InCommon.TEXT)
        known = clusters.Traits(SPAM, keys, "x")
        session.expunge(one)

    def ask() -> None:
        with world.database.writing() as writing:
            clusters.find(writing, one, known, datetime.now(UTC))
            clusters.keep(writing, one, known, datetime.now(UTC))

    # What was found is put in order: a few rows, whatever there is.
    reads = ("SCAN comment", "SCAN band", "Seq Scan")
    assert [said for said in slow(world, ask) if any(bad in said for bad in reads)] == []


def _found_again(world: World) -> None:
    with world.database.reading() as session:
        one = session.scalars(select(Comment).where(Comment.source == SPAM)).one()
        keys = dict.fromkeys(session.scalars(select(Band.key)), InCommon.TEXT)
        session.expunge(one)
        clusters.find(session, one, clusters.Traits(SPAM, keys, "x"), datetime.now(UTC))


# Its place in the queue

EVERYTHING = Bearer("olga", None)


def pages(world: World, order: Order = Order.OLDEST, **more: Any) -> list[str]:
    """Every page of the folded queue, one after the other: the ids."""
    found, after = [], ""
    at = datetime.now(UTC)
    with world.database.reading() as session:
        for _ in range(200):
            page, after = review.folded(
                session, EVERYTHING, Filter(**more), after=after, order=order, at=at
            )
            found += [one.id for one in page]
            if not after:
                return found
    raise AssertionError("the pages never end")


def clustered(world: World, ids: list[str], name: str) -> None:
    with world.database.writing() as session:
        session.execute(update(Comment).where(Comment.id.in_(ids)).values(cluster_id=name))
        session.commit()


@pytest.mark.parametrize("order", list(Order))
def test_the_oldest_that_waits_stands_for_all(
    world: World, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding_module, "PAGE_SIZE", 5)
    monkeypatch.setattr(folding_module, "PIECES", (5, 10, 20))
    ids = crowd(world, 90)
    clustered(world, ids[10:60], "one")
    clustered(world, ids[70:75], "two")
    with world.database.reading() as session:
        rows = session.scalars(select(Comment).where(Comment.status == Status.PENDING)).all()
        oldest: dict[Any, Comment] = {}
        for row in sorted(rows, key=lambda one: (one.created_at, one.id)):
            oldest.setdefault(row.cluster_id or row.id, row)
        every = walked(session, order)
    standing = {one.id for one in oldest.values()}
    assert pages(world, order) == [one for one in every if one in standing]
    assert len(standing) < len(every)


def walked(session: Session, order: Order) -> list[str]:
    page, after = review.queue(
        session, EVERYTHING, Filter(), limit=500, order=order, at=datetime.now(UTC)
    )
    assert not after
    return [one.id for one in page]


def test_a_filter_and_another_status_show_each_by_itself(world: World) -> None:
    found = left(world, SPAM, f"{SPAM} too", f"{SPAM} as well")
    assert pages(world) == found[:1]
    assert pages(world, q="channel") == found
    for one in found:
        world.decide(one, "spam")
    assert pages(world, status=Status.SPAM) == found
    assert {one["id"] for one in world.queue(status="spam")["comments"]} == set(found)


def test_the_next_one_stands_for_the_rest_once_the_first_is_decided(world: World) -> None:
    found = left(world, SPAM, f"{SPAM} too", f"{SPAM} as well")
    world.decide(found[0], "approved")
    assert pages(world) == found[1:2]
    world.decide(found[0], "pending")
    assert pages(world) == found[:1]


def test_a_page_of_the_folded_queue_reads_and_sorts_no_table_as_a_whole(world: World) -> None:
    ids = crowd(world, 90)
    clustered(world, ids[10:60], "one")

    def ask() -> None:
        with world.database.reading() as session:
            page, _after = review.folded(session, EVERYTHING, Filter())
            clusters.campaigns(session, page)

    assert slow(world, ask) == []


def test_one_card_tells_of_all(world: World) -> None:
    found = left(world, *VARIANTS)
    world.decide(found[1], "spam")
    with world.database.reading() as session:
        page, _after = review.folded(session, EVERYTHING, Filter())
        told = clusters.campaigns(session, page)[found[0]]
    assert [one.id for one in told.members] == [found[0], *found[2:]]
    assert [one.id for one in told.latest] == found[:2:-1]
    assert (told.by, told.authors, told.decided) == ([InCommon.TEXT], 5, {Status.SPAM: 1})
