"""From a message to the letter that is sent: in its receiver's language, drawn in both forms."""

from email.message import EmailMessage

from flask import Flask, render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from moderation.languages import closest, direction
from moderation.models import Message
from moderation.text import addresses

from . import links
from .envelopes import enveloped
from .letters import LETTERS, Block, Letter
from .service import service

#: Whom letters come from that are drawn where no mail server is set: none of them is sent.
NOBODY = "Moderation <nobody@localhost>"


def init_app(app: Flask) -> None:
    """Let the commands draw letters too: they and the doors do not know each other."""
    app.extensions["letters"] = compose
    app.extensions["test letter"] = test_letter


def compose(session: Session, message: Message) -> EmailMessage:
    """The letter of a message that is wanted still."""
    receiver = message.moderator or message.author or message.invitation
    if receiver is None:
        raise LookupError("a message without a receiver")
    language = closest([message.locale])
    with force_locale(language):
        letter = LETTERS[message.kind](session, message)
        to = receiver.email(service().keyring)
        return _drawn(letter, to, language, message.id, links.thread_id(message))


def test_letter(to: str, name: str) -> EmailMessage:
    """What the owner sends to see whether mail arrives."""
    words = [
        Block("text", _("This is the test message that you asked for. The settings work.")),
        Block("small", _("If it arrived among the spam, look at SPF and DKIM in docs/mail.md.")),
    ]
    letter = Letter(_("Mail from your comment service arrives"), words)
    return _drawn(letter, to, "en", name)


def _drawn(
    letter: Letter, to: str, language: str, name: str, refers_to: str | None = None
) -> EmailMessage:
    mail = service().settings.mail
    drawing = {
        "letter": letter,
        "language": language,
        "reading": direction(language),
        "place": letter.site.name if letter.site else _("Moderation"),
    }
    return enveloped(
        sender=mail.sender if mail else NOBODY,
        to=addresses.email_on_the_way(to),
        subject=letter.subject,
        text=render_template("letters/letter.txt", **drawing),
        html=render_template("letters/letter.html", **drawing),
        language=language,
        name=name,
        refers_to=refers_to,
        mailing=letter.mailing,
    )
