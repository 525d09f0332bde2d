"""After a reply: its pages, its letters, what is erased. Nothing there has anybody's address.

Known people leave replies and answers, look after them, have every kind of letter mailed and open
every link of it. Then all that was answered, logged and stored is searched for every address, and
each letter but for the one line that says whom it is for.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from mailbox import Mailbox, deliver, mail_server, plan, wants_digests
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.smtp import Envelope
from canaries import Canary, Search
from canary_hunt import FLOCK, Answers, said, stored
from characters import ANN, OLGA, PAGE, World
from servers import written
from sqlalchemy import select

from moderation import create_app, postman
from moderation.config import Settings
from moderation.models import Kind, Message

pytestmark = pytest.mark.proof

POST = "/api/v1/sites/blog/comments"
#: Who leave replies, and who answer them.
AUTHORS, ANSWERERS = FLOCK[:8], FLOCK[8:16]
#: Who is invited to moderate.
INVITED = FLOCK[16]
SOON, LATER = timedelta(minutes=1), timedelta(hours=2)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def world(settings: Settings, box: Mailbox) -> Iterator[World]:
    """The service, with a mail server."""
    app = create_app(replace(settings, mail=box.mail))
    app.testing = True
    yield World.begin(app)
    app.extensions["moderation"].database.dispose()


class Walk:
    """Everybody's way through it, and what was heard on it."""

    def __init__(self, world: World, box: Mailbox) -> None:
        self.world, self.box, self.answers = world, box, Answers()
        self.paths: list[str] = []
        self.replies: list[str] = []
        self._opened = 0

    def leave(self, one: Canary, number: int, parent: str | None = None) -> dict[str, Any]:
        more = {"name": "Canary", "email": one.email, "parent": parent, "notify": True}
        reply = written(self.world, said(number), **more)
        origin = {"REMOTE_ADDR": one.network}
        left = self.world.client().post(POST, json=reply, environ_overrides=origin)
        found: dict[str, Any] = self.answers.keep(left).get_json()
        return found

    def get(self, path: str) -> None:
        answer = self.world.client().get(path)
        assert self.answers.keep(answer).status_code in {200, 302}, path

    def post(self, path: str, wanted: int, **fields: str) -> None:
        answer = self.world.client().post(path, data=fields)
        assert self.answers.keep(answer).status_code == wanted, path
        if wanted == 303:
            self.answers.keep(self.world.client().get(answer.headers["Location"]))

    def approve(self, comments: list[str]) -> None:
        wishes = [
            {"comment": one, "status": "approved", "version": self.world.version(one)}
            for one in comments
        ]
        headers = self.world.bearer()
        body = {"decisions": wishes}
        decided = self.world.client().post("/api/v1/decisions", json=body, headers=headers)
        assert "error" not in self.answers.keep(decided).text

    # The way

    def look_after_replies(self) -> None:
        """Each page of a reply, and each way to be refused there."""
        for number, one in enumerate(AUTHORS):
            told = self.leave(one, number)
            path = urlsplit(told["status_url"]).path
            self.paths.append(path)
            self.replies.append(told["id"])
            for page in ("", "/edit", "/withdraw", "/erase"):
                self.get(path + page)
            self.post(f"{path}/edit", 200, body="Shown first.", action="preview", version="1")
            self.post(f"{path}/edit", 422, body="", version="1")
            self.post(f"{path}/edit", 409, body="Stale.", version="7")
            self.post(f"{path}/edit", 303, body=f"{said(number)} Changed.", version="1")
            for ask in ("mail", "mail", "erase-everything"):
                self.post(f"{path}/{ask}", 303)

    def write_to_everybody(self) -> None:
        """Every kind of letter; the last ones are refused by a server that quotes addresses."""
        self.approve(self.replies)
        olga = self.world.signed_in(OLGA)
        fields = {"email": INVITED.email, "role": "everything"}
        self.answers.keep(olga.post("/queue/people/invitations", **fields))
        self._deliver(SOON)
        self.open_links()
        for letter in list(self.box.letters):
            for path in re.findall(r"/subscriptions/(\w+)\b", _text(letter)):
                self.post(f"/subscriptions/{path}", 303, action="confirm")
        answers = [
            self.leave(one, 1_000 + number, self.replies[number])["id"]
            for number, one in enumerate(ANSWERERS)
        ]
        self.approve(answers[:-2])
        wants_digests(self.world)
        plan(self.world)
        self._deliver(LATER)
        self.approve(answers[-2:])
        self.box.answer = _quoting
        self._deliver(LATER)
        for path in ("/queue/outbox", "/queue/people", "/queue/sites/blog"):
            self.answers.keep(olga.get(path))

    def _deliver(self, after: timedelta) -> None:
        with self.box.postman() as one:
            deliver(self.world, one.send, after)

    def open_links(self) -> None:
        letters, self._opened = self.box.letters[self._opened :], len(self.box.letters)
        for letter in letters:
            for link in set(re.findall(r"http://127\.0\.0\.1:8000(/[\w/#?=&-]+)", _text(letter))):
                self.answers.keep(self.world.client().get(link))

    def end_it(self) -> None:
        """Unsubscribe, withdraw, erase one reply, and everything."""
        self.open_links()
        one_click = {"List-Unsubscribe": "One-Click"}
        for letter in list(self.box.letters):
            for path in re.findall(r"8000(/\w+/\w+/unsubscribe)", _text(letter)):
                self.post(path, 200, **one_click)
        for path in self.paths[:2]:
            self.post(f"{path}/withdraw", 303)
        for path in self.paths[2:4]:
            self.post(f"{path}/erase", 303)
            self.get(path)
        whole = "\n".join(map(_text, self.box.letters))
        for path in list(dict.fromkeys(re.findall(r"8000(/erasures/\w+)", whole)))[:3]:
            self.post(path, 303)

    def read_as_others(self) -> None:
        """What readers, feed readers and static pages get, and what reports say."""
        asked = {"page": PAGE}
        for path in ("thread", "feed.atom", "fragment", "reported"):
            found = self.world.client().get(f"/sites/blog/{path}", query_string=asked)
            assert self.answers.keep(found).status_code == 200
        self.get("/sites/blog/feed.atom")
        for comment in self.replies:
            self.answers.keep(self.world.client().get(f"/comments/{comment}"))
            self.answers.keep(self.world.client().get(f"/comments/{comment}/report"))
        for one in AUTHORS[:4]:
            fields, origin = {"reason": "other", "note": "Look."}, {"REMOTE_ADDR": one.network}
            path = f"/comments/{self.replies[-1]}/report"
            heard = self.world.client().post(path, data=fields, environ_overrides=origin)
            assert self.answers.keep(heard).status_code in {303, 404}
        ann = self.world.signed_in(ANN)
        for comment in self.replies:
            self.answers.keep(ann.get(f"/queue/comments/{comment}"))


