"""A letter as it goes over the wire: two parts that say the same, and headers for programs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from moderation.text import plain

from . import links
from .service import service

LONGEST_SUBJECT = 150


class Wire(EmailPolicy):
    """SMTP's rules, with addresses left whole: Python's would encode a long one to break its line,
    and no mail program reads an encoded link.
    """

    _WHOLE = frozenset({"message-id", "references", "list-id", "list-unsubscribe"})

    def fold(self, name: str, value: Any) -> str:
        """A header as text."""
        if name.lower() in self._WHOLE:
            return f"{name}: {value}{self.linesep}"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header as bytes."""
        if name.lower() in self._WHOLE:
            return self.fold(name, value).encode()
        return super().fold_binary(name, value)


WIRE = Wire(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Mailing:
    """What a letter is one of several of: how to tell them apart (RFC 2919), and to end them."""

    key: str
    name: str
    #: Where a mail program ends it without asking (RFC 8058).
    unsubscribe_url: str


def enveloped(
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    language: str,
    name: str,
    refers_to: str | None = None,
    mailing: Mailing | None = None,
) -> EmailMessage:
    """The message. `name` makes its Message-ID, the same at each try."""
    letter = EmailMessage(policy=WIRE)
    letter["From"] = sender
    letter["To"] = to
    letter["Subject"] = _one_line(subject)
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter["Message-ID"] = links.message_id(name)
    # No holiday notice answers it (RFC 3834).
    letter["Auto-Submitted"] = "auto-generated"
    if refers_to:
        letter["References"] = refers_to
    if mailing:
        _say_how_to_end(letter, mailing)
    letter.set_content(text, cte="quoted-printable")
    letter.add_alternative(html, subtype="html", cte="quoted-printable")
    # After the parts: they take along what is said of the content before them.
    letter["Content-Language"] = language
    return letter


def _say_how_to_end(letter: EmailMessage, mailing: Mailing) -> None:
    host = service().settings.public_host.rsplit(":", 1)[0].strip("[]")
    # Its name is left out where it would need encoding: not every program reads that here.
    name = plain.one_line(
        "".join(one for one in mailing.name if one.isascii() and one not in '"\\')
    )
    letter["List-Id"] = f'"{name}" <{mailing.key}.{host}>' if name else f"<{mailing.key}.{host}>"
    letter["List-Unsubscribe"] = f"<{mailing.unsubscribe_url}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _one_line(text: str) -> str:
    # Names come from strangers: a line end in them would begin a header of theirs.
    line = plain.one_line(text)
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"
