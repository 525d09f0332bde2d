"""The card that stands for all that belong together: what it tells, deciding it, taking it back."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import OLGA, OTTO, SignedIn, World
from sqlalchemy import event, func, select

from moderation.models import Batch, Comment, Decision, Message, Status, Thread

SCRIPT = {"Accept": "application/json"}
SPAM = "Subscribe to my channel, I upload a new video about the moon on every single day"


def campaign(world: World, number: int = 4) -> list[str]:
    """So many alike wait, each of a stranger's."""
    return [
        world.left(body=f"{SPAM} {n}", name=f"N{n}", email=f"n{n}@x.example") for n in range(number)
    ]


def members(world: World, *ids: str) -> str:
    return " ".join(f"{one}.{world.version(one)}" for one in ids)


def asked(browser: SignedIn, url: str, **fields: Any) -> Any:
    """Send a form as the queue's script does."""
    found = re.search(r'name="csrf_token"[^>]*value="(.+?)"', browser.get("/queue/account").text)
    assert found
    data = {"csrf_token": found[1], "list": "pending", **fields}
    return browser.client.post(url, data=data, headers=SCRIPT)


def decide(world: World, browser: SignedIn, ids: list[str], status: str, **more: Any) -> Any:
    sent = {"comment": ids[0], "members": members(world, *ids), "status": status, **more}
    return asked(browser, "/queue/groups/decisions", **sent)


def standing(world: World) -> dict[str, Any]:
    """How every comment stands, and what each thread shows."""
    with world.database.reading() as session:
        comments = select(Comment.id, Comment.status, Comment.published, Comment.cluster_id)
        threads = select(Thread.id, Thread.count)
        return {one: tuple(more) for q in (comments, threads) for one, *more in session.execute(q)}


def statuses(world: World) -> dict[Status, int]:
    with world.database.reading() as session:
        grouped = select(Comment.status, func.count()).group_by(Comment.status)
        return dict(session.execute(grouped).all())


# What the list shows


def test_one_card_tells_what_they_have_in_common(world: World) -> None:
    found = campaign(world, 5)
    calm = world.left(body="The council ought to light these roads again.")
    world.decide(found[4], "spam")
    page = world.signed_in().get("/queue").text
    assert re.findall(r'id="comment-(\w+)"', page) == [found[0], calm]
    assert "Alike, on this one card: 4 comments" in page
    assert "Same text with changes" in page
    assert "4 authors" in page
    assert "before: 1" in page
    assert f'data-members="{members(world, *found[:4])}"' in page
    assert "Approve all 4" in page
    assert "<ins>" in page
    assert "Pending" in page
    assert re.search(r'data-count="5">5<', page)


def test_words_that_are_covered_are_covered_in_the_differences_too(world: World) -> None:
    from moderation.models import Preferences
    from moderation.text.masking import SLURS

    slur = min(SLURS)
    for n, text in enumerate((SPAM, f"{SPAM} {slur}")):
        world.left(body=text, name=f"N{n}", email=f"n{n}@x.example")
    ann = world.signed_in()
    with world.database.writing() as session:
        world.moderator(session, "Ann").preferences = Preferences().stored()
        session.commit()
    card = ann.get("/queue").text
    assert f'<span class="covered__word">{slur}</span>' in card
    assert slur not in card.replace(f'<span class="covered__word">{slur}</span>', "")


def test_the_cards_own_page_has_all_of_them_to_be_decided_alone(world: World) -> None:
    found = campaign(world)
    ann = world.signed_in()
    for one in (found[0], found[2]):
        page = ann.get(f"/queue/comments/{one}").text
        others = set(found) - {one}
        assert set(re.findall(r'data-member data-comment="(\w+)"', page)) == others
        assert "Approve all" not in page
    answer = ann.post("/queue/decisions", comment=found[1], version="1", status="approved")
    assert answer.status_code == 303
    assert f'data-members="{members(world, found[0], *found[2:])}"' in ann.get("/queue").text


def test_its_own_group_stands_first_among_comments_like_it(world: World) -> None:
    by_bob = world.left(body="The council ought to light these roads again.")
    one = world.left(body=SPAM)
    two = world.left(body=f"{SPAM} 2", name="N2", email="n2@x.example")
    panel = world.signed_in().get(f"/queue/comments/{one}/parts/lookalikes").text
    assert re.findall(r'class="alike__name" href="/queue/comments/(\w+)"', panel) == [two, by_bob]
    assert "same group" in panel


