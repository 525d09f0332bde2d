"""The thread's page without JavaScript: whatever goes wrong, everything that was typed is there."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from characters import PAGE, World
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from moderation import publishing
from moderation.models import Comment, Thread

THREAD = "/sites/blog/thread"
TYPED = {
    "name": "Bob <b>",
    "email": "bob@example.org",
    "website": "https://bob.example/",
    "body": 'I wrote "this" & that.',
    "notify": "y",
}


def shown(world: World, **query: str) -> str:
    answer = world.client().get(THREAD, query_string={"page": PAGE, **query})
    assert answer.status_code == 200
    return unescape(answer.text)


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the form on a page, and the right answer of its sum."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    question = re.search(r"What is (\d+) plus (\d+)\?", page)
    assert question
    return {**hidden, "answer": str(int(question[1]) + int(question[2]))}


def send(world: World, *, query: Any = None, **changes: str) -> TestResponse:
    """Fill in the form as a browser does, with a fresh sum, and press a button."""
    parent = {"parent": changes["parent"]} if changes.get("parent") else {}
    fields = {**TYPED, **form_of(shown(world, **parent)), "action": "send", **changes}
    return world.client().post(THREAD, data=fields, query_string=query)


def keeps(answer: TestResponse, **typed: str) -> None:
    """Assert that the page is told to be wrong, and that everything typed stands in its fields."""
    page = unescape(answer.text)
    assert re.search(r"<title>\s*Error: ", page)
    assert 'role="alert"' in page
    for name, value in {**TYPED, **typed}.items():
        if name == "body":
            assert f"{value}</textarea>" in page
        elif name != "notify":
            assert f'value="{value}"' in page, name


@pytest.mark.parametrize("wrong", [{"email": "bob at home"}, {"answer": "0"}, {"website": "x y"}])
def test_an_error_keeps_everything(mailing: World, wrong: dict[str, str]) -> None:
    parent = mailing.published(name="Carla", email="carla@example.org")
    query = {"sort": "newest", "lang": "en"}
    answer = send(mailing, query=query, parent=parent, **wrong)
    assert answer.status_code == 422
    keeps(answer, **{name: value for name, value in wrong.items() if name != "answer"})
    assert re.search(r'<input checked[^>]*name="notify"', answer.text)
    assert "Reply to Carla</h2>" in answer.text
    assert "Oldest first" in answer.text
    assert re.search(r'action="[^"]*sort=newest[^"]*lang=en', answer.text)


def test_every_wrong_field_is_linked_from_the_summary(world: World) -> None:
    page = send(world, name="", email="", body=" ", answer="").text
    for field in ("name", "email", "body", "answer"):
        assert f'<li><a href="#{field}">' in page
        assert f'id="{field}-error"' in page


def test_mail_about_answers_is_not_offered_where_none_is_sent(world: World) -> None:
    assert 'name="notify"' not in shown(world)


def test_mail_about_answers_is_offered_where_mail_is_sent(mailing: World) -> None:
    assert 'name="notify"' in shown(mailing)
    send(mailing)
    with mailing.database.reading() as session:
        assert session.scalars(select(Comment.notify)).one() is True


def test_the_sum_can_be_changed_for_another(world: World) -> None:
    before = form_of(shown(world))
    fields = {**TYPED, **before, "answer": "", "action": "another"}
    answer = world.client().post(THREAD, data=fields)
    assert answer.status_code == 200
    page = unescape(answer.text)
    assert 'role="alert"' not in page
    assert form_of(page)["challenge"] != before["challenge"]
    assert f"{TYPED['body']}</textarea>" in page
    assert 'value="bob@example.org"' in page


def test_a_reply_is_sent_without_a_sum(world: World) -> None:
    answer = send(world, action="unsolved", answer="")
    assert answer.status_code == 303
    assert "waits for a moderator" in world.client().get(answer.headers["Location"]).text
    (card,) = world.queue()["comments"]
    assert "unsolved" in [reason["code"] for reason in card["reasons"]]


def test_enter_in_a_field_presses_the_button_that_sends(world: World) -> None:
    form = shown(world).partition("<form")[2]
    assert re.search(r'<button[^>]*value="(\w+)"', form)[1] == "send"


def test_a_reply_that_is_there_already_keeps_the_text(world: World) -> None:
    assert send(world).status_code == 303
    answer = send(world)
    assert answer.status_code == 409
    keeps(answer)


def test_a_page_that_was_closed_meanwhile_shows_the_text_to_copy(world: World) -> None:
    world.left()
    ready = {**TYPED, **form_of(shown(world)), "action": "send"}
    with world.database.writing() as session:
        session.query(Thread).one().open = False
        session.query(Thread).one().revision += 1
        session.commit()
    answer = world.client().post(THREAD, data=ready)
    assert answer.status_code == 409
    assert "readonly" in answer.text
    assert f"{TYPED['body']}</textarea>" in unescape(answer.text)
    assert "Error: " in answer.text


def test_an_answered_reply_that_is_gone_keeps_the_text_for_the_page(world: World) -> None:
    parent = world.published()
    ready = {**TYPED, **form_of(shown(world, parent=parent)), "action": "send"}
    world.decide(parent, "rejected")
    answer = world.client().post(THREAD, data=ready)
    assert answer.status_code == 422
    keeps(answer)
    assert "send it as a reply to the page" in answer.text
    again = {**TYPED, **form_of(unescape(answer.text)), "action": "send"}
    assert world.client().post(THREAD, data=again).status_code == 303


def test_a_text_much_too_long_is_given_back(world: World) -> None:
    body = "x" * 300_000
    answer = send(world, body=body)
    assert answer.status_code == 422
    keeps(answer, body=body)
    assert "shorten it to 10000 characters" in answer.text


def test_more_than_is_read_at_all_is_told_in_words(world: World) -> None:
    answer = send(world, body="x" * 1_100_000)
    assert answer.status_code == 413
    assert "Go back to it, shorten it" in answer.text


def test_too_many_replies_from_one_network_keep_the_text(limited: World) -> None:
    client, ready = limited.client(), form_of(shown(limited))
    for _ in range(60):
        client.post(THREAD, data={"page": PAGE, "action": "preview"})
    answer = client.post(THREAD, data={**TYPED, **ready, "action": "send"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    keeps(answer)
    assert "wait a little" in answer.text


@pytest.mark.parametrize(
    "sent",
    [
        {"path": "/sites/none/thread", "data": {"page": PAGE, "body": "Kept."}},
        {"path": THREAD, "data": {"page": "nowhere", "body": "Kept."}},
        {"path": THREAD, "data": {"page": PAGE, "body": "Kept." * 60_000}},
        {"path": THREAD, "data": {"page": PAGE, "body": "x" * 1_100_000}},
        {"path": "/replies/none/edit", "data": {"body": "Kept."}},
        {"path": "/replies/none/edit", "data": {"body": "x" * 1_100_000}},
    ],
)
def test_too_many_of_what_is_no_reply_are_told_the_same(
    limited: World, sent: dict[str, Any]
) -> None:
    client = limited.client()
    for _ in range(60):
        client.post(sent["path"], data={"page": PAGE, "action": "preview"})
    answer = client.post(**sent)
    assert answer.status_code == 429
    assert ("Kept." in answer.text) == ("Kept." in sent["data"]["body"])


@pytest.mark.parametrize("path", [THREAD, "edit"])
def test_a_database_that_cannot_be_asked_does_not_cost_the_text(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    left = world.leave().get_json()
    address = path if path == THREAD else f"{urlsplit(left['status_url']).path}/edit"
    ready = {**TYPED, **form_of(shown(world)), "action": "send", "version": "1"}

    def fails(*_arguments: Any, **_named: Any) -> None:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr("moderation.intake.spend", fails)
    monkeypatch.setattr("moderation.authorship.hold", fails)
    answer = world.client().post(address, data=ready)
    assert answer.status_code == 503
    assert f"{TYPED['body']}</textarea>" in unescape(answer.text)


def test_too_many_without_a_sum_keep_the_text(limited: World) -> None:
    for number in range(10):
        assert send(limited, action="unsolved", body=f"Number {number}").status_code == 303
    answer = send(limited, action="unsolved")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    keeps(answer)
    assert send(limited).status_code == 303, "with a sum one may go on"


def test_an_empty_page_invites(world: World) -> None:
    assert "Nobody has replied so far." in shown(world)


def test_languages_are_linked_in_their_own_names_and_kept(world: World) -> None:
    page = shown(world, sort="newest", lang="ru")
    assert re.search(r'<a href="[^"]*lang=de"[^>]*lang="de" hreflang="de"[^>]*>Deutsch</a>', page)
    assert re.search(r'lang="ru"[^>]*aria-current="true">Русский', page)
    assert re.search(r'<a href="[^"]*sort=newest[^"]*lang=ar"[^>]*dir="rtl"', page)
    assert re.search(r'action="/sites/blog/thread\?[^"]*lang=ru', page)
    assert 'hreflang="de"' not in send(world, email="").text, "leaving would lose what was typed"


def test_a_link_to_a_reply_far_down_leads_to_the_page_it_stands_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PAGE_SIZE", 3)
    page = "https://elsewhere.example/post"
    first = [world.published(page=page) for _ in range(4)]
    chain = [first[-1]]
    for _ in range(5):
        chain.append(world.published(page=page, parent=chain[-1]))
    for comment in (*first, *chain):
        answer = world.client().get(f"/comments/{comment}")
        location = answer.headers["Location"]
        assert location.endswith(f"#comment-{comment}")
        assert f'id="comment-{comment}"' in world.client().get(location).text
    assert "after" not in world.client().get(f"/comments/{first[0]}").headers["Location"]
