"""What is compared with: an answer given without any work, by granian with our own settings.

`python -m tests.benchmarks.bare function PORT`, or `flask` in place of `function`; the answer to
give lies in the file that BENCHMARK_ANSWER names.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask, Response

from moderation.cli import server

WORKERS = 2


def write_answer(path: Path, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
    """Keep an answer for the servers to give."""
    path.write_text(json.dumps([status, headers, body.hex()]), encoding="utf-8")


def _answer() -> tuple[str, list[tuple[str, str]], bytes]:
    kept = Path(os.environ["BENCHMARK_ANSWER"]).read_text(encoding="utf-8")
    status, headers, body = json.loads(kept)
    return status, [(name, value) for name, value in headers], bytes.fromhex(body)


def function() -> Callable[..., Iterable[bytes]]:
    """The fastest that WSGI allows: no routing, no request object, the same bytes to everybody."""
    status, headers, body = _answer()

    def give(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start(status, headers)
        return [body]

    return give


def flask() -> Flask:
    """The plainest Flask route that gives these bytes."""
    status, headers, body = _answer()
    app = Flask("bare")

    @app.get("/api/v1/sites/<site>/thread")
    def thread(site: str) -> Response:
        return Response(body, status, headers)

    return app


if __name__ == "__main__":
    kind, port = sys.argv[1], int(sys.argv[2])
    server(f"tests.benchmarks.bare:{kind}", "127.0.0.1", port, WORKERS).serve()