def test_a_page_asks_as_often_however_many_belong_together(world: World) -> None:
    def queries() -> int:
        heard: list[str] = []
        event.listen(
            world.database.engine, "before_cursor_execute", lambda *about: heard.append(about[2])
        )
        ann.get("/queue")
        return len(heard)

    ann = world.signed_in()
    campaign(world, 2)
    ann.get("/queue")
    few = queries()
    for n in range(12):
        world.left(body=f"{SPAM} {n * 7} times", name=f"M{n}", email=f"m{n}@x.example")
    for n in range(2):
        world.left(body="I walked home under the stars", name=f"K{n}", email=f"k{n}@x.example")
    assert queries() <= few


# Deciding


@pytest.mark.parametrize("status", ["approved", "rejected", "spam"])
def test_all_are_decided_by_one_key_and_one_undo_brings_back_the_exact_state(
    world: World, status: str
) -> None:
    found, ann = campaign(world), world.signed_in()
    before = standing(world)
    reason = "advertising" if status == "rejected" else ""
    answer = decide(world, ann, found, status, left="3", reason=reason)
    told = answer.get_json()
    assert answer.status_code == 200
    assert told["said"].endswith("3 wait.")
    assert "4 comments" in told["said"]
    assert (told["waits"], told["again"]) == (0, None)
    assert statuses(world) == {Status(status): 4}
    with world.database.reading() as session:
        made = session.scalars(select(Decision).where(Decision.version == 2)).all()
        assert {(one.became, one.reason) for one in made} == {(Status(status), reason)}
    back = asked(ann, "/queue/groups/undo", batch=told["batch"], left="7")
    assert back.get_json()["said"] == "Taken back: 4 comments are as they were. 7 wait."
    assert back.get_json()["members"] == members(world, *found)
    assert standing(world) == before


def test_without_a_script_it_is_a_form_with_an_undo_of_its_own(world: World) -> None:
    found, ann = campaign(world), world.signed_in()
    before = standing(world)
    sent = {"comment": found[0], "members": members(world, *found), "status": "spam"}
    assert ann.post("/queue/groups/decisions", **sent).status_code == 303
    page = ann.get("/queue").text
    assert "Marked 4 comments as spam." in page
    batch = re.search(r'name="batch" value="(\w+)"', page)
    assert batch
    assert ann.post("/queue/groups/undo", batch=batch[1]).status_code == 303
    assert "Taken back: 4 comments are as they were." in ann.get("/queue").text
    assert standing(world) == before


def test_what_changed_meanwhile_is_left_out_and_listed(world: World) -> None:
    found, ann = campaign(world), world.signed_in()
    seen = members(world, *found)
    world.decide(found[1], "approved", who=OLGA)
    sent = {"comment": found[0], "members": seen, "status": "spam"}
    told = asked(ann, "/queue/groups/decisions", **sent).get_json()
    assert told["said"].startswith("Marked 3 comments as spam. 1 was left out")
    assert statuses(world) == {Status.SPAM: 3, Status.APPROVED: 1}
    assert f"/queue/comments/{found[1]}" in ann.get(f"/queue/batches/{told['batch']}").text
    back = asked(ann, "/queue/groups/undo", batch=told["batch"]).get_json()
    assert back["members"] == members(world, found[0], *found[2:])
    assert statuses(world) == {Status.PENDING: 3, Status.APPROVED: 1}


def test_without_a_script_one_is_led_to_what_was_left_out(world: World) -> None:
    found, ann = campaign(world), world.signed_in()
    seen = members(world, *found)
    world.decide(found[1], "approved", who=OLGA)
    sent = {"comment": found[0], "members": seen, "status": "spam"}
    answer = ann.post("/queue/groups/decisions", **sent)
    assert answer.status_code == 303
    assert "/queue/batches/" in answer.headers["Location"]


def test_one_that_nobody_saw_is_not_decided_with_the_others(world: World) -> None:
    found, ann = campaign(world, 3), world.signed_in()
    told = decide(world, ann, found[:2], "spam").get_json()
    assert statuses(world) == {Status.SPAM: 2, Status.PENDING: 1}
    assert (told["waits"], told["again"]) == (0, found[2])


