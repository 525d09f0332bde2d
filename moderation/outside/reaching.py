"""One request to a service outside: bounded in time and size, to an address that was looked at.

A name is resolved once, every address it has must be one of the public internet, and the
connection goes to the very address that was looked at: a name that means something else a moment
later leads nowhere. No redirect is followed, since it would lead where nobody looked, and no proxy
of the environment is used. TLS is verified against the name, as browsers do.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

#: More of an answer than this is not read.
MOST_BYTES = 16 * 1024
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_AGENT = "Moderation"

# RFC 6052 (NAT64) and RFC 4291, 2.5.5.1 (IPv4-compatible): the IPv4 address is in the last 32 bits.
_LAST_32 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
# What is given out to networks (RFC 4291, 2.4), without RFC 9637's addresses for documentation,
# which older versions of Python take for real ones.
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_FOR_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")
# For protocols (RFC 6890), and relays that are no more (RFC 7526).
_FOR_PROTOCOLS = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"))


class Failed(Exception):
    """A service could not be asked. `why` is a word for it, with a number or words of its own."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, where, and how long that may take. `local` allows this machine as well."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    seconds: float
    local: bool = False


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet; what it wraps is unwrapped first."""
    ip: IPv4Address | IPv6Address | None = ipaddress.ip_address(address.partition("%")[0])
    while isinstance(ip, IPv6Address) and (inner := _wrapped(ip)) is not None:
        ip = inner
    if isinstance(ip, IPv6Address) and (ip not in _GIVEN_OUT or ip in _FOR_DOCUMENTATION):
        return False
    if ip is None or any(ip in network for network in _FOR_PROTOCOLS):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if any(ip in network for network in _LAST_32):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def is_allowed_url(url: str, *, local: bool) -> bool:
    """Whether a request may go there at all: HTTPS, or this machine where that is allowed."""
    try:
        parts = urlsplit(url)
        _port(parts)
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment or not url.isascii():
        return False
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and local and parts.hostname in LOCAL_NAMES


def post(request: Request) -> Answer:
    """Send it, and read the answer. Raises Failed, at the latest when its time is over."""
    ends = time.monotonic() + request.seconds
    if not is_allowed_url(request.url, local=request.local):
        raise Failed("private")
    parts = urlsplit(request.url)
    try:
        answer = _answered(request, parts, ends)
    except ssl.SSLError as error:
        raise Failed(_late(request, ends) or "untrusted") from error
    except (OSError, HTTPError, http.client.HTTPException) as error:
        raise Failed(_late(request, ends) or _why(error)) from error
    if time.monotonic() > ends:
        raise Failed(_late(request, ends))
    return answer


def _late(request: Request, ends: float) -> str:
    return f"late {request.seconds:g}" if time.monotonic() > ends - 0.05 else ""


def _why(error: Exception) -> str:
    # urllib3 wraps what a handshake says.
    causes = (error, error.__cause__, error.__context__)
    return "untrusted" if any(isinstance(one, ssl.SSLError) for one in causes) else "unreachable"


def _answered(request: Request, parts: SplitResult, ends: float) -> Answer:
    addresses = _looked_at(parts, local=request.local)
    for address in addresses[:-1]:
        try:
            return _from(address, request, parts, ends)
        except (NewConnectionError, ConnectTimeoutError):
            continue
    return _from(addresses[-1], request, parts, ends)


def _looked_at(parts: SplitResult, *, local: bool) -> list[str]:
    """Every address of the host, all of them fit to be connected to."""
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failed("unreachable") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    is_local = local and host in LOCAL_NAMES
    if not is_local and not all(map(is_public, addresses)):
        raise Failed("private")
    return addresses


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _from(address: str, request: Request, parts: SplitResult, ends: float) -> Answer:
    left = ends - time.monotonic()
    if left <= 0:
        raise Failed(_late(request, ends))
    line = _line(address, parts, left)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **request.headers}
    try:
        with _cut_off(line, left) as hold:
            line.connect()
            hold(line.sock)
            line.request(
                "POST", target, request.body, {**sent, "Host": parts.netloc}, preload_content=False
            )
            # It has the socket as well, and would keep it open where reading fails.
            with closing(line.getresponse()) as response:
                return _read(response)
    finally:
        line.close()


def _line(address: str, parts: SplitResult, seconds: float) -> HTTPConnection:
    """A connection to this address, which has to prove that it is the host's."""
    if parts.scheme == "http":
        return HTTPConnection(address, _port(parts), timeout=seconds)
    return HTTPSConnection(
        address,
        _port(parts),
        timeout=seconds,
        server_hostname=parts.hostname,
        assert_hostname=parts.hostname,
        ssl_context=_tls(),
    )


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _cut_off(line: HTTPConnection, seconds: float) -> Iterator[Callable[[Any], None]]:
    """Hang up when the time is over. A socket's own limit begins anew with every byte, so who
    sends one each second would keep us for ever. What is yielded takes the socket once there is
    one: the connection forgets it when its answer begins.
    """
    held: list[socket.socket] = []

    def hang_up() -> None:
        for one in held or [line.sock]:
            # It may be closed at this very moment, which is as good.
            with suppress(OSError, AttributeError):
                one.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield held.append
    finally:
        timer.cancel()


def _read(response: BaseHTTPResponse) -> Answer:
    body = response.read(MOST_BYTES + 1, decode_content=False)
    if len(body) > MOST_BYTES:
        raise Failed("large")
    if not 200 <= response.status < 300:
        raise Failed(f"status {response.status}")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, body)


def cleaned(words: str, longest: int = 200) -> str:
    """A stranger's words in one line of things that can be shown."""
    printable = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(printable.split())[:longest]
