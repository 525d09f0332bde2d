"""A stand-in for services outside: a server on this machine that keeps what it is sent."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from moderation.outside import akismet, reaching


@dataclass
class Sent:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Outsider:
    """What was sent, and what is answered: status, headers, body. `wait` holds answers back."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"false"
    sent: list[Sent] = field(default_factory=list)
    #: Answers by the end of the path, where they differ.
    bodies: dict[str, bytes] = field(default_factory=dict)
    #: An answer is given when this is set.
    free: threading.Event = field(default_factory=threading.Event)
    write: Callable[[Any], None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [one.path for one in self.sent]


@contextmanager
def outsider(wrap: Callable[[Any], Any] = lambda socket: socket) -> Iterator[Outsider]:
    """A service of its own, until the block ends; `wrap` may put TLS around its socket."""
    this = Outsider()
    this.free.set()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            this.sent.append(Sent(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            this.free.wait(20)
            if this.write is not None:
                this.write(self.wfile)
                return
            answer = next((b for end, b in this.bodies.items() if self.path.endswith(end)), None)
            self.send_response(this.status)
            for name, value in this.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(this.body if answer is None else answer)

        def log_message(self, *_words: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_about: Any) -> None:
            """Who hangs up in the middle is what some tests are about."""

    server = Quiet(("127.0.0.1", 0), Door)
    server.socket = wrap(server.socket)
    this.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield this
    finally:
        this.free.set()
        server.shutdown()
        thread.join()
        server.server_close()


def stand_in_for_akismet(monkeypatch: pytest.MonkeyPatch, this: Outsider) -> None:
    """Let Akismet be this server, though it is neither HTTPS nor on the public internet."""
    monkeypatch.setattr(akismet, "SERVICE", this.url)
    let_in(monkeypatch)


def let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every address for one of the public internet."""
    monkeypatch.setattr(reaching, "is_public", lambda _address: True)
    monkeypatch.setattr(reaching, "is_allowed_url", lambda _url, *, local: True)
