"""Threads as owners look after them: found, closed, opened again, moved."""

import re
from typing import Any

from characters import BLOG, OLGA, OTHER, OTTO, PAGE, SignedIn, World
from sqlalchemy import event, select, update

from moderation import threads
from moderation.intake import open_thread
from moderation.models import Change, Comment, Role, Site, Thread
from moderation.web.service import now

LIST = "/queue/sites/blog/threads"
GOAL = f"{BLOG}/post-2"


def thread_of(world: World, page: str = PAGE) -> Thread:
    with world.database.reading() as session:
        return session.scalars(select(Thread).where(Thread.page == page)).one()


def pages(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(Thread.page).order_by(Thread.page)))


def press(browser: SignedIn, deed: str, fields: dict[str, str]) -> Any:
    """As `SignedIn.post`, for a form with a field called url."""
    form = browser.get("/queue/account").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    assert token
    return browser.client.post(f"{LIST}/{deed}", data={"csrf_token": token[1], **fields})


def move(world: World, url: str = GOAL, page: str = PAGE) -> Any:
    fields = {"thread": thread_of(world, page).id, "url": url}
    return press(world.signed_in(OLGA), "move", fields)


def set_open(world: World, is_open: str) -> Any:
    thread = thread_of(world).id
    return world.signed_in(OLGA).post(f"{LIST}/open", thread=thread, open=is_open)


def test_a_closed_thread_takes_no_replies_until_it_is_opened_again(world: World) -> None:
    comment = world.published()
    assert world.thread()["thread"]["open"]
    assert set_open(world, "no").status_code == 303
    assert not world.thread()["thread"]["open"]
    assert world.shown() == [comment]
    assert world.leave().status_code == 409
    assert "closed" in world.signed_in(OLGA).get(LIST).text
    assert set_open(world, "yes").status_code == 303
    assert world.thread()["thread"]["open"]
    assert world.leave().status_code == 202
    set_open(world, "yes")
    with world.database.reading() as session:
        told = list(session.scalars(select(Change.what).order_by(Change.at)))
    assert told == ["thread_closed", "thread_opened"]


def test_a_thread_moves_with_all_its_comments(world: World) -> None:
    first = world.published()
    reply = world.published(parent=first)
    waiting = world.left()
    world.thread()
    assert move(world, f"{GOAL}?utm_source=x#top").status_code == 303
    assert world.shown(GOAL) == [first, reply]
    assert world.thread(GOAL)["thread"]["count"] == 2
    assert world.shown(PAGE) == []
    assert {one["page"] for one in world.queue()["comments"]} == {GOAL}
    world.decide(waiting, "approved")
    assert waiting in world.shown(GOAL)


def test_old_permalinks_lead_to_the_new_page(world: World) -> None:
    comment = world.published()
    move(world)
    answer = world.client().get(f"/comments/{comment}")
    assert answer.headers["Location"] == f"{GOAL}#comment-{comment}"


def test_a_reply_is_known_again_under_the_new_page(world: World) -> None:
    world.published(body="The same words.")
    move(world)
    assert world.leave(page=GOAL, body="The same words.").status_code == 409
    assert world.leave(page=PAGE, body="The same words.").status_code == 202


def test_a_move_writes_no_comment_however_many_there_are(world: World) -> None:
    world.published()
    written: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        written.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", hear)
    assert move(world).status_code == 303
    event.remove(world.database.engine, "before_cursor_execute", hear)
    assert [one for one in written if "thread" in one.split() and "UPDATE" in one]
    assert [one for one in written if "comment" in one.split() and "UPDATE" in one] == []


def test_a_thread_moves_back_and_both_pages_are_made_anew(world: World) -> None:
    comment = world.published()
    for _ in range(2):
        world.thread(PAGE)
        assert move(world).status_code == 303
        assert (world.shown(PAGE), world.shown(GOAL)) == ([], [comment])
        assert move(world, PAGE, GOAL).status_code == 303
        assert (world.shown(PAGE), world.shown(GOAL)) == ([comment], [])
    assert world.published(page=GOAL) in world.shown(GOAL)


def test_two_threads_are_never_made_one(world: World) -> None:
    world.published()
    there = world.left(page=GOAL)
    answer = move(world)
    assert answer.status_code == 409
    assert "two threads are not made one" in answer.text
    assert f'value="{GOAL}"' in answer.text
    with world.database.reading() as session:
        assert session.get_one(Comment, there).thread.page == GOAL
    assert pages(world) == [PAGE, GOAL]


def test_an_empty_thread_at_the_goal_changes_places(world: World) -> None:
    comment = world.published()
    with world.database.writing() as session, world.app.test_request_context():
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        empty = open_thread(session, site, GOAL, now()).id
        # As one whose documents are older than they look.
        session.execute(update(Thread).where(Thread.id == empty).values(revision=50))
        session.commit()
    world.thread(GOAL)
    assert move(world).status_code == 303
    assert world.shown(GOAL) == [comment]
    assert thread_of(world, PAGE).id == empty
    assert world.published(page=PAGE) in world.shown(PAGE)


def test_a_thread_does_not_move_just_anywhere(world: World) -> None:
    for url, sentence in (
        ("post-2", "Give the full address of the page"),
        ("", "Give the full address of the page"),
        ("https://elsewhere.example/post", "not on one of the site"),
        (PAGE, "at this page already"),
        (f"{BLOG}/{'x' * 3_000}", "Give the full address of the page"),
    ):
        world.published()
        answer = move(world, url)
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert pages(world) == [PAGE]


def test_threads_are_found_by_words_of_address_and_title(world: World) -> None:
    world.published(title="On lighthouses")
    world.left(page=GOAL)
    olga = world.signed_in(OLGA)
    for words, found in (
        ("", [PAGE, GOAL]),
        ("post-2", [GOAL]),
        ("light HOUSE", [PAGE]),
        ("%", []),
    ):
        page = olga.get(LIST, q=words).text
        assert [one for one in (PAGE, GOAL) if f'value="{one}"' in page] == found
    page = olga.get(LIST).text
    assert "1 comment published" in page
    assert "1 waits" in page


def test_many_threads_are_shown_page_by_page(world: World) -> None:
    with world.database.writing() as session, world.app.test_request_context():
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        for number in range(threads.PAGE_SIZE + 2):
            open_thread(session, site, f"{BLOG}/many-{number:03}", now())
        session.commit()
    olga = world.signed_in(OLGA)
    first = olga.get(LIST, q="many").text
    onward = re.search(r'href="([^"]+)" rel="next"', first)
    assert onward
    second = olga.get(onward[1].replace("&amp;", "&")).text
    seen = [set(re.findall(r"many-\d{3}", page)) for page in (first, second)]
    assert [len(one) for one in seen] == [threads.PAGE_SIZE, 2]
    assert not seen[0] & seen[1]


def test_a_thread_of_another_site_is_not_there(world: World) -> None:
    world.left(site="other", page=f"{OTHER}/post")
    elsewhere = thread_of(world, f"{OTHER}/post").id
    olga = world.signed_in(OLGA)
    for deed in ("open", "move"):
        answer = press(olga, deed, {"thread": elsewhere, "url": GOAL})
        assert answer.status_code == 404
    with world.database.writing() as session:
        world.moderator(session, "Otto").role = Role.OWNER
        session.commit()
    answer = world.signed_in(OTTO).post(f"{LIST}/open", thread=elsewhere)
    assert answer.status_code == 404
    assert thread_of(world, f"{OTHER}/post").open
