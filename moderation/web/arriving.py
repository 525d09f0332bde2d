"""Bodies that arrive slowly have few places, so that a few of them cannot stop the service.

The server hands a request on when its head is there, and each process has few threads. A sender
who announces a body and never sends it keeps one of them for as long as the connection lasts; as
many as there are threads, and nobody could read any more.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

#: Bodies that one process waits for at a time: one less than it has threads, so that reading goes
#: on; and of those, from one address. A body that came with its head, as nearly all do, has its
#: place for microseconds.
MOST_AT_ONCE = 3
MOST_FROM_ONE = 2


class Arriving:
    """The layer itself: a WSGI application in front of another, which gets whole bodies."""

    def __init__(self, behind: Callable[..., Iterable[bytes]], *, most_bytes: int) -> None:
        self._behind = behind
        self._most_bytes = most_bytes
        self._awaited: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer when the body is there, or with 503 where too many are awaited."""
        if not self._has_body(environ):
            return self._behind(environ, start)
        with self._place(environ.get("REMOTE_ADDR", "")) as is_free:
            if not is_free:
                return _busy(start)
            # One byte more than may be, so that what is too large is seen as that.
            body = environ["wsgi.input"].read(self._most_bytes + 1)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        return self._behind(environ, start)

    def _has_body(self, environ: dict[str, Any]) -> bool:
        if "HTTP_TRANSFER_ENCODING" in environ:
            return True
        length = environ.get("CONTENT_LENGTH") or "0"
        # One that is too large is refused behind, unread.
        return length.isascii() and length.isdigit() and 0 < int(length[:20]) <= self._most_bytes

    @contextmanager
    def _place(self, address: str) -> Iterator[bool]:
        with self._lock:
            is_free = (
                self._awaited.total() < MOST_AT_ONCE and self._awaited[address] < MOST_FROM_ONE
            )
            self._awaited[address] += is_free
        try:
            yield is_free
        finally:
            with self._lock:
                self._awaited[address] -= is_free
                self._awaited += Counter()  # forgets those with none


def _busy(start: Callable[..., Any]) -> list[bytes]:
    told = {"title": "Not just now", "status": 503, "detail": "Please try again in a moment."}
    body = json.dumps({"type": "about:blank", **told}).encode()
    headers = [
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Retry-After", "1"),
    ]
    start("503 SERVICE UNAVAILABLE", headers)
    return [body]
