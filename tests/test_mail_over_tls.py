"""Letters over TLS: the server shows who it is, or gets nothing."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from mailbox import SENDER, Mailbox, answered, deliver, mail_server
from pathlib import Path
from typing import Any

import pytest
from characters import World
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from moderation import outbox
from moderation.config import Mail
from moderation.models import Kind, Message, State
from moderation.postman import Postman

Servers = Callable[..., Any]
BOTH = pytest.mark.parametrize("security", ["starttls", "tls"])


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """A key and a certificate for one name, signed by itself, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    signed = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(plain + signed.public_bytes(Encoding.PEM))
    return path


@contextmanager
def server(path: Path, security: str) -> Iterator[tuple[Mailbox, Mail]]:
    """A mail server with this certificate, and the settings that lead to it."""
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(path)
    way = {"ssl_context": shown} if security == "tls" else {"tls_context": shown}
    with mail_server(**way) as box:
        yield box, replace(box.mail, security=security)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A certificate for the server where it is."""
    return certificate(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))


def sent(world: World, mail: Mail) -> tuple[outbox.Tally, Message]:
    """One round with a message that is due: what it did, and what became of the message."""
    answered(world)
    with Postman(mail, "comments.example") as postman:
        tally = deliver(world, postman.send)
    with world.database.reading() as session:
        return tally, session.scalars(select(Message).where(Message.kind == Kind.REPLY)).one()


@BOTH
def test_a_letter_arrives_over_tls(
    world: World, here: Path, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(here))
    ciphers = []

    async def take(server: Any, _session: Any, envelope: Any) -> str:
        ciphers.append(server.transport.get_extra_info("cipher"))
        return box.keep(envelope)

    with server(here, security) as (box, mail):
        box.take = take
        tally, message = sent(world, mail)
    assert (tally.sent, message.state, len(box.letters)) == (1, State.SENT, 1)
    assert ciphers[0] is not None


def refused(world: World, mail: Mail, box: Mailbox, said: str) -> None:
    """Nothing went, the message is still due, and what it says has no address in it."""
    tally, message = sent(world, mail)
    assert tally.unreachable
    assert (message.state, message.error, message.attempts) == (State.DUE, said, 1)
    assert box.letters == []
    for private in ("127.0.0.1", str(box.port), "bob", "@", SENDER):
        assert private not in said


UNTRUSTED = "The mail server's certificate is not trusted, or is for another name."


@BOTH
def test_a_certificate_that_nobody_trusts_is_refused(
    world: World, here: Path, security: str
) -> None:
    with server(here, security) as (box, mail):
        refused(world, mail, box, UNTRUSTED)


@BOTH
def test_a_trusted_certificate_for_another_name_is_refused(
    world: World, tmp_path: Path, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path, x509.DNSName("mail.example"))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with server(path, security) as (box, mail):
        refused(world, mail, box, UNTRUSTED)


def test_a_server_that_offers_no_tls_is_not_spoken_to_in_plain(world: World) -> None:
    with mail_server() as box:
        mail = replace(box.mail, security="starttls", username="me", password="secret")
        said = "The mail server offers no STARTTLS, and nothing is sent in plain."
        refused(world, mail, box, said)
        assert box.receivers == []
