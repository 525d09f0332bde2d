"""Letters read back whole from a real mail server: what they say, to whom, and to whom not."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from mailbox import (
    SENDER,
    Mailbox,
    answered,
    deliver,
    mail_server,
    one_of_each,
    plan,
    subscribed,
    wants_digests,
)

import pytest
from characters import ANN, BOB, EVE, World
from proofs.canaries import Search, canaries, hashed_needles, plain_needles
from sqlalchemy import select, update

from moderation import notices, outbox
from moderation.config import Settings
from moderation.models import Author, Comment, Kind, Message, Subscription
from moderation.text import addresses, markup
from moderation.web import letters, links

HOST = "http://127.0.0.1:8000"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, box: Mailbox) -> Settings:
    return replace(settings, mail=box.mail)


def arrived(world: World, box: Mailbox) -> list[EmailMessage]:
    """What arrives when all is sent that is due."""
    box.letters.clear()
    with box.postman() as postman:
        tally = deliver(world, postman.send)
    assert (tally.delayed, tally.dead) == (0, 0), tally
    return box.letters


def parts(letter: EmailMessage) -> tuple[str, str]:
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r", ""), html.get_content().replace("\r", "")


def words(html: str) -> list[str]:
    """What a reader sees of the HTML part, without its sheet."""
    body = html.split("<body>")[1]
    shown = re.sub(r"<[^>]+>", " ", body)
    for entity, sign in (("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">")):
        shown = shown.replace(entity, sign)
    return shown.replace("&amp;", "&").split()


def test_an_answer_is_told_of_with_every_header_that_programs_read(
    world: World, box: Mailbox
) -> None:
    answered(world, body="I *see* it otherwise.")
    (letter,) = arrived(world, box)
    assert (letter["From"], letter["To"], box.receivers) == (SENDER, BOB, [BOB])
    assert letter["Subject"] == "Eve answered you on The Blog"
    assert letter["Content-Language"] == "en"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Id"] == '"The Blog" <blog.answers.127.0.0.1>'
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(rf"<{HOST}/subscriptions/\w+/unsubscribe>", letter["List-Unsubscribe"]), (
        letter["List-Unsubscribe"]
    )
    assert re.fullmatch(r"<\w{20}@127\.0\.0\.1>", letter["Message-ID"])
    assert abs(datetime.now(UTC) - letter["Date"].datetime).total_seconds() < 300
    text, html = parts(letter)
    assert "> I see it otherwise." in text
    assert "<p>I <em>see</em> it otherwise.</p>" in html


def test_links_are_whole_on_the_wire(world: World, box: Mailbox) -> None:
    answered(world)
    arrived(world, box)
    lines = box.raw[0].decode().split("\r\n")
    (link,) = [line for line in lines if line.startswith("List-Unsubscribe:")]
    assert link.endswith("/unsubscribe>")
    assert all(len(line) < 998 for line in lines)


def test_letters_about_one_reply_refer_to_the_same(world: World, box: Mailbox) -> None:
    comment = world.published(notify=True)
    (question,) = arrived(world, box)
    subscribed_to = {"parent": comment, "name": "Eve", "email": EVE}
    with world.database.writing() as session:
        outbox.confirm(session, session.scalars(select(Subscription)).one(), datetime.now(UTC))
        session.commit()
    world.published(**subscribed_to)
    (answer,) = arrived(world, box)
    assert question["References"]
    assert question["References"] == answer["References"]
    assert question["Message-ID"] != answer["Message-ID"]


def test_the_question_says_what_happens_if_one_does_nothing(world: World, box: Mailbox) -> None:
    world.published(notify=True, body="My own words.")
    (letter,) = arrived(world, box)
    text, _html = parts(letter)
    assert letter["Subject"] == "Do you want mail when somebody answers you on The Blog?"
    assert "If you do nothing, we send you no mail about answers" in text
    assert "> My own words." in text
    assert letter["List-Unsubscribe"] is None


def test_both_parts_of_every_letter_say_the_same(world: World, box: Mailbox) -> None:
    one_of_each(world)
    found = arrived(world, box)
    assert len(found) == len(Kind)
    for letter in found:
        text, html = parts(letter)
        plain = re.sub(r":?\s<http[^>]+>|^> ", "", text, flags=re.MULTILINE)
        assert plain.split() == words(html), letter["Subject"]
        assert set(re.findall(r"<(http[^>]+)>", text)) == set(re.findall(r'href="([^"]+)"', html))


def test_no_letter_loads_anything_or_leads_elsewhere(world: World, box: Mailbox) -> None:
    one_of_each(world)
    for letter in arrived(world, box):
        _text, html = parts(letter)
        assert not re.search(r"<(img|script|link|iframe|form|object)|url\(|@import|\son\w+=", html)
        assert {href.startswith(f"{HOST}/") for href in re.findall(r'href="([^"]+)"', html)} == {
            True
        }


def test_what_a_stranger_wrote_leads_nowhere_unseen(world: World, box: Mailbox) -> None:
    hostile = "[https://bank.example](https://evil.example/x) <img src=x onerror=alert(1)>"
    answered(world, body=hostile)
    (letter,) = arrived(world, box)
    text, html = parts(letter)
    assert "https://bank.example [evil.example]" in text
    assert "https://bank.example [evil.example]" in html
    assert "<img" not in html
    assert "evil.example/x" not in html


def test_a_name_cannot_write_headers(world: World, box: Mailbox) -> None:
    answered(world)
    names = "Eve\r\nBcc: victim@example.org\r\n\r\nHello", "Ève <b>\u2028Bcc: x</b>"
    for name in names:
        with world.database.writing() as session:
            session.execute(update(Comment).where(Comment.parent_id.is_not(None)).values(name=name))
            session.execute(update(Message).values(state="due", attempts=0))
            session.commit()
        (letter,) = arrived(world, box)
        assert letter["Bcc"] is None
        assert letter["Subject"].endswith(" answered you on The Blog")
        assert box.receivers[-1] == BOB
        assert "<b>" not in parts(letter)[1]


def test_nothing_unread_is_mailed_to_whoever_was_named_as_its_author(
    world: World, box: Mailbox
) -> None:
    mark = "cheapwatches"
    comment = world.left(
        notify=True, name=mark, body=mark, title=mark, website=f"https://{mark}.example/"
    )
    with world.database.writing() as session:
        author = session.scalars(select(Author)).one()
        about = {"at": datetime.now(UTC), "author_id": author.id}
        notices.owe(session, Kind.STATUS, comment, comment_id=comment, **about)
        notices.owe(session, Kind.ERASE, "now", **about)
        session.commit()
    assert len(arrived(world, box)) == 2
    assert all(mark not in raw.decode() for raw in box.raw)


def test_a_digest_says_how_many_wait_and_shows_the_first(world: World, box: Mailbox) -> None:
    wants_digests(world)
    for number in range(7):
        world.left(body=f"Waiting, number {number}, <b>bold</b>.")
    plan(world)
    (letter,) = arrived(world, box)
    text, html = parts(letter)
    assert (letter["To"], letter["Subject"]) == (ANN, "7 replies wait for you")
    assert [f"Waiting, number {n}" in text for n in range(7)] == [True] * 5 + [False] * 2
    assert "Bob, on “Post one”" in text
    assert len(set(re.findall(rf"{HOST}/decide/\w+", text))) == 5
    assert "<b>" not in html
    assert f"{HOST}/notices/" in letter["List-Unsubscribe"]
    assert "decisions" not in text


def test_one_reply_waits(world: World, box: Mailbox) -> None:
    wants_digests(world)
    world.left()
    plan(world)
    (letter,) = arrived(world, box)
    assert letter["Subject"] == "1 reply waits for you"


def test_a_very_long_answer_is_shortened(world: World, box: Mailbox) -> None:
    answered(world, body="many words " * 800)
    arrived(world, box)
    assert len(box.raw[0]) < 20_000
    assert "…" in parts(box.letters[0])[0]


def test_no_letter_has_an_address_of_anybody_else(world: World, box: Mailbox) -> None:
    people = canaries(40)
    comment = subscribed(world)
    for one in people:
        world.published(
            parent=comment,
            name=f"Canary {one.email}"[:100],
            email=one.email,
            website="https://canary.example/",
            notify=True,
            body=f"My words. Write to {one.email}, or [me](mailto:{one.email}).",
        )
    wants_digests(world)
    world.left(email=people[0].email, body=f"Who am I? {people[0].email}", name=people[0].email)
    plan(world)
    assert len(arrived(world, box)) == 2 * len(people) + 1
    for raw, letter, receiver in zip(box.raw, box.letters, box.receivers, strict=True):
        own = {one.email for one in people if addresses.email_on_the_way(one.email) == receiver}
        searched = Search()
        for one in people:
            if one.email not in own:
                searched.add(plain_needles(one.email))
            searched.add(hashed_needles(one.email))
        hay = b"\n".join((raw, *(part.encode() for part in parts(letter))))
        assert searched.found(hay) == set()


def test_control_an_address_in_a_letter_is_found(
    world: World, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = canaries(1)
    monkeypatch.setattr(letters, "without_addresses", lambda text: text)
    answered(world, body=f"Write to {one.email}.")
    arrived(world, box)
    searched = Search()
    searched.add(plain_needles(one.email))
    assert searched.found(b"\n".join(part.encode() for part in parts(box.letters[0])))


def test_a_letter_is_in_the_language_of_whom_it_is_for(world: World, box: Mailbox) -> None:
    comment, _answer = answered(world)
    with world.database.writing() as session:
        session.execute(update(Message).values(locale="ar"))
        session.commit()
    (letter,) = arrived(world, box)
    assert letter["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in parts(letter)[1]
    assert comment


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[here](https://evil.example/a)", "here [evil.example]"),
        ("https://evil.example/a?b=1&c=2", "https://evil.example/a?b=1&amp;c=2"),
        ("[*a* b](http://x.example/) c", "<em>a</em> b [x.example] c"),
    ],
)
def test_a_links_host_stands_behind_its_text(source: str, shown: str) -> None:
    assert shown in markup.without_links(markup.render(source).html)
    assert "<a" not in markup.without_links(markup.render(source).html)


# Tokens


def test_tokens_are_letters_and_digits_and_good_for_one_thing(world: World) -> None:
    with world.app.app_context():
        made = {
            links.subscription_of: links.subscription_token("s" * 20),
            links.moderator_of: links.notices_token("s" * 20),
            links.author_of: links.erasure_token("s" * 20),
        }
        for read, token in made.items():
            assert re.fullmatch(r"[0-9a-z]+", token)
            assert [other(token) for other in made if other is not read] == [None, None]
            assert read(token) == "s" * 20
            assert read(token[:-1] + ("0" if token[-1] != "0" else "1")) is None
            assert read("") is read("x") is read("ü" * 60) is None


def test_a_link_that_erases_ends_after_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.app.app_context():
        token, now = links.erasure_token("a" * 20), links.time.time()
        monkeypatch.setattr(links.time, "time", lambda: now + links.ERASURE_LIFE - 5)
        assert links.author_of(token) == "a" * 20
        monkeypatch.setattr(links.time, "time", lambda: now + links.ERASURE_LIFE + 5)
        assert links.author_of(token) is None


def test_every_link_is_an_address_of_ours(world: World, box: Mailbox) -> None:
    one_of_each(world)
    known = [rule.rule for rule in world.app.url_map.iter_rules()]
    patterns = [re.compile(re.sub(r"<[^>]+>", "[^/]+", rule)) for rule in known]
    # Its page is another part of the house.
    patterns.append(re.compile("/erasures/[^/]+"))
    for letter in arrived(world, box):
        for link in re.findall(r"<(http[^>]+)>", parts(letter)[0]):
            path = link.removeprefix(HOST)
            assert any(pattern.fullmatch(path) for pattern in patterns), link
