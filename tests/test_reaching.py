"""One request to a service outside: where it may go, how long it may take, what is read."""

import datetime as dt
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from outsiders import Outsider, let_in, outsider

from moderation.outside import reaching
from moderation.outside.asking import Breaker, Question, ask_all
from moderation.outside.reaching import Failed, Request, is_allowed_url, is_public, post
from moderation.policy import Heard

PRIVATE = (
    *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *(
        "0.0.0.0",
        "100.64.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
    ),
    *("255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1"),
    *("2001:db8::1", "3fff::1", "100::1", "64:ff9b:1::1", "5f00::1"),
    # What wraps a private one is as private.
    *("::ffff:127.0.0.1", "::127.0.0.1", "::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1"),
)
PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8")


@pytest.fixture
def service() -> Iterator[Outsider]:
    with outsider() as this:
        yield this


def asked(url: str, seconds: float = 5.0, *, local: bool = True) -> reaching.Answer:
    return post(Request(url, b"said=1", {}, seconds, local=local))


def why(url: str, seconds: float = 5.0, *, local: bool = True) -> str:
    with pytest.raises(Failed) as failed:
        asked(url, seconds, local=local)
    return failed.value.why


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_of_the_public_internet_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_known(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_every_address_is_one_or_the_other(address: Any) -> None:
    assert is_public(str(address)) in {True, False}


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://hook.example/path?x=1", True),
        ("http://hook.example/", False),
        ("http://localhost:9/", False),
        ("ftp://hook.example/", False),
        ("https://user:word@hook.example/", False),
        ("https://hook.example:70000/", False),
        ("https://", False),
        ("https://hook.exämple/", False),
        ("hook.example", False),
        ("https://[::1", False),
    ],
)
def test_only_https_is_asked(url: str, allowed: bool) -> None:
    assert is_allowed_url(url, local=False) is allowed


def test_this_machine_is_asked_only_where_the_instance_says_so(service: Outsider) -> None:
    assert asked(service.url).body == b"false"
    assert why(service.url, local=False) == "private"
    assert len(service.sent) == 1


def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    service: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolved(_host: str, port: int, **_more: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    assert why(f"https://hook.example:{service.port}/") == "private"
    assert service.sent == []


def test_a_name_is_resolved_once_and_its_answer_is_what_is_connected_to(
    service: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(monkeypatch)
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def resolved(host: str, port: int, *rest: Any, **more: Any) -> Any:
        looked_up.append(host)
        return real("127.0.0.1" if host == "hook.example" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    asked(f"http://hook.example:{service.port}/x")
    # What is connected to is a number, which means the same whoever is asked.
    assert looked_up.count("hook.example") == 1
    assert set(looked_up) == {"hook.example", "127.0.0.1"}
    assert service.sent[0].headers["host"] == f"hook.example:{service.port}"


def test_a_redirect_is_not_followed(service: Outsider) -> None:
    service.status, service.headers = 302, {"Location": f"{service.url}/elsewhere"}
    assert why(f"{service.url}/here") == "status 302"
    assert service.paths() == ["/here"]


def test_a_large_answer_is_not_read_to_its_end(service: Outsider) -> None:
    service.body = b"x" * (reaching.MOST_BYTES + 1)
    assert why(service.url) == "large"
    service.body = b"x" * reaching.MOST_BYTES
    assert len(asked(service.url).body) == reaching.MOST_BYTES


def test_who_does_not_answer_is_late(service: Outsider) -> None:
    service.free.clear()
    assert why(service.url, 0.2) == "late 0.2"


def test_who_answers_a_byte_at_a_time_is_late_too(service: Outsider) -> None:
    def drip(line: Any) -> None:
        line.write(b"HTTP/1.0 200 OK\r\n\r\n")
        for _number in range(200):
            line.write(b"x")
            line.flush()
            time.sleep(0.05)

    service.write = drip
    assert why(service.url, 0.4) == "late 0.4"


@pytest.mark.parametrize("words", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-"])
def test_what_is_no_answer_is_told_from_one(service: Outsider, words: bytes) -> None:
    service.write = lambda line: line.write(words)
    if words.startswith(b"HTTP"):
        # A head that ends in the middle says nothing.
        assert asked(service.url).body == b""
    else:
        assert why(service.url) == "unreachable"


def test_who_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert why(f"http://127.0.0.1:{taken.getsockname()[1]}/") == "unreachable"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path))
    with outsider(lambda line: context.wrap_socket(line, server_side=True)) as this:
        assert why(f"https://localhost:{this.port}/") == "untrusted"
        assert this.sent == []


def _self_signed(folder: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now, names = dt.datetime.now(dt.UTC), [x509.DNSName("localhost")]
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    built = built.public_key(key.public_key()).serial_number(x509.random_serial_number())
    built = built.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    form = (
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path, encoding = folder / "both.pem", serialization.Encoding.PEM
    signed = built.sign(key, hashes.SHA256()).public_bytes(encoding)
    path.write_bytes(key.private_bytes(encoding, *form) + signed)
    return path


def fails() -> Heard:
    raise Failed("unreachable")


def question(ask: Any, of: str = "a") -> Question:
    return Question("webhook", of, 0.2, ask)


def test_a_service_that_fails_again_and_again_rests_and_is_tried_again() -> None:
    moment, breaker = 0.0, Breaker(lambda: moment)
    said = [ask_all([question(fails)], breaker)[0].detail for _number in range(4)]
    assert said == ["unreachable"] * 3 + ["resting"]
    # Another site's is another.
    assert ask_all([question(fails, "b")], breaker)[0].detail == "unreachable"
    moment = 61.0
    assert ask_all([question(fails)], breaker)[0].detail == "unreachable"
    assert ask_all([question(fails)], breaker)[0].detail == "resting"
    moment = 122.0
    assert ask_all([question(lambda: Heard("webhook", "none"))], breaker)[0].said == "none"
    assert ask_all([question(fails)], breaker)[0].detail == "unreachable"


def test_a_mistake_of_ours_counts_as_a_failure() -> None:
    heard = ask_all([question(lambda: Heard("webhook", str(1 // 0)))], Breaker())
    assert heard == (Heard("webhook", "failed", detail="mistake"),)