def _quoting(envelope: Envelope) -> str:
    return f"550 5.1.1 <{envelope.rcpt_tos[0]}>: no such user {envelope.rcpt_tos[0]} here"


def _local(address: str) -> str:
    # The host's name is written in its normal form where mail goes to.
    return address.rpartition("@")[0]


def _text(letter: EmailMessage) -> str:
    """Headers but the one that says whom it is for, and both parts, as they are read."""
    headers = [f"{name}: {value}" for name, value in letter.items() if name != "To"]
    parts = [part.get_content() for part in letter.walk() if not part.is_multipart()]
    return "\n".join(headers + parts)


def walked(world: World, box: Mailbox) -> dict[str, bytes]:
    """Everything that was heard and mailed, and what refusals say, by where it was found."""
    walk = Walk(world, box)
    walk.look_after_replies()
    walk.write_to_everybody()
    walk.read_as_others()
    walk.end_it()
    walk.read_as_others()
    with world.database.reading() as session:
        errors = session.scalars(select(Message.error)).all()
    return {
        "errors": "\n".join(errors).encode(),
        "answers": b"\n".join(walk.answers.lines),
        "letters": "\n".join(map(_text, box.letters)).encode(),
    }


def test_no_address_is_found_after_a_reply(
    world: World,
    box: Mailbox,
    search: Search,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.INFO):
        hay = walked(world, box)
    told = capfd.readouterr()
    hay |= dict(stored(world))
    # The mail server of the tests writes down whom it hears of; that is no line of ours.
    ours = [one.getMessage() for one in caplog.records if one.name != "mail.log"]
    hay["log"] = "\n".join((*ours, told.out, told.err)).encode()
    assert {name: search.found(content) for name, content in hay.items()} == {
        name: set() for name in hay
    }
    known = {ANN, *(one.email for one in (*AUTHORS, *ANSWERERS, INVITED))}
    assert {_local(str(letter["To"])) for letter in box.letters} <= set(map(_local, known))
    with world.database.reading() as session:
        kinds = set(session.scalars(select(Message.kind)))
    assert kinds == set(Kind)
    assert b"no such user" in hay["errors"]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_control_an_address_on_the_way_is_found(
    world: World, box: Mailbox, search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that shows one, a letter with one in a header, a refusal kept as it was said."""
    address, compose = AUTHORS[3].email, world.app.extensions["letters"]

    def telling(session: Any, message: Message) -> EmailMessage:
        letter: EmailMessage = compose(session, message)
        letter["X-Reader"] = address
        return letter

    monkeypatch.setitem(world.app.view_functions, "replies.edit", lambda **_token: address)
    monkeypatch.setitem(world.app.extensions, "letters", telling)
    monkeypatch.setattr(postman, "cleaned", lambda said, *_receiver: said.decode())
    hay = walked(world, box)
    assert {name for name, content in hay.items() if search.found(content)} == set(hay)
