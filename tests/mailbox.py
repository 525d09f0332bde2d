"""A real mail server that keeps what it is sent, and ways to cause mail."""

import email
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from characters import ANN, EVE, World
from sqlalchemy import select

from moderation import notices, outbox, people
from moderation.config import Mail
from moderation.models import Author, Kind, Message, Role, Site, State, Subscription
from moderation.postman import Postman

SENDER = "Comments <comments@mail.example>"


@dataclass
class Mailbox:
    """What arrived, whole; `answer` may refuse a letter, and is asked before it is kept."""

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    answer: Callable[[Envelope], str | None] = lambda _envelope: None
    #: In place of all that, where a proof has a server of its own.
    take: Callable[[Any, Any, Any], Awaitable[str]] | None = None

    @property
    def mail(self) -> Mail:
        return Mail("127.0.0.1", self.port, SENDER, security="off")

    def postman(self) -> Postman:
        return Postman(self.mail, "comments.example")

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.take is not None:
            return await self.take(server, session, envelope)
        return self.keep(envelope)

    def keep(self, envelope: Envelope) -> str:
        refused = self.answer(envelope)
        if refused:
            return refused
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        self.receivers += envelope.rcpt_tos
        return "250 Kept"


@contextmanager
def mail_server(*, smtputf8: bool = True, **more: Any) -> Iterator[Mailbox]:
    """The server on a port of its own, as long as the block."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        box = Mailbox(int(found.getsockname()[1]))
    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, enable_SMTPUTF8=smtputf8, **more
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def deliver(
    world: World, send: Callable[[EmailMessage], Any], after: timedelta = timedelta(minutes=1)
) -> outbox.Tally:
    """A round at a later moment, when the window to undo is over."""
    moment = datetime.now(UTC) + after
    with world.app.app_context():
        return outbox.deliver(world.database, world.app.extensions["letters"], send, lambda: moment)


def subscribed(world: World, **changes: Any) -> str:
    """A reply of Bob's, published, who wants to be told of answers and said so twice: its id."""
    comment = world.published(notify=True, **changes)
    with world.database.writing() as session:
        wish = session.scalars(select(Subscription).filter_by(comment_id=comment)).one()
        outbox.confirm(session, wish, datetime.now(UTC))
        session.commit()
    return comment


def answered(world: World, **changes: Any) -> tuple[str, str]:
    """A reply of Bob's and Eve's answer to it, both published, the mail about it due."""
    comment = subscribed(world)
    answer = {"name": "Eve", "email": EVE, **changes}
    return comment, world.published(parent=comment, **answer)


def one_of_each(world: World) -> None:
    """A message of every kind is due."""
    now = datetime.now(UTC)
    comment, _answer = answered(world, body="An **answer** with a [link](https://eve.example/).")
    world.published(notify=True, body="To be asked about.")
    world.left(body="This one waits.")
    with world.database.writing() as session:
        author = session.scalars(select(Author)).first()
        assert author is not None
        about = {"at": now, "author_id": author.id}
        notices.owe(session, Kind.STATUS, comment, comment_id=comment, **about)
        notices.owe(session, Kind.ERASE, author.id, **about)
        invited(world, session)
        session.commit()
    wants_digests(world)
    plan(world)


def invited(world: World, session: Any) -> None:
    """Olga invites Nadia to moderate both sites, by mail."""
    sites = session.scalars(select(Site).order_by(Site.key)).all()
    known = {"by": world.moderator(session, "Olga"), "at": datetime.now(UTC), "locale": "en"}
    part = people.Part(Role.MODERATOR, tuple(sites))
    email = "nadia@example.org"
    people.invite(session, world.keyring, email, part, to_be_mailed=True, **known)


def wants_digests(world: World, who: str = ANN, how_often: str = "hourly") -> None:
    """A moderator chooses to be mailed what waits."""
    answer = world.signed_in(who).post("/queue/account/notices", notices=how_often, locale="en")
    assert answer.status_code == 303, answer.text


def plan(world: World, after: timedelta = timedelta()) -> int:
    """Owe the digests that are to be sent by then: how many."""
    with world.database.writing() as session:
        planned = notices.plan_digests(session, datetime.now(UTC) + after)
        session.commit()
    return planned


def states(world: World) -> dict[str, list[State]]:
    """What became of the messages, by kind."""
    found: dict[str, list[State]] = {}
    with world.database.reading() as session:
        for one in session.scalars(select(Message).order_by(Message.created_at, Message.id)):
            found.setdefault(str(one.kind), []).append(one.state)
    return found
