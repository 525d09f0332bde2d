"""A light HTTP client for what wrk cannot do: requests that depend on the answer before.

A visitor is a generator: it yields a request and is given the answer. One thread listens to all
of their connections, since client and servers share the machine.
"""

import selectors
import socket
import time
from collections.abc import Generator, Iterable
from typing import NamedTuple

_END_OF_HEAD = b"\r\n\r\n"


class Request(NamedTuple):
    """What to send, which status is right, and whether its answer completes what is counted.

    `borne` is another status that a busy server may give: it is not counted, and no reason to end.
    """

    sent: bytes
    expected: int
    counts: bool = True
    borne: int = 0


class Answer(NamedTuple):
    """Status and body, as they came."""

    status: int
    body: bytes


Visitor = Generator[Request, Answer, None]


class Broken(RuntimeError):
    """A server gave an answer that it should not: there is nothing to measure."""


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rate(port: int, visitors: Iterable[Visitor], seconds: float) -> float:
    """How many counted answers a second the visitors get, each on a connection of its own.

    After `seconds` nothing new is asked; what was asked is waited for, and counts.
    """
    begun = time.perf_counter()
    deadline = begun + seconds
    counted = 0
    with selectors.DefaultSelector() as selector:
        for visitor in visitors:
            _Line(port, visitor).open(selector)
        while selector.get_map():
            for key, _ in selector.select():
                counted += key.data.hear(selector, goes_on=time.perf_counter() < deadline)
    return counted / (time.perf_counter() - begun)


class _Line:
    """One visitor's connection, kept alive where the server allows it."""

    def __init__(self, port: int, visitor: Visitor) -> None:
        self._port = port
        self._visitor = visitor
        self._heard = b""

    def open(self, selector: selectors.BaseSelector) -> None:
        """Connect and send the first request."""
        self._asked = next(self._visitor)
        self._connect(selector)
        self._socket.sendall(self._asked.sent)

    def hear(self, selector: selectors.BaseSelector, *, goes_on: bool) -> bool:
        """Read what came; with a whole answer, send the next request. True when it counted."""
        came = self._socket.recv(262_144)
        self._heard += came
        answer = _whole(self._heard, ended=not came)
        if answer is None:
            return False
        right = answer.status == self._asked.expected
        if not right and answer.status != self._asked.borne:
            raise Broken(
                f"{self._asked.sent[:200]!r} was answered {answer.status}: {answer.body[:300]!r}"
            )
        counted = right and self._asked.counts
        closes = not came or b"\r\nconnection: close" in self._heard.lower()
        self._heard = b""
        try:
            self._asked = self._visitor.send(answer)
        except StopIteration:
            goes_on = False
        if closes or not goes_on:
            selector.unregister(self._socket)
            self._socket.close()
        if goes_on:
            if closes:
                self._connect(selector)
            self._socket.sendall(self._asked.sent)
        return counted

    def _connect(self, selector: selectors.BaseSelector) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(self._socket, selectors.EVENT_READ, self)


def _whole(heard: bytes, *, ended: bool) -> Answer | None:
    head, separator, body = heard.partition(_END_OF_HEAD)
    if not separator:
        if ended:
            raise Broken(f"a server hung up after {heard[:200]!r}")
        return None
    status = int(head[9:12])
    length = _length(head, status)
    if len(body) < length if length is not None else not ended:
        return None
    return Answer(status, body)


def _length(head: bytes, status: int) -> int | None:
    if status in {204, 304}:
        return 0
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else None
