"""Letters over real SMTP: taken, refused, cut off; no address comes back in a server's words."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from mailbox import Mailbox, mail_server
from typing import Any

import pytest

from moderation.outbox import Refused, Unreachable
from moderation.postman import Postman, cleaned
from moderation.web.envelopes import WIRE


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


def letter(to: str = "bob@example.org", text: str = "Hello.\n.\n..\nBye.") -> EmailMessage:
    made = EmailMessage(policy=WIRE)
    made["From"], made["To"], made["Subject"] = "c@mail.example", to, "Hello"
    made["Message-ID"] = "<one@comments.example>"
    made.set_content(text)
    return made


def refusal(box: Mailbox, said: str, to: str = "bob@example.org") -> Refused:
    box.answer = lambda _envelope: said
    with box.postman() as postman, pytest.raises(Refused) as caught:
        postman.send(letter(to))
    return caught.value


def test_a_letter_arrives_whole_and_the_servers_words_are_told(box: Mailbox) -> None:
    with box.postman() as postman:
        assert postman.send(letter()) == "250 Kept"
    assert box.letters[0].get_content().splitlines() == ["Hello.", ".", "..", "Bye."]


def test_one_connection_carries_many_letters(box: Mailbox) -> None:
    peers = set()

    async def seen(_server: Any, session: Any, envelope: Any) -> str:
        peers.add(session.peer)
        return box.keep(envelope)

    box.take = seen
    with box.postman() as postman:
        for _ in range(3):
            postman.send(letter())
    assert (len(box.letters), len(peers)) == (3, 1)


def test_a_refusal_for_now_and_one_for_good_are_told_apart(box: Mailbox) -> None:
    assert not refusal(box, "451 Come back later").permanent
    assert refusal(box, "550 No such user").permanent


def test_after_a_refusal_the_next_letter_goes(box: Mailbox) -> None:
    answers = iter(["550 No", None])
    box.answer = lambda _envelope: next(answers)
    with box.postman() as postman:
        with pytest.raises(Refused):
            postman.send(letter())
        postman.send(letter())
    assert len(box.letters) == 1


def test_a_server_that_has_no_time_is_left_alone(box: Mailbox) -> None:
    assert isinstance(refusal(box, "421 Too many letters"), Unreachable)


def test_a_connection_cut_in_a_letter_is_made_again_for_the_next(box: Mailbox) -> None:
    async def cut(server: Any, _session: Any, _envelope: Any) -> str:
        server.transport.abort()
        await asyncio.sleep(0)
        return "250 Too late"

    box.take = cut
    with box.postman() as postman:
        with pytest.raises(Refused) as caught:
            postman.send(letter())
        box.take = None
        postman.send(letter())
    assert not isinstance(caught.value, Unreachable)
    assert len(box.letters) == 1


def test_a_server_that_is_not_there_is_told_without_its_address() -> None:
    with mail_server() as gone:
        mail = gone.mail
    with Postman(mail, "x") as postman, pytest.raises(Unreachable) as caught:
        postman.send(letter())
    assert caught.value.said == "The mail server could not be reached (ConnectionRefusedError)."


def test_a_server_without_tls_gets_no_letter(box: Mailbox) -> None:
    mail = replace(box.mail, security="starttls")
    with Postman(mail, "x") as postman, pytest.raises(Unreachable):
        postman.send(letter())
    assert box.letters == []


def test_a_password_is_not_sent_where_it_is_not_asked_for(box: Mailbox) -> None:
    mail = replace(box.mail, username="me", password="secret")
    with Postman(mail, "x") as postman, pytest.raises(Unreachable) as caught:
        postman.send(letter())
    assert "secret" not in caught.value.said


def test_an_address_in_other_letters_arrives_where_it_can(box: Mailbox) -> None:
    with box.postman() as postman:
        postman.send(letter("Пётр@xn--80a1acny.example"))
    assert box.receivers == ["Пётр@xn--80a1acny.example"]
    assert box.letters[0]["To"] == "Пётр@xn--80a1acny.example"


def test_an_address_that_the_server_cannot_take_is_given_up() -> None:
    with (
        mail_server(smtputf8=False) as older,
        older.postman() as postman,
        pytest.raises(Refused) as caught,
    ):
        postman.send(letter("Пётр@xn--80a1acny.example"))
    assert caught.value.permanent


@pytest.mark.parametrize(
    "said",
    [
        b"550 5.1.1 <bob.smith@example.org>: no such user",
        b"550 BOB.SMITH@EXAMPLE.ORG unknown",
        b"550 user bob.smith is over quota",
        b"550 SRS0=ab=cd=example.org=bob.smith@relay.example refused",
        b"550 prvs=bob.smith%40example.org, bounce+bob.smith=40example.org",
        b"550 blocked: 198.51.100.7 [2001:db8::7]\r\n550 see bob.smith@example.org",
    ],
)
def test_no_address_is_left_in_a_servers_words(said: bytes) -> None:
    left = cleaned(said, "bob.smith@example.org")
    assert left.startswith("550")
    for private in ("smith", "bob", "198.51", "2001:db8", "@"):
        assert private not in left.lower()


def test_a_servers_words_are_one_short_line() -> None:
    assert cleaned(b"550 a\r\n550 \x07b\xff " + b"long " * 500) == cleaned(
        "550 a 550 b\ufffd " + "long " * 500
    )
    assert len(cleaned("x" * 10_000)) <= 200
