"""Who is here: told by name, over soon, in nobody's way, and nothing to those of other sites."""

from datetime import UTC, datetime, timedelta

from characters import ANN, OLGA, OTTO, World
from sqlalchemy import func, select

from moderation import leases
from moderation.models import Lease


def looking(world: World, who: str, *comments: str) -> dict[str, str]:
    """Look at these: who else looks at which."""
    answer = world.signed_in(who).post("/queue/leases", comment=list(comments))
    assert answer.status_code == 200, answer.text
    return answer.get_json()["here"]


def others(world: World, name: str, after: timedelta = timedelta()) -> dict[str, list[str]]:
    with world.database.reading() as session:
        me = world.moderator(session, name)
        return leases.others(session, me, now=datetime.now(UTC) + after)


def test_others_are_told_by_name_and_oneself_is_not(world: World) -> None:
    comment = world.left()
    assert looking(world, ANN, comment) == {}
    assert looking(world, OLGA) == {comment: "Ann is here"}
    assert others(world, "Ann") == {}


def test_a_card_and_its_page_say_who_is_there(world: World) -> None:
    comment = world.left()
    looking(world, ANN, comment)
    olga = world.signed_in(OLGA)
    assert "Ann is here" in olga.get("/queue").text
    assert "Ann is here" in olga.get(f"/queue/comments/{comment}").text


def test_what_others_look_at_comes_after_the_rest(world: World) -> None:
    first, second = world.left(), world.left()
    looking(world, ANN, first)
    pages = {who: world.signed_in(who).get("/queue").text for who in (ANN, OLGA)}
    order = {who: page.index(first) < page.index(second) for who, page in pages.items()}
    assert order == {ANN: True, OLGA: False}


def test_opening_a_page_takes_no_lease(world: World) -> None:
    comment = world.left()
    world.signed_in().get(f"/queue/comments/{comment}")
    world.signed_in().get("/queue")
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Lease)) == 0


def test_a_lease_ends_by_itself_and_is_renewed_by_looking(world: World) -> None:
    comment = world.left()
    looking(world, ANN, comment)
    assert others(world, "Olga", Lease.LIFE - timedelta(seconds=5)) == {comment: ["Ann"]}
    assert others(world, "Olga", Lease.LIFE + timedelta(seconds=5)) == {}
    with world.database.writing() as session:
        ann, later = world.moderator(session, "Ann"), datetime.now(UTC) + Lease.LIFE
        leases.look(session, ann, [comment], now=later)
        session.commit()
    assert others(world, "Olga", Lease.LIFE + timedelta(seconds=5)) == {comment: ["Ann"]}


def test_who_goes_on_to_the_next_is_no_longer_at_the_first(world: World) -> None:
    first, second = world.left(), world.left()
    looking(world, ANN, first)
    looking(world, ANN, second)
    assert others(world, "Olga") == {second: ["Ann"]}


def test_a_lease_keeps_nobody_from_deciding(world: World) -> None:
    comment = world.left()
    looking(world, ANN, comment)
    assert world.decide(comment, "approved", who=OLGA)["status"] == "approved"


def test_moderators_of_another_site_neither_see_nor_take_leases(world: World) -> None:
    comment = world.left()
    looking(world, ANN, comment)
    assert looking(world, OTTO, comment) == {}
    assert others(world, "Otto") == {}
    assert others(world, "Ann") == {}


def test_what_is_over_is_forgotten(world: World) -> None:
    looking(world, ANN, world.left())
    with world.database.writing() as session:
        leases.tidy_up(session, datetime.now(UTC) + Lease.LIFE * 2)
        session.commit()
        assert session.scalar(select(func.count()).select_from(Lease)) == 0
