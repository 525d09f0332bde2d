"""Carrying letters to the mail server: SMTP, one connection for many of them."""

import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from types import TracebackType
from typing import Any, Self

from moderation.config import Mail
from moderation.outbox import Refused, Unreachable

#: Seconds for each step: connecting, and every answer of the server.
PATIENCE = 30
#: What is kept of a server's words.
LONGEST_WORDS = 200

_SIGNS = ("@", "=40", "%40")
_NETWORK = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\b", re.IGNORECASE
)
_NOT_NOW = 421
_UNTRUSTED = "The mail server's certificate is not trusted, or is for another name."
_IN_PLAIN = "The mail server offers no STARTTLS, and nothing is sent in plain."


class Postman:
    """Takes letters to one mail server. It connects with the first one, and again when cut off."""

    def __init__(self, mail: Mail, name: str) -> None:
        """`name` is how this machine introduces itself."""
        self._mail = mail
        self._name = name
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._line is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._line.quit()
        self._hang_up()

    def send(self, letter: EmailMessage) -> str:
        """Hand a letter over: what the server said. Raises Refused or Unreachable."""
        receiver = getaddresses([str(letter["To"])])[0][1]
        line = self._connected()
        try:
            return self._handed_over(line, letter, receiver)
        except smtplib.SMTPResponseException as error:
            raise self._refused(error, receiver) from error
        except (OSError, smtplib.SMTPException) as error:
            # In the middle of a letter: it may be the letter, so the next one is tried.
            self._hang_up()
            raise Refused(f"The connection broke ({_kind(error)}).") from error

    def _handed_over(self, line: smtplib.SMTP, letter: EmailMessage, receiver: str) -> str:
        international = not receiver.isascii()
        if international and not line.has_extn("smtputf8"):
            said = "The mail server takes no addresses with letters beyond ASCII."
            raise Refused(said, permanent=True)
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        sender = parseaddr(self._mail.sender)[1]
        _accepted(*line.mail(sender, options), step=_Sender)
        _accepted(*line.rcpt(receiver), step=smtplib.SMTPResponseException)
        rules: Any = letter.policy
        code, answer = line.data(letter.as_bytes(policy=rules.clone(utf8=international)))
        _accepted(code, answer, step=smtplib.SMTPResponseException)
        return f"{code} {cleaned(answer, receiver)}"

    def _refused(self, error: smtplib.SMTPResponseException, receiver: str) -> Refused:
        said = f"{error.smtp_code} {cleaned(error.smtp_error, receiver)}"
        if isinstance(error, _Sender) or error.smtp_code in {_NOT_NOW, -1}:
            # Not the letter's fault: whom we are, or how many we send, is not taken.
            self._hang_up()
            return Unreachable(said)
        with suppress(OSError, smtplib.SMTPException):
            if self._line is not None:
                self._line.rset()
        return Refused(said, permanent=error.smtp_code >= 500)

    def _connected(self) -> smtplib.SMTP:
        if self._line is not None:
            return self._line
        try:
            self._line = self._connect()
        except smtplib.SMTPResponseException as error:
            raise Unreachable(f"{error.smtp_code} {cleaned(error.smtp_error)}") from error
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(_UNTRUSTED) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"The mail server could not be reached ({_kind(error)}).") from error
        return self._line

    def _connect(self) -> smtplib.SMTP:
        mail, tls = self._mail, ssl.create_default_context()
        line: smtplib.SMTP
        if mail.security == "tls":
            line = smtplib.SMTP_SSL(
                mail.server, mail.port, self._name, timeout=PATIENCE, context=tls
            )
        else:
            line = smtplib.SMTP(mail.server, mail.port, self._name, timeout=PATIENCE)
        try:
            line.ehlo_or_helo_if_needed()
            if mail.security == "starttls":
                if not line.has_extn("starttls"):
                    raise Unreachable(_IN_PLAIN)
                line.starttls(context=tls)
                line.ehlo_or_helo_if_needed()
            if mail.username:
                line.login(mail.username, mail.password)
        except BaseException:
            line.close()
            raise
        return line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


class _Sender(smtplib.SMTPResponseException):
    """The server does not take mail from us."""


def _accepted(code: int, said: bytes, *, step: type[smtplib.SMTPResponseException]) -> None:
    if not 200 <= code < 300:
        raise step(code, said)


def cleaned(said: bytes | str, receiver: str = "") -> str:
    """A server's words in one line, without the receiver's address, or any."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    words = ("…" if any(sign in word for sign in _SIGNS) else word for word in printable.split())
    line = " ".join(words)
    local = receiver.rpartition("@")[0]
    for known in filter(None, (receiver, local)):
        line = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", "…", line, flags=re.IGNORECASE)
    return _NETWORK.sub("…", line)[:LONGEST_WORDS]


def _kind(error: Exception) -> str:
    # Its words may name hosts and addresses; its kind says enough.
    return type(error).__name__
