"""In bulk: the exact number, what changed meanwhile left out, one undo, nothing lost by a kill."""

import os
import re
from datetime import UTC, datetime, timedelta
from mailbox import deliver, subscribed
from typing import Any

import pytest
from characters import ANN, OLGA, OTHER, OTTO, PAGE, SignedIn, World
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from moderation import batches, together
from moderation.batches import working
from moderation.cli.batches import work_once
from moderation.demo.seed import fill_thread
from moderation.models import (
    Batch,
    BatchItem,
    Comment,
    Decision,
    Message,
    Site,
    Stage,
    Status,
    Thread,
)

#: 10,000 is what a moderator does; a landing tries enough for several chunks.
SIZE = int(os.environ.get("MODERATION_BATCH_SIZE", "600"))


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of three, and none of them within the request."""
    monkeypatch.setattr(working, "CHUNK", 3)
    monkeypatch.setattr("moderation.web.batches.AT_ONCE", -1)


def crowd(world: World, number: int, page: str = PAGE) -> None:
    """So many comments wait."""
    with world.database.reading() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
    fill_thread(world.database, world.keyring, blog, page, number, Status.PENDING)


def previewed(browser: SignedIn, **fields: Any) -> str:
    """Choose, and see the preview: its address."""
    answer = browser.post("/queue/batches/preview", **{"status": "spam", **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def confirmed(browser: SignedIn, address: str) -> TestResponse:
    answer = browser.post("/queue/batches", batch=address.rpartition("/")[2])
    assert answer.status_code == 303, answer.text
    return browser.get(address)


def worked(world: World) -> None:
    """What goes on beside the server."""
    with world.app.app_context():
        work_once()


def stored(world: World, address: str) -> Batch:
    with world.database.reading() as session:
        return session.get_one(Batch, address.rpartition("/")[2])


def standing(world: World) -> dict[str, Any]:
    """How every comment stands, and what each thread shows."""
    with world.database.reading() as session:
        comments = session.execute(select(Comment.id, Comment.status, Comment.published))
        threads = session.execute(select(Thread.id, Thread.count))
        return {one: tuple(more) for rows in (comments, threads) for one, *more in rows}


def statuses(world: World) -> dict[Status, int]:
    with world.database.reading() as session:
        grouped = select(Comment.status, func.count()).group_by(Comment.status)
        return dict(session.execute(grouped).all())


def test_the_preview_counts_exactly_what_would_change(world: World) -> None:
    for number in range(7):
        world.left(body=f"A green word, {number}.")
    world.decide(world.left(body="Green, and spam already."), "spam")
    world.left(body="Another colour.")
    ann = world.signed_in()
    address = previewed(ann, query="status=pending&q=green")
    page = ann.get(address).text
    assert re.search(r"<button[^>]*>.*Mark 7 comments as spam", page)
    assert page.count('class="sample"') == 5
    assert statuses(world) == {Status.PENDING: 8, Status.SPAM: 1}


def test_what_has_the_status_already_or_was_taken_back_is_not_counted(world: World) -> None:
    approved, waiting = world.published(), world.left()
    left = world.leave().get_json()
    world.client().post(left["status_url"].removeprefix("http://127.0.0.1:8000") + "/withdraw")
    ann = world.signed_in()
    chosen = [approved, waiting, left["id"]]
    address = previewed(ann, status="approved", comment=chosen)
    assert "Approve 1 comment?" in ann.get(address).text


def test_all_look_alikes_are_chosen_by_one_of_them(world: World) -> None:
    same = [world.left(body="Buy now!", email=f"{n}@x.example", name=f"N{n}") for n in range(4)]
    world.left(body="Something else.")
    ann = world.signed_in()
    form = ann.get("/queue/batches/new", query=f"like={same[0]}")
    assert f'value="like={same[0]}"' in form.text
    confirmed(ann, previewed(ann, query=f"like={same[0]}"))
    assert statuses(world) == {Status.SPAM: 4, Status.PENDING: 1}


def test_a_batch_is_carried_out_and_undone_to_the_exact_former_state(
    world: World, slowly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CHUNK", 200)
    parent = world.published()
    world.published(parent=parent)
    crowd(world, SIZE)
    ann = world.signed_in()
    ids = _all_ids(world)
    before = standing(world)
    address = previewed(ann, query="status=pending", status="approved")
    assert confirmed(ann, address).text.count("<progress") == 1
    worked(world)
    assert statuses(world) == {Status.APPROVED: SIZE + 2}
    assert f"{SIZE:,} comments were decided." in ann.get(address).text
    assert ann.post(f"{address}/undo").status_code == 303
    worked(world)
    assert standing(world) == before
    assert stored(world, address).stage is Stage.UNDONE
    assert f"Taken back: {SIZE:,} comments are as they were." in ann.get(address).text
    assert _all_ids(world) == ids


def _all_ids(world: World) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(Comment.id)))


def test_a_rejected_conversation_comes_back_with_its_replies(world: World) -> None:
    parent = world.published()
    reply = world.published(parent=parent)
    world.published(parent=reply)
    before, ann = standing(world), world.signed_in()
    address = previewed(ann, query="status=approved", status="rejected")
    confirmed(ann, address)
    assert world.shown() == []
    ann.post(f"{address}/undo")
    assert standing(world) == before
    assert len(world.shown()) == 3


def test_what_changed_meanwhile_is_left_out_and_listed_with_who(world: World, slowly: None) -> None:
    comments = [world.left() for _ in range(6)]
    withdrawn = world.leave().get_json()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    world.decide(comments[0], "approved", who=OLGA)
    world.client().post(withdrawn["status_url"].removeprefix("http://127.0.0.1:8000") + "/withdraw")
    confirmed(ann, address)
    world.decide(max(comments[1:]), "rejected", who=OLGA)
    worked(world)
    page = ann.get(address).text
    assert "4 comments were decided." in page
    assert "3 were left out, since they changed meanwhile." in page
    assert "Olga approved this comment" in page
    assert "Olga rejected this comment" in page
    assert "Its author deleted this comment" in page
    assert world.shown() == [comments[0]]


def test_the_undo_leaves_what_somebody_decided_since(world: World) -> None:
    comments = [world.left() for _ in range(5)]
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    confirmed(ann, address)
    world.decide(comments[2], "approved", who=OLGA)
    ann.post(f"{address}/undo")
    page = ann.get(address).text
    assert "4 comments are as they were." in page
    assert "Olga approved this comment" in page
    assert statuses(world) == {Status.PENDING: 4, Status.APPROVED: 1}


def test_a_batch_can_be_stopped_in_the_middle_and_taken_back(world: World, slowly: None) -> None:
    for _ in range(8):
        world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    confirmed(ann, address)
    assert stored(world, address).done == 3
    ann.post(f"{address}/undo")
    worked(world)
    assert statuses(world) == {Status.PENDING: 8}
    assert stored(world, address).undone == 3


@pytest.mark.parametrize("undone", [True, False])
def test_within_the_window_an_undo_sends_nothing_and_without_one_mail_goes_out(
    world: World, slowly: None, undone: bool
) -> None:
    parent = subscribed(world)
    for number in range(5):
        world.left(parent=parent, name=f"Eve {number}", email=f"eve{number}@x.example", notify=True)
    deliver(world, lambda _letter: None)
    ann = world.signed_in()
    address = previewed(ann, query="status=pending", status="approved")
    confirmed(ann, address)
    letters: list[Any] = []
    # However long it takes, and however late somebody delivers: not before it has ended.
    deliver(world, letters.append, timedelta(hours=3))
    assert letters == []
    worked(world)
    with world.database.reading() as session:
        due = session.scalars(select(Message.due_at).where(Message.batch_id.is_not(None))).all()
    ended = stored(world, address).ended_at
    assert len(due) == 10
    assert ended is not None
    assert set(due) == {ended + Message.UNDO_WINDOW}
    if undone:
        ann.post(f"{address}/undo")
        deliver(world, letters.append, timedelta(hours=3))
        worked(world)
    deliver(world, letters.append, timedelta(hours=3))
    assert len(letters) == (0 if undone else 10)


class Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("moment", ["between two chunks", "within a chunk"])
def test_what_a_killed_worker_leaves_is_finished_by_another(
    world: World, slowly: None, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    for _ in range(10):
        world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    confirmed(ann, address)

    def die(*_any: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "within a chunk":
            patch.setattr(together.notices, "decided_together", die)
        with pytest.raises(Killed):
            batches.work(world.database, rest=die)
    began = stored(world, address)
    assert (began.stage, began.done) == (Stage.RUNNING, 6 if moment.startswith("between") else 3)
    # Nobody takes it while its lease lasts.
    assert batches.work(world.database) == 0
    later = datetime.now(UTC) + batches.LEASE * 2
    assert batches.work(world.database, clock=lambda: later) == 1
    assert stored(world, address).done == 10
    with world.database.reading() as session:
        made = select(func.count()).where(Decision.became == Status.SPAM)
        assert session.scalar(made) == 10


def test_a_batch_confirmed_twice_is_carried_out_once(world: World) -> None:
    for _ in range(3):
        world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    confirmed(ann, address)
    confirmed(ann, address)
    assert stored(world, address).done == 3
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Decision)) == 6


def test_a_preview_is_not_confirmed_an_hour_later_and_is_thrown_away(world: World) -> None:
    world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    with world.database.writing() as session:
        session.execute(update(Batch).values(created_at=datetime.now(UTC) - timedelta(hours=2)))
        session.commit()
    assert "too old" in ann.get(address).text
    answer = ann.post("/queue/batches", batch=address.rpartition("/")[2])
    assert answer.status_code == 409
    assert statuses(world) == {Status.PENDING: 1}
    with world.database.writing() as session:
        batches.tidy_up(session, datetime.now(UTC))
        session.commit()
        assert session.scalar(select(func.count()).select_from(BatchItem)) == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"query": "status=pending", "status": ""}, "Choose what is to be done"),
        ({"status": "spam"}, "Choose comments first"),
        ({"query": "status=pending&site=nowhere"}, "not one of the queue"),
        ({"query": "status=pending&colour=green"}, "not one of the queue"),
        ({"query": "status=strange"}, "not one of the queue"),
    ],
)
def test_what_cannot_be_a_batch_is_told_and_what_was_typed_is_kept(
    world: World, fields: dict[str, str], said: str
) -> None:
    ann = world.signed_in()
    fields = {"status": "spam", "note": "My note.", "reason": "fraud", **fields}
    answer = ann.post("/queue/batches/preview", **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert "My note." in answer.text
    assert re.search(r'value="fraud" selected', answer.text)


def test_a_moderator_of_another_site_chooses_nothing_of_the_blog(world: World) -> None:
    comment = world.left()
    world.left(site="other", page=f"{OTHER}/post")
    otto = world.signed_in(OTTO)
    for fields in ({"comment": comment}, {"query": f"like={comment}"}):
        assert "Nothing to decide" in otto.get(previewed(otto, **fields)).text
    assert "Mark 1 comment as spam" in otto.get(previewed(otto, query="status=pending")).text


def test_a_batch_of_somebody_else_is_as_if_it_were_not_there(world: World) -> None:
    world.left()
    address = previewed(world.signed_in(ANN), query="status=pending")
    olga = world.signed_in(OLGA)
    assert olga.get(address).status_code == 404
    assert olga.get(f"{address}/progress").status_code == 404
    assert olga.post(f"{address}/undo").status_code == 404
    answer = olga.post("/queue/batches", batch=address.rpartition("/")[2])
    assert answer.status_code == 409
    assert statuses(world) == {Status.PENDING: 1}


def test_a_site_that_is_taken_from_a_moderator_is_left_out(world: World, slowly: None) -> None:
    for _ in range(2):
        world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    with world.database.writing() as session:
        world.moderator(session, "Ann").sites = []
        session.commit()
    confirmed(ann, address)
    worked(world)
    page = ann.get(address).text
    assert "not yours to see any more" in page
    assert "Agreed, " not in page
    assert statuses(world) == {Status.PENDING: 2}


def test_what_a_moderator_typed_is_kept_with_the_decisions_alone(world: World) -> None:
    world.left(body="Green.")
    ann = world.signed_in()
    address = previewed(ann, query="status=pending&q=green", note="Ask Bob about it.")
    assert "Ask Bob about it." in ann.get(address).text
    confirmed(ann, address)
    batch = stored(world, address)
    assert (batch.query, batch.note) == ("", "")
    with world.database.reading() as session:
        noted = select(Decision.note).where(Decision.version == 2)
        assert session.scalars(noted).one() == "Ask Bob about it."


def test_a_command_carries_out_what_waits(world: World, slowly: None) -> None:
    for _ in range(5):
        world.left()
    ann = world.signed_in()
    confirmed(ann, previewed(ann, query="status=pending"))
    said = [world.app.test_cli_runner().invoke(args=["batches", "run"]).output for _ in range(2)]
    assert said == ["Carried out 1 batch.\n", "Carried out 0 batches.\n"]
    assert statuses(world) == {Status.SPAM: 5}


def test_the_list_of_batches_leads_to_their_undo(world: World) -> None:
    world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    assert address not in ann.get("/queue/batches").text
    confirmed(ann, address)
    assert address in ann.get("/queue/batches").text
    assert "Undo all of it" in ann.get(address).text


def test_the_page_without_javascript_leads_on_and_the_module_is_told_as_much(
    world: World, slowly: None
) -> None:
    for _ in range(4):
        world.left()
    ann = world.signed_in()
    address = previewed(ann, query="status=pending")
    page = confirmed(ann, address).text
    assert "See how far it is" in page
    assert ann.get(f"{address}/progress").get_json() == {
        "working": True,
        "number": 3,
        "of": 4,
        "sentence": "3 of 4",
    }


@pytest.mark.parametrize("query", ["like=", "foo", "status=pending&status=spam", "q=a+b+c+d+e+f+g"])
def test_what_may_mean_more_than_it_seems_is_no_choice(world: World, query: str) -> None:
    world.left()
    answer = world.signed_in().post("/queue/batches/preview", status="spam", query=query)
    assert answer.status_code == 422
    with world.database.reading() as session:
        assert session.scalars(select(Batch)).all() == []
