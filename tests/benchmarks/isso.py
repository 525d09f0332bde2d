"""Isso in the benchmark: the same comments in its database, and how it is written to."""

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from itsdangerous import URLSafeTimedSerializer

from . import words
from .visitors import Request, Visitor, request

#: Moderation on; its guard, which allows two comments a minute, off. All else is its default.
_SETTINGS = """
[general]
dbpath = {database}
host = http://127.0.0.1:9/
[moderation]
enabled = true
[guard]
enabled = false
"""
_INSERT = """
    INSERT INTO comments (tid, created, mode, remote_addr, text, author, email, voters)
    VALUES (?, ?, ?, '127.0.0.0', ?, 'Bob', ?, ?)
"""
_PUBLISHED, _WAITING = 1, 2
#: What it answers when its database was locked for five seconds.
_LOCKED = 500


@dataclass(frozen=True, slots=True)
class Stage:
    """Isso's settings file, its database, and the comments to be decided, with their keys."""

    settings: Path
    database: Path
    waiting: list[tuple[int, str]]


def settle(folder: Path) -> Stage:
    """Settings for Isso; its database is made by itself when it starts."""
    database, settings = folder / "isso.sqlite3", folder / "isso.cfg"
    settings.write_text(_SETTINGS.format(database=database), encoding="utf-8")
    return Stage(settings, database, [])


def fill(stage: Stage, waiting: int) -> None:
    """The same threads as ours, and as long a queue, straight into its database."""
    with sqlite3.connect(stage.database, timeout=30) as connection:
        for path, size in (("/100", 100), ("/1000", 1_000)):
            _thread(connection, path, size, _PUBLISHED)
        for number in range(words.THREADS):
            _thread(connection, f"/many-{number}", 20, _PUBLISHED)
        _thread(connection, "/queue", waiting, _WAITING)
        ids = connection.execute("SELECT id FROM comments WHERE mode = ?", (_WAITING,)).fetchall()
        key = connection.execute(
            "SELECT value FROM preferences WHERE key = 'session-key'"
        ).fetchone()[0]
    signer = URLSafeTimedSerializer(key)
    stage.waiting.extend((one, str(signer.dumps(one))) for (one,) in ids)


def _thread(connection: sqlite3.Connection, path: str, size: int, mode: int) -> None:
    added = connection.execute("INSERT INTO threads (uri, title) VALUES (?, 'A page')", (path,))
    rows = (
        (added.lastrowid, time.time() - n, mode, words.text(), words.email(), bytes(256))
        for n in range(size)
    )
    connection.executemany(_INSERT, rows)


def thread_path(path: str) -> str:
    """The path of a thread's first hundred comments."""
    return f"/?uri={quote(path, safe='')}&limit=100"


def posting() -> Visitor:
    """A reader who posts; Isso asks no sum."""
    while True:
        body = {"author": "Bob", "email": words.email(), "text": words.text(), "title": "A page"}
        path = f"/new?uri={quote(words.page(), safe='')}"
        yield Request(request("POST", path, body=json.dumps(body).encode()), 202, borne=_LOCKED)


def deciding(stage: Stage) -> Visitor:
    """A moderator who follows the signed links that activate; ends with the queue."""
    while stage.waiting:
        number, key = stage.waiting.pop()
        sent = request("POST", f"/id/{number}/activate/{key}", body=b"{}")
        yield Request(sent, 200, borne=_LOCKED)