def test_where_everything_was_decided_already_nothing_is_overwritten(world: World) -> None:
    found, ann = campaign(world, 2), world.signed_in()
    seen = members(world, *found)
    for one in found:
        world.decide(one, "approved", who=OLGA)
    answer = asked(ann, "/queue/groups/decisions", comment=found[0], members=seen, status="spam")
    assert answer.status_code == 409
    assert statuses(world) == {Status.APPROVED: 2}


def test_sent_twice_it_is_decided_once_and_answered_alike(world: World) -> None:
    found, ann = campaign(world), world.signed_in()
    sent = {"comment": found[0], "members": members(world, *found), "status": "spam", "left": "1"}
    first, second = (asked(ann, "/queue/groups/decisions", **sent).get_json() for _ in range(2))
    assert first == second
    with world.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(Batch)).one() == 1
    back = [asked(ann, "/queue/groups/undo", batch=first["batch"]).get_json() for _ in range(2)]
    assert back[0] == back[1]
    assert statuses(world) == {Status.PENDING: 4}
    # Decided once more after that, it is a decision of its own.
    assert decide(world, ann, found, "spam").get_json()["batch"] != first["batch"]


def test_nobody_is_mailed_within_the_time_of_an_undo(world: World) -> None:
    one = world.leave(body=SPAM, notify=True).get_json()["id"]
    two = world.left(body=f"{SPAM} 2", name="N2", email="n2@x.example")
    decide(world, world.signed_in(), [one, two], "approved")
    soon = datetime.now(UTC) + Message.UNDO_WINDOW - timedelta(seconds=5)
    with world.database.reading() as session:
        due = session.scalars(select(Message.due_at).where(Message.batch_id.is_not(None))).all()
    assert due
    assert all(soon < one < soon + timedelta(seconds=30) for one in due)


def test_a_box_chooses_all_that_a_card_stands_for(world: World) -> None:
    found, ann = campaign(world), world.signed_in()
    world.left(body="The council ought to light these roads again.")
    box = re.search(r'form="selection" name="comment" value="([^"]+)"', ann.get("/queue").text)
    assert box
    assert box[1].split(".") == found
    answer = ann.post("/queue/batches/preview", status="spam", comment=box[1])
    assert "Mark 4 comments as spam" in ann.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    "changed",
    [
        {"members": ""},
        {"members": "x"},
        {"members": "x.1 x.2"},
        {"members": "x.٣"},
        {"members": " ".join(f"x{n}.1" for n in range(101))},
        {"status": "lost"},
        {"reason": "nothing of the kind"},
        {"note": "x" * 2001},
    ],
)
def test_what_no_card_sends_is_refused(world: World, changed: dict[str, str]) -> None:
    found, ann = campaign(world, 2), world.signed_in()
    sent = {"comment": found[0], "members": members(world, *found), "status": "spam"}
    assert ann.post("/queue/groups/decisions", **{**sent, **changed}).status_code == 400
    assert statuses(world) == {Status.PENDING: 2}


def test_comments_of_two_sites_are_no_campaign(world: World) -> None:
    found = campaign(world, 2)
    other = world.left(site="other", page="https://other.example/post-1", body=SPAM)
    sent = {"members": members(world, *found, other), "status": "rejected"}
    olga = world.signed_in(OLGA)
    assert asked(olga, "/queue/groups/decisions", comment=found[0], **sent).status_code == 400
    assert statuses(world) == {Status.PENDING: 3}


def test_a_moderator_of_another_site_decides_and_undoes_nothing(world: World) -> None:
    found, otto = campaign(world, 2), world.signed_in(OTTO)
    mine = world.left(site="other", page="https://other.example/post-1", body=SPAM)
    sent = {"members": members(world, *found), "status": "spam"}
    assert otto.post("/queue/groups/decisions", comment=found[0], **sent).status_code == 404
    # Nor under the name of a comment that he may decide.
    told = asked(otto, "/queue/groups/decisions", comment=mine, **sent)
    assert told.status_code == 409
    assert statuses(world) == {Status.PENDING: 3}
    batch = decide(world, world.signed_in(), found, "spam").get_json()["batch"]
    assert otto.post("/queue/groups/undo", batch=batch).status_code == 404
    assert world.signed_in(OLGA).post("/queue/groups/undo", batch=batch).status_code == 404
    assert statuses(world) == {Status.SPAM: 2, Status.PENDING: 1}
